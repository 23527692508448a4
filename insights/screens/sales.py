"""The Sales page: tiles that pick a line, what changed, when, and the table that leads to every line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from insights import charts, periods
from insights.changes import what_changed
from insights.screens.asked import Asked
from insights.screens.figures import Card, card, chart_unit, exact, write
from insights.screens.panels import Panel, panel
from insights.screens.tables import Table, table
from sales import reports
from sales.measures import Measure, Sums, measure
from shop import formats
from shop.models import Shop
from shop.periods import Period
from shop.roles import Can, may

HOURS_OF_DAY = range(24)


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed in net sales against the comparison: a sentence, bars and a table."""

    sentence: str
    bars: list[charts.Change]
    rows: list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Compared:
    """The comparison's sums by day drawn. `total` is None where it cannot be told, and `why` says why."""

    total: Sums | None = None
    by_day: Sequence[Sums | None] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class NoSales:
    """Nothing was sold in the period: where there is something."""

    last_day: dt.date | None
    url: str = ""


@dataclass(frozen=True, slots=True)
class SalesScreen:
    asked: Asked
    total: Sums
    cards: list[Card]
    nothing: NoSales | None
    today_drawn: bool
    chart: Panel[charts.Chart]
    changed: Panel[Changed | None]
    heat: Panel[charts.Heat | None]
    table: Panel[Table]
    compared_note: str


@transaction.atomic
def build(asked: Asked, shop: Shop, role: str) -> SalesScreen:
    """Everything the page shows; a fixed number of queries whatever was sold."""
    choice, currency = asked.choice, shop.currency
    days = reports.by_day(choice.drawn, branch=asked.branch_id)
    total = sum((sums for day, sums in days.items() if day in choice.counted), Sums.zero())
    compared = _compared(asked, days)
    than = "usual" if choice.uses_usual else "before"
    return SalesScreen(
        asked=asked,
        total=total,
        cards=[
            card(m, total, compared.total, currency, url=asked.url(measure=m.key), picked=m is asked.picked, than=than)
            for m in asked.measures
        ],
        nothing=None if any(sums.lines for sums in days.values()) else _no_sales(asked),
        today_drawn=_today_drawn(asked, days),
        chart=panel(lambda: _chart(asked, days, compared, currency)),
        changed=panel(lambda: _changed(asked, currency) if compared.total else None),
        heat=panel(lambda: _heat(asked, currency)),
        table=panel(lambda: table(asked, currency, with_cost=may(role, Can.SEE_COST), compare=bool(compared.total))),
        compared_note=compared.why or choice.compared_in_words,
    )


def _compared(asked: Asked, days: dict[dt.date, Sums]) -> Compared:
    choice = asked.choice
    if choice.only_today:
        return Compared(why="Today is not over, so it is not compared yet.")
    if choice.uses_usual:
        return _against_usual(asked, days)
    if choice.against is None:
        return Compared()
    known = reports.first_and_last_day()
    if known is None or choice.against.first < known.first:
        return Compared(why=f"No sales are known before {_first_known(known, choice.today)}, so nothing is compared.")
    drawn = choice.against if not choice.unfinished else Period(choice.against.first, _same_end(choice))
    before = reports.by_day(drawn, branch=asked.branch_id)
    total = sum((sums for day, sums in before.items() if day in choice.against), Sums.zero())
    return Compared(total, list(before.values()))


def _first_known(known: Period | None, today: dt.date) -> str:
    return formats.day(known.first if known else today, today)


def _same_end(choice: periods.Choice) -> dt.date:
    """The last day of the comparison to draw beside an unfinished period."""
    assert choice.against is not None
    return choice.against.last + (choice.drawn.last - choice.counted.last)


