"""What to order: pure reckoning (`demand`, `shelf`, `advice`, `cash`), its inputs, and the suggestions made of it."""
