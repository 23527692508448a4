"""What prices do and what is advised, against published data and the demo's truth.

Everything goes through the product's own doors: files in, a run, an export. The reference for elasticities is the
textbook one: log units on log price, store effects, deal and feature.
"""

import argparse
import csv
import datetime as dt
import gzip
import io
import json
import re
import tempfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
from django.core.management import call_command
from django.db import transaction
from django.test.utils import override_settings

from bench import scratch
from bench._doors import DATA, export, import_file, is_there, run
from bench._price_truth import Truth
from bench._price_words import questions
from bench.figures import say
from insights import pricing_advice
from insights.analyses.pricing import outcome, reading, wording
from insights.analyses.pricing.baskets import OFTEN, Basket, Baskets
from insights.analyses.pricing.goods import Good
from insights.analyses.pricing.key_items import keys
from insights.demo.branches import SHOP_NAME
from insights.demo.grocer import Demo, build
from insights.demo.truth import truth
from insights.providers import gateway
from inventory.models import Product
from shop.models import Shop
from shop.services import create_shop
from shop.tenancy import use_shop
from tests.vendors.connecting import connect
from tests.vendors.server import Vendor

JUICE = DATA / "dominicks_oj_dev" / "orange_juice_long.csv.gz"
FIRST_WEEK = dt.date(1990, 6, 18)
RECORDED = Path(__file__).parent / "recorded" / "price_words.json"
OUNCES = 64
SHOPS = 8
TODAY = dt.date(2026, 11, 21)


def main(arguments: list[str]) -> None:
    parts = {"juice": _juice, "demo": _demo, "keys": _keys, "words": _words}
    parser = argparse.ArgumentParser(prog="python -m bench pricing")
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts))
    chosen = parser.parse_args(arguments).only
    with scratch.database():
        for name in chosen:
            parts[name]()


def measure() -> None:
    main([])


def _juice() -> None:
    if is_there(JUICE):
        with tempfile.TemporaryDirectory() as folder:
            _measure_juice(Path(folder))


def _measure_juice(folder: Path) -> None:
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
        found[f"Juice {brand}"] = float(np.asarray(np.linalg.lstsq(table[:, 1:], table[:, 0], rcond=None)[0])[0])
    return found


def _demo() -> None:
    """The demo shop's own hidden answers."""
    call_command("demo", size="medium", today=str(TODAY), stdout=io.StringIO())
    demo = build("medium", TODAY)
    found = _elasticities("demo", TODAY - dt.timedelta(days=1))
    hidden = {row["sku"]: row["elasticity"] for row in truth(demo)["products"]}
    pairs = np.array([(value, hidden[sku]) for sku, (value, _, _) in found.items()])
    ranks = pairs.argsort(axis=0).argsort(axis=0)
    say(f"{SHOP_NAME}, rank correlation of elasticities", float(np.corrcoef(ranks.T)[0, 1]), 0.8)
    held = np.mean([low <= hidden[sku] <= high for sku, (_, low, high) in found.items()])
    say(f"{SHOP_NAME}, held by the 80 % range", float(held), 0.8)
    _advice(demo)
    _near_the_best(demo, Shop.objects.get(slug="demo"))


def _advice(demo: Demo) -> None:
    """Every advised price, alone and all at once, under the truth."""
    with use_shop(Shop.objects.get(slug="demo")):
        costs = dict(Product.objects.exclude(cost=None).values_list("sku", "cost"))
        moves = list(pricing_advice.moves())
    real = Truth(demo, {sku: float(cost) for sku, cost in costs.items()})
    true = np.array([real.change({row.product.sku: float(row.price)}) for row in moves])
    low, said, high = (np.array([float(getattr(row, name)) for row in moves]) for name in _CHANGES)
    say(f"{SHOP_NAME}, prices advised", len(moves), 200, up=int(sum(row.price > row.price_now for row in moves)))
    say("of them losing money by more than the stated range", float(((true < low) & (true < 0)).mean()), 0.1)
    say("of them losing money at all", float((true < 0).mean()))
    say("true change of the week's margin within the stated 80 % range", float(((low <= true) & (true <= high)).mean()))
    say("mean true gain a week and move, in pounds", float(true.mean()), float(said.mean()))
    together = real.change({row.product.sku: float(row.price) for row in moves})
    say("true gain a week of all moves at once, in pounds", together, float(real.margin(real.now).sum()))


