"""What ordering needs to know, read from the shop with a fixed number of queries, as arrays."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from insights.forecasts import WEEK, over_the_week
from insights.models import ForecastSeries, Run
from insights.ordering.advice import FOREVER, Items
from insights.ordering.demand import Floats, spread
from inventory import reports
from inventory.calendar import Terms, terms_of
from inventory.models import MinimumStock, Product, PurchaseOrder, PurchaseOrderLine, StockLevel, Supplier
from shop.models import Branch, Shop

KEPT_COLUMNS = 60  # days of shelf life told apart
DAYS = 35
STALE = dt.timedelta(days=7)
PORTION_KG = 0.5  # what a customer takes of weighed goods at a time
COST_SHARE = Decimal("0.7")  # of the net price, where nobody has typed the cost
NEVER_CAME, OF_LINES = 1, 80  # what is thought of a supplier before it is known
TRADES_FROM, TRADES_TO = 8, 20  # hours between which a day's sales are taken to fall
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """A product at a branch, followed in stock, with a supplier: what its order is worked out from."""

    branch: Branch
    product: Product
    level: Decimal
    coming: tuple[tuple[dt.date, Decimal], ...]
    minimum: Decimal | None
    price: Decimal | None
    cost: Decimal
    cost_known: bool

    @property
    def key(self) -> Key:
        return self.branch.pk, self.product.pk

    @property
    def supplier(self) -> Supplier:
        return self.product.supplier  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Timing:
    """The deliveries of a supplier as days from today, and the first's cut-off."""

    first: int
    second: int
    third: int
    cutoff_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Book:
    """Everything read: lines and their arrays stand in the same order."""

    shop: Shop
    now: dt.datetime
    today: dt.date
    lines: list[Line]
    timing: Mapping[int, Timing]
    items: Items
    negative: list[Line]
    in_drafts: Mapping[Key, Decimal]  # money on the draft of (branch, supplier)
    spent: Decimal  # on this week's orders, drafts too


def read(run: Run, now: dt.datetime, *, branch: int | None = None, supplier: int | None = None) -> Book | None:
    """The book for ordering now from a forecast; None where it is too old to order from. Call it in a transaction."""
    shop = run.shop
    today = now.astimezone(ZoneInfo(shop.zone)).date()
    if not run.as_of_date + STALE >= today:
        return None
    forecast = _forecast(run, branch, supplier)
    coming, in_drafts = _on_the_way(shop, today, now)
    minimums = {(b, p): q for b, p, q in MinimumStock.objects.values_list("branch_id", "product_id", "quantity")}
    followed = _followed(shop, coming, minimums, branch, supplier)
    lines = [line for line in followed if line.level >= 0 and (line.key in forecast or line.minimum)]
    suppliers = {line.supplier.pk: line.supplier for line in lines}
    timing = {pk: _timing(terms_of(one, shop.zone), now, today) for pk, one in suppliers.items()}
    items = _items(lines, forecast, timing, _lots(), _not_coming(today), now, today, shop)
    negative = [line for line in followed if line.level < 0]
    return Book(shop, now, today, lines, timing, items, negative, in_drafts, spent(today, shop))


def _forecast(run: Run, branch: int | None, supplier: int | None) -> dict[Key, tuple[Any, ...]]:
    rows = ForecastSeries.objects.products().filter(run=run).exclude(branch=None)
    if branch is not None:
        rows = rows.filter(branch_id=branch)
    if supplier is not None:
        rows = rows.filter(product__supplier_id=supplier)
    fields = "branch_id", "product_id", "first_date", "step", "mean", "low80", "high80"
    return {(row[0], row[1]): _by_day(*row[2:]) for row in rows.values_list(*fields)}


def _by_day(first: dt.date, step: int, *bands: Sequence[float]) -> tuple[Any, ...]:
    """The first day and the bands, day by day where the shop books whole weeks."""
    return first, *((over_the_week(band) for band in bands) if step == WEEK else bands)