def _against_usual(asked: Asked, days: dict[dt.date, Sums]) -> Compared:
    """Usual for every day that sold; where one has no earlier same weekday the whole is not compared."""
    usual = reports.usual_by_day(asked.choice.drawn, branch=asked.branch_id)
    counted = [day for day in days if day in asked.choice.counted]
    missing = [day for day in counted if days[day].lines and usual[day] is None]
    by_day = list(usual.values())
    if missing:
        first = formats.day(missing[0], asked.choice.today)
        return Compared(by_day=by_day, why=f"Not compared: {first} has no earlier same weekday with sales.")
    return Compared(sum((u for day in counted if (u := usual[day])), Sums.zero()), by_day)


def _no_sales(asked: Asked) -> NoSales:
    """The last day with sales, and the period of the same length that ends on it."""
    known = reports.first_and_last_day()
    if known is None:
        return NoSales(None)
    period = Period.ending(known.last, days=min(asked.choice.drawn.days, known.days))
    return NoSales(known.last, asked.url_of_period(period))


def _today_drawn(asked: Asked, days: dict[dt.date, Sums]) -> bool:
    """Whether today is on the line beside whole days. Before its first sale it is left out: 0 looks like a crash."""
    choice = asked.choice
    return choice.unfinished and not choice.only_today and bool(days[choice.today].lines)


# --- The line -------------------------------------------------------------------------------------------------


def _chart(asked: Asked, days: dict[dt.date, Sums], compared: Compared, currency: str) -> charts.Chart:
    choice, of = asked.choice, asked.picked.of
    steps = in_steps(list(days), choice.step)
    sums = list(days.values())
    now = [of(_added(sums, step)) for step in steps]
    empty_today = choice.unfinished and choice.step == "day" and not sums[-1].lines
    if empty_today:
        now[-1] = None
    before = [_of(of, _added_known(compared.by_day, step)) for step in steps] if compared.by_day else []
    firsts = [choice.drawn.first + dt.timedelta(days=step[0]) for step in steps]
    return charts.line(
        asked.picked.name,
        firsts,
        [charts.Series(asked.picked.name, now)],
        chart_unit(asked.picked, currency),
        compare=charts.Series(_compare_name(asked), before) if any(v is not None for v in before) else None,
        step=choice.step,
        unfinished=choice.unfinished and not empty_today,
        links=[_step_url(asked, step, choice.drawn.first) for step in steps],
        today=choice.today,
    )


def in_steps(days: Sequence[dt.date], step: str) -> list[list[int]]:
    """Positions of the days of each point: days, blocks of seven, or months."""
    if step == "day":
        return [[place] for place in range(len(days))]
    if step == "week":
        return [list(range(start, min(start + 7, len(days)))) for start in range(0, len(days), 7)]
    months: dict[tuple[int, int], list[int]] = {}
    for place, day in enumerate(days):
        months.setdefault((day.year, day.month), []).append(place)
    return list(months.values())


def _added(sums: Sequence[Sums], places: list[int]) -> Sums:
    return sum((sums[place] for place in places), Sums.zero())


def _added_known(sums: Sequence[Sums | None], places: list[int]) -> Sums | None:
    known = [found for place in places if place < len(sums) and (found := sums[place])]
    return sum(known, Sums.zero()) if known else None


def _of(of: object, sums: Sums | None) -> Decimal | None:
    return of(sums) if sums and callable(of) else None


def _compare_name(asked: Asked) -> str:
    names = {"usual": "Usual", "previous": "Period before", "year": "Year before"}
    return names.get(asked.choice.compare, "")


def _step_url(asked: Asked, step: list[int], first: dt.date) -> str:
    days = Period(first + dt.timedelta(days=step[0]), first + dt.timedelta(days=step[-1]))
    return asked.lines_url(days)


# --- What changed, and when ---------------------------------------------------------------------------------------


def contributions(asked: Asked) -> list[reports.Contribution]:
    """What each category added to the change of net sales, against the earlier period or what is usual."""
    choice = asked.choice
    if choice.against:
        return reports.contribution(choice.counted, choice.against, branch=asked.branch_id)
    return reports.contribution_to_usual(choice.counted, branch=asked.branch_id)


