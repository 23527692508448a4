"""What is expected, read from the latest forecast: for pages, exports and orders. A fixed number of queries each.

Units are selling units (pieces, kilograms); money is net sales at the prices of late. Bands hold a day 8 times in 10
(`low80` to `high80`) and 5 in 10. A shop booked by the week has its units on the weekday it books; `evened` spreads
them over the week.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

from insights.models import ForecastSeries, Run
from shop.periods import Period

ANALYSIS = "forecast"
WEEK = 7


@dataclass(frozen=True, slots=True)
class Expected:
    """A mean and the band around it that holds 8 times in 10."""

    mean: float
    low80: float
    high80: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected day by day from `first` on, and how well its model did in its test. Unknown scores are None.

    `branch`, `product` and `category` are ids; None where the outlook is for all of them together.
    """

    branch: int | None
    product: int | None
    category: int | None
    first: dt.date
    mean: tuple[float, ...]
    low50: tuple[float, ...]
    high50: tuple[float, ...]
    low80: tuple[float, ...]
    high80: tuple[float, ...]
    model: str
    step: int = 1
    wape: float | None = None
    naive_wape: float | None = None
    bias: float | None = None
    coverage: float | None = None

    @property
    def period(self) -> Period:
        return Period(self.first, self.first + dt.timedelta(days=len(self.mean) - 1))

    def on(self, day: dt.date) -> Expected | None:
        """One day's; None outside the outlook."""
        place = (day - self.first).days
        if not 0 <= place < len(self.mean):
            return None
        return Expected(self.mean[place], self.low80[place], self.high80[place])


@dataclass(frozen=True, slots=True)
class CategoryExpected:
    """A category's units over a period. `id` is None for products without a category."""

    id: int | None
    name: str
    expected: Expected


@dataclass(frozen=True, slots=True)
class Quality:
    """How well the forecast did where it was tested: on stretches of the past it had not seen.

    `wape` is the sum of its misses as a share of what was sold; `naive_wape` the same for repeating last week;
    `coverage` the share of days inside the 80 % band. `stepped_back` series are served by that repeating itself.
    """

    run: Run
    series: int
    wape: float | None
    naive_wape: float | None
    bias: float | None
    coverage: float | None
    stepped_back: int
    models: dict[str, int]


def latest() -> Run | None:
    """The run whose results are shown; None before the first."""
    return Run.objects.latest_done(ANALYSIS)  # type: ignore[no-any-return]


def expected(period: Period, *, branch: int | None = None) -> dict[dt.date, Expected]:
    """Units expected on the period's days, of the shop or one branch; days the forecast does not reach are left out."""
    totals = _total(branch)
    found = {day: totals.on(day) for day in period} if totals else {}
    return {day: of for day, of in found.items() if of is not None}


def expected_sales(period: Period, *, branch: int | None = None) -> dict[dt.date, Expected]:
    """Net sales expected on the period's days, of the shop or one branch, in its currency, at the prices of late."""
    run = latest()
    kept = (run.findings if run else {}).get("sales", {}).get("all" if branch is None else str(branch))
    if not kept or run is None:
        return {}
    first = run.as_of_date + dt.timedelta(days=1)
    rows = zip(kept["mean"], kept["low80"], kept["high80"], strict=True)
    days = ((first + dt.timedelta(days=place), Expected(*row)) for place, row in enumerate(rows))
    return {day: of for day, of in days if day in period}


def together(days: Iterable[Expected]) -> Expected:
    """Several days, branches or products as one: means add up, and chance partly evens out."""
    rows = list(days)
    mean = sum(row.mean for row in rows)
    low = sqrt(sum((row.mean - row.low80) ** 2 for row in rows))
    high = sqrt(sum((row.high80 - row.mean) ** 2 for row in rows))
    return Expected(mean, max(0.0, mean - low), mean + high)


def of_product(product: int, *, branch: int | None = None) -> Outlook | None:
    """What is expected of a product at a branch, or at all; None where the latest run has nothing on it."""
    rows = [_outlook(row) for row in _latest_rows().filter(product_id=product, **_at(branch)).order_by("branch_id")]
    return _added(rows) if rows else None


def of_products(run: Run, *, products: Sequence[int] | None = None) -> Iterator[Outlook]:
    """Every product at every branch that the run has a forecast of, or these products only, as they are read."""
    rows = ForecastSeries.objects.filter(run=run).products()
    if products is not None:
        rows = rows.filter(product_id__in=products)
    return (_outlook(row) for row in rows.order_by("branch_id", "product_id").iterator())


