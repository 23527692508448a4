"""The shop's admin of what it has: the catalogue, bulk prices, stock, orders."""

from inventory.admin import catalogue, competitors, orders, price_rules, selling, stock

__all__ = ["catalogue", "competitors", "orders", "price_rules", "selling", "stock"]