def _changed(asked: Asked, currency: str) -> Changed:
    parts = contributions(asked)
    than = "usual" if asked.choice.uses_usual else f"{asked.choice.compared_in_words}"
    moved = [(part.name, part.change, asked.lines_url(category=part.id or "none")) for part in parts]
    return Changed(
        sentence=what_changed([(name, change) for name, change, _ in moved], currency, than),
        bars=charts.changes(
            [part for part in moved if formats.rounded(part[1], 2)],
            lambda v: formats.money_short(v, currency, sign=True),
        ),
        rows=[
            {"cells": (p.name, *(formats.money(v, currency) for v in (p.now, p.before, p.change))), "url": url}
            for p, (_, _, url) in zip(parts, moved, strict=True)
        ],
    )


def _heat(asked: Asked, currency: str) -> charts.Heat | None:
    """The picked measure of an average day, by weekday and hour; None where no sale has a time."""
    found = reports.by_weekday_hour(asked.choice.counted, branch=asked.branch_id)
    if not found:
        return None
    hours = range(min(hour for _, hour in found), max(hour for _, hour in found) + 1)
    often = weekdays_in(asked.choice.counted)
    weekdays = [day for day in range(7) if often[day]]
    rows = [
        (formats.WEEKDAYS[day][:3], [_per_day(asked.picked, found.get((day, hour)), often[day]) for hour in hours])
        for day in weekdays
    ]
    links = {formats.WEEKDAYS[day][:3]: day for day in weekdays}
    return charts.heat(
        f"{asked.picked.name} on an average day, by weekday and hour",
        [f"{hour:02}" for hour in hours],
        rows,
        lambda value: "" if value is None else _short(asked.picked, Decimal(value)),
        full=lambda value: "none" if value is None else exact(asked.picked, Decimal(value), currency),
        url=lambda row, column: asked.lines_url(weekday=str(links[row] + 1), hour=str(int(column))),
    )


def weekdays_in(period: Period) -> list[int]:
    """How often each weekday comes in the period, Monday first."""
    weeks, rest = divmod(period.days, 7)
    extra = {(period.first.weekday() + offset) % 7 for offset in range(rest)}
    return [weeks + (day in extra) for day in range(7)]


def _per_day(picked: Measure, sums: Sums | None, days: int) -> Decimal | None:
    return picked.of(sums.over(days)) if sums else None


def _short(picked: Measure, value: Decimal) -> str:
    """As short as a small cell needs; its title has the whole."""
    if picked.unit == "share":
        return formats.percent(value)
    return formats.number(value, 0 if abs(value) >= 10 or not value % 1 else 1)


def headline(screen: SalesScreen, currency: str) -> str:
    """What a screen reader hears after the page changed."""
    asked = screen.asked
    place = f", {asked.branch}" if asked.branch else ""
    if screen.nothing:
        return f"No sales in {asked.choice.in_words}{place}."
    net = measure("net_sales")
    return f"{asked.choice.in_words}{place}: {write(net, net.of(screen.total), currency)} net sales."


def controls(asked: Asked) -> dict[str, Any]:
    """The form's choices, what it keeps beside them, and the links around it."""
    choice, said = asked.choice, asked.parameters()
    in_form = {"period", "from", "to", "compare", "match", "branch"}
    later = choice.later()
    return {
        "options": {"periods": periods.PERIODS, "comparisons": periods.COMPARISONS, "matches": periods.MATCHES},
        "kept": [(name, value) for name, value in said.items() if name not in in_form],
        "change_columns": ("Category", "Now", "Before", "Change"),
        "links": {name: asked.url(export="csv", table=name) for name in ("days", "changes", "hours", "rows")}
        | {
            "earlier": asked.url_of_period(choice.earlier()),
            "later": asked.url_of_period(later) if later else "",
            "by_category": asked.url(by="", category="", sort=""),
            "by_product": asked.url(by="product", category="", sort=""),
            "lines": asked.lines_url(),
        },
    }