def _near_the_best(demo: Demo, real_shop: Shop) -> None:
    """The demo's goods at other costs: each price lies near the best one there is, so that a move may well lose."""
    draw = np.random.default_rng(3)
    hidden = dict(zip((product.sku for product in demo.products), demo.nature.elasticity.tolist(), strict=True))
    with use_shop(real_shop), transaction.atomic():
        inputs = reading.read(real_shop, TODAY - dt.timedelta(days=1))
        skus = dict(Product.objects.values_list("id", "sku"))
    goods = {
        id: _at_best(good, hidden[skus[id]], draw) for id, good in inputs.shelf.goods.items() if skus[id] in hidden
    }
    shelf = replace(inputs.shelf, goods=goods)
    moves = outcome.compute(replace(inputs, shelf=shelf), lambda done, total: None).moves()
    real = Truth(demo, {skus[id]: float(good.cost or 0) for id, good in goods.items()})
    true = np.array([real.change({skus[one.known.good.id]: float(one.price)}) for one in moves])
    low = np.array([one.trial.change_low for one in moves])
    say("with prices near the best: prices advised", len(moves))
    say("with prices near the best: losing more than the stated range", float(((true < low) & (true < 0)).mean()), 0.1)
    said = float(np.mean([one.trial.change for one in moves]))
    say("with prices near the best: mean true gain a week and move, in pounds", float(true.mean()), said)


def _at_best(good: Good, elasticity: float, draw: np.random.Generator) -> Good:
    """The good at a cost for which today's price is the best, give or take an eighth."""
    if good.price is None:
        return good
    steep = min(elasticity, -1.15)
    best = float(good.price) * float(np.exp(0.12 * draw.standard_normal()))
    cost = best / (1 + float(good.tax)) * (1 + steep) / steep
    return replace(good, cost=Decimal(f"{cost:.4f}"), changed_on=None)


_CHANGES = ("change_low", "change", "change_high")


def _keys() -> None:
    """Key items planted among a made-up shop's products: how many of them are found."""
    draw = np.random.default_rng(11)
    found = [_planted(draw) for _ in range(SHOPS)]
    say("planted key items found", float(np.mean(found)), 0.8, shops=SHOPS)


def _planted(draw: np.random.Generator) -> float:
    """The share found of 12 planted among 300 products and 8,000 baskets of 600 customers.

    Planted items are in many baskets, bought again and again by the same people with much else. Others look like it in
    one way: passers-by take them alone, or they are dear, or a few people buy them all the time.
    """
    count, planted, customers = 300, 12, 600
    liked = np.exp(0.9 * draw.standard_normal(count)) * 0.01
    liked[:planted] = 0.06 + 0.04 * draw.random(planted)
    liked[planted : planted + 6] = 0.08  # taken alone, by people nobody knows
    habit = np.ones((customers, count))
    habit[:, :planted] = np.where(draw.random((customers, planted)) < 0.5, 2.0, 0.3)
    price = np.exp(0.5 * draw.standard_normal(count)) * 2
    products: dict[int, list[float]] = {}
    regular: dict[int, dict[int, int]] = {}
    values = []
    for _ in range(8000):
        alone = draw.random() < 0.25
        who = int(draw.integers(customers))
        chance = liked * (0.1 if alone else habit[who])
        chance[planted : planted + 6] = 0.25 if alone else 0.005
        bought = np.flatnonzero(draw.random(count) < chance)
        value = float(price[bought].sum())
        values.append(value)
        for product in bought.tolist():
            products.setdefault(product, []).append(value)
            if not alone:
                regular.setdefault(product, {}).setdefault(who, 0)
                regular[product][who] += 1
    rows = {
        id: Basket(len(found), float(np.mean(found)), sum(many >= OFTEN for many in regular.get(id, {}).values()))
        for id, found in products.items()
    }
    steepness = {id: float(value) for id, value in enumerate(-1.3 - 0.4 * draw.standard_normal(count))}
    steepness |= {id: value - 0.5 for id, value in steepness.items() if id < planted}
    said = keys(Baskets(len(values), float(np.mean(values)), rows), steepness, dict(enumerate(price.tolist())))
    return sum(said[id].is_key for id in range(planted) if id in said) / planted


