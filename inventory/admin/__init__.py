"""The shop's admin of what it has: the catalogue, bulk prices, stock, orders."""

from inventory.admin import catalogue, orders, selling, stock

__all__ = ["catalogue", "orders", "selling", "stock"]
