"""The Today page: decisions first, then the last complete day beside a usual one, what is expected, what to mend."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db import transaction
from django.urls import reverse
from django.utils.safestring import SafeString

from insights import changes, charts, periods
from insights.charts import svg
from insights.screens import decisions, insights
from insights.screens import today_outlook as outlook
from insights.screens.figures import Card, allowed, card, sparkline, write
from insights.screens.panels import Panel, panel
from inventory.models import Product
from sales import inbox, reports
from sales.measures import Sums, measure
from shop import formats
from shop.feeds import reports as feeds
from shop.models import Shop
from shop.periods import Period
from shop.roles import Can, may

CARDS = ("net_sales", "gross_margin_share", "baskets", "basket_value", "units")
# Which tile of Sales shows a card's measure; a share is looked at as its money.
TILE_OF = {"gross_margin_share": "gross_margin"}
TRADING_DAYS = 12
CHART_DAYS = 28
# How far back the last trading days are looked for: a shop closed for some weeks still finds them.
LOOK_BACK_DAYS = 84


@dataclass(frozen=True, slots=True)
class Day:
    """The last complete day with sales, in numbers."""

    date: dt.date
    title: str
    cards: list[Card]
    lead: changes.Lead
    stale: str
    url: str
    net: str


@dataclass(frozen=True, slots=True)
class SoFar:
    """Today until now: never compared, never drawn beside whole days."""

    net: str
    baskets: str
    sold_up_to: str
    hours: SafeString
    url: str


@dataclass(frozen=True, slots=True)
class Changed:
    sentence: str
    bars: list[charts.Change]
    than: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something about the data that makes a number less sure, and where to mend it."""

    icon: str
    text: str
    why: str
    url: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class TodayScreen:
    today: dt.date
    greeting: str
    has_sales: bool
    nothing_yet: str
    day: Day | None = None
    so_far: Panel[SoFar | None] | None = None
    changed: Panel[Changed | None] | None = None
    chart: Panel[charts.Chart] | None = None
    notes: Panel[list[Note]] | None = None
    queue: Panel[decisions.Queue] | None = None
    basis: outlook.Basis | None = None
    expected: Panel[outlook.ExpectedToday | None] | None = None
    did: Panel[str] | None = None
    low: Panel[list[outlook.Low]] | None = None
    deliveries: Panel[list[outlook.Delivery]] | None = None


@transaction.atomic
def build(shop: Shop, role: str, name: str, now: dt.datetime) -> TodayScreen:
    """Everything the page shows; a fixed number of queries whatever was sold. `now` is in the shop's zone."""
    today, hello = shop.today(now), changes.greeting(now.hour, name)
    zero = f"{formats.symbol(shop.currency)}0 so far"
    known = reports.first_and_last_day()
    if known is None:
        return TodayScreen(today, hello, has_sales=False, nothing_yet=zero)
    days = _days_before(today, known)
    date = next((day for day in reversed(days) if days[day].lines), None)
    notes = panel(lambda: data_notes(shop, role, Period.ending(today, days=CHART_DAYS)))
    so_far = panel(lambda: _so_far(shop, today))
    ahead = _ahead(shop, role, today, days, now)
    if date is None:
        return TodayScreen(today, hello, has_sales=True, nothing_yet=zero, so_far=so_far, notes=notes, **ahead)
    usual = reports.usual(date)
    return TodayScreen(
        today,
        hello,
        has_sales=True,
        nothing_yet=zero,
        day=_day(shop, role, today, date, days, usual),
        so_far=so_far,
        changed=panel(lambda: _changed(shop, date) if usual else None),
        chart=panel(lambda: _chart(shop, date, days, today)),
        notes=notes,
        **ahead,
    )


