"""Stock counts from files: levels, lots, and the ledger that explains them."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db.models import Sum

from inventory.models import Lot, Product, StockLevel, StockMovement
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, reasons

FILE = (
    "product,branch,quantity,lot,best_before,use_by\n"
    "MILK,Station,10,L1,,2026-03-10\n"
    "MILK,Station,5,L2,,2026-03-12\n"
    "CHOC,Station,7.5,,,\n"
    "NEW,High Street,3,,,\n"
)


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def ledger_explains_levels() -> bool:
    sums = StockMovement.objects.values("branch_id", "product_id").annotate(sum=Sum("quantity"))
    explained = {(row["branch_id"], row["product_id"]): row["sum"] for row in sums}
    return explained == {(v.branch_id, v.product_id): v.quantity for v in StockLevel.objects.all()}


def test_a_first_count_starts_the_book(green: Cast) -> None:
    result = bring_in("stock", FILE)
    assert counts(result) == (4, 0, 0, 0)
    levels = {level.product.sku: level for level in StockLevel.objects.select_related("product")}
    assert {sku: level.quantity for sku, level in levels.items()} == {"MILK": 15, "CHOC": Decimal("7.5"), "NEW": 3}
    assert all(level.tracked_from and level.counted_at for level in levels.values())
    assert sorted(Lot.objects.values_list("code", "quantity", "use_by")) == [
        ("L1", 10, dt.date(2026, 3, 10)),
        ("L2", 5, dt.date(2026, 3, 12)),
    ]
    assert set(StockMovement.objects.values_list("kind", flat=True)) == {"count"}
    assert ledger_explains_levels()
    assert Product.objects.get(sku="NEW").needs_review


def test_the_same_count_again_changes_nothing(green: Cast) -> None:
    bring_in("stock", FILE)
    movements = StockMovement.objects.count()
    assert counts(bring_in("stock", FILE)) == (0, 0, 4, 0)
    assert StockMovement.objects.count() == movements


def test_a_new_count_writes_the_difference(green: Cast) -> None:
    bring_in("stock", FILE)
    began = StockLevel.objects.get(product__sku="CHOC").tracked_from
    assert counts(bring_in("stock", FILE.replace("7.5", "6"))) == (0, 1, 3, 0)
    choc = StockLevel.objects.get(product__sku="CHOC")
    assert (choc.quantity, choc.tracked_from) == (6, began)
    assert StockMovement.objects.order_by("-id").first().quantity == Decimal("-1.5")
    assert counts(bring_in("stock", FILE.replace("Station,5,L2", "Station,4,L2").replace("7.5", "6"))) == (0, 2, 2, 0)
    assert StockLevel.objects.get(product__sku="MILK").quantity == 14
    assert ledger_explains_levels()


def test_sales_after_the_count_move_stock(green: Cast) -> None:
    bring_in("stock", FILE)
    tomorrow = (dt.datetime.now() + dt.timedelta(days=1)).strftime("%Y-%m-%d %H:%M")
    rows = (f"R1,{tomorrow},CHOC,2,2.40,Station", "R2,2020-01-01,CHOC,2,2.40,Station")
    sales = "\n".join(("receipt,time,product,quantity,price,branch", *rows))
    bring_in("sales_lines", sales)
    assert StockLevel.objects.get(product__sku="CHOC").quantity == Decimal("5.5")
    assert ledger_explains_levels()


def test_half_a_count_is_none(green: Cast) -> None:
    result = bring_in("stock", FILE.replace("Station,5,L2", "Station,many,L2"))
    assert counts(result) == (2, 0, 0, 2)
    assert "line 3 of the same product and branch is refused" in reasons(result)
    assert not StockLevel.objects.filter(product__sku="MILK").exists()


def test_one_lot_counted_twice_is_refused(green: Cast) -> None:
    result = bring_in("stock", FILE + "CHOC,Station,8,,,\n")
    assert counts(result) == (3, 0, 0, 2)
    assert "product CHOC is counted twice, with other quantities" in reasons(result)
