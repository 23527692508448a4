"""The ground floor's pages: the public ones, and each shop's people, settings and imports."""
