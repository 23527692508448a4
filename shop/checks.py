"""Our conventions as Django system checks."""
