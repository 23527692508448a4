"""Whether people find what they mean, how fast, and what it costs: the demo's shelf, and one of 20,000 products.

The hundred paraphrases were written before the search was; its weights were found on search_tuning.csv instead.
"""

import argparse
import csv
import functools
import os
import re
import resource
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from bench import scratch
from bench.figures import milliseconds, say
from insights.demo.catalogue import whole_shelf
from insights.models import SearchEntry
from insights.search import find as finding
from insights.search import index, meaning
from insights.search.everyday import Unit
from insights.search.folding import fold
from insights.search.scan import PRODUCT, scan
from inventory.models import Category, Product
from shop.db.postgresql.base import as_owner
from shop.models import Shop
from shop.services import create_shop
from shop.tenancy import use_shop

HERE = Path(__file__).parent
FILES = {"paraphrases": HERE / "search_paraphrases.csv", "tuning": HERE / "search_tuning.csv"}
BEST = 3
LARGE, ROUNDS = 20_000, 3
Row = dict[str, str]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench search")
    parser.add_argument("--queries", choices=sorted(FILES), default="paraphrases")
    parser.add_argument("--misses", action="store_true", help="print what was not found")
    parser.add_argument("--only", choices=["recall", "speed"])
    options = parser.parse_args(arguments)
    with scratch.database():
        if options.only != "speed":
            recall(options.queries, misses=options.misses)
        if options.only != "recall":
            speed()


def measure() -> None:
    main([])


def recall(queries: str, *, misses: bool = False) -> None:
    """How many of the queries find an expected product among the first three, whole and by part."""
    with FILES[queries].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    shop = demo_shelf("shelf")
    with use_shop(shop):
        began = time.perf_counter()
        fill_index()
        say("search, texts embedded a second", 2 * len(whole_shelf()) / (time.perf_counter() - began))
        ways: dict[str, Callable[[str], list[str]]] = {
            "words and slips only": _without_meaning,
            "meaning only": _by_meaning_only,
            "without the list of everyday names": _without_names,
            "whole": lambda words: _titles(finding.ask(words)),
        }
        for way, ask in ways.items():
            _tell(queries, way, rows, [_is_found(row, ask(row["query"])[:BEST]) for row in rows])
        for row in rows if misses else ():
            if not _is_found(row, found := ways["whole"](row["query"])):
                print(row["language"], row["query"], "->", found)


def demo_shelf(slug: str) -> Shop:
    """A shop with the demo's products and categories, and nothing else."""
    shop = create_shop(slug=slug, zone="Europe/London", branches=["High Street"])
    with use_shop(shop):
        paths = sorted({product.category.path for product in whole_shelf()})
        above = {path.split(" > ")[0]: Category(name=path.split(" > ")[0]) for path in paths}
        Category.objects.bulk_create(above.values())
        below = {path: Category(name=path.split(" > ")[1], parent=above[path.split(" > ")[0]]) for path in paths}
        Category.objects.bulk_create(below.values())
        Product.objects.bulk_create(
            Product(sku=one.sku, name=one.name, category=below[one.category.path], price=one.base_price / 100)
            for one in whole_shelf()
        )
    return shop


def fill_index() -> None:
    """What the job does, without a job."""
    index.refresh()
    while batch := list(SearchEntry.objects.exclude(model=meaning.MODEL)[:64]):
        index.embed(batch)


def _is_found(row: Row, titles: Sequence[str]) -> bool:
    wanted = [re.compile(rf"\b{re.escape(name)}", re.IGNORECASE) for name in row["expected"].split("|")]
    return any(name.search(title) for name in wanted for title in titles)


def _without_meaning(words: str) -> list[str]:
    return _titles(replace(finding.ask(words), vector=None))


def _without_names(words: str) -> list[str]:
    asked = finding.ask(words)
    plain = tuple(Unit((word,)) for word in asked.folded)
    return _titles(replace(asked, parts=plain, vector=meaning.of_query(words)))


def _titles(asked: finding.Asked) -> list[str]:
    return [hit.title for hit in finding.answer(asked, kinds=(PRODUCT,), most=BEST)]


def _by_meaning_only(words: str) -> list[str]:
    rows = scan(PRODUCT, [], meaning.of_query(words), most=BEST).rows
    names = Product.objects.in_bulk([row.pk for row in rows])
    return [names[row.pk].name for row in sorted(rows, key=lambda row: -(row.meaning or 0))]


