"""Receipt lines from files: identity, amounts, unusual rows, history, roll-ups."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from customers.models import Customer
from inventory import services as stock
from inventory.models import Product, StockLevel, StockMovement
from sales import reports
from sales.models import Payment, Sale, SaleLine
from sales.services import void_sale
from shop.models import Branch, Register
from shop.periods import Period
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, paid, reasons

HEAD = "receipt,time,product,quantity,price,total,discount,tax,tender,customer,branch,register,cashier\n"
TWO = HEAD + (
    "R1,2026-03-02 10:00,MILK,2,1.45,,,,card,C1,Station,Till 1,Sam\n"
    "R1,2026-03-02 09:58,CHOC,1,2.40,,,,card,C1,Station,Till 1,Sam\n"
    "R2,2026-03-02 11:00,MILK,-1,1.45,,,,cash,,Station,Till 1,Sam\n"
)


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def test_receipts_lines_and_payments_are_written(green: Cast) -> None:
    assert counts(bring_in("sales_lines", TWO)) == (3, 0, 0, 0)
    first, second = Sale.objects.order_by("receipt")
    assert (first.receipt, first.kind, first.line_count, first.total) == ("R1", "sale", 2, Decimal("5.30"))
    assert first.sold_at == dt.datetime(2026, 3, 2, 9, 58, tzinfo=dt.UTC)
    assert (first.branch.name, first.register.name, first.customer.code, first.cashier) == (
        "Station",
        "Till 1",
        "C1",
        "Sam",
    )
    assert (second.kind, second.total) == ("refund", Decimal("-1.45"))
    assert list(Payment.objects.order_by("id").values_list("tender", "amount")) == [
        ("card", Decimal("5.30")),
        ("cash", Decimal("-1.45")),
    ]
    choc = SaleLine.objects.get(product__sku="CHOC")
    assert (choc.net, choc.tax, choc.tax_rate, choc.cost) == (
        Decimal(2),
        Decimal("0.4"),
        Decimal("0.2"),
        Decimal("1.2"),
    )
    assert choc.name == "Green Grocer chocolate"


def test_the_same_file_again_changes_nothing_in_whatever_order(green: Cast) -> None:
    bring_in("sales_lines", TWO)
    before = list(Sale.objects.order_by("id").values())
    assert counts(bring_in("sales_lines", TWO)) == (0, 0, 3, 0)
    head, *rows = TWO.strip().splitlines()
    assert counts(bring_in("sales_lines", "\n".join([head, *reversed(rows)]))) == (0, 0, 3, 0)
    assert list(Sale.objects.order_by("id").values()) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("MILK,2,1.45", "MILK,3,1.45"),
        lambda text: text.replace("R1,2026-03-02 10:00,MILK,2,1.45", "R1,2026-03-02 10:00,MILK,2,1.46"),
        lambda text: text + "R1,2026-03-02 10:00,MILK,2,1.45,,,,card,C1,Station,Till 1,Sam\n",
        lambda text: "\n".join(line for line in text.splitlines() if "CHOC" not in line),
        lambda text: text.replace("R1,2026-03-02 09:58", "R1,2026-03-02 09:57"),
    ],
)
def test_other_content_is_refused_with_the_reason_and_the_first_stands(green: Cast, change: Any) -> None:
    bring_in("sales_lines", TWO)
    result = bring_in("sales_lines", change(TWO))
    assert result.created == 0 and result.unchanged == 1 and result.refused >= 1
    assert "receipt “R1” is already here with other content" in reasons(result)
    assert paid() == Decimal("3.85")


def test_a_receipts_lines_are_a_multiset(green: Cast) -> None:
    twice = HEAD + "R1,2026-03-02 10:00,MILK,1,1.45,,,,,,,,\n" * 2
    assert bring_in("sales_lines", twice).created == 2
    assert bring_in("sales_lines", HEAD + "R1,2026-03-02 10:00,MILK,1,1.45,,,,,,,,\n").refused == 1
    assert bring_in("sales_lines", twice).unchanged == 2


def test_the_same_number_at_another_branch_or_till_is_another_receipt(green: Cast) -> None:
    rows = "R1,2026-03-02 10:00,MILK,1,1.45,,,,,,{},{},\n"
    text = HEAD + "".join(
        rows.format(*place) for place in [("Station", ""), ("Station", "Till 9"), ("High Street", "")]
    )
    assert bring_in("sales_lines", text).created == 3
    assert Sale.objects.count() == 3
    assert bring_in("sales_lines", text.replace("Station", "STATION")).unchanged == 3


def test_returns_free_goods_and_adjustments_are_not_refused(green: Cast) -> None:
    text = HEAD + (
        "R1,2026-03-02 10:00,MILK,-2,1.45,,,,,,,,\n"
        "R1,2026-03-02 10:00,CHOC,1,0,,,,,,,,\n"
        "R1,2026-03-02 10:00,,1,-5.00,,,,,,,,\n"
        "R1,2026-03-02 10:00,APPLE,0.842,1.80,,,,,,,,\n"
        "R1,2026-03-02 10:00,MILK,0,1.45,,,,,,,,\n"
    )
    assert counts(bring_in("sales_lines", text)) == (5, 0, 0, 0)
    assert paid() == Decimal("-2.90") - 5 + Decimal("1.5156")
    assert SaleLine.objects.filter(product=None).count() == 1
    assert Sale.objects.get().kind == "sale"


def test_discount_is_money_off_whatever_its_sign_and_a_return_gives_it_back(green: Cast) -> None:
    text = HEAD + (
        "R1,2026-03-02 10:00,MILK,2,1.45,,0.50,,,,,,\n"
        "R2,2026-03-02 10:00,MILK,2,1.45,,-0.50,,,,,,\n"
        "R3,2026-03-02 10:00,MILK,-2,1.45,,0.50,,,,,,\n"
    )
    bring_in("sales_lines", text)
    assert list(SaleLine.objects.order_by("sale__receipt").values_list("net", "discount")) == [
        (Decimal("2.4"), Decimal("0.5")),
        (Decimal("2.4"), Decimal("0.5")),
        (Decimal("-2.4"), Decimal("-0.5")),
    ]


def test_total_and_tax_said_by_the_till_are_kept_to_four_decimals(green: Cast) -> None:
    bring_in("sales_lines", HEAD + "R1,2026-03-02 10:00,CHOC,7,74.69,548.9715,,26.1415,,,,,\n")
    line = SaleLine.objects.get()
    assert (line.net, line.tax, line.unit_price) == (Decimal("522.83"), Decimal("26.1415"), Decimal("74.69"))


def test_price_is_worked_out_where_only_the_total_is_there(green: Cast) -> None:
    bring_in("sales_lines", HEAD + "R1,2026-03-02 10:00,MILK,3,,3.00,0.60,,,,,,\n")
    assert SaleLine.objects.get().unit_price == Decimal("1.2")


def test_tax_comes_on_top_where_prices_are_without_it(green: Cast) -> None:
    green.green.prices_include_tax = False
    green.green.save()
    bring_in("sales_lines", HEAD + "R1,2026-03-02 10:00,CHOC,1,2.00,,,,,,,,\n")
    line = SaleLine.objects.get()
    assert (line.net, line.tax) == (Decimal(2), Decimal("0.4"))


def test_unknown_things_are_made_and_marked_for_review(green: Cast) -> None:
    text = HEAD + "R1,2026-03-02 10:00,NEW1,1,1.00,,,,,17850.0,North,Till 7,\n"
    result = bring_in("sales_lines", text)
    made = ("new_products", "new_customers", "new_branches", "new_registers")
    assert [result.facts[name] for name in made] == [1, 1, 1, 1]
    assert Product.objects.get(sku="NEW1").needs_review
    assert Customer.objects.get(code="17850").needs_review
    assert Branch.objects.get(name="North").needs_review
    assert Register.objects.get(name="Till 7").needs_review
    assert not Product.objects.get(sku="MILK").needs_review


def test_a_barcode_names_its_product(green: Cast) -> None:
    code = Product.objects.get(sku="MILK").barcodes.get().code
    bring_in("sales_lines", HEAD + f"R1,2026-03-02 10:00,{code},1,1.45,,,,,,,,\n")
    assert SaleLine.objects.get().product.sku == "MILK"


def test_a_bad_row_refuses_its_receipt_and_no_other(green: Cast) -> None:
    text = HEAD + (
        "R1,2026-03-02 10:00,MILK,one,1.45,,,,,,,,\n"
        "R1,2026-03-02 10:00,GHOST,1,2.40,,,,,,,,\n"
        "R2,2026-03-02 10:00,MILK,1,1.45,,,,,,,,\n"
        "R3,2026-03-02 10:00,MILK,1,,,,,,,,,\n"
    )
    result = bring_in("sales_lines", text)
    assert counts(result) == (1, 0, 0, 3)
    assert "quantity: “one” is not a number" in reasons(result)
    assert "line 2 of the same document is refused" in reasons(result)
    assert "price and total are both empty" in reasons(result)
    assert not Product.objects.filter(sku="GHOST").exists()


def test_amounts_too_large_for_the_books_are_refused_one_by_one(green: Cast) -> None:
    text = HEAD + "R1,2026-03-02 10:00,MILK,999999999,999999999,,,,,,,,\nR2,2026-03-02 10:00,MILK,1,1,,,,,,,,\n"
    result = bring_in("sales_lines", text)
    assert counts(result) == (1, 0, 0, 1)
    assert "too large" in reasons(result)


def test_the_day_is_the_shops_own(green: Cast) -> None:
    green.green.zone, green.green.day_starts_at_hour = "America/New_York", 4
    green.green.save()
    text = HEAD + (
        "R1,2026-07-02 03:59,MILK,1,1,,,,,,,,\n"
        "R2,2026-07-02 04:00,MILK,1,1,,,,,,,,\n"
        "R3,2026-07-02,MILK,1,1,,,,,,,,\n"
        "R4,2026-07-02T23:30:00Z,MILK,1,1,,,,,,,,\n"
    )
    bring_in("sales_lines", text)
    days = dict(Sale.objects.values_list("receipt", "business_date"))
    assert days == {
        "R1": dt.date(2026, 7, 1),
        "R2": dt.date(2026, 7, 2),
        "R3": dt.date(2026, 7, 2),
        "R4": dt.date(2026, 7, 2),
    }
    assert Sale.objects.get(receipt="R1").sold_at == dt.datetime(2026, 7, 2, 7, 59, tzinfo=dt.UTC)


def test_sales_before_the_first_count_move_no_stock_and_later_ones_do(green: Cast) -> None:
    milk, station = Product.objects.get(sku="MILK"), Branch.objects.get(name="Station")
    StockLevel.objects.create(
        product=milk, branch=station, quantity=10, tracked_from=dt.datetime(2026, 3, 2, 10, 30, tzinfo=dt.UTC)
    )
    text = HEAD + (
        "R1,2026-03-02 10:00,MILK,4,1.45,,,,,,Station,,\n"
        "R2,2026-03-02 11:00,MILK,2,1.45,,,,,,Station,,\n"
        "R2,2026-03-02 11:00,MILK,1,1.45,,,,,,Station,,\n"
        "R3,2026-03-02 11:00,MILK,-1,1.45,,,,,,Station,,\n"
        "R4,2026-03-02 11:00,MILK,9,1.45,,,,,,High Street,,\n"
        "R5,2026-03-02 11:00,CHOC,9,1.45,,,,,,Station,,\n"
    )
    for _ in range(2):
        bring_in("sales_lines", text)
        assert StockLevel.objects.get(product=milk).quantity == 8
        assert sorted(StockMovement.objects.values_list("kind", "quantity")) == [
            ("refund", 1),
            ("sale", -2),
            ("sale", -1),
        ]


def test_sales_before_the_last_count_leave_its_figure_and_can_be_voided(green: Cast) -> None:
    milk, station = Product.objects.get(sku="MILK"), Branch.objects.get(name="Station")
    for hour, counted in ((8, 10), (12, 7)):
        at = dt.datetime(2026, 3, 2, hour, tzinfo=dt.UTC)
        stock.count_stock(branch=station, counted={milk.pk: Decimal(counted)}, at=at, by="alice")

    def figure() -> Decimal:
        moved = StockMovement.objects.order_by().filter(product=milk).aggregate(sum=Sum("quantity"))["sum"]
        assert StockLevel.objects.get(product=milk).quantity == moved, "the level is the sum of its ledger"
        return moved

    rows = "R1,2026-03-02 10:00,MILK,3,1.45,,,,,,Station,,\nR2,2026-03-02 13:00,MILK,2,1.45,,,,,,Station,,\n"
    bring_in("sales_lines", HEAD + rows)
    assert figure() == 5
    for receipt, left in (("R1", 5), ("R2", 7)):
        void_sale(sale=Sale.objects.get(receipt=receipt), by="alice")
        assert figure() == left


def test_roll_ups_and_baskets_are_there_at_once(green: Cast) -> None:
    bring_in("sales_lines", TWO)
    sums = reports.totals(Period(dt.date(2026, 3, 2), dt.date(2026, 3, 2)))
    assert sums.net + sums.tax == Decimal("3.85")
    assert (sums.baskets, sums.lines) == (1, 3)


def test_a_rival_shop_sees_nothing_of_it(green: Cast) -> None:
    bring_in("sales_lines", TWO)
    with use_shop(green.rival):
        assert Sale.objects.count() == SaleLine.objects.count() == 0
        assert bring_in("sales_lines", TWO).created == 3
        assert Sale.objects.count() == 2
