"""The price on a lot's stickers: made, read by tills, booked, and taken back."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from inventory import catalogue_feed, codes, lookup, lot_prices
from inventory import services as inventory
from inventory.lot_prices import LotPriceRefused
from inventory.models import BarcodeRule, Lot, LotPrice, Product, StockLevel, StockMovement
from inventory.reports_lots import lots_left
from sales.models import Sale, SaleLine
from shop.models import Branch, Shop
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.sales.tilling import NOW, document, send, till_of

D = Decimal
TODAY = NOW.date()
BY = "alice@shops.example"


@pytest.fixture
def green(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.green


def lot(sku: str = "CHOC", quantity: int = 10, days: int = 1, *, use_by: bool = True, code: str = "L1") -> Lot:
    """A lot received three days ago whose date is so many days ahead."""
    date = TODAY + dt.timedelta(days=days)
    dates = {"use_by": date} if use_by else {"best_before": date}
    inventory.receive(
        branch=Branch.objects.order_by("id")[0], product=Product.objects.get(sku=sku), quantity=D(quantity), by=BY,
        at=NOW - dt.timedelta(days=3), lot=code, cost=D("1.00"), **dates,
    )  # fmt: skip
    return Lot.objects.get(code=code)


def mark(of: Lot, price: str = "1.80", quantity: int = 6) -> LotPrice:
    return lot_prices.mark_down(lot=of.pk, price=D(price), quantity=D(quantity), by=BY, now=NOW)


def test_a_sticker_has_a_barcode_of_its_own_until_the_end_of_the_date(green: Shop) -> None:
    BarcodeRule.objects.create(name="Weight", pattern="29IIIIIVVVVVC", holds="weight")
    first = mark(lot())
    assert codes.good_check_digit(first.code)
    assert (len(first.code), first.code[:2]) == (13, "28"), "29 is the shop's own weights"
    assert first.price_before == D("2.40")
    assert first.ends_at == dt.datetime(2026, 3, 12, tzinfo=dt.UTC)
    assert mark(first.lot) == first, "the same again is the same"
    second = mark(first.lot, "1.20")
    assert second.code != first.code
    assert lot_prices.current([first.lot_id], NOW)[first.lot_id] == second


@pytest.mark.parametrize(("price", "quantity"), [("0", 1), ("2.40", 1), ("1.00001", 1), ("1.00", 0), ("-1", 1)])
def test_a_price_that_is_none_is_refused(green: Shop, price: str, quantity: int) -> None:
    of = lot()
    with pytest.raises(LotPriceRefused):
        mark(of, price, quantity)
    assert not LotPrice.objects.exists()


def test_past_its_use_by_date_nothing_is_marked_down_past_best_before_it_may_be(green: Shop) -> None:
    with pytest.raises(LotPriceRefused):
        mark(lot(days=-1))
    assert mark(lot(days=-1, use_by=False, code="L2")).ends_at == dt.datetime(2026, 3, 11, tzinfo=dt.UTC)


def test_the_price_never_rises_again_but_taking_back_brings_the_one_before(green: Shop) -> None:
    first = mark(lot())
    second = mark(first.lot, "1.20")
    with pytest.raises(LotPriceRefused):
        mark(first.lot, "1.60")
    for _ in range(2):
        lot_prices.take_back(lot_price=second.pk, by=BY, now=NOW)
    assert lot_prices.current([first.lot_id], NOW)[first.lot_id] == first
    with pytest.raises(LotPriceRefused):
        lot_prices.take_back(lot_price=0, by=BY)


def test_the_till_is_told_product_lot_and_price(green: Shop) -> None:
    made = mark(lot())
    asked = {"branch": made.branch_id, "moment": NOW, "today": TODAY}
    found = lookup.look_up(made.code, **asked)
    assert (found.read_as, found.product.sku, found.quantity, found.unit_price) == ("sticker", "CHOC", 1, D("1.80"))
    assert found.sticker is not None
    assert (found.sticker.lot, found.sticker.date) == ("L1", TODAY + dt.timedelta(days=1))
    assert "sticker_over" not in {one.code for one in found.warnings}
    lot_prices.take_back(lot_price=made.pk, by=BY, now=NOW)
    again = lookup.look_up(made.code, **asked)
    assert again.unit_price == D("1.80")
    assert "sticker_over" in {one.code for one in again.warnings}


def test_the_catalogue_tells_stickers_as_they_come_and_go(green: Shop) -> None:
    of = lot()
    branch, cursor = of.branch_id, ""

    def told(moment: dt.datetime = NOW) -> list[tuple[str, list[D]]]:
        nonlocal cursor
        page = catalogue_feed.page(branch, cursor, moment)
        cursor = page.cursor
        return [(one.sku, [sticker.price for sticker in one.stickers]) for one in page.products]

    assert dict(told())["CHOC"] == []
    made = mark(of)
    assert dict(told())["CHOC"] == [D("1.80")]
    later = NOW + dt.timedelta(days=3)
    assert dict(told(later))["CHOC"] == [], "it ended by the clock"
    lot_prices.take_back(lot_price=made.pk, by=BY, now=NOW)
    assert ("CHOC", []) in told(later)


def test_a_scanned_sticker_is_booked_at_its_price_and_leaves_its_lot(green: Shop) -> None:
    inner = lot("CHOC", 10, 1, code="L1")
    lot("CHOC", 20, 9, code="L2")
    made = mark(inner)
    outcome = send(till_of(green), document({"barcode": made.code, "quantity": "2"}))[0]
    assert (outcome.status, outcome.warnings, outcome.total) == ("created", [], D("3.60"))
    line = SaleLine.objects.get()
    assert (line.product_id, line.unit_price, line.cost, line.barcode) == (made.product_id, D("1.80"), D(2), made.code)
    move = StockMovement.objects.get(kind="sale")
    assert (move.lot_id, move.quantity) == (inner.pk, D(-2))
    left = {one.code: one.quantity for one in lots_left(branch=inner.branch_id, product=made.product_id)}
    assert left == {"L1": D(8), "L2": D(20)}


def test_its_own_lot_goes_though_an_older_one_lies_there(green: Shop) -> None:
    lot("CHOC", 5, 1, code="OLD")
    made = mark(lot("CHOC", 10, 3, code="MARKED"))
    send(till_of(green), document({"barcode": made.code, "quantity": "4"}))
    left = {one.code: one.quantity for one in lots_left(branch=made.branch_id, product=made.product_id)}
    assert left == {"OLD": D(5), "MARKED": D(6)}


def test_a_price_the_till_asked_stands_and_a_sticker_that_is_over_is_booked_and_flagged(green: Shop) -> None:
    made = mark(lot())
    device = till_of(green)
    asked = send(device, document({"barcode": made.code, "quantity": "1", "unit_price": "1.50"}))[0]
    assert asked.total == D("1.50")
    lot_prices.take_back(lot_price=made.pk, by=BY, now=NOW - dt.timedelta(hours=1))
    late = send(device, document({"barcode": made.code, "quantity": "1"}))[0]
    assert (late.status, late.warnings, late.total) == ("created", ["sticker_over"], D("1.80"))
    before = (NOW - dt.timedelta(hours=2)).isoformat()
    offline = send(device, document({"barcode": made.code, "quantity": "1"}, sold_at=before))[0]
    assert offline.warnings == [], "it held when it was sold"


def test_an_unknown_sticker_is_booked_as_unknown_goods(green: Shop) -> None:
    outcome = send(till_of(green), document({"barcode": "2900000000018", "quantity": "1", "unit_price": "1.00"}))[0]
    assert (outcome.status, outcome.warnings) == ("created", ["unmatched_product"])


def test_other_goods_that_the_till_names_are_what_was_sold(green: Shop) -> None:
    made = mark(lot())
    send(till_of(green), document({"sku": "MILK", "barcode": made.code, "quantity": "1"}))
    assert SaleLine.objects.get().product.sku == "MILK"


def test_another_branch_s_sticker_leaves_no_lot_here(green: Shop) -> None:
    made = mark(lot())
    LotPrice.objects.filter(pk=made.pk).update(branch=Branch.objects.order_by("id")[1])
    outcome = send(till_of(green), document({"barcode": made.code, "quantity": "1"}))[0]
    assert (outcome.warnings, outcome.total) == (["sticker_over"], D("1.80"))
    assert StockMovement.objects.get(kind="sale").lot_id is None


def test_what_is_weighed_is_marked_by_the_kilogram(green: Shop) -> None:
    Product.objects.filter(sku="APPLE").update(unit="kg")
    made = mark(lot("APPLE"), "0.90")
    found = lookup.look_up(made.code, branch=made.branch_id, moment=NOW, today=TODAY)
    assert (found.quantity, found.unit_price) == (None, D("0.90"))
    assert send(till_of(green), document({"barcode": made.code, "quantity": "0.5"}))[0].total == D("0.45")


def test_a_sticker_taken_back_by_refund_returns_to_the_level(green: Shop) -> None:
    made = mark(lot())
    device = till_of(green)
    sale = document({"barcode": made.code, "quantity": "2"})
    send(device, sale, document({"quantity": "-2", "returns": {"sale": sale["id"], "line": 1}}))
    assert Sale.objects.count() == 2
    assert StockLevel.objects.get(product__sku="CHOC", branch=made.branch_id).quantity == 10


def test_a_rival_s_sticker_is_unknown_here(cast: Cast) -> None:
    with use_shop(cast.rival):
        made = mark(lot())
    with use_shop(cast.green):
        outcome = send(till_of(cast.green), document({"barcode": made.code, "quantity": "1", "unit_price": "1.00"}))[0]
        assert outcome.warnings == ["unmatched_product"]
        with pytest.raises(LotPriceRefused):
            lot_prices.mark_down(lot=made.lot_id, price=D(1), quantity=D(1), by=BY, now=NOW)
        with pytest.raises(LotPriceRefused):
            lot_prices.take_back(lot_price=made.pk, by=BY)


def test_without_stickers_a_sale_asks_nothing_more(green: Shop, django_assert_num_queries: Any) -> None:
    """Codes that cannot be stickers take no query; those that may, one."""
    plain = "5000000000012"
    with django_assert_num_queries(3):
        codes.read_codes([plain])
    with django_assert_num_queries(4):
        codes.read_codes([plain, "2900000000018"])
