"""Suppliers, their price lists, orders to them, and new shelf prices from files."""

import datetime as dt
from decimal import Decimal

import pytest

from inventory.imports.suppliers import hour_of, weekdays_of
from inventory.models import (
    PriceBatch,
    Product,
    PurchaseOrder,
    StockMovement,
    Supplier,
    SupplierItem,
    SupplierPrice,
)
from shop.models import Branch, Shop
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, reasons

pytestmark = pytest.mark.django_db


@pytest.fixture
def milk(cast: Cast) -> Product:
    with use_shop(cast.green):
        return Product.objects.get(sku="MILK")  # 1.45 on the shelf, 1.10 its cost


def batches(shop: Shop) -> list[tuple[str, str]]:
    return list(PriceBatch.objects.order_by("pk").values_list("name", "state"))


@pytest.mark.parametrize(
    ("written", "days"),
    [("Mon, Wed, Fri", "024"), ("Tue-Sat", "12345"), ("sat - mon", "056"), ("daily", "0123456"), ("1,3,5", None)],
)
def test_delivery_days_are_read_by_name_alone(written: str, days: str | None) -> None:
    assert weekdays_of(written) == days


@pytest.mark.parametrize(
    ("written", "hour"),
    [("11:30", "11:30:00"), ("3 pm", "15:00:00"), ("12 am", "00:00:00"), ("9.15", "09:15:00"), ("25:00", None)],
)
def test_a_cut_off_is_a_time_of_day(written: str, hour: str | None) -> None:
    assert hour_of(written) == hour


def test_suppliers_are_known_by_name_whatever_the_case(cast: Cast) -> None:
    file = "name,email,delivery days,cut off\nnorthgate dairy,orders@north.example,Mon-Wed,11:30\nBad,x,often,noon\n"
    with use_shop(cast.green):
        known = Supplier.objects.create(name="Northgate Dairy", phone="1", needs_review=True)
        assert counts(bring_in("suppliers", file)) == (0, 1, 0, 1)
        known.refresh_from_db()
        assert (known.name, known.email, known.phone) == ("Northgate Dairy", "orders@north.example", "1")
        assert (known.delivery_weekdays, known.order_by, known.needs_review) == ("012", dt.time(11, 30), False)


def test_a_price_for_now_is_the_products_and_others_wait_as_drafts(cast: Cast, milk: Product) -> None:
    later = cast.green.today() + dt.timedelta(days=9)
    file = (
        f"product,price,from,branch,look_first\nMILK,1.55,,,\nMILK,1.65,{later},,\nMILK,1.50,,Harbour,\nNEW,2,,,yes\n"
    )
    with use_shop(cast.green):
        Branch.objects.create(name="Harbour")
        first = bring_in("prices", file)
        assert counts(first) == (3, 1, 0, 0), reasons(first)
        milk.refresh_from_db()
        assert milk.price == Decimal("1.55")
        assert [state for _, state in batches(cast.green)] == ["draft"] * 3
        found = PriceBatch.objects.get(starts_at__isnull=False)
        assert cast.green.business_date(found.starts_at) == later
        assert Product.objects.get(sku="NEW").needs_review
        assert counts(bring_in("prices", file)) == (0, 0, 4, 0)
        other = bring_in("prices", file.replace("1.65", "1.69"))
        assert counts(other) == (1, 0, 3, 0)
        assert found.lines.get().price == Decimal("1.69")
        assert len(batches(cast.green)) == 3


def test_a_price_below_what_the_law_allows_is_never_set_straight(cast: Cast, milk: Product) -> None:
    with use_shop(cast.green):
        Shop.objects.filter(pk=cast.green.pk).update(country="FR")
        result = bring_in("prices", "product,price\nMILK,0.99\n")
        milk.refresh_from_db()
        assert milk.price == Decimal("1.45")
        assert batches(cast.green) == [("Prices from a file", "draft")]
        assert "below what the law" in " ".join(result.notes)


