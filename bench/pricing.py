"""What prices do and what is advised, against published data and the demo's truth.

Everything goes through the product's own doors: files in, a run, an export. The reference for elasticities is the
textbook one: log units on log price, store effects, deal and feature.
"""

import csv
import datetime as dt
import gzip
import io
import tempfile
from pathlib import Path

import numpy as np
from django.core.management import call_command

from bench import scratch
from bench._doors import DATA, export, import_file, is_there, run
from bench.figures import say
from insights.demo.branches import SHOP_NAME
from insights.demo.grocer import build
from insights.demo.truth import truth

JUICE = DATA / "dominicks_oj_dev" / "orange_juice_long.csv.gz"
FIRST_WEEK = dt.date(1990, 6, 18)
OUNCES = 64
TODAY = dt.date(2026, 11, 21)


def main(arguments: list[str]) -> None:
    measure()


def measure() -> None:
    with scratch.database(), tempfile.TemporaryDirectory() as folder:
        _juice(Path(folder))
        _demo()


def _juice(folder: Path) -> None:
    if not is_there(JUICE):
        return
    with gzip.open(JUICE, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    call_command("create_shop", "juice", country="US", branches="Store 2", stdout=io.StringIO())
    import_file("juice", "sales_daily", folder, ["branch", "product", "date", "quantity", "price"], map(_sold, rows))
    offers = [_offer(row) for row in rows if _kind(row)]
    import_file("juice", "promotions", folder, ["branch", "product", "first_date", "last_date", "name"], offers)
    found = _elasticities("juice", max(map(_week, rows)) + dt.timedelta(days=6))
    reference = _reference(rows)
    off = {brand: abs(found[brand][0] - value) for brand, value in reference.items()}
    say("dominicks juice, elasticity furthest from the reference", max(off.values()), 0.3)
    say("dominicks juice, elasticity from the reference on average", float(np.mean(list(off.values()))), 0.3)


def _week(row: dict[str, str]) -> dt.date:
    return FIRST_WEEK + dt.timedelta(weeks=int(row["week"]) - 40)


def _sold(row: dict[str, str]) -> tuple[object, ...]:
    packs, price = float(row["units"]) / OUNCES, float(row["price_per_oz"]) * OUNCES
    return f"Store {row['store']}", f"Juice {row['brand']}", _week(row), f"{packs:.3f}", f"{price:.4f}"


def _kind(row: dict[str, str]) -> str:
    found = [name for name, column in (("deal", "deal"), ("feature", "feat")) if float(row[column]) > 0]
    return " and ".join(found)


def _offer(row: dict[str, str]) -> tuple[object, ...]:
    first = _week(row)
    return f"Store {row['store']}", f"Juice {row['brand']}", first, first + dt.timedelta(days=6), _kind(row)


def _reference(rows: list[dict[str, str]]) -> dict[str, float]:
    found = {}
    for brand in sorted({row["brand"] for row in rows}):
        mine = [row for row in rows if row["brand"] == brand]
        columns = [[float(row[name]) for row in mine] for name in ("units", "price_per_oz", "deal", "feat")]
        table = np.column_stack([np.log(columns[0]), np.log(columns[1]), columns[2], columns[3]])
        stores = np.unique([row["store"] for row in mine], return_inverse=True)[1]
        many = np.bincount(stores)
        table -= np.column_stack([np.bincount(stores, column) / many for column in table.T])[stores]
        found[f"Juice {brand}"] = float(np.linalg.lstsq(table[:, 1:], table[:, 0], rcond=None)[0][0])
    return found


def _demo() -> None:
    """The demo shop's own hidden answers."""
    call_command("demo", size="medium", today=str(TODAY), stdout=io.StringIO())
    told = truth(build("medium", TODAY))
    found = _elasticities("demo", TODAY - dt.timedelta(days=1))
    hidden = {row["sku"]: row["elasticity"] for row in told["products"]}
    pairs = np.array([(value, hidden[sku]) for sku, (value, _, _) in found.items()])
    ranks = pairs.argsort(axis=0).argsort(axis=0)
    say(f"{SHOP_NAME}, rank correlation of elasticities", float(np.corrcoef(ranks.T)[0, 1]), 0.8)
    held = np.mean([low <= hidden[sku] <= high for sku, (_, low, high) in found.items()])
    say(f"{SHOP_NAME}, held by the 80 % range", float(held), 0.8)


def _elasticities(slug: str, as_of: dt.date) -> dict[str, tuple[float, float, float]]:
    """Elasticity, low80 and high80 by product."""
    run(slug, "pricing", as_of)
    return {
        row["product"]: (float(row["elasticity"]), float(row["low80"]), float(row["high80"]))
        for row in export(slug, "elasticities")
    }
