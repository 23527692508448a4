"""Merging a product with another one that a person chooses, and what was merged so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction

from insights.screens.stock_find import MOST
from inventory import merging
from inventory.merging import Plan, UndoPlan
from inventory.merging.filling import COSTS
from inventory.models import Product
from shop.roles import Can, may

ROWS = 20


@dataclass(frozen=True, slots=True)
class MergeScreen:
    """`product` and the `other` chosen, if any; `plan` is what keeping `kept` would do. `found` answers `words`."""

    product: Product
    other: Product | None
    words: str
    found: list[Product]
    more: bool
    plan: Plan | None

    @property
    def kept(self) -> Product | None:
        return self.plan.kept if self.plan else None


@dataclass(frozen=True, slots=True)
class MergesScreen:
    plans: list[UndoPlan]
    page: Page[Any]


@transaction.atomic
def build(product: Product, given: Mapping[str, str], role: str) -> MergeScreen:
    """The product with the one it may be merged with: chosen, or looked for by words."""
    words = given.get("q", "").replace("\x00", "").strip()[:100]
    other = chosen(given.get("with", ""))
    rows: list[Product] = []
    if words and not other:
        others = Product.objects.standing().matching(words).exclude(pk=product.pk)
        rows = list(others.order_by("name", "pk")[: MOST + 1])
    plan = None
    if other:
        kept, gone = (other, product) if given.get("keep") == str(other.pk) else (product, other)
        plan = _for_role(merging.plan(kept, gone), role)
    return MergeScreen(product, other, words, rows[:MOST], len(rows) > MOST, plan)


def chosen(number: str) -> Product | None:
    """A product by what an address or a form says; None for none and for another shop's."""
    known = int(number[:18]) if number.isascii() and number.isdigit() else 0
    found: Product | None = Product.objects.filter(pk=known).first()
    return found


@transaction.atomic
def listed(given: Mapping[str, str]) -> MergesScreen:
    """What was merged, latest first, with what undoing would do."""
    page = Paginator(merging.listed(), ROWS).get_page(given.get("page", "1"))
    return MergesScreen([merging.undo_plan(row) for row in page], page)


def _for_role(plan: Plan, role: str) -> Plan:
    if may(role, Can.SEE_COST):
        return plan
    return replace(plan, filled=[one for one in plan.filled if one.field not in COSTS])
