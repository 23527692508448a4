"""The analyses: one folder each, joined by being there. `protocol` says what one is, `engine` runs it."""
