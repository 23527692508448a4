"""What measuring decisions reads of the shop's days: a fixed number of queries however many decisions, as arrays."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from django.db import transaction
from django.db.models import Q

from insights.analyses.forecast import grids, reading
from insights.decisions.outcomes_compute import Flags, Floats, Grid, Panel
from insights.models import CrossEffect, Elasticity, Run
from inventory.models import LotPrice, PriceChange
from sales import rollups
from sales.models import ProductDay
from shop.models import Shop
from shop.periods import Period

CLOSE = 0.1  # per cent sold more for one per cent dearer: from here on two products are too close to compare


@dataclass(frozen=True, slots=True)
class Money:
    """One product's days: units, net sales, and the cost of the lines whose cost is known with their net."""

    units: Floats
    net: Floats
    costed_net: Floats
    cost: Floats


@dataclass(slots=True)
class Book:
    """The shop's days from `first` on. Rows of every grid are the products of `row`, by id."""

    first: dt.date
    days: int
    row: dict[int, int]
    name: dict[int, str]
    by_branch: dict[int, Grid]
    out: dict[int, Flags]
    offer: dict[int, Flags]
    open: dict[int, Flags]  # a branch's days
    marked: dict[int, Flags]  # a lot of it was marked down
    group: np.ndarray[tuple[int], np.dtype[np.int64]]
    changes: list[tuple[int, int]]  # row, day
    money: dict[tuple[int, int], Money]  # by branch and product
    elasticity: dict[int, tuple[float, float, float]] = field(default_factory=dict)
    close: dict[int, list[int]] = field(default_factory=dict)  # rows, by row
    panels: dict[int | None, Panel] = field(default_factory=dict)

    def day(self, date: dt.date) -> int:
        return (date - self.first).days

    def panel(self, branch: int | None) -> Panel:
        """One branch's days, or (None) the whole shop's."""
        if branch not in self.panels:
            self.panels[branch] = _panel(self, branch)
        return self.panels[branch]

    def money_of(self, branch: int | None, product: int) -> Money:
        """What a product brought, day by day, at one branch or at all."""
        found = [of for (at, id), of in self.money.items() if id == product and branch in (None, at)]
        nothing = np.zeros(self.days)
        names = ("units", "net", "costed_net", "cost")
        return Money(*(sum((getattr(of, name) for of in found), nothing) for name in names))


@transaction.atomic
def read(shop: Shop, span: Period, goods: Collection[int]) -> Book:
    """The span's days of every product on sale, and the money of these."""
    rollups.refresh(span)
    sold = reading.sold(shop, span)
    known = reading.goods()
    row = {id: place for place, id in enumerate(sorted(set(sold.product.tolist())))}
    categories = {id: place + 1 for place, id in enumerate(sorted({of.category or 0 for of in known.values()}))}
    book = Book(
        first=span.first,
        days=span.days,
        row=row,
        name={id: of.name for id, of in known.items()},
        by_branch={branch: np.zeros((len(row), span.days), np.float32) for branch in reading.branches()},
        out={},
        offer={},
        open={},
        marked={},
        group=np.array([categories[known[id].category or 0] for id in row], dtype=np.int64),
        changes=[],
        money=_money(span, goods),
    )
    _add_units(book, sold)
    _add_days(book, shop, span)
    _add_prices(book, shop)
    return book


def _add_units(book: Book, sold: reading.Sold) -> None:
    for place in range(sold.product.size):
        part = slice(int(sold.start[place]), int(sold.start[place + 1]))
        grid = book.by_branch[int(sold.branch[place])]
        grid[book.row[int(sold.product[place])], sold.day[part]] = np.maximum(sold.units[part], 0)


def _add_days(book: Book, shop: Shop, span: Period) -> None:
    """When each branch traded, what was on offer there, and what had run out."""
    shape = (len(book.row), book.days)
    for branch, days in reading.selling_days(span).items():
        book.open[branch] = np.zeros(book.days, dtype=np.bool_)
        book.open[branch][[book.day(day) for day in days]] = True
    for branch in book.by_branch:
        for of_days in (book.out, book.offer, book.marked):
            of_days[branch] = np.zeros(shape, np.bool_)
        book.open.setdefault(branch, np.zeros(book.days, dtype=np.bool_))
    for offer in reading.promotions(span):
        row = book.row.get(offer.product_id)
        part = slice(max(0, book.day(offer.first_date)), book.day(offer.last_date) + 1)
        for branch in () if row is None else book.by_branch:
            if offer.branch_id in (None, branch):
                book.offer[branch][row, part] = True
    _add_markdowns(book, shop, span)
    for of in reading.ledger(shop, span):
        row = book.row.get(of.product)
        if row is not None and of.branch in book.by_branch:
            before = max(0, -int(of.day[0]))
            units = book.by_branch[of.branch][row]
            book.out[of.branch][row] = grids.empty_shelf(of.day, of.lowest, of.change, units, before)


