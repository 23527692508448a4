"""What tills may ask about customers."""
