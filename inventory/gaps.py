"""Filling in what is not known of products and suppliers, one value at a time."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from inventory.models import Product, Supplier
from shop.errors import Refused
from shop.tenancy import acting

PRODUCT_FIELDS = ("cost", "supplier", "pack_size", "shelf_life_days")
SUPPLIER_FIELDS = ("lead_time_days", "delivery_weekdays", "email")
LARGEST = 32_767


class ValueRefused(Refused):
    code = "value_invalid"


def fill_in(row: Product | Supplier, field: str, value: str, *, by: str) -> Product | Supplier:
    """Set one of the fields that may be missing; an empty value is "not known" again. The history keeps who.

    Raises ValueRefused for another field and for a value that cannot be.
    """
    if field not in (PRODUCT_FIELDS if isinstance(row, Product) else SUPPLIER_FIELDS):
        raise ValueRefused("This is not filled in here.")
    setattr(row, field, _read(row, field, value.strip()))
    with acting(by, "Missing data"):
        row.save(update_fields=[field])
    return row


def _read(row: Product | Supplier, name: str, value: str) -> Any:
    field: Any = row._meta.get_field(name)
    if name == "supplier":
        found = Supplier.objects.filter(pk=int(value[:18])).first() if value.isdecimal() else None
        if value and found is None:
            raise ValueRefused("Choose a supplier of the list.")
        return found
    if not value:
        return "" if name in ("delivery_weekdays", "email") else None
    try:
        read = field.clean(value.replace(",", ".") if name == "cost" else value, row)
    except ValidationError as problem:
        raise ValueRefused(_words(name, problem)) from None
    least = 1 if name == "pack_size" else 0
    if isinstance(read, int) and not least <= read <= LARGEST:
        raise ValueRefused(f"Write a whole number from {least} to {LARGEST}.")
    if name == "cost" and read < 0:
        raise ValueRefused("A cost cannot be below 0.")
    return read


def _words(name: str, problem: ValidationError) -> str:
    if name == "email":
        return "Write an email address, such as orders@farm.example."
    if name == "cost":
        return "Write an amount such as 1.05, with at most four decimals."
    return "Write a whole number above 0." if name != "delivery_weekdays" else "Choose days of the week."
