"""The part of Today that looks ahead: what is expected, what runs low, what comes, and what all of it rests on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Count
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from insights import forecasts
from insights.charts import svg
from insights.models import ForecastSeries, Run
from inventory.models import Product, PurchaseOrder, PurchaseOrderLine
from sales import reports
from sales.measures import Sums
from shop import formats
from shop.models import Branch, Shop
from shop.periods import Period
from shop.tenancy import current_shop_id

FORECAST = "forecast"
FIRST_FORECAST_DAYS = 21
LOW_SHOWN = 7
LOW_DAYS = 7


@dataclass(frozen=True, slots=True)
class Basis:
    """What the page rests on. `missing` says why there is no forecast; `trouble` that the last run failed."""

    run: Run | None
    text: str
    words_by: str
    missing: str
    trading_days: int
    trouble: str
    trouble_url: str

    @property
    def is_waiting_for_days(self) -> bool:
        return self.run is None and self.trading_days < FIRST_FORECAST_DAYS


def basis(days: Mapping[dt.date, Sums], now: dt.datetime) -> Basis:
    """Two queries. `days` are the last days with what they sold."""
    last = Run.objects.filter(analysis=FORECAST).defer("findings").order_by("-id").first()
    run = Run.objects.latest_done(FORECAST) if last and last.status != Run.Status.DONE else last
    trading = sum(1 for sums in days.values() if sums.lines)
    failed = last is not None and last.status == Run.Status.FAILED
    return Basis(
        run=run,
        text=_made(run, now),
        words_by=_words_by(run),
        missing="" if run else _missing(trading),
        trading_days=trading,
        trouble=_trouble(last, run) if failed else "",
        trouble_url=reverse("insights:run_detail", args=[last.pk]) if failed and last else "",
    )


def _made(run: Run | None, now: dt.datetime) -> str:
    if run is None:
        return ""
    today = timezone.localtime(now).date()
    made = timezone.localtime(run.ended_at or run.started_at)
    up_to = formats.day(run.as_of_date, today)
    return f"The forecast reads sales up to {up_to} and was made {formats.moment(made, today)}"


def _words_by(run: Run | None) -> str:
    if run is None:
        return ""
    if run.provider and run.provider != "local":
        return f"Its words were written by {f'{run.provider} {run.model}'.strip()} from computed figures"
    return "Its words are Aisle's own; no model was asked"


def _missing(trading: int) -> str:
    if trading < FIRST_FORECAST_DAYS:
        return f"Forecasts start after {FIRST_FORECAST_DAYS} trading days. You have {trading}."
    return "No forecast has been made yet. The first one is made at night."


def _trouble(last: Run | None, run: Run | None) -> str:
    stands = "What you see is from the one before." if run else "Nothing is expected until one is made."
    return f"The last forecast did not finish. {stands}" + (f" {last.error}" if last and last.error and not run else "")


# --- Expected today ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExpectedToday:
    amount: str
    span: str
    units: str
    hours: SafeString
    note: str


def expected(shop: Shop, today: dt.date) -> ExpectedToday | None:
    """Today's expected sales, as the forecast has them; None where it does not reach today or nothing is expected."""
    day = Period(today, today)
    found, pieces = forecasts.expected_sales(day).get(today), forecasts.expected(day).get(today)
    if found is None or pieces is None or found.mean <= 0:
        return None
    mean, low, high = (Decimal(str(value)) for value in (found.mean, found.low80, found.high80))
    hours, busiest = _hours(shop, today, mean)
    return ExpectedToday(
        amount=_about(mean, shop),
        span=f"{_about(low, shop)} and {_about(high, shop)}",
        units=f"About {formats.number(Decimal(str(pieces.mean)))} pieces and kilograms",
        hours=hours,
        note=busiest,
    )


def _about(value: Decimal, shop: Shop) -> str:
    """An estimate is not told to the cent: three figures are enough."""
    even = round(value, 2 - value.adjusted()) if value > 0 else Decimal(0)
    places = 0 if even >= 100 else formats.decimals(shop.currency)
    return formats.number(even, places, before=formats.symbol(shop.currency))


def _hours(shop: Shop, today: dt.date, whole: Decimal) -> tuple[SafeString, str]:
    """The day's expectation spread over its hours as the last four same weekdays were."""
    found = reports.by_weekday_hour(Period.ending(today - dt.timedelta(days=1), days=28))
    by_hour = {hour: sums.net for (weekday, hour), sums in found.items() if weekday == today.weekday()}
    total = sum(by_hour.values(), Decimal(0))
    if total <= 0:
        return svg.NOTHING, ""
    hours = range(min(by_hour), max(by_hour) + 1)
    values = [whole * by_hour.get(hour, Decimal(0)) / total for hour in hours]
    best = values.index(max(values))
    peak = f"about {_about(values[best], shop)}"
    note = f"Busiest from {hours[best]:02}:00 to {hours[best] + 1:02}:00, {peak}."
    return svg.hours(values, [f"{hour:02}" for hour in hours], "", f"Expected sales by hour. {note}"), note