def _tell(queries: str, way: str, rows: list[Row], found: list[bool]) -> None:
    groups = defaultdict(list)
    for row, hit in zip(rows, found, strict=True):
        groups[
            "slips" if row["kind"] == "typo" else "English" if row["language"] == "en" else "other languages"
        ].append(hit)
        if row["language"] != "en":
            groups[row["language"]].append(hit)
    shares = {name: round(statistics.mean(hits), 2) for name, hits in groups.items()}
    floor = 0.9 if (queries, way) == ("paraphrases", "whole") else None
    say(f"search, recall@{BEST} of {len(rows)} {queries}, {way}", statistics.mean(found), floor, **shares)


# Speed ----------------------------------------------------------------------------------------------------


def speed() -> None:
    """The whole of a search in a shop of 20,000 products, encoder loaded; and what the encoder takes."""
    with FILES["paraphrases"].open(encoding="utf-8", newline="") as file:
        queries = [row["query"] for row in csv.DictReader(file)]
    shop = demo_shelf("large")
    with use_shop(shop):
        _encoder()
        fill_index()
        _multiply(shop)
    _tidy()
    with use_shop(shop):
        _fresh(queries[0])
        began = time.process_time()
        times = sorted(milliseconds(functools.partial(_fresh, words)) for _ in range(ROUNDS) for words in queries)
        own = (time.process_time() - began) * 1000 / len(times)
        more = {"median": round(times[len(times) // 2], 1), "own_cpu": round(own, 1), "load": os.getloadavg()[0]}
        say(f"search, p95 in ms of {LARGE} products", _p95(times), 50, **more)
        scans = sorted(milliseconds(functools.partial(_scan_only, words)) for words in queries)
        say("search, its one statement, p95 in ms", _p95(scans), median=round(scans[len(scans) // 2], 1))


def _p95(times: list[float]) -> float:
    return times[int(0.95 * len(times))]


def _fresh(words: str) -> Any:
    """As if nobody had typed these words before."""
    meaning._of_query.cache_clear()
    with transaction.atomic():  # as a page does
        return finding.find(words, most=10)


def _scan_only(words: str) -> Any:
    with transaction.atomic():
        return scan(PRODUCT, fold(words).split(), meaning.of_query(words))


def _multiply(shop: Shop) -> None:
    """Every product many times over, under other first words, with the vector of the first."""
    with connection.cursor() as cursor:
        cursor.execute(_MORE_PRODUCTS, {"shop": shop.pk, "times": LARGE // len(whole_shelf()) + 1, "most": LARGE})
    index.refresh()
    with connection.cursor() as cursor:
        cursor.execute(_THEIR_VECTORS, {"shop": shop.pk, "model": meaning.MODEL})


def _tidy() -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("vacuum analyze insights_searchentry, inventory_product")


def _encoder() -> None:
    """How long the encoder loads, what memory it takes, and for how long another thread stands still meanwhile."""
    before, stop, gaps = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, threading.Event(), [0.0]
    ticking = threading.Thread(target=_tick, args=(stop, gaps))
    ticking.start()
    began = time.perf_counter()
    meaning.warm()
    while not meaning.is_ready() and time.perf_counter() - began < 60:
        time.sleep(0.005)
    say("search, encoder loads in seconds", time.perf_counter() - began)
    stop.set()
    ticking.join()
    say("search, longest another thread stood still meanwhile, ms", max(gaps) * 1000)
    now = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    say("search, process in MB with the encoder", now / 1024, before=round(before / 1024))


def _tick(stop: threading.Event, gaps: list[float]) -> None:
    last = time.perf_counter()
    while not stop.wait(0.002):
        now = time.perf_counter()
        gaps.append(now - last)
        last = now


_MORE_PRODUCTS = """
insert into inventory_product (shop_id, sku, name, category_id, unit, content_unit, price, plu, is_active, needs_review,
    added_at)
select shop_id, 'COPY:' || n || ':' || sku, 'Brand' || n || ' ' || lower(name), category_id, unit, content_unit, price,
    plu, true, false, now()
from inventory_product, generate_series(2, %(times)s) n where shop_id = %(shop)s
order by n, id limit %(most)s - (select count(*) from inventory_product where shop_id = %(shop)s)
"""
_THEIR_VECTORS = """
update insights_searchentry e set vector = source.vector, model = source.model
from inventory_product p, inventory_product first, insights_searchentry source
where e.shop_id = %(shop)s and e.model = '' and p.shop_id = e.shop_id and p.id = e.product_id
    and first.shop_id = e.shop_id and first.sku = split_part(p.sku, ':', 3)
    and source.shop_id = e.shop_id and source.product_id = first.id and source.model = %(model)s
"""
