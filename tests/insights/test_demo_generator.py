"""The demo grocer is the same every time, of the promised size, and plausible."""

import csv
import datetime as dt
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from insights.demo import reviews
from insights.demo.calendar import easter_sunday
from insights.demo.catalogue import check_digit, shelf, whole_shelf
from insights.demo.files import COLUMNS, write_files
from insights.demo.grocer import Demo, build
from insights.demo.truth import MEANING, truth

TODAY = dt.date(2026, 6, 15)


@pytest.fixture(scope="module")
def small() -> Demo:
    return build("small", TODAY)


@pytest.fixture(scope="module")
def medium() -> Demo:
    return build("medium", TODAY)


def lines_of(demo: Demo) -> int:
    return sum(story.sold.lines.day.size for story in demo.branches)


def test_the_same_day_gives_the_same_files(tmp_path: Path) -> None:
    manifests = [write_files(tmp_path / name, "small", TODAY) for name in ("first", "second")]
    assert manifests[0] == manifests[1]
    for kind in COLUMNS:
        first, second = ((tmp_path / name / f"{kind}.csv").read_bytes() for name in ("first", "second"))
        assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_files_have_the_columns_of_an_import(tmp_path: Path) -> None:
    manifest = write_files(tmp_path, "small", TODAY)
    for kind, columns in COLUMNS.items():
        with (tmp_path / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == manifest[kind] > 0
        assert list(rows[0]) == columns.split()


def test_the_small_shop_has_its_size(small: Demo) -> None:
    assert len(small.branches) == 1
    assert len(small.products) == 120
    assert len(small.calendar.days) == 200
    assert small.calendar.days[-1] == TODAY - dt.timedelta(days=1)
    assert 25_000 < lines_of(small) < 42_000


def test_the_medium_shop_has_its_size(medium: Demo) -> None:
    assert len(medium.branches) == 2
    assert 580 <= len(medium.products) <= 620
    assert len(medium.calendar.days) == 730
    assert 470_000 < lines_of(medium) < 530_000


def test_baskets_and_margin_are_those_of_a_grocer(medium: Demo) -> None:
    for story in medium.branches:
        receipts, money, lines = story.sold.receipts, story.sold.money, story.sold.lines
        assert 8 < money.total.sum() / receipts.day.size / 100 < 14
        assert 3 < lines.day.size / receipts.day.size < 8
        costs = np.zeros(medium.shelf_prices.shape)
        for change in medium.changes:
            costs[change.product, change.day :] = change.cost or np.nan
        cost = costs[lines.product, lines.day] * lines.quantity / 1000
        known = ~np.isnan(cost)
        net = (money.total - money.tax)[known]
        assert 0.22 < 1 - cost[known].sum() / net.sum() < 0.32


def test_products_are_told_apart() -> None:
    products = whole_shelf()
    assert len({product.sku for product in products}) == len(products)
    assert len({product.name for product in products}) == len(products)
    codes = [barcode.code for product in products for barcode in product.barcodes]
    assert len(set(codes)) == len(codes)
    assert set(product.sku for product in shelf("small")) < set(product.sku for product in products)


def test_long_barcodes_are_valid_and_belong_to_nobody() -> None:
    codes = [barcode.code for product in whole_shelf() for barcode in product.barcodes if len(barcode.code) == 13]
    assert len(codes) > 500
    for code in codes:
        assert int(code[12]) == check_digit(code[:12])
        assert code.startswith(("952", "21"))
    assert check_digit("400638133393") == 1


def test_some_products_lack_a_cost_and_some_have_a_case_code(medium: Demo) -> None:
    without = {change.product for change in medium.changes if change.cost is None}
    assert 1 <= len(without) <= 10
    assert sum(any(code.pieces > 1 for code in product.barcodes) for product in medium.products) > 50


def test_easter_falls_where_it_does() -> None:
    assert [easter_sunday(year) for year in (2024, 2025, 2026, 2027)] == [
        dt.date(2024, 3, 31),
        dt.date(2025, 4, 20),
        dt.date(2026, 4, 5),
        dt.date(2027, 3, 28),
    ]


def test_nobody_real_can_be_written_to(small: Demo) -> None:
    assert len({one.id for one in small.customers}) == 110
    assert all(one.email.endswith("@example.com") for one in small.customers)
    assert all(one.phone.startswith("07700 900") for one in small.customers)


def test_the_truth_is_json_with_stable_keys(small: Demo) -> None:
    told = json.loads(json.dumps(truth(small)))
    assert told == json.loads(json.dumps(truth(build("small", TODAY))))
    product = told["products"][0]
    for key in MEANING:
        place, _, inner = key.partition(".")
        assert place in told
        assert not inner or place != "products" or inner in product
    assert len(told["products"]) == 120
    assert told["stock_outs"]["High Street"]


def test_reviews_are_of_every_tone_and_carry_their_stories(medium: Demo) -> None:
    told = truth(medium)
    written = reviews.reviews(medium.products, medium.size.branches, medium.calendar.days)
    assert 250 < len(written) < 450
    assert {one.label for one in written} == {"positive", "negative", "neutral"}
    assert len({one.language for one in written}) >= 5
    assert told["reviews"][written[0].code] == {"label": written[0].label, "language": written[0].language}
    bad = next(n for n, item in enumerate(medium.products) if item.sku == told["review_stories"]["bad_product"])
    lately = [one.label for one in written if one.product == bad and str(one.day) >= told["review_stories"]["bad_from"]]
    assert len(lately) >= 5 and lately.count("negative") > 0.8 * len(lately)
