"""The shop's own rules for prices, as pricing reads them: what holds for each category, and what is tied to what.

A category's rule beats its parent's, and that the whole shop's, field by field. What nobody has said is as in
`DEFAULTS`, and prices end as the shop's prices do now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal

from inventory.models import Category, PricePolicy, PriceTie
from inventory.pricing import ENDING_STEPS

HABIT = 0.85  # so large a part of the prices must end alike for it to be the shop's habit
FEW = 10
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Policy:
    """What an advised price must keep to, with nothing left open but the wishes. `ending` may be a habit: None."""

    margin_floor: Decimal | None = None
    largest_move: Decimal | None = None
    rest_days: int | None = None
    ending: str | None = None
    target_margin: Decimal | None = None
    target_index: Decimal | None = None
    weight_margin: Decimal | None = None
    weight_index: Decimal | None = None


# Never below cost, a tenth at a time, four weeks apart; a wish somebody has counts as much as the money it is about.
DEFAULTS = Policy(
    margin_floor=ZERO, largest_move=Decimal("0.1"), rest_days=28, weight_margin=Decimal(1), weight_index=Decimal(1)
)


@dataclass(frozen=True, slots=True)
class Tie:
    """Two products (ids) whose prices belong together; see PriceTie."""

    kind: str
    first: int
    second: int
    gap: Decimal = ZERO


def policies() -> dict[int, Policy]:
    """What holds for each category (id; 0: without one). Two queries."""
    parents = dict(Category.objects.values_list("id", "parent_id"))
    said = {row.category_id or 0: _said(row) for row in PricePolicy.objects.all()}
    return {category: _resolved(category, parents, said) for category in [0, *parents]}


def ties() -> list[Tie]:
    rows = PriceTie.objects.order_by("pk").values_list("kind", "first_id", "second_id", "gap")
    return [Tie(kind, first, second, gap or ZERO) for kind, first, second, gap in rows]


def habit(prices: Iterable[Decimal]) -> str:
    """The ending most of these prices have, the most telling first; "" where they end as it comes."""
    known = list(prices)
    if len(known) < FEW:
        return ""
    for ending in ("ninety_nine", "x09", "whole", "nine", "five"):
        step, offset = ENDING_STEPS[ending]
        if sum((price - offset) % step == 0 for price in known) >= HABIT * len(known):
            return ending
    return ""


def _said(row: PricePolicy) -> Policy:
    found = Policy(**{field.name: getattr(row, field.name) for field in fields(Policy)})
    return found if row.ending else replace(found, ending=None)


def _resolved(category: int, parents: Mapping[int, int | None], said: Mapping[int, Policy]) -> Policy:
    """Field by field from the nearest that says something."""
    found, at, seen = Policy(), category or None, set[int]()
    while at is not None and at not in seen:
        seen.add(at)
        found = _filled(found, said.get(at))
        at = parents.get(at)
    return _filled(_filled(found, said.get(0)), DEFAULTS)


def _filled(one: Policy, other: Policy | None) -> Policy:
    if other is None:
        return one
    return Policy(
        **{
            field.name: getattr(other if getattr(one, field.name) is None else one, field.name)
            for field in fields(Policy)
        }
    )
