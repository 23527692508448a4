"""Everything the forecast computes from, as arrays: read with a fixed number of queries, nothing later than `as_of`
but promotions, prices and the calendar, which are known ahead.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from insights.analyses.forecast import days, grids, reading
from insights.analyses.forecast.grids import Flags, Floats
from insights.analyses.forecast.panel import Event, Panel
from insights.analyses.protocol import Asked
from insights.models import CalendarEvent
from sales import rollups
from sales.models import Promotion
from shop.models import Shop
from shop.periods import Period

LOOKS_BACK = 3 * 364 + 7  # days: three years, whole weeks
FEWEST_DAYS = 21  # with sales; with fewer nothing is forecast
FEWEST_WEEKS = 8
ROWS_AT_ONCE = 20_000
SOME_DEPTH = 0.15  # of a promotion whose price nobody wrote down


@dataclass(frozen=True, slots=True)
class Happening:
    """An approved event over days. `branch` and `category` are ids, None: all; `effect` None: not known."""

    name: str
    first: dt.date
    last: dt.date
    branch: int | None
    category: int | None
    effect: float | None
    low: float | None
    high: float | None


@dataclass(slots=True)
class Inputs:
    """The shop's sales as grids. Rows are series (a product at a branch), columns are steps (days, or whole weeks).

    `dates` are the last days of the past steps and then of those ahead; `past` counts the past ones. `branch_at`,
    `product_at` and `category_at` give a series' place in `branches`, `products` and `categories` (-1: no category).
    `units` are NaN before a series' first sale and while its branch was shut. Grids marked "ahead" also have the steps
    ahead; None: nothing to say.
    """

    as_of: dt.date
    horizon: int
    step: int
    currency: str
    dates: list[dt.date]
    past: int
    days_sold: int
    branches: dict[int, str]
    products: dict[int, str]
    categories: dict[int, str]
    branch_at: NDArray[np.int32]
    product_at: NDArray[np.int32]
    category_at: NDArray[np.int32]
    worth: NDArray[np.float64]
    units: Floats
    open: Flags  # branches x steps, ahead
    out: Flags | None = None
    promoted: Floats | None = None  # ahead; the part off the price
    price: Floats | None = None  # products x steps, ahead
    holidays: dict[dt.date, str] = field(default_factory=dict)
    regional: list[tuple[str, list[dt.date], Flags]] = field(default_factory=list)  # name, days, branches that keep it
    school: dict[dt.date, str] = field(default_factory=dict)
    events: list[Happening] = field(default_factory=list)

    @property
    def series(self) -> int:
        return int(self.units.shape[0])

    def column(self, day: dt.date) -> int:
        """The step that a day of the panel or ahead is in."""
        return -(-((day - self.dates[0]).days) // self.step)

    def rows(self) -> dict[tuple[int, int], int]:
        """Row numbers by (branch id, product id)."""
        branch, product = np.array([*self.branches]), np.array([*self.products])
        keys = zip(branch[self.branch_at].tolist(), product[self.product_at].tolist(), strict=True)
        return {key: row for row, key in enumerate(keys)}

    @property
    def is_too_little(self) -> bool:
        """Whether the shop has sold on too few days for any forecast."""
        return self.days_sold < (FEWEST_DAYS if self.step == 1 else FEWEST_WEEKS)


def read(asked: Asked) -> Inputs:
    """The inputs of a run."""
    everything = Period.ending(asked.as_of, days=LOOKS_BACK)
    rollups.refresh(everything)
    with transaction.atomic():
        return _read(asked, everything)


def digest(inputs: Inputs) -> str:
    """The same for the same inputs, 64 hexadecimal digits."""
    made = hashlib.sha256()
    for kept in fields(inputs):
        value = getattr(inputs, kept.name)
        made.update(kept.name.encode())
        made.update(np.ascontiguousarray(value).data if isinstance(value, np.ndarray) else repr(value).encode())
    return made.hexdigest()


def _read(asked: Asked, everything: Period) -> Inputs:
    shop = asked.shop
    selling = reading.selling_days(everything)
    weekday = grids.weekly_weekday(selling.values())
    first = min((of[0] for of in selling.values() if of), default=everything.last)
    span = Period(first, everything.last)
    sold = reading.sold(shop, span)
    daily = _daily(sold, span)
    made = _grids(asked, span, sold, daily, weekday)
    made.days_sold = len({day for of in selling.values() for day in of})
    reach = Period(span.first, max(span.last, made.dates[-1]))
    _add_calendar(made, shop, reach, selling)
    if made.series:
        _add_ledger(made, shop, span, daily)
        _add_promotions(made, reading.promotions(reach), reach)
        _add_prices(made, shop, reach)
        _blank_unknown(made)
    return made


def _daily(sold: reading.Sold, span: Period) -> Floats:
    counts = np.diff(sold.start)
    daily = np.zeros((counts.size, span.days), dtype=np.float32)
    daily[np.repeat(np.arange(counts.size), counts), sold.day] = np.maximum(sold.units, 0)
    return daily


def _grids(asked: Asked, span: Period, sold: reading.Sold, daily: Floats, weekday: int | None) -> Inputs:
    """The series and their units; what is known about their days comes after."""
    units, dates = (daily, list(span)) if weekday is None else grids.by_week(daily, span.first, weekday)
    step = 1 if weekday is None else grids.WEEK
    until = asked.as_of + dt.timedelta(days=asked.horizon)
    goods, names, branches = reading.goods(), reading.categories(), reading.branches()
    products = {id: goods[id].name for id in sorted(set(sold.product.tolist()))}
    places = {id: place for place, id in enumerate(names)}
    of_product = np.array([places.get(goods[id].category or 0, -1) for id in products], dtype=np.int32)
    product_at = np.searchsorted(np.array([*products], dtype=np.int64), sold.product).astype(np.int32)
    return Inputs(
        as_of=asked.as_of,
        horizon=asked.horizon,
        step=step,
        currency=asked.shop.currency,
        dates=[*dates, *_steps(dates[-1] if dates else span.last, until, step)],
        past=len(dates),
        days_sold=0,
        branches=branches,
        products=products,
        categories=names,
        branch_at=np.searchsorted(np.array([*branches], dtype=np.int64), sold.branch).astype(np.int32),
        product_at=product_at,
        category_at=of_product[product_at],
        worth=np.nan_to_num(sold.worth),
        units=units,
        open=np.zeros((len(branches), 0), dtype=np.bool_),
    )


def _steps(last: dt.date, until: dt.date, step: int) -> list[dt.date]:
    """The last days of the steps after `last`, at least one, up to the first that reaches `until`."""
    count = max(1, -(-(until - last).days // step))
    return [last + dt.timedelta(days=step * number) for number in range(1, count + 1)]


def _add_calendar(made: Inputs, shop: Shop, reach: Period, selling: dict[int, list[dt.date]]) -> None:
    """Holidays, events, and when each branch trades."""
    every_day = list(reach)
    made.holidays = days.public_holidays(shop.country, shop.region, every_day)
    made.school = days.school_holidays(shop.country, shop.region, every_day)
    found = reading.events(reach)
    made.events = [_happening(event) for event in found if not event.is_closed]
    place = {id: number for number, id in enumerate(made.branches)}
    whole = dt.timedelta(days=made.step - 1)  # a week is shut where all its days are
    closures = [
        days.Closure(
            None if event.branch_id is None else place[event.branch_id], event.first_date + whole, event.last_date
        )
        for event in found
        if event.is_closed
    ]
    sold = np.zeros((len(made.branches), made.past), dtype=np.bool_)
    for branch, dates in selling.items():
        columns = [column for column in map(made.column, dates) if column < made.past]
        sold[place[branch], columns] = True
    if made.step == 1 and not shop.region:
        _add_regional(made, shop, sold, every_day)
    named = made.holidays if made.step == 1 else {}
    made.open = days.open_days(sold, made.dates[: made.past], made.dates[made.past :], named, closures)
    for _, dates, keeps in made.regional:
        ahead = [column for column in map(made.column, dates) if column >= made.past]
        made.open[np.flatnonzero(keeps)[:, None], ahead] = False


def _add_regional(made: Inputs, shop: Shop, sold: Flags, every_day: list[dt.date]) -> None:
    """Where nobody said in which region the shop is, its branches' past says which regional holidays they keep."""
    elsewhere = days.holidays_elsewhere(shop.country, every_day)
    kept = days.kept_holidays(elsewhere, sold, made.dates[: made.past])
    made.regional = [(name, sorted(elsewhere[name]), branches) for name, branches in kept.items()]