def _ahead(shop: Shop, role: str, today: dt.date, days: dict[dt.date, Sums], now: dt.datetime) -> dict[str, Any]:
    """What waits for a decision, and what the forecast says."""
    basis = outlook.basis(days, now)
    see_stock = may(role, Can.SEE_STOCK)
    return {
        "queue": panel(lambda: decisions.first(shop, role, now)),
        "basis": basis,
        "expected": panel(lambda: outlook.expected(shop, today)) if basis.run else None,
        "did": panel(lambda: insights.month(shop, role, now)) if may(role, Can.SEE_COST) else None,
        "low": panel(lambda: outlook.running_low(basis.run, today)) if basis.run and see_stock else None,
        "deliveries": panel(lambda: outlook.deliveries(today)) if see_stock else None,
    }


def _days_before(today: dt.date, known: Period) -> dict[dt.date, Sums]:
    """The days to look at: up to yesterday, or up to the last sale where that is longer ago."""
    last = min(known.last, today - dt.timedelta(days=1))
    return reports.by_day(Period.ending(last, days=LOOK_BACK_DAYS))


def _day(shop: Shop, role: str, today: dt.date, date: dt.date, days: dict[dt.date, Sums], usual: Sums | None) -> Day:
    sums = days[date]
    trading = [sums for sums in days.values() if sums.lines][-TRADING_DAYS:]
    net, currency = measure("net_sales"), shop.currency
    is_yesterday = date == today - dt.timedelta(days=1)
    return Day(
        date=date,
        title="Yesterday" if is_yesterday else "Last day with sales",
        cards=[
            card(
                m,
                sums,
                usual,
                currency,
                url=_sales_url(date, today, TILE_OF.get(m.key, m.key)),
                spark=sparkline(m, trading, usual),
            )
            for m in allowed(CARDS, role)
        ],
        lead=changes.lead(date, sums.net, usual.net if usual else None, currency, today),
        stale="" if is_yesterday else _stale(date, today),
        url=_sales_url(date, today),
        net=write(net, sums.net, currency),
    )


def _stale(date: dt.date, today: dt.date) -> str:
    missing = (today - date).days - 1
    days = "One day has" if missing == 1 else f"{missing:,} days have"
    return f"{days} no sales since {formats.day(date, today)}. If the shop was open, its sales have not come in yet."


def _sales_url(date: dt.date, today: dt.date, key: str = "") -> str:
    """Sales for this day, with the measure picked."""
    is_yesterday = date == today - dt.timedelta(days=1)
    said = {"period": "yesterday"} if is_yesterday else {"period": "custom"} | periods.dates(Period(date, date))
    return f"{reverse('insights:sales')}?{urlencode(said | ({'measure': key} if key else {}))}"


def _lines_url(day: dt.date, **filters: str) -> str:
    return f"{reverse('insights:line_list')}?{urlencode(periods.dates(Period(day, day)) | filters)}"


def _so_far(shop: Shop, today: dt.date) -> SoFar | None:
    """None before the first sale of today."""
    day = Period(today, today)
    sums = reports.totals(day)
    if not sums.lines:
        return None
    by_hour = {hour: sums for (_, hour), sums in reports.by_weekday_hour(day).items()}
    net, baskets, currency = measure("net_sales"), measure("baskets"), shop.currency
    return SoFar(
        net=write(net, sums.net, currency),
        baskets=write(baskets, baskets.of(sums), currency),
        sold_up_to=formats.clock(_shop_clock(shop, reports.freshness().sold_at)),
        hours=_hours(by_hour, currency),
        url=f"{reverse('insights:sales')}?period=today",
    )


def _shop_clock(shop: Shop, moment: dt.datetime | None) -> dt.datetime | None:
    return moment.astimezone(ZoneInfo(shop.zone)) if moment else None


def _hours(by_hour: dict[int, Sums], currency: str) -> SafeString:
    if not by_hour:
        return svg.NOTHING
    hours = range(min(by_hour), max(by_hour) + 1)
    values = [by_hour[hour].net if hour in by_hour else Decimal(0) for hour in hours]
    best = max(values)
    return svg.hours(
        values,
        [f"{hour:02}" for hour in hours],
        formats.money_short(best, currency),
        f"Net sales by hour today, most {formats.money_short(best, currency)}",
    )


