"""The shop's admin of what it has: the catalogue, bulk prices, stock."""

from inventory.admin import catalogue, stock

__all__ = ["catalogue", "stock"]