def _happening(event: CalendarEvent) -> Happening:
    low, middle, high = (
        None if of is None else float(of) for of in (event.effect_low, event.effect, event.effect_high)
    )
    place = event.branch_id, event.category_id
    return Happening(event.name, event.first_date, event.last_date, *place, middle, low, high)


def _add_ledger(made: Inputs, shop: Shop, span: Period, daily: Floats) -> None:
    """Marks the steps on which a product was, or ran, out of stock."""
    row_of = made.rows()
    grid: Flags | None = None
    for found in reading.ledger(shop, span):
        row = row_of.get((found.branch, found.product))
        if row is None:
            continue
        grid = np.zeros(daily.shape, dtype=np.bool_) if grid is None else grid
        before = max(0, -int(found.day[0]))
        grid[row] = grids.empty_shelf(found.day, found.lowest, found.change, daily[row], before)
    if grid is not None:
        made.out = _in_steps(grid.astype(np.float32), made, span.first) > 0


def _blank_unknown(made: Inputs) -> None:
    """Nothing is known of a series before its first sale, nor while its branch was shut."""
    first = (made.units > 0).argmax(axis=1)
    for branch in range(len(made.branches)):
        rows = np.flatnonzero(made.branch_at == branch)
        shut = ~made.open[branch, : made.past]
        for part in np.array_split(rows, 1 + rows.size // ROWS_AT_ONCE):
            unknown = shut | (np.arange(made.past) < first[part, None])
            made.units[part] = np.where(unknown, np.float32(np.nan), made.units[part])


def _add_promotions(made: Inputs, promotions: Sequence[Promotion], reach: Period) -> None:
    """The part off the price of each series and step, the deepest of those running; a week's is its days' mean."""
    if not promotions:
        return
    grid = np.zeros((len(made.branch_at), reach.days), dtype=np.float32)
    of_product: dict[int, list[tuple[int, int]]] = {}
    for (branch, product), row in made.rows().items():
        of_product.setdefault(product, []).append((branch, row))
    shelf = {id: goods.price for id, goods in reading.goods().items()}
    for promotion in promotions:
        found = of_product.get(promotion.product_id, [])
        rows = [row for branch, row in found if promotion.branch_id in (None, branch)]
        first = max(0, (promotion.first_date - reach.first).days)
        last = (promotion.last_date - reach.first).days
        grid[rows, first : last + 1] = np.maximum(grid[rows, first : last + 1], _depth(promotion, shelf))
    made.promoted = _in_steps(grid, made, reach.first) / np.float32(made.step)


def _depth(promotion: Promotion, shelf: dict[int, float]) -> float:
    """The part off the price; a usual one where nobody wrote it down."""
    if promotion.share_off is not None:
        return float(promotion.share_off) or SOME_DEPTH
    usual = shelf.get(promotion.product_id, np.nan)
    if promotion.price is None or not usual > float(promotion.price):
        return SOME_DEPTH
    return 1 - float(promotion.price) / usual


def _add_prices(made: Inputs, shop: Shop, reach: Period) -> None:
    """Each product's shelf price, where any changed in this time."""
    changes: dict[int, list[tuple[int, float]]] = {id: [] for id in made.products}
    for product, day, price in reading.prices(shop, reach):
        if product in changes:
            changes[product].append(((day - reach.first).days, price))
    if any(len({price for _, price in of[1:]} - {of[0][1]}) for of in changes.values() if of):
        grid = np.array([grids.step_function(of, reach.days) for of in changes.values()])
        made.price = _in_steps(grid, made, reach.first) / np.float32(made.step)


def _in_steps(grid: Floats, made: Inputs, first: dt.date) -> Floats:
    """Daily columns summed into the steps."""
    return grid if made.step == 1 else grids.by_week(grid, first, made.dates[0].weekday())[0]


def panel_of(inputs: Inputs, rows: NDArray[np.intp]) -> Panel:
    """These series of the inputs as the models take them. Products without a category are the last group."""
    branch, product, category = inputs.branch_at[rows], inputs.product_at[rows], inputs.category_at[rows]

    def of(grid: NDArray[Any]) -> NDArray[Any]:
        return grid if rows.size == inputs.series else grid[rows]

    return Panel(
        keys=tuple(f"{at}:{of}" for at, of in zip(branch.tolist(), product.tolist(), strict=True)),
        first=inputs.dates[0] - dt.timedelta(days=inputs.step - 1),
        step=inputs.step,
        horizon=len(inputs.dates) - inputs.past,
        y=of(inputs.units),
        censored=None if inputs.out is None else of(inputs.out),
        closed=None if inputs.open.all() else ~inputs.open[branch],
        promotion=None if inputs.promoted is None else of(inputs.promoted),
        price=None if inputs.price is None else inputs.price[product],
        events=tuple(_events(inputs, rows)),
        branch=branch,
        category=np.where(category < 0, len(inputs.categories), category),
        product=product,
    )


def _events(inputs: Inputs, rows: NDArray[np.intp]) -> Iterator[Event]:
    """Holidays by name, school holidays as one, and what people approved."""
    for name in sorted(set(inputs.holidays.values())):
        days_of = [day for day, of in inputs.holidays.items() if of == name]
        yield Event(name, _share_of_steps(inputs, days_of), kind="holiday")
    if inputs.school:
        yield Event("School holidays", _share_of_steps(inputs, inputs.school), kind="school")
    for name, dates, keeps in inputs.regional:
        yield Event(name, _share_of_steps(inputs, dates), "holiday", keeps[inputs.branch_at[rows]])
    branch, category = (np.array([*ids, 0]) for ids in (inputs.branches, inputs.categories))
    for event in inputs.events:
        touched = np.ones(rows.size, dtype=np.bool_)
        if event.branch is not None:
            touched &= branch[inputs.branch_at[rows]] == event.branch
        if event.category is not None:
            touched &= category[inputs.category_at[rows]] == event.category
        on = _share_of_steps(inputs, Period(event.first, event.last))
        yield Event(event.name, on, "own", touched, None if event.effect is None else 1 + event.effect)


def _share_of_steps(inputs: Inputs, dates: Iterable[dt.date]) -> NDArray[np.float32]:
    """The part of each step, past and ahead, that the days make up."""
    on = np.zeros(len(inputs.dates), dtype=np.float32)
    for day in dates:
        column = inputs.column(day)
        if 0 <= column < on.size:
            on[column] += 1 / inputs.step
    return on