# --- Running low ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Low:
    """A product whose stock ends soon. `state`: bad, warn or ok by its days; `width` of its bar in per cent."""

    name: str
    where: str
    url: str
    stock: str
    days: str
    state: str
    word: str
    width: int


# Cover counts whole days of the forecast from today on; a product expected to sell nothing is not in it.
_LOW = """
select level.product_id, level.branch_id, level.quantity, level.quantity / ahead.a_day as cover
from inventory_stocklevel level
join insights_forecastseries f on f.shop_id = level.shop_id and f.run_id = %(run)s
  and f.product_id = level.product_id and f.branch_id = level.branch_id
join inventory_product p on p.shop_id = level.shop_id and p.id = level.product_id and p.is_active
cross join lateral (
  select (f.mean[%(from)s] + f.mean[%(from)s + 1] + f.mean[%(from)s + 2] + f.mean[%(from)s + 3]
    + f.mean[%(from)s + 4] + f.mean[%(from)s + 5] + f.mean[%(from)s + 6])::numeric / 7 as a_day
) ahead
where level.shop_id = %(shop)s and ahead.a_day >= 0.1 and level.quantity < ahead.a_day * %(days)s
order by level.quantity / ahead.a_day, ahead.a_day desc, level.product_id, level.branch_id
limit %(most)s
"""


def running_low(run: Run | None, today: dt.date, *, most: int = LOW_SHOWN) -> list[Low]:
    """The products whose stock lasts least long at the sales expected, of those that last under a week."""
    rows = _low_rows(run, today, most)
    if not rows:
        return []
    products = Product.objects.in_bulk([product for product, *_ in rows])
    branches = dict(Branch.objects.values_list("pk", "name"))
    coming = _coming([product for product, *_ in rows])
    return [
        _low(products[product], branches[branch] if len(branches) > 1 else "", quantity, cover, branch, coming)
        for product, branch, quantity, cover in rows
    ]


def _low_rows(run: Run | None, today: dt.date, most: int) -> list[tuple[int, int, Decimal, Decimal]]:
    first = ForecastSeries.objects.filter(run=run).values_list("first_date", flat=True).first() if run else None
    place = (today - first).days if first else -1
    if run is None or place < 0:
        return []
    with connection.cursor() as cursor:
        values = {"shop": current_shop_id(), "run": run.pk, "from": place + 1, "days": LOW_DAYS, "most": most}
        cursor.execute(_LOW, values)
        return list(cursor.fetchall())


def _coming(products: list[int]) -> set[tuple[int, int]]:
    """(product, branch) of what is on an open order."""
    lines = PurchaseOrderLine.objects.filter(
        product_id__in=products, is_closed=False, order__state__in=PurchaseOrder.ON_THE_WAY
    )
    return set(lines.values_list("product_id", "order__branch_id"))


def _low(
    product: Product, where: str, stock: Decimal, cover: Decimal, branch: int, coming: set[tuple[int, int]]
) -> Low:
    state = "bad" if cover < 2 else "warn" if cover < 4 else "ok"
    word = {"bad": "Low", "warn": "Watch", "ok": "Fine"}[state]
    if stock < 0:
        word = "Count first"
    elif (product.pk, branch) in coming:
        word = "On order"
    return Low(
        name=product.name,
        where=where,
        url=reverse("insights:product_detail", args=[product.pk]),
        stock=formats.units(formats.rounded(stock, 1)) + (" kg" if product.unit == Product.Unit.KILOGRAM else ""),
        days="?" if stock < 0 else formats.number(cover, 1),
        state=state,
        word=word,
        width=max(3, min(100, round(100 * float(max(cover, Decimal(0))) / LOW_DAYS))),
    )


# --- Deliveries ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivery:
    supplier: str
    about: str
    state: str
    is_in: bool
    url: str


def deliveries(today: dt.date) -> list[Delivery]:
    """The approved orders whose goods come today. One query."""
    states = [PurchaseOrder.State.APPROVED, PurchaseOrder.State.PART, PurchaseOrder.State.RECEIVED]
    orders = PurchaseOrder.objects.filter(expected_on=today, state__in=states).order_by("supplier__name", "pk")
    return [
        Delivery(
            supplier=order.supplier.name,
            about=f"{_lines(order.line_count)}, {order.branch.name}",
            state=str(
                {"approved": "Due", "received": "In"}.get(order.state, order.get_state_display())
            ),
            is_in=order.state == PurchaseOrder.State.RECEIVED,
            url=url_of("insights:order_detail", order.pk),
        )
        for order in orders.select_related("supplier", "branch").annotate(line_count=Count("lines"))
    ]  # fmt: skip


def _lines(count: int) -> str:
    return "One line" if count == 1 else f"{count} lines"


def url_of(name: str, *args: object) -> str:
    """The path of a page, or nothing where this build has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