def _followed(
    shop: Shop,
    coming: Mapping[Key, list[tuple[dt.date, Decimal]]],
    minimums: Mapping[Key, Decimal],
    branch: int | None,
    supplier: int | None,
) -> list[Line]:
    """Products on sale with a supplier, at each branch that follows them."""
    levels = StockLevel.objects.filter(product__is_active=True).exclude(product__supplier=None)
    if branch is not None:
        levels = levels.filter(branch_id=branch)
    if supplier is not None:
        levels = levels.filter(product__supplier_id=supplier)
    rows = levels.select_related("branch", "product__supplier", "product__tax_rate").order_by("branch_id", "product_id")
    return [_line(shop, row, tuple(coming.get((row.branch_id, row.product_id), ())), minimums) for row in rows]


def _line(
    shop: Shop, level: StockLevel, coming: tuple[tuple[dt.date, Decimal], ...], minimums: Mapping[Key, Decimal]
) -> Line:
    product = level.product
    rate = product.tax_rate.rate if product.tax_rate else Decimal(0)
    price = product.price
    if price is not None and shop.prices_include_tax:
        price /= 1 + rate
    assumed = price * COST_SHARE if price is not None else Decimal(1)
    return Line(
        branch=level.branch,
        product=product,
        level=level.quantity,
        coming=coming,
        minimum=minimums.get((level.branch_id, level.product_id)),
        price=price,
        cost=assumed if product.cost is None else product.cost,
        cost_known=product.cost is not None,
    )


def _on_the_way(
    shop: Shop, today: dt.date, now: dt.datetime
) -> tuple[dict[Key, list[tuple[dt.date, Decimal]]], dict[Key, Decimal]]:
    """What open orders still bring, by branch and product; what the drafts cost, by branch and supplier.

    A draft comes with the next delivery, and what is overdue today: nothing is ordered twice because it is late.
    """
    lines = PurchaseOrderLine.objects.filter(order__state__in=PurchaseOrder.ON_THE_WAY, is_closed=False)
    coming: dict[Key, list[tuple[dt.date, Decimal]]] = defaultdict(list)
    in_drafts: dict[Key, Decimal] = defaultdict(Decimal)
    for line in lines.select_related("order__supplier"):
        order = line.order
        on = order.expected_on
        if order.state == PurchaseOrder.State.DRAFT or on is None:
            on = next(terms_of(order.supplier, shop.zone).deliveries(now)).on
        if order.state == PurchaseOrder.State.DRAFT:
            in_drafts[order.branch_id, order.supplier_id] += line.quantity * (line.unit_cost or 0)
        if (left := line.quantity - line.received) > 0:
            coming[order.branch_id, line.product_id].append((max(on, today), left))
    return coming, in_drafts


def spent(today: dt.date, shop: Shop) -> Decimal:
    """What this week's orders (Monday to Sunday) and the drafts cost."""
    monday = dt.datetime.combine(today - dt.timedelta(days=today.weekday()), dt.time(0), ZoneInfo(shop.zone))
    this_week = Q(order__state=PurchaseOrder.State.DRAFT) | Q(order__approved_at__gte=monday)
    lines = PurchaseOrderLine.objects.filter(this_week).exclude(order__state=PurchaseOrder.State.CANCELLED)
    cost = Sum(Coalesce("unit_cost", Decimal(0)) * Coalesce("quantity", Decimal(0)))
    return Decimal(lines.aggregate(all=cost)["all"] or 0)


def _not_coming(today: dt.date) -> dict[int, float]:
    """The share of a supplier's ordered lines that never came, by supplier: over a year, drawn towards one in 80."""
    lines = PurchaseOrderLine.objects.filter(
        order__expected_on__range=(today - dt.timedelta(days=365), today - dt.timedelta(days=1)),
        order__state__in=("part", "received"),
    )
    counts = lines.values_list("order__supplier_id").annotate(all=Count("pk"), none=Count("pk", filter=Q(received=0)))
    return {pk: (none + NEVER_CAME) / (every + OF_LINES) for pk, every, none in counts.order_by()}


