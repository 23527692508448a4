"""What was sold, how tills are opened and closed, and the roll-ups that make it quick to read."""

from sales.models.inbox import CostSettlement, InboxItem
from sales.models.promotions import Promotion
from sales.models.rollups import BranchHour, CategoryDay, DirtyDay, ProductDay
from sales.models.selling import Payment, Sale, SaleLine
from sales.models.shifts import CashMovement, Shift, ShiftCount, ZReport

__all__ = [
    "BranchHour",
    "CashMovement",
    "CategoryDay",
    "CostSettlement",
    "DirtyDay",
    "InboxItem",
    "Payment",
    "ProductDay",
    "Promotion",
    "Sale",
    "SaleLine",
    "Shift",
    "ShiftCount",
    "ZReport",
]
