"""Fits the weights by which competitors' items are matched: `python -m bench matching_fit` prints them.

Fitted on the demo's competitors (spelt oddly, matches known) and on bench/matching_training.csv: names written by hand
against the demo's products, in other languages, of other brands, own brands and not sold. The names of
bench/competitors_items.csv, by which the matcher is measured, have no part in it.
"""

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

import numpy as np

from insights.demo import competitors
from insights.demo.catalogue import Product, shelf
from insights.demo.chance import Floats
from insights.matching import scores
from insights.matching.candidates import Catalogue, Ours, Theirs
from inventory.competitors import sizes
from inventory.competitors.sizes import Compared

HERE = Path(__file__).parent
WEAK = 0.02  # keeps weights small where few examples speak


def main(arguments: list[str]) -> None:
    products = shelf("medium")
    catalogue = Catalogue([_ours(place, product) for place, product in enumerate(products)])
    rows, right = _examples(catalogue, [*_of_demo(products), *_by_hand(products)])
    weights = fit(rows, right)
    print(f"FIRST, WEIGHTS = {weights[0]:.2f}, ({', '.join(f'{weight:.2f}' for weight in weights[1:])})")
    print(f"{len(right)} candidates, {int(right.sum())} of them right")


def fit(rows: Floats, right: Floats) -> Floats:
    """Logistic regression by Newton's steps, the first weight for the constant."""
    given = np.column_stack([np.ones(len(rows)), rows])
    weights = np.zeros(given.shape[1])
    keep = WEAK * len(right) / 100 * np.diag([0.0, *[1.0] * rows.shape[1]])
    for _ in range(60):
        chance = 1 / (1 + np.exp(-np.clip(given @ weights, -30, 30)))
        bent = given.T @ (given * (chance * (1 - chance))[:, None]) + keep + 1e-9 * np.eye(len(weights))
        weights += np.linalg.solve(bent, given.T @ (right - chance) - keep @ weights)
    return weights


def _examples(catalogue: Catalogue, named: list[tuple[Theirs, int | None]]) -> tuple[Floats, Floats]:
    """The facts of every candidate that is not another size, and whether it is the right one."""
    items = [item for item, _ in named]
    meant, spelt = catalogue.alike([item.name for item in items])
    rows, right = [], []
    for row, (item, truth) in enumerate(named):
        for place, facts in catalogue.facts(item, meant[row], spelt[row]):
            if facts.size != Compared.OTHER:
                rows.append(scores.features(facts))
                right.append(place == truth)
    return np.array(rows), np.array(right, dtype=float)


def _of_demo(products: tuple[Product, ...]) -> list[tuple[Theirs, int | None]]:
    """The demo's items as if none had a barcode, each with the price seen last."""
    days = tuple(dt.date(2026, 1, 1) + dt.timedelta(days=day) for day in range(100))
    prices = np.array([[product.base_price] * len(days) for product in products])
    found = competitors.competitor_items(products, prices, days)
    return [
        (_theirs(number, item.name, item.size, Decimal(item.prices[-1][1]) / 100), item.product)
        for number, item in enumerate(found)
    ]


def _by_hand(products: tuple[Product, ...]) -> list[tuple[Theirs, int | None]]:
    places = {product.name: place for place, product in enumerate(products)}
    with (HERE / "matching_training.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        (
            _theirs(number, row["name"], row["size"], Decimal(row["price"])),
            places[row["ours"]] if row["ours"] else None,
        )
        for number, row in enumerate(rows, 10_000)
    ]


def _ours(place: int, product: Product) -> Ours:
    size = sizes.Size(Decimal(1000), "g") if product.by_weight else sizes.read(product.name)
    return Ours(place, product.name, size, Decimal(product.base_price) / 100)


def _theirs(number: int, name: str, size: str, price: Decimal) -> Theirs:
    return Theirs(number, name, sizes.of_item(name, size), price)