def _words() -> None:
    """The reasons in our own words, and in those of a model whose answers were recorded and are played over HTTP."""
    runs = questions()
    facts = [fact for run in runs for fact in run]
    plain = {_key(fact): wording.plain(fact) for fact in facts}
    said, refused = _said_by_model(runs)
    for name, texts in (("without a model", plain), ("with a model", plain | said)):
        strange = [text for fact in facts for text in [texts[_key(fact)]] if not _is_grounded(fact, text)]
        say(f"price reasons {name}: with a figure that is not in the facts", len(strange), reasons=len(facts))
        say(f"price reasons {name}: figures and names told of those there are", _told(facts, texts))
        say(f"price reasons {name}: letters", float(np.mean([len(text) for text in texts.values()])))
        sentences = [len(re.findall(r"[.:;](?: |$)", text)) for text in texts.values()]
        say(f"price reasons {name}: sentences and half sentences", float(np.mean(sentences)))
    say("price reasons of the model that may not stand, of all", refused / len(facts), prompt=wording.PROMPT_VERSION)


def _said_by_model(runs: list[list[wording.Fact]]) -> tuple[dict[str, str], int]:
    """The model's words by fact, and how many of its texts were refused."""
    answers = json.loads(RECORDED.read_text(encoding="utf-8"))["answers"]
    shop = create_shop(slug="worded", country="IE", branches=["Quay"])
    vendor, refused = Vendor(), 0
    found: dict[str, str] = {}
    with override_settings(MODELS_ALLOW_LOCAL=True), use_shop(shop):
        connect(shop, vendor)
        for run, answer in zip(runs, answers, strict=True):
            vendor.script(answer)
            question = wording.question(run)
            assert question is not None
            said = gateway.ask(question)
            kept = wording.reasons(run, said.data)
            found |= {_key(fact): kept[fact["product"]] for fact in run if fact["product"] in kept}
            refused += len(answer["reasons"]) - len(kept)
    vendor.close()
    return found, refused


def _key(fact: wording.Fact) -> str:
    return str(fact["product"])


def _is_grounded(fact: wording.Fact, text: str) -> bool:
    """Whether every figure of the text is one of the fact's."""
    known = set(re.findall(r"[0-9]+(?:[.,][0-9]+)*", " ".join(fact["shown"].values())))
    return set(re.findall(r"[0-9]+(?:[.,][0-9]+)*", text)) <= known


def _told(facts: list[wording.Fact], texts: dict[str, str]) -> float:
    shown = [(fact, value) for fact in facts for name, value in fact["shown"].items() if name != "name"]
    return float(np.mean([value.rstrip(".") in texts[_key(fact)] for fact, value in shown]))


def _elasticities(slug: str, as_of: dt.date) -> dict[str, tuple[float, float, float]]:
    """Elasticity, low80 and high80 by product."""
    run(slug, "pricing", as_of)
    return {
        row["product"]: (float(row["elasticity"]), float(row["low80"]), float(row["high80"]))
        for row in export(slug, "elasticities")
    }
