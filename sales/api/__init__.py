"""What tills tell of sales and shifts."""