def _changed(shop: Shop, date: dt.date) -> Changed:
    """What each category added to the difference from the usual same weekday."""
    day = Period(date, date)
    than = f"a usual {formats.WEEKDAYS[date.weekday()]}"
    parts = reports.contribution_to_usual(day)
    moved = [(p.name, p.change, _lines_url(date, category=str(p.id or "none"))) for p in parts]
    return Changed(
        sentence=changes.what_changed([(name, change) for name, change, _ in moved], shop.currency, than),
        bars=charts.changes(
            [part for part in moved if formats.rounded(part[1], 2)],
            lambda v: formats.money_short(v, shop.currency, sign=True),
            most=7,
        ),
        than=than,
    )


def _chart(shop: Shop, date: dt.date, days: dict[dt.date, Sums], today: dt.date) -> charts.Chart:
    period, net = Period.ending(date, days=CHART_DAYS), measure("net_sales")
    usual = reports.usual_by_day(period)
    values = [days[day].net if day in days else None for day in period]
    compare = charts.Series("Usual", [net.of(sums) if sums else None for sums in usual.values()])
    return charts.line(
        "Net sales, last four weeks",
        list(period),
        [charts.Series("Net sales", values)],
        charts.money(shop.currency),
        compare=compare if any(v is not None for v in compare.values) else None,
        links=[_lines_url(day) for day in period],
        today=today,
    )


def data_notes(shop: Shop, role: str, period: Period) -> list[Note]:
    """What to mend so that the numbers can be trusted, worst first; each leads to where it is mended."""
    unmatched = next((row.sums for row in reports.by_product(period) if row.id is None), Sums.zero())
    total = reports.totals(period)
    review = Product.objects.to_review().count()
    waiting = inbox.open_counts()
    found: list[Note] = [_feed(alert) for alert in feeds.standing_alerts()] if may(role, Can.IMPORT) else []
    found += [_waiting(waiting)] if waiting else []
    if unmatched.lines:
        found.append(_unmatched(unmatched, period, shop))
    if may(role, Can.SEE_COST) and total.lines and total.costed_lines < total.lines:
        found.append(_uncosted(total.net - total.costed_net, shop))
    if review:
        found.append(_to_review(review))
    return found


def _feed(alert: feeds.Alert) -> Note:
    return Note(
        icon="refresh-cw-off",
        text=alert.text,
        why=alert.remedy,
        url=reverse("shop:feed_detail", args=[alert.feed.pk]),
        action="Look",
    )


def _waiting(counts: dict[str, int]) -> Note:
    many, outside = sum(counts.values()), inbox.not_in_the_books(counts)
    return Note(
        icon="inbox",
        text="One thing waits in the till inbox" if many == 1 else f"{many:,} things wait in the till inbox",
        why=f"{outside:,} {'is' if outside == 1 else 'are'} not in the books yet."
        if outside
        else "All money is in the books.",
        url=reverse("insights:inbox_list"),
        action="Look",
    )


def _unmatched(sums: Sums, period: Period, shop: Shop) -> Note:
    name = "line in four weeks names" if sums.lines == 1 else "lines in four weeks name"
    return Note(
        icon="scan-barcode",
        text=f"{formats.number(sums.lines)} {name} no known product",
        why=f"{formats.money_short(sums.net, shop.currency)} of sales without a product or category.",
        url=f"{reverse('insights:line_list')}?{urlencode(periods.dates(period) | {'product': 'none'})}",
        action="See them",
    )


def _uncosted(net: Decimal, shop: Shop) -> Note:
    text = f"{formats.money_short(net, shop.currency)} of sales in four weeks have no known cost"
    if not Product.objects.filter(cost=None).exists():
        return Note("coins", text, "Their cost was not known when they were sold, so the margin leaves them out.")
    return Note(
        icon="coins",
        text=text,
        why="The margin leaves them out. Give their products a cost.",
        url=f"{reverse('insights:product_list')}?show=no-cost",
        action="Add costs",
    )


def _to_review(count: int) -> Note:
    word = "product was" if count == 1 else "products were"
    return Note(
        icon="list-checks",
        text=f"{formats.number(count)} {word} made by an import",
        why="Check the name, category and price.",
        url=f"{reverse('insights:product_list')}?show=review",
        action="Review",
    )
