"""The three largest risks, kept as tests: two walls under everything we use, the mount, the wheels."""