def _add_markdowns(book: Book, shop: Shop, span: Period) -> None:
    """The days on which some of a product was sold cheaper for its date."""
    since = dt.datetime.combine(span.first, dt.time(), dt.UTC)
    rows = LotPrice.objects.filter(Q(ends_at=None) | Q(ends_at__gt=since), starts_at__gt=since - dt.timedelta(days=60))
    for branch, product, *times in rows.values_list("branch_id", "product_id", "starts_at", "ends_at", "ended_at"):
        begins, ends = times[0], min((time for time in times[1:] if time), default=None)
        row = book.row.get(product)
        if row is not None and branch in book.marked:
            last = book.day(shop.business_date(ends)) if ends else book.days
            book.marked[branch][row, max(0, book.day(shop.business_date(begins))) : max(0, last + 1)] = True


def _add_prices(book: Book, shop: Shop) -> None:
    """The days on which a product's own price changed, what its price does to it, and what is too close to it."""
    last: dict[int, Decimal] = {}
    changes = PriceChange.objects.exclude(price=None).order_by("effective_at", "id")
    for product, at, price in changes.values_list("product_id", "effective_at", "price").iterator():
        if product in book.row and last.get(product) != price:
            if product in last:
                day = book.day(shop.business_date(at - dt.timedelta(microseconds=1))) + 1
                book.changes.append((book.row[product], min(max(day, 0), book.days)))
            last[product] = price
    run = Run.objects.latest_done("pricing")
    if run is None:
        return
    for of in Elasticity.objects.filter(run=run):
        book.elasticity[of.product_id] = (of.value, of.low80, of.high80)
    near: dict[int, list[int]] = defaultdict(list)
    for one, other, value in CrossEffect.objects.filter(run=run).values_list("product_id", "other_id", "value"):
        if abs(value) >= CLOSE and one in book.row and other in book.row:
            near[book.row[other]].append(book.row[one])
            near[book.row[one]].append(book.row[other])
    book.close = dict(near)


def _money(span: Period, goods: Iterable[int]) -> dict[tuple[int, int], Money]:
    found: dict[tuple[int, int], Money] = {}
    rows = ProductDay.objects.within(span).filter(product__in=list(goods)).values_list(
        "branch_id", "product_id", "business_date", "units", "net", "costed_net", "cost"
    )  # fmt: skip
    for branch, product, date, *amounts in rows.iterator():
        of = found.setdefault((branch, product), Money(*(np.zeros(span.days) for _ in range(4))))
        day = (date - span.first).days
        for name, amount in zip(("units", "net", "costed_net", "cost"), amounts, strict=True):
            getattr(of, name)[day] += float(amount)
    return found


def _panel(book: Book, branch: int | None) -> Panel:
    total: Grid = np.sum(list(book.by_branch.values()), axis=0, dtype=np.float32)
    rows, days = (np.array([one[place] for one in book.changes], dtype=np.int64) for place in (0, 1))
    weekday = (np.arange(book.days) + book.first.weekday()) % 7
    usable = _usable(book, [*book.by_branch] if branch is None else [branch])
    units = total if branch is None else book.by_branch[branch]
    others = total - units if branch is not None and len(book.by_branch) > 1 else None
    return Panel(units, usable, book.group, weekday, rows, days, others)


def _usable(book: Book, branches: list[int]) -> Flags:
    """Days on which it was in stock and not on offer wherever it sells, and some branch traded."""
    usable = np.ones((len(book.row), book.days), dtype=np.bool_)
    for branch in branches:
        sells: Flags = np.asarray(book.by_branch[branch].any(axis=1), dtype=np.bool_)
        fine = ~(book.out[branch] | book.offer[branch] | book.marked[branch])
        usable &= fine | ~book.open[branch] | ~sells[:, None]
    traded = np.zeros(book.days, dtype=np.bool_)
    for branch in branches:
        traded |= book.open[branch]
    return np.asarray(usable & traded, dtype=np.bool_)
