"""The pages of insights. A view asks for its screen and renders it."""
