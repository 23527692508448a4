"""How well products that may be one are found by name, and how long 20,000 products take.

The names (merging_names.csv): 64 articles as two tills write them, beside 64 others of the same shelves that one till
alone has. They were made up by hand in the manner of real till exports: shortened, in another order, in capitals,
sizes in other words. No weight and no limit was set on them: the weights are those of matching competitors' items
(bench/matching_fit.py), the rest was set on bench/competitors_*.csv. Names alone are compared here: there are no
barcodes, and the SKUs say nothing.
"""

from __future__ import annotations

import csv
import resource
import time
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import numpy as np

from bench.figures import say
from bench.scratch import database
from insights.merging.finding import LEAST, Found, find
from insights.models import SearchEntry
from insights.search import index, meaning
from insights.search.entries import wanted_products
from inventory import merging
from inventory.models import Product, ProductMerge
from shop.jobs import Report
from shop.models import Job
from shop.services import create_shop
from shop.tenancy import use_shop

HERE = Path(__file__).parent
MANY = 20_000
AT_ONCE = 2_000


def main(arguments: list[str]) -> None:
    with database():
        with use_shop(create_shop(slug="tills", branches=["Front"])):
            _names()
        with use_shop(create_shop(slug="large", branches=["Front"])):
            _large()


class _Nobody:
    """A report that nobody reads."""

    def progress(self, done: int, total: int) -> None: ...


def _names() -> None:
    truth = _fill()
    index.run_job(Job(title="t"), cast(Report, _Nobody()))
    found = find()
    for least in (LEAST, 0.6, 0.8):
        pairs = {(one.first, one.second) for one in found if one.score >= least}
        right = len(pairs & truth)
        say("pairs put forward by name", len(pairs), unit="pairs", least=least)
        say("of those, right", round(right / len(pairs), 3), unit="share", least=least)
        say("of the articles under two names, found", round(right / len(truth), 3), unit="share", least=least)


def _fill() -> set[tuple[int, int]]:
    """The products of both tills; returns the pairs that are one article."""
    truth = set()
    for number, row in enumerate(csv.DictReader((HERE / "merging_names.csv").open(encoding="utf-8"))):
        tills = (("front", "price"), ("corner", "corner_price"))
        made = [_product(f"{till}{number * 7919:07d}", row[till], row[price]) for till, price in tills if row[till]]
        if len(made) == 2:
            truth.add((made[0].pk, made[1].pk))
    return truth


def _product(sku: str, name: str, price: str) -> Product:
    unit = "kg" if name.endswith((" loose kg", " per kg")) else "piece"
    made: Product = Product.objects.create(sku=sku, name=name, unit=unit, price=Decimal(price))
    return made


def _large() -> None:
    """Products of made-up names, every tenth a second till's; vectors are made from their words without the encoder."""
    rng = np.random.default_rng(7)
    words = [f"{a}{b}" for a in ("bar", "cel", "dor", "fen", "gil", "hon", "lim", "mor") for b in _ENDS]
    names = [f"{' '.join(rng.choice(words, 3))} {rng.integers(1, 20) * 50} g" for _ in range(MANY * 10 // 11)]
    names += [f"{name[:-2].upper()}GR" for name in names[: MANY - len(names)]]
    for start in range(0, MANY, AT_ONCE):
        some = enumerate(names[start : start + AT_ONCE], start)
        Product.objects.bulk_create(Product(sku=f"S{number * 7919}", name=name, price=1) for number, name in some)
    _index()
    before, begun = _memory(), time.monotonic()
    found = find()
    say("look at 20,000 products", round(time.monotonic() - begun, 1), unit="s", most=120)
    say("memory it took on top", round(_memory() - before), unit="MB", most=400)
    say("pairs found", len(found), unit="pairs", made=MANY - MANY * 10 // 11)
    _merge(found)


_ENDS = ("an", "el", "in", "or", "ut", "ash", "eck", "ild", "ond", "urn", "ate", "ime")


def _index() -> None:
    rng = np.random.default_rng(11)
    meanings: dict[str, Any] = {}
    batch = []
    for wanted in wanted_products():
        parts = [word for word in wanted.text.split("\n")[0].split() if not word[0].isdigit()]
        vector = sum(meanings.setdefault(word, rng.normal(size=512)) for word in parts)
        entry = wanted.entry()
        entry.vector, entry.model = meaning.unit(np.array(vector, np.float32)).tolist(), meaning.MODEL
        batch.append(entry)
    for start in range(0, len(batch), AT_ONCE):
        SearchEntry.objects.bulk_create(batch[start : start + AT_ONCE])


def _merge(found: list[Found]) -> None:
    some = found[:50]
    begun = time.monotonic()
    for one in some:
        kept, gone = Product.objects.get(pk=one.first), Product.objects.get(pk=one.second)
        merging.merge(kept=kept, gone=gone, by="bench")
    say("merge two products without sales", round((time.monotonic() - begun) / len(some) * 1000, 1), unit="ms")
    begun = time.monotonic()
    for merge in ProductMerge.objects.all():
        merging.undo(merge=merge, by="bench")
    say("undo it", round((time.monotonic() - begun) / len(some) * 1000, 1), unit="ms")


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
