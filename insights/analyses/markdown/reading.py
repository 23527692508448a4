"""What the markdown plan reads: lots near their date, the shelf's prices, the forecast, and what prices do to sales."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
from django.utils import timezone

from insights.analyses.markdown import cases
from insights.analyses.markdown.plan import IN_80, Floats
from insights.forecasts import WEEK, over_the_week
from insights.models import CrossEffect, Elasticity, ForecastSeries, PriceAdvice, Run
from insights.ordering.demand import spread
from insights.stock_reports import daily_demand
from inventory import lot_prices
from inventory.models import LotPrice, Product, StockLevel
from inventory.prices import prices_at
from inventory.reports_lots import LotLeft, expiring
from shop.models import Shop

LATEST_HOUR = 14  # a sticker put on later hardly sells that day: tomorrow is planned for
TRADES_FROM, TRADES_TO = 8, 20
PORTION_KG = 0.5  # what a customer takes of weighed goods at a time
COST_SHARE = Decimal("0.7")  # of the net price, where nobody knows the cost
USUAL_EFFECT, LEAST_EFFECT, MOST_EFFECT = -1.2, -0.4, -2.2  # where nothing is known of a product
USUAL_DRAWN, MOST_DRAWN = 0.1, 0.9
SCATTER = 1.3  # of a day's demand where there is no forecast: its variance to its mean
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a price does to a product's sales; `is_own` where the price analysis told it."""

    value: float
    unsure: float
    drawn: float
    is_own: bool


@dataclass(frozen=True, slots=True)
class Near:
    """A lot near its date with all its plan needs; `mean` and `deviation` are of each day left, in selling units.

    `price` is the shelf's, tax included where the shop's prices are; `net` is its share without tax. `older` lies in
    lots that expire before. `marked_today`: it has had its step for the day.
    """

    lot: LotLeft
    price: Decimal | None
    net: Decimal
    cost: Decimal
    sticker: LotPrice | None
    older: Decimal
    has_fresh: bool
    mean: Floats
    deviation: Floats
    is_forecast: bool
    effect: Effect
    by_hand: bool
    marked_today: bool

    @property
    def days(self) -> int:
        return int(self.mean.size)

    @property
    def portion(self) -> float:
        return PORTION_KG if self.lot.unit == Product.Unit.KILOGRAM else 1.0


@dataclass(frozen=True, slots=True)
class Inputs:
    """`first` is the day the plan begins on, `closes_at` when it is too late for it."""

    currency: str
    first: dt.date
    closes_at: dt.datetime
    near: list[Near]


def read(shop: Shop, now: dt.datetime | None = None) -> Inputs:
    """The lots whose date is within the days looked ahead, the soonest first. A fixed number of queries, and two more
    for each branch."""
    now = now or timezone.now()
    first, closes_at, share = planned_day(shop, now)
    lots = [lot for lot in expiring(first + dt.timedelta(days=cases.HORIZON - 1)) if lot.date and lot.date >= first]
    facts = _facts([lot.product for lot in lots], {lot.branch for lot in lots}, now)
    stickers = lot_prices.current([lot.lot for lot in lots], now)
    demand = _Demand([lot.product for lot in lots], first, share)
    effects = _effects([lot.product for lot in lots])
    seen: dict[Key, Decimal] = {}
    near = []
    for lot in lots:
        product, level, price = facts.of(lot)
        older = seen.get((lot.branch, lot.product), Decimal(0))
        seen[lot.branch, lot.product] = older + lot.quantity
        mean, deviation, is_forecast = demand.of(lot, ((lot.date or first) - first).days + 1)
        rate = product.tax_rate.rate if product.tax_rate and shop.prices_include_tax else Decimal(0)
        sticker = stickers.get(lot.lot)
        net = 1 / (1 + rate)
        near.append(
            Near(
                lot=lot,
                price=price,
                net=net,
                cost=lot.cost if lot.cost is not None else (price or Decimal(0)) * net * COST_SHARE,
                sticker=sticker,
                older=older,
                has_fresh=level > older + lot.quantity,
                mean=mean,
                deviation=deviation,
                is_forecast=is_forecast,
                effect=effects.get(lot.product, UNKNOWN),
                by_hand=product.price_by_hand or not product.is_active,
                marked_today=sticker is not None and shop.business_date(sticker.starts_at) >= first,
            )
        )
    return Inputs(shop.currency, first, closes_at, near)


def planned_day(shop: Shop, now: dt.datetime) -> tuple[dt.date, dt.datetime, float]:
    """The day a plan made now begins on, until when it can be followed, and the share of that day's sales to come."""
    zone = ZoneInfo(shop.zone)
    today, local = shop.today(now), now.astimezone(zone)
    closes_at = dt.datetime.combine(today, dt.time(LATEST_HOUR), zone)
    if now < closes_at:
        hour = local.hour + local.minute / 60 if local.date() == today else 0
        return today, closes_at, min(1.0, max(0.0, (TRADES_TO - hour) / (TRADES_TO - TRADES_FROM)))
    return today + dt.timedelta(days=1), closes_at + dt.timedelta(days=1), 1.0


