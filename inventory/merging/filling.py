"""Details that the kept product lacks and the other has: taken over, and given up again when it is undone."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from inventory.models import Product

# Each is taken over as a whole: a size means nothing without its unit.
TOGETHER: tuple[tuple[str, ...], ...] = (
    ("category_id",),
    ("supplier_id",),
    ("tax_rate_id",),
    ("price",),
    ("cost",),
    ("content_size", "content_unit"),
    ("plu",),
    ("pack_size",),
    ("shelf_life_days",),
    ("minimum_age",),
)
COSTS = frozenset({"cost"})


@dataclass(frozen=True, slots=True)
class Filled:
    """A detail that is taken over, named for people. `field` says which, so that costs can be kept from some roles."""

    field: str
    name: str
    value: Any


def missing(kept: Product, gone: Product) -> dict[str, Any]:
    """What `kept` lacks and `gone` has, by column."""
    found: dict[str, Any] = {}
    for columns in TOGETHER:
        if _empty(kept, columns) and not _empty(gone, columns):
            found |= {column: getattr(gone, column) for column in columns}
    return found


def in_words(kept: Product, gone: Product) -> list[Filled]:
    said = []
    for column in missing(kept, gone):
        field: Any = next(one for one in Product._meta.concrete_fields if one.column == column)
        said.append(Filled(field.name, str(field.verbose_name), getattr(gone, field.name)))
    return said


def fill(kept: Product, gone: Product) -> dict[str, str | int]:
    """Take over what is missing; returns it as JSON."""
    found = missing(kept, gone)
    if found:
        Product.objects.filter(pk=kept.pk).update(**found)
    return {column: str(value) if isinstance(value, Decimal) else value for column, value in found.items()}


def give_up(kept: Product, noted: dict[str, Any]) -> None:
    """Empty what was taken over, unless it was changed since."""
    emptied: dict[str, Any] = {}
    for columns in TOGETHER:
        if columns[0] in noted and all(_same(getattr(kept, column), noted.get(column)) for column in columns):
            emptied |= {column: "" if isinstance(getattr(kept, column), str) else None for column in columns}
    if emptied:
        Product.objects.filter(pk=kept.pk).update(**emptied)


def _empty(product: Product, columns: tuple[str, ...]) -> bool:
    return all(getattr(product, column) in (None, "") for column in columns)


def _same(now: Any, noted: Any) -> bool:
    return Decimal(noted) == now if isinstance(now, Decimal) and noted is not None else now == noted