def _timing(terms: Terms, now: dt.datetime, today: dt.date) -> Timing:
    coming = terms.deliveries(now)
    first, second, third = next(coming), next(coming), next(coming)
    days = [(one.on - today).days for one in (first, second, third)]
    return Timing(days[0], days[1], days[2], first.cutoff_at)


def _lots() -> dict[tuple[str, str], list[tuple[dt.date | None, Decimal]]]:
    held: dict[tuple[str, str], list[tuple[dt.date | None, Decimal]]] = defaultdict(list)
    for lot in reports.stock_by_lot():
        held[lot.sku, lot.branch].append((lot.use_by or lot.best_before, lot.quantity))
    return held


def _items(
    lines: list[Line],
    forecast: Mapping[Key, tuple[Any, ...]],
    timing: Mapping[int, Timing],
    lots: Mapping[tuple[str, str], list[tuple[dt.date | None, Decimal]]],
    not_coming: Mapping[int, float],
    now: dt.datetime,
    today: dt.date,
    shop: Shop,
) -> Items:
    share = _left_of_today(now.astimezone(ZoneInfo(shop.zone)))
    mean, low, high = (np.zeros((len(lines), DAYS)) for _ in range(3))
    stock, coming = np.zeros((len(lines), KEPT_COLUMNS)), np.zeros((len(lines), DAYS))
    for row, line in enumerate(lines):
        if series := forecast.get(line.key):
            ahead = (today - series[0]).days
            for grid, values in zip((mean, low, high), series[1:], strict=True):
                grid[row] = _from(values, ahead, share)
        for until, quantity in lots.get((line.product.sku, line.branch.name), ()):
            days = KEPT_COLUMNS if until is None else (until - today).days + 1
            if days > 0:
                stock[row, min(days, KEPT_COLUMNS) - 1] += float(quantity)
        for on, quantity in line.coming:
            if (day := (on - today).days) < DAYS:
                coming[row, day] += float(quantity)
    portion = np.array([PORTION_KG if line.product.unit == "kg" else 1.0 for line in lines])
    when = [timing[line.supplier.pk] for line in lines]
    return Items(
        mean=mean,
        deviation=spread(mean, low, high, portion[:, None]),
        portion=portion,
        stock=stock,
        coming=coming,
        first=np.array([one.first for one in when], dtype=np.int64),
        second=np.array([one.second for one in when], dtype=np.int64),
        third=np.array([one.third for one in when], dtype=np.int64),
        life=np.array([line.product.shelf_life_days or FOREVER for line in lines], dtype=np.int64),
        case=_floats(line.product.pack_size or (0.5 if line.product.unit == "kg" else 1) for line in lines),
        least=_floats(line.minimum or 0 for line in lines),
        margin=_floats(max((line.price or line.cost / COST_SHARE) - line.cost, 0) for line in lines),
        cost=_floats(line.cost for line in lines),
        missing=_floats(not_coming.get(line.supplier.pk, NEVER_CAME / OF_LINES) for line in lines),
    )


def _floats(values: Iterable[Any]) -> Floats:
    return np.array([float(value) for value in values], dtype=np.float64)


def _from(values: list[float], ahead: int, share: float) -> Floats:
    """The forecast from today on: what is left of today, then whole days; past its end the last week goes on."""
    days = np.array(values, dtype=np.float64)
    days = days[ahead:] if ahead >= 0 else np.concatenate([np.zeros(-ahead), days])
    if not days.size:
        days = np.array(values[-7:], dtype=np.float64)
    while days.size < DAYS:
        days = np.concatenate([days, days[-7:]])
    days = days[:DAYS].copy()
    days[0] *= share
    return days


def _left_of_today(local: dt.datetime) -> float:
    """The share of today's sales still to come."""
    hour = local.hour + local.minute / 60
    return min(1.0, max(0.0, (TRADES_TO - hour) / (TRADES_TO - TRADES_FROM)))
