"""What tills may ask about customers, and the reviews they may send."""