LIST = (
    "supplier,code,name,product,case_cost,pack,valid from\nDairy,D1,Milk,MILK,7.02,6,2026-01-05\nDairy,D2,Oat,,9,6,\n"
)


def test_a_price_list_says_what_changed_and_waits_for_a_person(cast: Cast, milk: Product) -> None:
    with use_shop(cast.green):
        first = bring_in("supplier_prices", LIST)
        assert counts(first) == (2, 0, 0, 0), reasons(first)
        assert (first.facts["new_items"], first.facts["unmatched_items"], first.facts["costs_waiting"]) == (2, 1, 2)
        price = SupplierPrice.objects.get(item__code="D1")
        assert (price.cost, price.cost_before, price.state) == (Decimal("1.17"), Decimal("1.10"), "waiting")
        milk.refresh_from_db()
        assert milk.cost == Decimal("1.10")
        assert not Product.objects.filter(sku="D2").exists()
        assert counts(bring_in("supplier_prices", LIST)) == (0, 0, 2, 0)
        # The same price under a later day is nothing new either.
        assert counts(bring_in("supplier_prices", LIST.replace("2026-01-05", "2026-02-02"))) == (0, 0, 2, 0)
        # The article is known now: our code need not be said again.
        said = ["supplier:=DAIRY", "take_cost:=yes", "from_date=from"]
        dearer = bring_in("supplier_prices", "code,cost,from\nD1,1.20,2026-02-02\n", maps=said)
        assert counts(dearer) == (1, 0, 0, 0), reasons(dearer)
        milk.refresh_from_db()
        assert milk.cost == Decimal("1.20")
        assert SupplierItem.objects.count() == 2
    with use_shop(cast.rival):
        assert not SupplierItem.objects.exists()
        assert Product.objects.get(sku="MILK").cost == Decimal("1.10")


def test_an_article_is_found_by_its_barcode_whatever_its_zeros(cast: Cast, milk: Product) -> None:
    with use_shop(cast.green):
        milk.barcodes.create(code="4006381333931")
        bring_in("supplier_prices", "supplier,code,barcode,cost\nDairy,D1,04006381333931,1.20\nDairy,D2,99,1\n")
        assert SupplierItem.objects.get(code="D1").product == milk
        assert SupplierItem.objects.get(code="D2").product is None


def test_a_cases_cost_without_a_pack_size_is_refused(cast: Cast) -> None:
    with use_shop(cast.green):
        result = bring_in("supplier_prices", "supplier,code,case_cost\nDairy,D9,9.00\n")
        assert counts(result)[3] == 1
        assert "no pack size is known" in reasons(result)


def test_orders_come_in_received_or_on_the_way_and_move_no_stock(cast: Cast, milk: Product) -> None:
    today = cast.green.today()
    file = (
        "po number,vendor,sku,qty,received,cost,order date\n"
        f"PO-1,Dairy,MILK,12,12,1.10,{today}\nPO-1,Dairy,MILK,6,,1.10,{today}\nPO-2,Dairy,MILK,6,,1.1,2024-02-01\n"
    )
    with use_shop(cast.green):
        first = bring_in("purchase_orders", file)
        assert counts(first) == (2, 0, 1, 0), reasons(first)
        one, old = PurchaseOrder.objects.get(reference="PO-1"), PurchaseOrder.objects.get(reference="PO-2")
        line = one.lines.get()
        assert (one.state, line.quantity, line.received) == ("part", Decimal(18), Decimal(12))
        assert old.state == "received"  # so late that nothing more is expected
        assert not StockMovement.objects.exists()
        assert counts(bring_in("purchase_orders", file)) == (0, 0, 3, 0)
        assert counts(bring_in("purchase_orders", file.replace("6,,1.10", "6,6,1.10"))) == (0, 1, 2, 0)
        one.refresh_from_db()
        assert one.state == "received"
