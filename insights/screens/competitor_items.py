"""The desk where competitors' items are matched: what each may be, and what was decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Count, F, FloatField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from insights.matching.job import JOB_KIND, PROPOSED_FROM
from insights.screens.competitors import newest_prices
from insights.screens.stock_find import Found, find
from inventory.competitors import FRESH_DAYS, matching, sizes
from inventory.competitors.sizes import Compared
from inventory.models import CompetitorItem, CompetitorPrice, Product
from shop.models import Job, Shop

ROWS = 20
State = CompetitorItem.State
SHOWS = {
    State.PROPOSED: "To confirm",
    State.NEW: "Not found yet",
    State.MATCHED: "Matched",
    State.NONE: "We do not sell it",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A product of ours that it may be."""

    product: Product
    confidence: float
    why: str
    other_size: bool

    @property
    def percent(self) -> int:
        return round(100 * self.confidence)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item as a row of the desk, with the price seen last."""

    item: CompetitorItem
    price: CompetitorPrice | None
    age_days: int
    choices: tuple[Choice, ...]

    @property
    def is_stale(self) -> bool:
        return self.age_days > FRESH_DAYS

    @property
    def best(self) -> Choice | None:
        """The one that is put forward to confirm."""
        first = self.choices[0] if self.choices else None
        return first if first and self.item.state == State.PROPOSED else None

    @property
    def others(self) -> tuple[Choice, ...]:
        return self.choices[1:] if self.best else self.choices

    @property
    def is_open(self) -> bool:
        return self.item.state in (State.NEW, State.PROPOSED)

    @property
    def by_person(self) -> str:
        return self.item.matched_by if matching.is_persons(self.item) else ""

    @property
    def other_size(self) -> bool:
        return bool(self.item.product_id) and self.item.of_ours not in (None, Decimal(1))


@dataclass(frozen=True, slots=True)
class DeskScreen:
    show: str
    tabs: list[tuple[str, str, int]]
    rows: list[ItemRow]
    page: Page[Any]
    job: Job | None
    least: int = round(100 * PROPOSED_FROM)


@dataclass(frozen=True, slots=True)
class ItemScreen:
    row: ItemRow
    found: Found
    prices: list[CompetitorPrice]


@transaction.atomic
def build(given: Mapping[str, str], shop: Shop) -> DeskScreen:
    """One page of the desk: the surest proposals first."""
    counts = dict(CompetitorItem.objects.order_by().values_list("state").annotate(many=Count("pk")))
    show = given.get("show", "")
    show = show if show in SHOWS else State.PROPOSED if counts.get(State.PROPOSED) else State.NEW
    items = CompetitorItem.objects.filter(state=show).select_related("competitor", "product")
    sure = Cast(KT("candidates__0__confidence"), FloatField())
    items = items.annotate(sure=sure).order_by(F("sure").desc(nulls_last=True), "name", "pk")
    page = Paginator(items, ROWS).get_page(given.get("page", "1"))
    return DeskScreen(
        show=show,
        tabs=[(key, words, counts.get(key, 0)) for key, words in SHOWS.items()],
        rows=rows_of(list(page), shop.today()),
        page=page,
        job=Job.objects.unfinished().filter(kind=JOB_KIND).order_by("-pk").first(),
    )


@transaction.atomic
def detail(item: CompetitorItem, words: str, today: dt.date) -> ItemScreen:
    """One item with everything known of it, and products found by words."""
    prices = list(item.prices.order_by("-seen_on", "-pk")[:20])
    return ItemScreen(rows_of([item], today)[0], find(words), prices)


def rows_of(items: Sequence[CompetitorItem], today: dt.date) -> list[ItemRow]:
    """The items as rows: three queries, however many."""
    seen = newest_prices([item.pk for item in items])
    wanted = {one["product"] for item in items for one in item.candidates}
    products = Product.objects.in_bulk(wanted)
    return [_row(item, seen.get(item.pk, {}), products, today) for item in items]


def _row(
    item: CompetitorItem, seen: dict[bool, CompetitorPrice], products: dict[int, Product], today: dt.date
) -> ItemRow:
    price = seen.get(False) or seen.get(True)
    theirs = sizes.of_item(item.name, item.content)
    choices = tuple(
        Choice(
            product=products[one["product"]],
            confidence=float(one["confidence"]),
            why=one["why"],
            other_size=sizes.compare(theirs, sizes.of_product(products[one["product"]])) == Compared.OTHER,
        )
        for one in item.candidates
        if one["product"] in products
    )
    return ItemRow(item, price, (today - price.seen_on).days if price else 0, choices)
