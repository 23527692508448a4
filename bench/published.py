"""Published sales through the product's own doors: import, run, export; how far the forecast was off.

Rossmann: 50 stores by day, the last 42 days. Walmart: 7 departments by week, the last 12 weeks. Floors are the median
by weekday and promotion of the last half year, and last year's week scaled by the recent level.
"""

import argparse
import csv
import datetime as dt
import gzip
import io
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median

from django.conf import settings
from django.core.management import call_command

from bench import scratch
from bench.figures import say

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
ROSSMANN = DATA / "rossmann_dev" / "rossmann_50_stores.csv.gz"
WALMART = DATA / "walmart_depts_dev" / "walmart_sales_weekly.csv"
Key = tuple[str, str, dt.date]  # branch, product, date
Sold = dict[Key, float]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench published")
    parser.add_argument("--only", choices=["rossmann", "walmart"])
    options = parser.parse_args(arguments)
    if not (ROSSMANN.exists() and WALMART.exists()):
        raise SystemExit(f"The published sales are not here: {DATA}.")
    with scratch.database(), tempfile.TemporaryDirectory() as folder:
        for name, bench in (("rossmann", _rossmann), ("walmart", _walmart)):
            if options.only in (None, name):
                bench(Path(folder))


def _rossmann(folder: Path) -> None:
    with gzip.open(ROSSMANN, "rt") as file:
        rows = [row for row in csv.DictReader(file) if row["Open"] == "True"]
    sold = {(row["Store"], "ALL", dt.date.fromisoformat(row["Date"])): float(row["Sales"]) for row in rows}
    promoted = {(row["Store"], "ALL", dt.date.fromisoformat(row["Date"])) for row in rows if row["Promo"] == "True"}
    as_of = max(sold, key=_date)[2] - dt.timedelta(days=42)
    offers = [("ALL", branch, day, day) for branch, _, day in sorted(promoted)]
    found = _through(folder, "rossmann", "DE", sold, offers, as_of, 42)
    _tell("rossmann, last 42 days, WAPE", sold, found, _by_weekday_and_promotion(sold, promoted, as_of), as_of)


def _walmart(folder: Path) -> None:
    with WALMART.open() as file:
        rows = list(csv.DictReader(file))
    sold = {(row["Store"], row["Dept"], dt.date.fromisoformat(row["Date"])): float(row["Weekly_Sales"]) for row in rows}
    as_of = max(sold, key=_date)[2] - dt.timedelta(weeks=12)
    found = _through(folder, "walmart", "US", sold, [], as_of, 84)
    _tell("walmart, last 12 weeks, WAPE", sold, found, _last_year_scaled(sold, as_of), as_of)


def _date(key: Key) -> dt.date:
    return key[2]


def _through(
    folder: Path, slug: str, country: str, sold: Sold, offers: list[tuple[object, ...]], as_of: dt.date, days: int
) -> dict[Key, tuple[float, float, float]]:
    """Import everything, the days after `as_of` too, run as of then, export. Prints the run's own line."""
    call_command("create_shop", slug, country=country, branches="Head office", stdout=io.StringIO())
    rows = [("branch", "product", "date", "quantity", "net"), *((*key, units, units) for key, units in sold.items())]
    _import(slug, "sales_daily", folder / f"{slug}.csv", rows)
    if offers:
        _import(
            slug,
            "promotions",
            folder / f"{slug}-offers.csv",
            [("product", "branch", "first_date", "last_date"), *offers],
        )
    said = io.StringIO()
    call_command("run_analysis", slug, "forecast", as_of=as_of, horizon=days, stdout=said)
    print(json.dumps({"shop": slug, **json.loads(said.getvalue().splitlines()[-1])}))
    out = io.StringIO()
    call_command("export", slug, "forecasts", stdout=out)
    out.seek(0)
    return {
        (row["branch"], row["product"], dt.date.fromisoformat(row["date"])): (
            float(row["mean"]), float(row["low80"]), float(row["high80"])
        )
        for row in csv.DictReader(out)
    }  # fmt: skip


def _import(slug: str, kind: str, path: Path, rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    call_command("import_csv", slug, kind, str(path), stdout=io.StringIO())


def _tell(figure: str, sold: Sold, found: dict[Key, tuple[float, float, float]], floor: Sold, as_of: dt.date) -> None:
    """Days on which nothing was sold are not in the files; what was expected of them counts as missed."""
    actual = {key: units for key, units in sold.items() if key[2] > as_of}
    whole = sum(actual.values())
    missed = sum(abs(actual.get(key, 0) - found.get(key, (0, 0, 0))[0]) for key in actual.keys() | found.keys())
    inside = sum(found[key][1] <= units <= found[key][2] for key, units in actual.items() if key in found)
    say(figure, missed / whole, sum(abs(units - floor[key]) for key, units in actual.items()) / whole)
    say(f"{figure.rsplit(',', 1)[0]}, held by the 80 % range", inside / len(actual), 0.8)


def _by_weekday_and_promotion(sold: Sold, promoted: set[Key], as_of: dt.date) -> Sold:
    past: dict[tuple[str, int, bool], list[float]] = defaultdict(list)
    for key, units in sold.items():
        if as_of - dt.timedelta(weeks=26) < key[2] <= as_of:
            past[key[0], key[2].weekday(), key in promoted].append(units)
    middle = {key: median(units) for key, units in past.items()}
    return {key: middle.get((key[0], key[2].weekday(), key in promoted), 0.0) for key in sold if key[2] > as_of}


def _last_year_scaled(sold: Sold, as_of: dt.date) -> Sold:
    """The week 52 weeks earlier, times what the last 8 weeks sold over the same 8 a year earlier."""
    year = dt.timedelta(weeks=52)
    floor: Sold = {}
    for branch, product, day in sold:
        if day > as_of:
            lately = [as_of - dt.timedelta(weeks=back) for back in range(8)]
            now, before = (sum(sold[branch, product, of - back] for of in lately) for back in (year * 0, year))
            floor[branch, product, day] = sold[branch, product, day - year] * now / before
    return floor
