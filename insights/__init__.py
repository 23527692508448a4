"""What it means: measures on a page, analyses, the demo shop."""
