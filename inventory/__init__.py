"""What we have: products, stock, lots, suppliers."""
