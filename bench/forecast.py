"""How good the forecasts are on data of real shops, and what a night of them costs."""

import argparse
import csv
import datetime as dt
import gzip
import io
import json
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import holidays
import numpy as np

from bench.figures import say
from insights.analyses.forecast import scores
from insights.analyses.forecast.panel import Event, Forecasts, Panel

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
WITHOUT = {"COUPON/MISC ITEMS", "FUEL"}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench forecast")
    parser.add_argument("--night", action="store_true", help="The time and memory of a night instead.")
    parser.add_argument("--products", type=int, default=3000, help="Of the night, at two branches.")
    parser.add_argument("--data", type=Path, default=DATA, help="The folder of the data sets.")
    parser.add_argument("--back", type=int, default=0, help="Steps to leave out at the end: another test period.")
    parser.add_argument("--only", choices=["rossmann", "journey", "walmart"])
    options = parser.parse_args(arguments)
    if options.night:
        night(options.products)
        return
    for name, read, limit in (
        ("rossmann", rossmann, 0.076),
        ("journey", journey, 0.195),
        ("walmart", walmart, None),
    ):
        if options.only in (None, name):
            try:
                panel, actual = held_out(*read(options.data), back=options.back)
            except FileNotFoundError as missing:
                print(f"SKIPPED {name}: no {missing.filename}", file=sys.stderr)
                continue
            report(name, panel, actual, limit)


def held_out(panel: Panel, horizon: int, *, back: int = 0) -> tuple[Panel, Any]:
    """The panel as it stood `horizon` steps before its end, and what was sold in those."""
    at = panel.steps - horizon - back
    actual = np.where(panel.shut[:, at : at + horizon], 0, np.asarray(panel.y)[:, at : at + horizon])
    return panel.until(at, horizon), np.asarray(actual, dtype=np.float64)


def report(name: str, panel: Panel, actual: Any, limit: float | None) -> None:
    """Our forecast beside the seasonal naive one, last year's scaled, and plain ETS series by series."""
    from insights.analyses.forecast.compute import choose, fit

    started = time.perf_counter()
    choice = choose(panel)
    made = fit(panel, choice)
    seconds = time.perf_counter() - started
    ets = plain_ets(panel)
    if name == "walmart":
        limit = wape(actual, scaled_last_year(panel))
    say(f"{name}: WAPE", wape(actual, made.mean), limit, seconds=round(seconds, 1), ets=wape(actual, ets[0]))
    inside = panel.shut[:, panel.steps :]
    open_ = np.where(inside, np.nan, actual)
    say(
        f"{name}: coverage of 80 % ranges",
        float(scores.coverage(open_, made.low80, made.high80)),
        0.8,
        ets=float(scores.coverage(open_, ets[1], ets[2])),
    )
    say(
        f"{name}: pinball loss",
        float(scores.pinball(open_, made.low80, made.high80, 0.8)),
        float(scores.pinball(open_, ets[1], ets[2], 0.8)),
    )
    found = choice.overall
    say(f"{name}: WAPE in its own backtest", found.wape or 0, found.naive_wape, coverage=found.coverage80)
    print(json.dumps({"contest": dict(choice.contest), "served": _counts(made)}))


def _counts(made: Forecasts) -> dict[str, int]:
    return {name: made.model.count(name) for name in sorted(set(made.model))}


def wape(actual: Any, mean: Any) -> float:
    return round(float(scores.wape(actual, mean)), 4)


def plain_ets(panel: Panel) -> tuple[Any, Any, Any]:
    """Means and 80 % ranges of ETS as it comes, on what was sold, shut days being 0."""
    from statsforecast.models import AutoETS

    season = 7 if panel.step == 1 else 1
    shape = (panel.count, panel.horizon)
    found = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    shut = panel.shut[:, panel.steps :]
    for row, y in enumerate(np.nan_to_num(np.asarray(panel.y, dtype=np.float64))):
        said = AutoETS(season_length=season, model="ANA" if season == 7 else "ZZZ").forecast(
            y=y[-400:], h=panel.horizon, level=[80]
        )
        for place, part in enumerate(("mean", "lo-80", "hi-80")):
            found[place][row] = np.where(shut[row], 0, np.maximum(said[part], 0))
    return found


def scaled_last_year(panel: Panel) -> Any:
    """Last year's week times the last eight weeks over the same weeks a year before."""
    y, at = np.asarray(panel.y), panel.steps - 52
    scale = y[:, -8:].sum(axis=1) / y[:, at - 8 : at].sum(axis=1)
    return y[:, at : at + panel.horizon] * scale[:, None]


def rossmann(data: Path) -> tuple[Panel, int]:
    """Stores by day; promotions, open days, holidays and school holidays known ahead."""
    rows = list(_rows(data / "rossmann_dev" / "rossmann_50_stores.csv.gz"))
    stores = sorted({int(row["Store"]) for row in rows})
    days = sorted({row["Date"].strip() for row in rows})
    place, at = {s: n for n, s in enumerate(stores)}, {d: n for n, d in enumerate(days)}
    shape = len(stores), len(days)
    y, shut, promo, school = np.full(shape, np.nan), np.ones(shape, bool), np.zeros(shape), np.zeros(shape)
    state = {}
    for row in rows:
        cell = place[int(row["Store"])], at[row["Date"].strip()]
        y[cell], shut[cell] = float(row["Sales"]), row["Open"] != "True"
        promo[cell], school[cell] = row["Promo"] == "True", row["SchoolHoliday"] == "True"
        state[cell[0]] = row["HolidayCode"].removeprefix("DE-")
    events = [
        Event("School holidays", on, "school", np.array([(row == on).all() for row in school]))
        for on in np.unique(school, axis=0)
    ]
    for subdivision in sorted(set(state.values())):
        here = np.array([state[number] == subdivision for number in range(len(stores))])
        events += public(days, 1, "DE", subdivision, here)
    first = dt.date.fromisoformat(days[0])
    keys = tuple(map(str, stores))
    panel = Panel(keys, first, 1, 0, y, closed=shut, promotion=promo, events=tuple(events), branch=np.arange(len(keys)))
    return panel, 42


