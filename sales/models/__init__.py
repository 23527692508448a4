"""What was sold, and the roll-ups that make it quick to read."""

from sales.models.promotions import Promotion
from sales.models.rollups import BranchHour, CategoryDay, DirtyDay, ProductDay
from sales.models.selling import Payment, Sale, SaleLine, Shift

__all__ = ["BranchHour", "CategoryDay", "DirtyDay", "Payment", "ProductDay", "Promotion", "Sale", "SaleLine", "Shift"]