def digest(inputs: Inputs) -> str:
    """The same for the same lots, prices and expectations."""
    found = hashlib.sha256(f"{inputs.first}".encode())
    for one in inputs.near:
        found.update(repr((one.lot, one.price, one.cost, one.effect, one.sticker and one.sticker.price)).encode())
        found.update(one.mean.tobytes() + one.deviation.tobytes())
    return found.hexdigest()


@dataclass(frozen=True, slots=True)
class _Facts:
    products: dict[int, Product]
    levels: dict[Key, Decimal]
    prices: dict[int, dict[int, Decimal | None]]

    def of(self, lot: LotLeft) -> tuple[Product, Decimal, Decimal | None]:
        key = lot.branch, lot.product
        return self.products[lot.product], self.levels.get(key, Decimal(0)), self.prices[lot.branch].get(lot.product)


def _facts(products: Sequence[int], branches: Collection[int], now: dt.datetime) -> _Facts:
    wanted = set(products)
    levels = StockLevel.objects.filter(product__in=wanted).values_list("branch_id", "product_id", "quantity")
    return _Facts(
        {row.pk: row for row in Product.objects.filter(pk__in=wanted).select_related("tax_rate")},
        {(branch, product): quantity for branch, product, quantity in levels},
        {branch: prices_at(branch, now, wanted) for branch in branches},
    )


class _Demand:
    """The forecast of these products from a day on; where there is none, what they have sold a day of late."""

    def __init__(self, products: Sequence[int], first: dt.date, share: float) -> None:
        run = Run.objects.latest_done("forecast")
        rows = ForecastSeries.objects.products().filter(run=run, product__in=set(products)).exclude(branch=None)
        fields = "branch_id", "product_id", "first_date", "step", "mean", "low80", "high80"
        self.first, self.share = first, share
        self.series = {(row[0], row[1]): row[2:] for row in rows.values_list(*fields)} if run else {}
        self.daily = daily_demand(first, sorted(set(products))) if products else {}

    def of(self, lot: LotLeft, days: int) -> tuple[Floats, Floats, bool]:
        """Mean and standard deviation of each of so many days, and whether they are the forecast's."""
        portion = PORTION_KG if lot.unit == Product.Unit.KILOGRAM else 1.0
        row = self.series.get((lot.branch, lot.product))
        reached = row and 0 <= (self.first - row[0]).days <= len(row[2]) - days
        if row and reached:
            ahead = (self.first - row[0]).days
            mean, low, high = (_by_day(band, row[1])[ahead : ahead + days] for band in row[2:])
            deviation = spread(mean, low, high, np.full(days, portion))
        else:
            mean = np.full(days, float(self.daily.get((lot.branch, lot.product), 0)))
            deviation = np.sqrt(SCATTER * mean * portion)
        mean[0] *= self.share
        deviation[0] *= np.sqrt(self.share)
        return mean, deviation, bool(reached)


def _by_day(band: Sequence[float], step: int) -> Floats:
    return np.array(over_the_week(band) if step == WEEK else band, dtype=np.float64)


UNKNOWN = Effect(USUAL_EFFECT, (LEAST_EFFECT - MOST_EFFECT) / (2 * IN_80), USUAL_DRAWN, is_own=False)


def _effects(products: Sequence[int]) -> dict[int, Effect]:
    """What the latest price analysis told of these products."""
    run = Run.objects.latest_done("pricing")
    if run is None:
        return {}
    drawn = _drawn(run, set(products))
    rows = Elasticity.objects.filter(run=run, product__in=set(products))
    return {
        row.product_id: Effect(
            row.value,
            max((row.high80 - row.low80) / (2 * IN_80), 0.1),
            min(max(drawn.get(row.product_id, 0) / max(-row.value, 0.05), 0), MOST_DRAWN)
            if row.product_id in drawn
            else USUAL_DRAWN,
            is_own=row.observations > 0,
        )
        for row in rows
    }


def _drawn(run: Run, products: set[int]) -> dict[int, float]:
    """By how many per cent of its own units the substitutes of each product sell less when it is one per cent
    cheaper."""
    rows = CrossEffect.objects.filter(run=run, other__in=products)
    effects = list(rows.values_list("product_id", "other_id", "value"))
    named = {product for product, _, _ in effects} | products
    units = dict(PriceAdvice.objects.filter(run=run, product__in=named).values_list("product_id", "units_now"))
    found: dict[int, float] = {}
    for product, other, value in effects:
        if units.get(other):
            found[other] = found.get(other, 0) + max(value, 0) * units.get(product, 0) / units[other]
    return found
