"""How well reviews are read and prices weighed on this machine, against published data and the demo's truth.

Text alone is read: stars are the answer, not a hint. Elasticities go through the product's own doors: two files in, a
run, an export. The reference is the textbook one: log units on log price, store effects, deal and feature.
"""

import argparse
import csv
import datetime as dt
import gzip
import io
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from django.conf import settings
from django.core.management import call_command

from bench import scratch
from bench.figures import say
from insights.analyses.sentiment.tone import Heard, listen
from insights.demo.branches import SHOP_NAME
from insights.demo.grocer import build
from insights.demo.truth import truth

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
JUICE = DATA / "dominicks_oj_dev" / "orange_juice_long.csv.gz"
FIRST_WEEK = dt.date(1990, 6, 18)
OUNCES = 64
TODAY = dt.date(2026, 11, 21)
CLOTHES = 2000
# What VADER's word list gets on the same files.
VADER = {"uci_amazon_cells": 0.846, "uci_imdb": 0.793, "amazon_fine_food": 0.724, "womens_reviews": 0.633}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench insights")
    parser.add_argument("--only", choices=["sentiment", "juice", "demo"])
    options = parser.parse_args(arguments)
    if options.only in (None, "sentiment"):
        _sentiment()
    if options.only == "sentiment":
        return
    with scratch.database(), tempfile.TemporaryDirectory() as folder:
        if options.only in (None, "juice"):
            _juice(Path(folder))
        if options.only in (None, "demo"):
            _demo()


def _there(path: Path) -> bool:
    if not path.exists():
        print(json.dumps({"figure": f"not measured: {path.name} is not here"}))
    return path.exists()


# Reviews --------------------------------------------------------------------------------------------------


def _sentiment() -> None:
    for name in ("uci_amazon_cells", "uci_imdb"):
        path = DATA / "sentiment_dev" / f"{name}_labelled.txt"
        if _there(path):
            rows = [line.rsplit("\t", 1) for line in path.read_text(encoding="utf-8").split("\n") if line]
            _tell(name, "accuracy", [(text, int(label) * 2 - 1) for text, label in rows])
    path = DATA / "sentiment_dev" / "amazon_fine_food_dev.csv"
    if _there(path):
        with path.open(encoding="utf-8", newline="") as file:
            reviews = list(_stars(csv.DictReader(file), "Summary", "Text", "Score"))
        _tell("amazon_fine_food", "balanced accuracy", reviews)
    path = DATA / "womens_reviews_dev" / "womens_clothing_reviews.csv.gz"
    if _there(path):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            reviews = list(_stars(csv.DictReader(file), "Title", "Review Text", "Rating"))
        picked = np.random.default_rng(1).permutation(len(reviews))[:CLOTHES]
        _tell("womens_reviews", "balanced accuracy", [reviews[place] for place in picked])


def _stars(rows: Iterable[dict[str, str]], title: str, text: str, stars: str) -> Iterable[tuple[str, int]]:
    """Texts with 1 or -1; three stars are left out."""
    for row in rows:
        if row[text] and int(row[stars]) != 3:
            yield f"{row[title]}. {row[text]}", 1 if int(row[stars]) > 3 else -1


def _tell(name: str, measure: str, rows: list[tuple[str, int]]) -> None:
    heard = _listen([text for text, _ in rows])
    truth = np.array([label for _, label in rows])
    right = np.array([(one.score > 0) == (label > 0) for one, label in zip(heard, truth, strict=True)])
    value = right.mean() if measure == "accuracy" else np.mean([right[truth == label].mean() for label in (-1, 1)])
    neutral = np.mean([one.label == "neutral" for one in heard])
    say(f"{name}, {measure}", float(value), VADER[name], neutral=round(float(neutral), 3))


def _listen(texts: list[str]) -> list[Heard]:
    return [one for start in range(0, len(texts), 256) for one in _heard(texts[start : start + 256])]


def _heard(texts: list[str]) -> list[Heard]:
    return listen(texts, [None] * len(texts))


# Prices ---------------------------------------------------------------------------------------------------


def _juice(folder: Path) -> None:
    if not _there(JUICE):
        return
    with gzip.open(JUICE, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    call_command("create_shop", "juice", country="US", branches="Store 2", stdout=io.StringIO())
    _import("juice", "sales_daily", folder, ["branch", "product", "date", "quantity", "price"], map(_sold, rows))
    offers = [_offer(row) for row in rows if _kind(row)]
    _import("juice", "promotions", folder, ["branch", "product", "first_date", "last_date", "name"], offers)
    found = _run_and_export("juice", max(map(_week, rows)) + dt.timedelta(days=6))
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
    found = _run_and_export("demo", TODAY - dt.timedelta(days=1))
    hidden = {row["sku"]: row["elasticity"] for row in told["products"]}
    pairs = np.array([(value, hidden[sku]) for sku, (value, _, _) in found.items()])
    ranks = pairs.argsort(axis=0).argsort(axis=0)
    say(f"{SHOP_NAME}, rank correlation of elasticities", float(np.corrcoef(ranks.T)[0, 1]), 0.8)
    held = np.mean([low <= hidden[sku] <= high for sku, (_, low, high) in found.items()])
    say(f"{SHOP_NAME}, held by the 80 % range", float(held), 0.8)
    call_command("run_analysis", "demo", "sentiment", as_of=TODAY - dt.timedelta(days=1), stdout=io.StringIO())
    labels = {row["id"]: row for row in _export("demo", "reviews")}
    right = [labels[code]["label"] == said["label"] for code, said in told["reviews"].items()]
    say(f"{SHOP_NAME}, reviews labelled as they were made", float(np.mean(right)))


# The product's doors --------------------------------------------------------------------------------------


def _import(slug: str, kind: str, folder: Path, header: list[str], rows: Iterable[tuple[object, ...]]) -> None:
    path = folder / f"{kind}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    call_command("import_csv", slug, kind, str(path), stdout=io.StringIO())


def _run_and_export(slug: str, as_of: dt.date) -> dict[str, tuple[float, float, float]]:
    """Elasticity, low80 and high80 by product."""
    said = io.StringIO()
    call_command("run_analysis", slug, "pricing", as_of=as_of, stdout=said)
    print(json.dumps({"shop": slug, **json.loads(said.getvalue().splitlines()[-1])}))
    return {
        row["product"]: (float(row["elasticity"]), float(row["low80"]), float(row["high80"]))
        for row in _export(slug, "elasticities")
    }


def _export(slug: str, kind: str) -> list[dict[str, str]]:
    out = io.StringIO()
    call_command("export", slug, kind, stdout=out)
    return list(csv.DictReader(io.StringIO(out.getvalue().lstrip("\ufeff"))))
