"""The demo's tills: money adds up, nobody sells while closed or out of stock, refunds happen."""

import csv
import datetime as dt
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pytest

from insights.demo import ledger
from insights.demo.catalogue import Product
from insights.demo.files import write_demo
from insights.demo.grocer import Demo, build

TODAY = dt.date(2026, 1, 20)
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def small() -> Demo:
    return build("small", TODAY)


@pytest.fixture(scope="module")
def rows(small: Demo, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    folder: Path = tmp_path_factory.mktemp("demo")
    write_demo(folder, small)
    with (folder / "sales_lines.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_total_is_price_times_quantity_less_discount(rows: list[dict[str, str]]) -> None:
    for row in rows:
        paid = Decimal(row["price"]) * Decimal(row["quantity"]) - Decimal(row["discount"])
        assert Decimal(row["total"]) == paid.quantize(CENT, ROUND_HALF_UP), row


def test_tax_is_the_share_in_the_total(small: Demo, rows: list[dict[str, str]]) -> None:
    vat = {product.sku: Decimal(product.vat) for product in small.products}
    for row in rows:
        tax = Decimal(row["total"]) * vat[row["product"]] / (100 + vat[row["product"]])
        assert Decimal(row["tax"]) == tax.quantize(CENT, ROUND_HALF_UP), row
    assert {"0.00"} < {row["tax"] for row in rows}


def test_weights_have_three_decimals_and_pieces_none(small: Demo, rows: list[dict[str, str]]) -> None:
    units = {product.sku: product.unit for product in small.products}
    for row in rows:
        if units[row["product"]] == "piece":
            assert "." not in row["quantity"]
    assert any(len(row["quantity"].partition(".")[2]) == 3 for row in rows)


def test_a_receipt_has_one_time_tender_and_customer(rows: list[dict[str, str]]) -> None:
    receipts = defaultdict(set)
    for row in rows:
        about = (row["time"], row["tender"], row["customer"], row["cashier"])
        receipts[row["branch"], row["register"], row["receipt"]].add(about)
    assert all(len(found) == 1 for found in receipts.values())
    known = sum(bool(next(iter(found))[2]) for found in receipts.values())
    assert 0.2 < known / len(receipts) < 0.6
    assert {next(iter(found))[1] for found in receipts.values()} == {"card", "cash"}


def test_refunds_give_back_what_was_sold_before(rows: list[dict[str, str]]) -> None:
    back = [row for row in rows if row["quantity"].startswith("-")]
    assert 0.001 < len(back) / len(rows) < 0.01
    sold = {
        (row["product"], row["quantity"], row["price"], row["customer"]): row["time"]
        for row in reversed(rows)
        if not row["quantity"].startswith("-")
    }
    for row in back:
        assert Decimal(row["total"]) <= 0
        key = (row["product"], row["quantity"].removeprefix("-"), row["price"], row["customer"])
        assert sold[key] < row["time"]


def test_nothing_is_sold_while_the_shop_is_shut(small: Demo, rows: list[dict[str, str]]) -> None:
    branch = small.branches[0].branch
    days = {dt.datetime.fromisoformat(row["time"]).date() for row in rows}
    assert dt.date(2025, 12, 25) not in days
    assert dt.date(2026, 1, 1) not in days
    for row in rows:
        when = dt.datetime.fromisoformat(row["time"])
        hours = branch.hours[when.weekday()]
        assert hours is not None
        assert hours[0] <= when.hour * 60 + when.minute < hours[1]
        assert small.calendar.is_open(branch, when.date())


def test_a_branch_closed_on_sundays_sells_nothing_then() -> None:
    demo = build("medium", TODAY)
    station = demo.branches[1]
    weekday = np.array(demo.calendar.weekdays)[station.sold.lines.day]
    assert not (weekday == 6).any()
    assert not any(demo.products[product].category.code == "FIS" for product in set(station.sold.lines.product))


def test_the_stock_ledger_never_goes_below_zero(small: Demo, rows: list[dict[str, str]]) -> None:
    """Every movement in the order of time, product by product, ends at what is on the shelf."""
    moves: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for line in ledger.lots_received(small):
        moves[line.product.sku].append((f"{line.received} 06:00:00", Decimal(line.quantity) / 1000))
    for waste in ledger.thrown_away(small):
        moves[waste.product.sku].append((f"{waste.at}~", -Decimal(waste.quantity) / 1000))
    for row in rows:
        moves[row["product"]].append((row["time"], -Decimal(row["quantity"])))
    left = on_shelf(small)
    for sku, found in moves.items():
        level = Decimal(0)
        for _, quantity in sorted(found, key=lambda move: (move[0].removesuffix("~"), move[0].endswith("~"))):
            level += quantity
            assert level >= 0, sku
        assert level == left.get(sku, 0), sku


def test_goods_past_their_date_are_thrown_away(small: Demo) -> None:
    last = small.calendar.days[-1]
    for line in ledger.lots_left(small):
        until = line.use_by or line.best_before
        assert until is None or until >= last, line
    assert any(waste.cause == "expired" for waste in ledger.thrown_away(small))


def test_lost_sales_are_known_and_not_sold(small: Demo) -> None:
    outs = small.branches[0].stocked.outs
    assert (outs.quantity > 0).sum() > 0
    open_days = small.calendar.open_days(small.branches[0].branch).sum()
    assert 0.005 < outs.day.size / (open_days * len(small.products)) < 0.1


def on_shelf(demo: Demo) -> dict[str, Decimal]:
    total: dict[str, Decimal] = defaultdict(Decimal)
    for line in ledger.lots_left(demo):
        product: Product = line.product
        total[product.sku] += Decimal(line.quantity) / 1000
    return total
