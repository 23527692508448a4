"""What the shelf tells tills."""