def public(days: list[str], step: int, country: str, state: str | None, series: Any) -> list[Event]:
    """Public holidays by name, as the shop's own calendar tells them."""
    dates = [dt.date.fromisoformat(day) for day in days]
    known = holidays.country_holidays(country, subdiv=state, years=range(dates[0].year, dates[-1].year + 2))
    rows: dict[str, Any] = defaultdict(lambda: np.zeros(len(dates)))
    for day, name in known.items():
        step_of = (day - dates[0]).days // step
        if 0 <= step_of < len(dates):
            rows[name][step_of] += 1 / step
    return [Event(name, on, "holiday", series) for name, on in sorted(rows.items())]


def journey(data: Path) -> tuple[Panel, int]:
    """Weekly quantity of the 100 categories that sold most over the year's 52 weeks; the first was a single day."""
    folder = data / "complete_journey_dev"
    category = {}
    for row in _rows(folder / "products.csv.gz"):
        if row["department"] != "FUEL" and row["product_category"] not in WITHOUT:
            category[row["product_id"]] = row["product_category"]
    first = dt.date(2016, 12, 26)
    sums: dict[str, Any] = defaultdict(lambda: np.zeros(54))
    for row in _rows(folder / "transactions.csv.gz"):
        name = category.get(row["product_id"])
        if name:
            sums[name][int(row["week"])] += float(row["quantity"])
    top = sorted(sums, key=lambda name: -sums[name][1:53].sum())[:100]
    y = np.array([sums[name][1:53] for name in top])
    y[:, 0] = np.nan
    days = [(first + dt.timedelta(days=7 * week)).isoformat() for week in range(y.shape[1])]
    return Panel(tuple(top), first, 7, 0, y, events=tuple(public(days, 7, "US", None, None))), 8


def walmart(data: Path) -> tuple[Panel, int]:
    """Departments of a store by week."""
    sums: dict[str, dict[str, float]] = defaultdict(dict)
    for row in _rows(data / "walmart_depts_dev" / "walmart_sales_weekly.csv"):
        sums[row["id"]][row["Date"]] = float(row["Weekly_Sales"])
    days = sorted({day for of in sums.values() for day in of})
    keys = tuple(sorted(sums))
    y = np.array([[sums[key].get(day, np.nan) for day in days] for key in keys])
    # A row's date is the Friday that ends its week.
    first = [(dt.date.fromisoformat(day) - dt.timedelta(days=6)).isoformat() for day in days]
    events = tuple(public(first, 7, "US", None, None))
    return Panel(keys, dt.date.fromisoformat(first[0]), 7, 0, y, events=events, category=np.arange(len(keys))), 12


def _rows(path: Path) -> Iterator[dict[str, str]]:
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    with io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def night(products: int) -> None:
    """A contest and a fit over made-up groceries: products at two branches, two years of days, four weeks ahead."""
    from insights.analyses.forecast.compute import choose, fit, totals

    panel = groceries(products, branches=2, days=730, horizon=28)
    started = time.perf_counter()
    choice = choose(panel)
    chosen = time.perf_counter()
    made = fit(panel, choice)
    totals(panel, made, choice)
    ended = time.perf_counter()
    cost = {"fit": round(ended - chosen, 1), "processor": round(time.process_time(), 1)}
    say("night: contest and fit, seconds", ended - started, 600, series=panel.count, **cost)
    say("night: most memory, MB", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1500)
    say("night: WAPE in its own backtest", choice.overall.wape or 0, choice.overall.naive_wape)
    print(json.dumps({"contest": dict(choice.contest), "served": _counts(made)}))


def groceries(products: int, branches: int, days: int, horizon: int) -> Panel:
    """Made-up sales: most products sell seldom, some every day; weekdays, promotions, a price, empty shelves."""
    draw = np.random.default_rng(7)
    count, steps = products * branches, days + horizon
    product = np.tile(np.arange(products), branches)
    rate = np.exp(draw.normal(0, 1.4, products))[product] * draw.lognormal(0, 0.3, count)
    week = draw.dirichlet(np.full(7, 40), 60)[product % 60] * 7
    promotion = (draw.random((products, -(-steps // 7))) < 0.06).repeat(7, axis=1)[product, :steps] * np.float32(0.2)
    season = 1 + 0.2 * np.sin(2 * np.pi * (np.arange(steps) / 365 + draw.random((count, 1))))
    mean = rate[:, None] * week[:, np.arange(steps) % 7] * season * np.where(promotion > 0, 1.7, 1)
    y = draw.poisson(mean[:, :days]).astype(np.float32)
    out = draw.random(y.shape, dtype=np.float32) < 0.02
    y[out] = 0
    first = dt.date(2024, 1, 1)
    dates = [(first + dt.timedelta(days=day)).isoformat() for day in range(steps)]
    return Panel(
        keys=tuple(f"{row // products}:{row % products}" for row in range(count)),
        first=first,
        step=1,
        horizon=horizon,
        y=y,
        censored=out,
        promotion=promotion,
        events=tuple(public(dates, 1, "US", None, None)),
        branch=np.arange(count) // products,
        category=product % 60,
        product=product,
    )
