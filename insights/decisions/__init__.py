"""Decisions: what is offered, by whom it is taken, what it does and how it is taken back."""
