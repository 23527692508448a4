"""What was entered lately, in words, and what may be undone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from inventory import undoing
from inventory.ledger import SEEN, UNDO
from inventory.models import Product, StockLevel, StockMovement
from shop import formats
from shop.models import Branch, Shop

Kind = StockMovement.Kind
LINES = 8
NEWEST = 20_000  # how far back in the ledger an entry of today is looked for
OF_IMPORTS = r"^count:[0-9a-f-]{36}$"
LEAST_FAR, FAR_SHARE = Decimal(3), Decimal("0.25")


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: "12 taken in", of which product, when, by whom."""

    pk: int
    text: str
    product: int
    name: str
    at: dt.datetime
    by: str
    undone: bool
    may_undo: bool


def latest(branch: Branch | None = None) -> list[Line]:
    """The newest entries of the last 24 hours made by hand; of one branch, or of all."""
    newest = StockMovement.objects.order_by("-pk").values("pk")[:NEWEST]
    rows = StockMovement.objects.filter(pk__in=newest, kind__in=undoing.WORDS).exclude(source__regex=OF_IMPORTS)
    rows = rows.exclude(source__startswith=UNDO).exclude(source__endswith=SEEN).exclude(actor="")
    rows = rows.filter(occurred_at__gte=timezone.now() - undoing.UNDO_WITHIN)
    if branch:
        rows = rows.filter(branch=branch)
    return _lines(list(rows.select_related("product").order_by("-pk")[:LINES]))


def line_of(movement: StockMovement) -> Line:
    return _lines([movement])[0]


def _lines(rows: list[StockMovement]) -> list[Line]:
    undone = set(StockMovement.objects.filter(source__in=[UNDO + row.source for row in rows]).values_list("source"))
    others = [leg for row in rows if row.kind == Kind.TRANSFER for leg in undoing.legs(row.source) if leg != row.source]
    ends = StockMovement.objects.filter(source__in=others).values_list("source", "branch__name") if others else []
    far_ends = dict(ends)
    return [_line(row, undone=(UNDO + row.source,) in undone, far_ends=far_ends) for row in rows]


def _line(row: StockMovement, *, undone: bool, far_ends: dict[str, str]) -> Line:
    far = next((far_ends[leg] for leg in undoing.legs(row.source) if leg in far_ends), "another branch")
    return Line(
        pk=row.pk,
        text=_words(row, far),
        product=row.product_id,
        name=row.product.name,
        at=row.occurred_at,
        by=row.actor,
        undone=undone,
        may_undo=not undone and undoing.may_undo(row),
    )


def _words(row: StockMovement, far: str) -> str:
    much = amount(abs(row.quantity), row.product)
    if row.kind == Kind.RECEIPT:
        return f"{much} taken in"
    if row.kind == Kind.WASTE:
        return f"{much} written off, {row.note[:1].lower()}{row.note[1:]}" if row.note else f"{much} written off"
    if row.kind == Kind.TRANSFER:
        return f"{much} moved to {far}" if row.quantity < 0 else f"{much} came from {far}"
    return row.note if row.note.startswith("Counted") else "Counted"


def amount(quantity: Decimal, product: Product) -> str:
    return formats.units(quantity) + (" kg" if product.unit == Product.Unit.KILOGRAM else "")


# --- What a count found -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a saved entry is told back as. `again`: it is far from what was expected, which is not said yet."""

    line: Line
    detail: str = ""
    again: bool = False


def outcome(movement: StockMovement, shop: Shop, *, sees_cost: bool, again: bool) -> Outcome:
    """The entry in words. A count says what was missing or over, and what it is worth to roles that see costs."""
    line = line_of(movement)
    if movement.kind == Kind.COUNT and not line.undone:
        return Outcome(line, again=True) if again else Outcome(line, _difference(movement, shop, sees_cost=sees_cost))
    if movement.kind == Kind.RECEIPT and sees_cost:
        return Outcome(line, _cost_change(movement.unit_cost, movement.product.cost, shop))
    return Outcome(line)


def is_far(movement: StockMovement, counted: Decimal) -> bool:
    """Whether a count is to be repeated: at least 3 and a quarter away from what was expected."""
    off, expected = abs(movement.quantity), counted - movement.quantity
    if expected < 0 or _is_first(movement):
        return False
    return off >= LEAST_FAR and off > expected * FAR_SHARE


def _is_first(movement: StockMovement) -> bool:
    level: Any = StockLevel.objects.filter(branch=movement.branch_id, product=movement.product_id)
    return bool(level.filter(tracked_from=movement.occurred_at).exists())


def _difference(movement: StockMovement, shop: Shop, *, sees_cost: bool) -> str:
    if _is_first(movement):
        return "Its first count here: from now on sales move its stock."
    off, product = movement.quantity, movement.product
    if not off:
        return "As many as expected."
    text = f"{amount(abs(off), product)} {'more' if off > 0 else 'fewer'} than expected"
    if product.unit == Product.Unit.KILOGRAM and off < 0:
        text = text.replace("fewer", "less")
    if sees_cost and product.cost is not None:
        text += f", {formats.money(abs(off) * product.cost, shop.currency)} at cost"
    return f"{text}."


def _cost_change(cost: Decimal | None, was: Decimal | None, shop: Shop) -> str:
    if cost is None or was is None or cost == was:
        return ""
    word = "up from" if cost > was else "down from"
    return f"Cost {formats.money(cost, shop.currency)}, {word} {formats.money(was, shop.currency)}."
