"""What was sold: sales, payments, shifts, roll-ups, imports."""
