"""Batches of prices: the list, and one in full with what each price is expected to bring."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from insights import pricing_advice
from insights.downloads import File
from insights.pricing_advice import WhatIf
from inventory import price_law, prices
from inventory.models import PriceBatch, PriceBatchLine, Product, ShelfPrice
from inventory.pricing import margin
from shop import formats
from shop.csvout import Cell, amount
from shop.models import Branch, Shop
from shop.roles import Can, may

State = PriceBatch.State
ROWS, FOUND = 40, 12
SHOWS = {"": "All", "draft": "Drafts", "approved": "Approved", "undone": "Undone", "discarded": "Discarded"}
COLUMNS = ("product", "name", "price_before", "price")


@dataclass(frozen=True, slots=True)
class ListScreen:
    page: Page[Any]
    show: str
    shows: Mapping[str, str]
    now: dt.datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A price in a batch. `margin` and `expected` only for roles that may see costs; `notes` are warnings."""

    row: PriceBatchLine
    before: Decimal | None
    change: Decimal | None
    share: str
    margin: Decimal | None
    expected: WhatIf | None
    lowest: Decimal | None
    notes: list[str]

    @property
    def typed(self) -> str:
        return str(amount(self.row.price))


@dataclass(frozen=True, slots=True)
class BatchScreen:
    """`gain` is what all lines are expected to earn more a week, of those that can be told (`told`)."""

    batch: PriceBatch
    lines: list[Line]
    gain: Decimal | None
    told: int
    warnings: int
    starts: str
    branches: list[Branch]
    found: list[Product]
    words: str
    is_draft: bool
    can_edit: bool
    can_decide: bool
    can_undo: bool
    is_coming: bool
    names_prior: bool


def listed(given: Mapping[str, str]) -> ListScreen:
    """Newest first."""
    show = given.get("show", "")
    show = show if show in SHOWS else ""
    found = PriceBatch.objects.select_related("branch").annotate(many=Count("lines")).order_by("-pk")
    if show:
        found = found.filter(state=show)
    return ListScreen(Paginator(found, ROWS).get_page(given.get("page", "1")), show, SHOWS, timezone.now())


@transaction.atomic
def build(batch: PriceBatch, shop: Shop, role: str, given: Mapping[str, str]) -> BatchScreen:
    """One batch; a fixed number of queries, however many its lines."""
    now = timezone.now()
    lines = _lines(batch, shop, now, see_cost=may(role, Can.SEE_COST))
    changes = [line.expected.change for line in lines if line.expected]
    words = given.get("q", "").replace("\x00", "").strip()[:100]
    draft, edits = batch.state == State.DRAFT, may(role, Can.EDIT_PRODUCTS)
    decides = edits and may(role, Can.DECIDE)
    return BatchScreen(
        batch=batch,
        lines=lines,
        gain=sum(changes, Decimal(0)) if changes else None,
        told=len(changes),
        warnings=sum(1 for line in lines if line.notes),
        starts=_starts(batch, shop, now),
        branches=list(Branch.objects.order_by("name")),
        found=_matching(words) if words and draft and edits else [],
        words=words,
        is_draft=draft,
        can_edit=draft and edits,
        can_decide=draft and decides,
        can_undo=decides and batch.state == State.APPROVED and (batch.ends_at is None or batch.ends_at > now),
        is_coming=batch.state == State.APPROVED and bool(batch.starts_at and batch.starts_at > now),
        names_prior=price_law.names_prior_price(shop.country),
    )


def of_batch(batch: PriceBatch) -> File:
    """The lines as a file."""
    return File(f"prices_{batch.pk}", COLUMNS, _cells(batch))


def _matching(words: str) -> list[Product]:
    return list(Product.objects.active().matching(words).order_by("name", "pk")[:FOUND])


