"""Roles and what each may do and see: the one table that views, admin and exports ask.

`docs/roles.md` is printed from it; a test holds the two together.
"""

from enum import StrEnum

from django.db import models


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    MANAGER = "manager", "Manager"
    ANALYST = "analyst", "Analyst"
    CLERK = "clerk", "Stock clerk"
    CASHIER = "cashier", "Cashier"


class Can(StrEnum):
    """A capability; its value is the sentence in docs and refusals: "... may <value>"."""

    SEE_PRODUCTS = "see products and prices"
    SEE_STOCK = "see stock"
    SEE_SALES = "see sales and takings"
    SEE_SHIFTS = "see shifts"
    USE_TILL = "open and close shifts"
    SEE_COST = "see costs and margins"
    SEE_CUSTOMERS = "see customers by name"
    EXPORT = "export data"
    IMPORT = "import data"
    EDIT_PRODUCTS = "change products and prices"
    EDIT_STOCK = "change stock"
    EDIT_SALES = "enter sales by hand"
    EDIT_CUSTOMERS = "change customers"
    DECIDE = "decide on suggestions and approve orders"
    SEE_HISTORY = "see who changed what"
    CHANGE_SETTINGS = "change the shop's settings"
    MANAGE_MEMBERS = "invite and remove members"


_SHELF = frozenset({Can.SEE_PRODUCTS, Can.SEE_STOCK})
_READ_ALL = _SHELF | {Can.SEE_SALES, Can.SEE_SHIFTS, Can.SEE_COST, Can.SEE_CUSTOMERS, Can.EXPORT, Can.SEE_HISTORY}

CAPABILITIES: dict[Role, frozenset[Can]] = {
    Role.OWNER: frozenset(Can),
    Role.MANAGER: frozenset(Can) - {Can.MANAGE_MEMBERS},
    Role.ANALYST: _READ_ALL,
    Role.CLERK: _SHELF | {Can.EDIT_STOCK},
    Role.CASHIER: frozenset({Can.SEE_PRODUCTS, Can.SEE_SHIFTS, Can.USE_TILL}),
}


def may(role: str, capability: Can) -> bool:
    """Whether a role has a capability. An unknown role has none."""
    return role in Role.values and capability in CAPABILITIES[Role(role)]
