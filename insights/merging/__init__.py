"""Products that may be one: looking for them, and what becomes of advice when two are merged."""