def _lines(batch: PriceBatch, shop: Shop, now: dt.datetime, *, see_cost: bool) -> list[Line]:
    rows = list(batch.lines.select_related("batch", "product__tax_rate").order_by("product__name", "pk"))
    products = [row.product_id for row in rows]
    draft = batch.state == State.DRAFT
    today = prices.regular_prices(batch.branch_id, now, products) if draft else {}
    advice = {one.product.pk: one for one in pricing_advice.all_of(products)} if see_cost else {}
    beside = _beside(batch, shop, products, now)
    lowest = price_law.reference_prices(products, batch.starts_at or now, batch.branch_id) if batch.ends_at else {}
    found = []
    for row in rows:
        known = advice.get(row.product_id)
        expected = pricing_advice.what_if(known, row.price) if known else None
        before = today.get(row.product_id) if draft else row.price_before
        earned = _margin(row, shop) if see_cost else None
        notes = [*_own_notes(row, earned, expected), *beside.get(row.product_id, ())]
        low = lowest.get(row.product_id)
        found.append(Line(row, before, *_change(row.price, before), earned, expected, low, notes))
    return found


def _change(price: Decimal, before: Decimal | None) -> tuple[Decimal | None, str]:
    if not before:
        return None, ""
    return price - before, formats.percent((price - before) / before, sign=True)


def _margin(row: PriceBatchLine, shop: Shop) -> Decimal | None:
    rate = row.product.tax_rate.rate if row.product.tax_rate else None
    return margin(row.price, row.product.cost, rate, prices_include_tax=shop.prices_include_tax)


def _own_notes(row: PriceBatchLine, earned: Decimal | None, expected: WhatIf | None) -> list[str]:
    breaks = expected.breaks if expected and row.batch.ends_at is None else ()  # rules are for what stays
    notes = [f"Outside a rule: {bound.text}" for bound in breaks]
    if earned is not None and earned < 0:
        notes.insert(0, "Below what it costs.")
    if not row.product.is_active:
        notes.insert(0, "No longer on sale.")
    if row.product.price_by_hand:
        notes.append("Its price is set by hand only.")
    if row.was_left:
        notes.append("A later price had taken its place and was left.")
    return notes


def _beside(batch: PriceBatch, shop: Shop, products: list[int], now: dt.datetime) -> dict[int, list[str]]:
    """What else sets prices of these products where and while this batch is to hold, in words."""
    others = ShelfPrice.objects.ahead(now).filter(product__in=products).exclude(batch=batch).select_related("branch")
    if batch.branch_id:
        others = others.filter(branch__in=[batch.branch_id])
    found: dict[int, list[str]] = {}
    for row in others.order_by("starts_at", "pk"):
        text = f"{formats.money(row.price, shop.currency)} {f'at {row.branch.name}' if row.branch else 'everywhere'}"
        if row.ends_at:
            goes = f"{text} until {formats.moment(timezone.localtime(row.ends_at), shop.today(now))} goes first."
        elif row.starts_at and row.starts_at > now:
            goes = f"{text} comes {formats.moment(timezone.localtime(row.starts_at), shop.today(now))}."
        elif row.branch and not batch.branch_id:
            goes = f"{text} stays: that branch has its own price."
        else:
            continue
        found.setdefault(row.product_id, []).append(goes)
    return found


def _starts(batch: PriceBatch, shop: Shop, now: dt.datetime) -> str:
    """When it holds, in words: “from Mon 23 Nov 08:00”, “at once”."""
    today = shop.today(now)
    if batch.starts_at is None or (batch.state == State.DRAFT and batch.starts_at <= now):
        start = "at once"
    else:
        start = f"from {formats.moment(timezone.localtime(batch.starts_at), today)}"
    end = f" until {formats.moment(timezone.localtime(batch.ends_at), today)}" if batch.ends_at else ""
    return start + end


def _cells(batch: PriceBatch) -> Iterator[tuple[Cell, ...]]:
    for row in batch.lines.select_related("product").order_by("product__sku"):
        yield row.product.sku, row.product.name, amount(row.price_before), amount(row.price)
