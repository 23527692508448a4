"""What becomes of what a till tells: booked as told and flagged, or put where a person sees it."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest

from customers.models import Customer
from inventory import services as inventory
from inventory.models import Product, ShelfPrice, StockLevel, StockMovement
from sales import rollups, services, till
from sales.models import DirtyDay, InboxItem, ProductDay, Sale, SaleLine, Shift
from sales.till import BookingRefused
from shop.models import Branch, Register
from shop.periods import Period
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.sales.tilling import CHOC, MILK, NOW, count, document, read, send, till_of

DAY = NOW.date()
D = Decimal


@pytest.fixture
def green(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.green


def level(sku: str = "CHOC") -> Decimal:
    found: Decimal = StockLevel.objects.get(product__sku=sku).quantity
    return found


# --- Same as by hand ------------------------------------------------------------------------------------------------
def test_a_sale_from_a_till_is_the_sale_entered_by_hand(green: Any) -> None:
    """The two ways to the books follow the same rules of money, stock and days."""
    count(green)
    device = till_of(green)
    grapes = {"name": "Grapes", "quantity": "0.337", "unit_price": "1.99", "tax_rate": "0.06"}
    send(device, document(CHOC | {"discount": "0.30"}, MILK, grapes, payments=[{"tender": "card", "amount": "6.62"}]))
    services.record_sale(
        uuid=uuid.uuid4(),
        branch=Branch.objects.get(pk=device.branch_id),
        register=Register.objects.get(pk=device.register_id),
        lines=[
            services.Line(D(2), Product.objects.get(sku="CHOC"), discount=D("0.30")),
            services.Line(D(1), Product.objects.get(sku="MILK")),
            services.Line(D("0.337"), unit_price=D("1.99"), tax_rate=D("0.06"), name="Grapes"),
        ],
        payments=[services.Paid("card", D("6.62"))],
        sold_at=NOW,
        source="till",
        by="bob",
    )
    by_till, by_hand = Sale.objects.order_by("id")
    same = ("kind", "total", "business_date", "line_count", "sold_at", "branch_id", "register_id")
    assert [getattr(by_till, name) for name in same] == [getattr(by_hand, name) for name in same]
    lines = ("number", "product_id", "name", "quantity", "unit_price", "discount", "net", "tax", "tax_rate", "cost")
    assert list(by_till.lines.values_list(*lines)) == list(by_hand.lines.values_list(*lines))
    moved = ("kind", "product_id", "quantity", "unit_cost", "occurred_at")
    rows = [StockMovement.objects.filter(source__startswith=f"sale:{one.uuid}") for one in (by_till, by_hand)]
    assert sorted(rows[0].values_list(*moved)) == sorted(rows[1].values_list(*moved))
    assert level() == 96


def test_its_day_is_made_anew(green: Any) -> None:
    send(till_of(green), document(CHOC), document(MILK))
    assert DirtyDay.objects.count() == 2
    rollups.refresh(Period(DAY, DAY))
    assert ProductDay.objects.get(product__sku="CHOC").units == 2


# --- Goods --------------------------------------------------------------------------------------------------------
def test_goods_are_known_by_id_sku_barcode_and_the_codes_of_the_shop(green: Any) -> None:
    choc = Product.objects.get(sku="CHOC")
    Product.objects.filter(sku="APPLE").update(plu="4011")
    code = choc.barcodes.get().code
    ways = (
        {"product": choc.pk},
        {"sku": "CHOC"},
        {"barcode": code},
        {"barcode": "4011"},
        {"sku": "?", "barcode": code},
    )
    send(till_of(green), document(*({**way, "quantity": "1", "unit_price": "1"} for way in ways)))
    assert [line.product.sku for line in SaleLine.objects.all()] == ["CHOC", "CHOC", "CHOC", "APPLE", "CHOC"]
    assert not InboxItem.objects.exists()


def test_unknown_goods_are_booked_and_become_a_task_for_each_line(green: Any) -> None:
    odd = {"barcode": "4000000000006", "name": "Candle", "quantity": "1", "unit_price": "0.57"}
    outcome = send(till_of(green), document(CHOC, odd, {"name": "Gift", "quantity": "1", "unit_price": "5"}))[0]
    assert outcome.warnings == ["unmatched_product"]
    items = InboxItem.objects.filter(kind="unmatched").order_by("line_number")
    assert [(item.line_number, item.code, item.name) for item in items] == [
        (2, "4000000000006", "Candle"),
        (3, "Gift", "Gift"),
    ]
    assert SaleLine.objects.get(number=2).product is None


def test_prices_left_out_are_those_of_the_shelf_at_that_moment(green: Any) -> None:
    choc = Product.objects.get(sku="CHOC")
    ShelfPrice.objects.create(product=choc, price=D("2.00"), starts_at=NOW - dt.timedelta(hours=1), ends_at=NOW)
    earlier = (NOW - dt.timedelta(minutes=30)).isoformat()
    send(
        till_of(green),
        document({"sku": "CHOC", "quantity": "1"}),
        document({"sku": "CHOC", "quantity": "1"}, sold_at=earlier),
    )
    assert [sale.total for sale in Sale.objects.order_by("id")] == [D("2.40"), D("2.00")]


def test_unknown_goods_without_a_price_are_set_aside(green: Any) -> None:
    outcome = send(till_of(green), document({"name": "Gift", "quantity": "1"}))[0]
    assert (outcome.status, outcome.reason) == ("parked", "Line 1 has no price, and we know none.")
    with pytest.raises(BookingRefused):
        till.book_parked(InboxItem.objects.get(), "alice")
    assert InboxItem.objects.open().count() == 1


def test_net_and_tax_told_stand_as_told(green: Any) -> None:
    send(till_of(green), document({"sku": "CHOC", "quantity": "2", "net": "4.02", "tax": "0.80"}))
    line = SaleLine.objects.get()
    assert (line.net, line.tax, line.unit_price) == (D("4.02"), D("0.80"), D("2.41"))


# --- Stock --------------------------------------------------------------------------------------------------------
def test_stock_moves_from_the_first_count_on_and_never_twice(green: Any) -> None:
    device = till_of(green)
    send(device, document(CHOC))
    assert not StockMovement.objects.exists()
    count(green, 10, at=NOW)
    before, after = NOW - dt.timedelta(hours=2), NOW + dt.timedelta(minutes=2)
    send(device, document(CHOC, sold_at=before.isoformat()), document(CHOC, sold_at=after.isoformat()))
    assert (level(), StockMovement.objects.filter(kind="sale").count()) == (8, 1)


def test_a_sale_told_after_a_later_count_is_in_that_count(green: Any) -> None:
    count(green, 10, at=NOW - dt.timedelta(days=2))
    count(green, 8, at=NOW)
    told = document(CHOC, sold_at=(NOW - dt.timedelta(days=1)).isoformat())
    send(till_of(green), told)
    assert level() == 8
    sources = StockMovement.objects.filter(source__startswith=f"sale:{told['id']}").values_list("source", "quantity")
    assert dict(sources) == {f"sale:{told['id']}:1": -2, f"sale:{told['id']}:1:counted": 2}


def test_below_zero_is_booked_and_said(green: Any) -> None:
    count(green, 1)
    device = till_of(green)
    assert send(device, document(CHOC))[0].warnings == ["below_zero"]
    assert level() == -1
    inventory.receive(
        branch=Branch.objects.get(pk=device.branch_id),
        product=Product.objects.get(sku="CHOC"),
        quantity=D(9),
        by="alice",
    )
    assert level() == 8


def test_goods_taken_back_go_on_the_shelf_unless_said_otherwise(green: Any) -> None:
    count(green, 10)
    bottle = {"sku": "CHOC", "quantity": "-1", "unit_price": "2.40"}
    send(till_of(green), document(bottle), document(bottle | {"restock": False}))
    assert level() == 11
    assert StockMovement.objects.filter(kind="refund").count() == 1


# --- What does not add up -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("more", "odd"),
    [
        ({"total": "4.80", "payments": [{"tender": "cash", "amount": "4.80"}]}, False),
        ({"total": "4.81"}, True),
        ({"payments": [{"tender": "cash", "amount": "4.79"}]}, True),
        ({"total": "4.80", "rounding": "-0.05", "payments": [{"tender": "cash", "amount": "4.75"}]}, False),
        ({"total": "4.80", "rounding": "0.05", "payments": [{"tender": "cash", "amount": "4.80"}]}, True),
        ({"payments": [{"tender": "voucher", "amount": "2.00"}, {"tender": "cash", "amount": "2.80"}]}, False),
    ],
)
def test_sums_that_do_not_agree_are_booked_as_told(green: Any, more: dict[str, Any], odd: bool) -> None:
    outcome = send(till_of(green), document(**more))[0]
    assert outcome.warnings == (["total_mismatch"] if odd else [])
    assert outcome.total == D(more.get("total", "4.80"))
    assert InboxItem.objects.filter(kind="mismatch").count() == odd


def test_a_till_that_rounds_each_weighed_line_adds_up(green: Any) -> None:
    grapes = {"name": "Grapes", "quantity": "0.337", "unit_price": "1.99"}
    assert "total_mismatch" not in send(till_of(green), document(grapes, grapes, grapes, total="2.01"))[0].warnings
    assert "total_mismatch" in send(till_of(green), document(grapes, grapes, grapes, total="2.04"))[0].warnings


def test_cash_rounding_is_understood_from_what_was_paid(green: Any) -> None:
    green.cash_rounding = D("0.05")
    green.save()
    told = document(MILK | {"unit_price": "1.43"}, payments=[{"tender": "cash", "amount": "1.45"}])
    assert send(till_of(green), told)[0].warnings == []
    assert Sale.objects.get().rounding == D("0.02")


# --- Times --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sold", "offset", "day", "flags"),
    [
        ("2026-03-10T11:00:00+00:00", 0, "2026-03-10", []),
        ("2026-03-10T12:04:00+00:00", 0, "2026-03-10", []),
        ("2026-03-10T11:00:00+00:00", 119, "2026-03-10", []),
        ("2026-03-10T10:00:00+00:00", 7200, "2026-03-10", ["clock_skew"]),
        ("2026-03-12T12:00:00+00:00", -172800, "2026-03-10", ["clock_skew"]),
        ("2026-03-10T12:06:00+00:00", 0, "2026-03-10", ["clock_odd"]),
        ("2031-01-01T00:00:00+00:00", 0, "2026-03-10", ["clock_odd"]),
        ("1970-01-01T00:00:00+00:00", 0, "2026-03-10", ["clock_odd"]),
        ("2026-03-08T23:30:00-02:00", 0, "2026-03-09", ["late"]),
        ("2025-02-10T00:00:00+00:00", 0, "2025-02-10", ["late"]),
        ("2025-02-01T00:00:00+00:00", 0, "2026-03-10", ["clock_odd"]),
    ],
)
def test_the_day_of_a_sale(green: Any, sold: str, offset: int, day: str, flags: list[str]) -> None:
    outcome = send(till_of(green), document(sold_at=sold), clock_offset=dt.timedelta(seconds=offset))[0]
    sale = Sale.objects.get()
    assert (str(outcome.business_date), outcome.warnings) == (day, flags)
    assert (sale.told_at is not None) == any(flag.startswith("clock") for flag in flags)
    assert sale.told_at in (None, dt.datetime.fromisoformat(sold))


def test_a_wrong_clock_is_one_task_a_till_and_day(green: Any) -> None:
    send(till_of(green), *(document(sold_at="2031-01-01T00:00:00Z") for _ in range(4)))
    assert InboxItem.objects.get().kind == "clock"


def test_a_repeat_an_hour_later_with_another_clock_is_a_repeat(green: Any) -> None:
    told = document(sold_at="2026-03-10T14:00:00+02:00")
    send(till_of(green), told)
    spelled = told | {
        "sold_at": "2026-03-10T12:00:00.000000Z",
        "lines": [CHOC | {"quantity": "2.000", "discount": None}],
    }
    again = send(till_of(green), spelled, at=NOW + dt.timedelta(hours=1), clock_offset=dt.timedelta(hours=3))[0]
    assert (again.status, again.warnings) == ("duplicate", [])


# --- Set aside ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "more",
    [
        {"currency": "USD"},
        {"total": "10000000.01"},
        {"lines": [CHOC | {"quantity": "1000001"}]},
        {"lines": [CHOC | {"unit_price": "99999999999999999999"}]},
        {"lines": [CHOC | {"quantity": "999999", "unit_price": "9999"}]},
        {"payments": [{"tender": "cash", "amount": "-10000001"}]},
        {"rounding": "5000"},
    ],
)
def test_what_nobody_believes_is_set_aside(green: Any, more: dict[str, Any]) -> None:
    told = document(**more)
    assert [outcome.status for outcome in send(till_of(green), told, told)] == ["parked", "parked"]
    item = InboxItem.objects.get()
    assert (item.kind, item.told_id, Sale.objects.exists()) == ("parked", told["id"], False)
    assert read(told).content() == item.payload


def test_another_currency_may_be_booked_by_a_person_and_the_till_finds_it_then(green: Any) -> None:
    device, told = till_of(green), document(currency="USD", epoch=1, seq=4)
    send(device, told)
    for _ in range(2):
        assert till.book_parked(InboxItem.objects.get(), "alice").id == told["id"]
    sale, item = Sale.objects.get(), InboxItem.objects.get()
    assert (sale.total, sale.seq, item.resolved_by, item.resolution) == (D("4.80"), 4, "alice", "Booked")
    assert send(device, told)[0].status == "duplicate"


@pytest.mark.parametrize(
    "more",
    [
        {"lines": [CHOC | {"quantity": "999999", "unit_price": "9999"}]},
        {"lines": [CHOC | {"quantity": "0", "unit_price": "9" * 24}]},
        {"lines": [CHOC | {"quantity": "9" * 24, "net": "1", "tax": "0"}]},
        {"payments": [{"tender": "cash", "amount": "9" * 24}]},
        {"total": "9" * 24},
        {"rounding": "9" * 24},
    ],
)
def test_too_large_for_the_books_stays_set_aside(green: Any, more: dict[str, Any]) -> None:
    send(till_of(green), document(**more))
    with pytest.raises(BookingRefused, match="large"):
        till.book_parked(InboxItem.objects.get(), "alice")
    assert not Sale.objects.exists()
    assert InboxItem.objects.open().count() == 1


def test_what_was_sent_twice_may_be_booked_all_the_same(green: Any) -> None:
    device, told = till_of(green), document(epoch=1, seq=9)
    send(device, told, told | {"id": str(uuid.uuid4())})
    till.book_parked(InboxItem.objects.get(), "alice")
    assert [sale.seq for sale in Sale.objects.order_by("id")] == [9, None]


def test_a_conflict_may_be_booked_as_another_sale_once(green: Any) -> None:
    device, told = till_of(green), document(epoch=1, seq=3)
    send(device, told, told | {"lines": [MILK]})
    for _ in range(2):
        other = till.book_as_another(InboxItem.objects.get(), "alice")
    assert other.id != told["id"]
    assert sorted(str(sale.total) for sale in Sale.objects.all()) == ["1.45", "4.80"]
    assert InboxItem.objects.get().resolution == "Booked as another sale"


# --- Who and where ------------------------------------------------------------------------------------------------
def test_a_customer_nobody_knows_is_made_for_review(green: Any) -> None:
    ana = {"code": "NEW", "name": "Ana", "email": "ana@example.com", "phone": "91"}
    send(
        till_of(green),
        document(customer=ana),
        document(customer="C1"),
        document(customer={"code": "NEW", "name": "Bea"}),
    )
    made = Customer.objects.get(code="NEW")
    assert (made.name, made.email, made.needs_review, made.sales.count()) == ("Ana", "ana@example.com", True, 2)
    assert Customer.objects.get(code="C1").sales.count() == 1


def test_a_sale_is_in_the_shift_it_names_else_in_that_of_its_time(green: Any) -> None:
    device = till_of(green)
    register = Register.objects.get(pk=device.register_id)
    other = Register.objects.create(branch_id=device.branch_id, name="Till 2")
    night = Shift.objects.create(
        register=register, opened_at=NOW - dt.timedelta(hours=9), closed_at=NOW - dt.timedelta(hours=4)
    )
    today = Shift.objects.create(register=register, opened_at=NOW - dt.timedelta(hours=3))
    foreign = Shift.objects.create(register=other, opened_at=NOW - dt.timedelta(hours=3))
    told = [
        document(),
        document(shift=str(night.uuid)),
        document(shift=str(uuid.uuid4())),
        document(shift=str(foreign.uuid)),
        document(sold_at=(NOW - dt.timedelta(hours=5)).isoformat()),
        document(sold_at=(NOW - dt.timedelta(hours=3, minutes=30)).isoformat()),
    ]
    send(device, *told)
    shifts = [Sale.objects.get(uuid=one["id"]).shift for one in told]
    assert shifts == [today, night, None, None, night, None]
    assert str(Sale.objects.get(uuid=told[2]["id"]).shift_key) == told[2]["shift"]


def test_the_rival_shop_sees_nothing_and_may_use_the_same_id(cast: Cast) -> None:
    told = document(CHOC, customer="C1", epoch=1, seq=1)
    for shop in (cast.green, cast.rival):
        assert send(till_of(shop), told)[0].status == "created"
    for shop in (cast.green, cast.rival):
        with use_shop(shop):
            line = SaleLine.objects.get()
            assert line.name == f"{shop.name} chocolate"
            assert (line.product.shop_id, Sale.objects.get().customer.shop_id) == (shop.pk, shop.pk)


def test_a_thousand_bits_of_text_are_cut_where_the_books_end(green: Any) -> None:
    send(
        till_of(green),
        document({"name": "x" * 400, "barcode": "9" * 400, "quantity": "1", "unit_price": "1"}, cashier="y" * 400),
    )
    line = SaleLine.objects.get()
    assert (len(line.name), len(line.barcode), len(Sale.objects.get().cashier)) == (200, 48, 120)