def by_category(period: Period, *, branch: int | None = None) -> list[CategoryExpected]:
    """Units expected of each category over the period, most first."""
    rows = _latest_rows().totals().filter(**_at(branch)).exclude(branch=None).select_related("category")
    found: dict[int, tuple[str, list[Expected]]] = {}
    everything: list[Expected] = []
    for row in rows:
        reached = [day for day in map(_outlook(row).on, period) if day is not None]
        if row.category is None:
            everything.extend(reached)
        else:
            found.setdefault(row.category_id, (row.category.name, []))[1].extend(reached)
    made = [CategoryExpected(id, name, together(days)) for id, (name, days) in found.items()]
    made.extend(_without_category(made, together(everything)))
    return sorted(made, key=lambda entry: (-entry.expected.mean, entry.name))


def quality() -> Quality | None:
    """How far the latest forecast can be trusted; None before the first."""
    run = latest()
    if run is None:
        return None
    scores, models = run.scores, run.findings.get("models", {})
    return Quality(
        run=run,
        series=run.series,
        **{name: scores.get(name) for name in _SCORES},
        stepped_back=run.findings.get("stepped_back", 0),
        models=models,
    )


def evened(outlook: Outlook) -> Outlook:
    """The same outlook with weekly bookings spread over the days of the week that they are for."""
    if outlook.step != WEEK:
        return outlook
    made: dict[str, Any] = {name: over_the_week(getattr(outlook, name)) for name in _BANDS}
    return replace(outlook, **made)


def over_the_week(booked: Sequence[float]) -> tuple[float, ...]:
    """Weekly bookings by day: each on the seven days that end with it. Days after the last one get its share too."""
    places = [place for place, units in enumerate(booked) if units] or [len(booked) - 1]
    by_weekday: dict[int, list[int]] = {}
    for place in places:
        by_weekday.setdefault(place % WEEK, []).append(place)
    books_on = max(by_weekday, key=lambda weekday: (len(by_weekday[weekday]), -weekday))
    weeks = {place: booked[place] for place in range(books_on, len(booked), WEEK)}
    last = max(weeks)
    return tuple(weeks[min(day + (books_on - day) % WEEK, last)] / WEEK for day in range(len(booked)))


def _without_category(rows: list[CategoryExpected], everything: Expected) -> list[CategoryExpected]:
    """What the branches expect beyond their categories: products that have none. Their band is as wide as the whole."""
    rest = everything.mean - sum(row.expected.mean for row in rows)
    if rest <= 1e-6 * everything.mean:
        return []
    share = rest / everything.mean
    return [CategoryExpected(None, "No category", Expected(rest, share * everything.low80, share * everything.high80))]


# What totals are called, which have no model of their own.
TOTAL = "total"
_BANDS = ("mean", "low50", "high50", "low80", "high80")
_SCORES = ("wape", "naive_wape", "bias", "coverage")


def _latest_rows() -> Any:
    run = latest()
    return ForecastSeries.objects.filter(run=run) if run else ForecastSeries.objects.none()


def _at(branch: int | None) -> dict[str, int]:
    return {} if branch is None else {"branch_id": branch}


def _total(branch: int | None) -> Outlook | None:
    row = _latest_rows().totals().filter(branch_id=branch, category=None).first()
    return _outlook(row) if row else None


def _outlook(row: ForecastSeries) -> Outlook:
    kept: dict[str, Any] = {name: tuple(getattr(row, name)) for name in _BANDS}
    kept |= {name: getattr(row, name) for name in ("model", "step", *_SCORES)}
    return Outlook(row.branch_id, row.product_id, row.category_id, row.first_date, **kept)


def _added(rows: list[Outlook]) -> Outlook:
    """Branches of one product as one: means add up; bands are added as chance that is not shared."""
    if len(rows) == 1:
        return rows[0]
    mean = tuple(map(sum, zip(*(row.mean for row in rows), strict=True)))
    made: dict[str, Any] = {"mean": mean, **dict.fromkeys(_SCORES)}
    for name in _BANDS[1:]:
        sign = -1 if name.startswith("low") else 1
        off = [
            [(edge - middle) ** 2 for edge, middle in zip(getattr(row, name), row.mean, strict=True)] for row in rows
        ]
        sums = (sign * sqrt(sum(column)) for column in zip(*off, strict=True))
        made[name] = tuple(max(0.0, middle + wide) for middle, wide in zip(mean, sums, strict=True))
    models = {row.model for row in rows}
    return replace(rows[0], branch=None, model=models.pop() if len(models) == 1 else "several", **made)
