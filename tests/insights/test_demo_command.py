"""`manage.py demo` opens the shop once, through the same doors as a customer's files."""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, Sum
from django.test import Client, override_settings

from customers.models import Customer, Review
from insights.demo.files import write_files
from insights.demo.selling import DEPOSIT
from inventory.codes import read_code, with_check_digit
from inventory.models import (
    Barcode,
    Category,
    Product,
    PurchaseOrder,
    PurchaseOrderLine,
    ShelfPrice,
    StockLevel,
    StockMovement,
    Supplier,
)
from inventory.prices import price_at
from sales import inbox, sync, takings
from sales.models import DirtyDay, ProductDay, Promotion, Sale, SaleLine, Shift, ZReport
from shop import doors
from shop.models import Branch, Membership, Register, Shop, User
from shop.periods import Period
from shop.tenancy import use_shop

TODAY = "2026-06-15"


def demo(*arguments: str) -> str:
    out = io.StringIO()
    call_command("demo", *arguments, stdout=out)
    return out.getvalue()


@dataclass
class Opening:
    shop: Shop
    said: str


@pytest.fixture(scope="module")
def opening(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opening]:
    """The small demo shop, opened once for this file; whatever its tests write is rolled back at the end."""
    home = override_settings(AISLE_HOME=tmp_path_factory.mktemp("home"))
    with django_db_blocker.unblock(), home, transaction.atomic():
        said = demo("--size", "small", "--today", TODAY)
        shop = doors.shop_by_slug("demo")
        assert shop is not None
        yield Opening(shop, said)
        transaction.set_rollback(True)


@pytest.fixture
def opened(opening: Opening) -> Shop:
    return opening.shop


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    folder = tmp_path_factory.mktemp("demo")
    found = {}
    for kind in write_files(folder, "small", dt.date.fromisoformat(TODAY)):
        with (folder / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
            found[kind] = list(csv.DictReader(file))
    return found


def test_the_shop_holds_what_its_files_say(opened: Shop, rows: dict[str, list[dict[str, str]]]) -> None:
    assert (opened.is_demo, opened.currency, opened.zone) == (True, "GBP", "Europe/London")
    with use_shop(opened):
        imported = SaleLine.objects.filter(sale__source="import")
        assert imported.count() == len(rows["sales_lines"])
        paid = imported.aggregate(net=Sum("net"), tax=Sum("tax"))
        assert paid["net"] + paid["tax"] == sum(Decimal(row["total"]) for row in rows["sales_lines"])
        assert Product.objects.exclude(sku=DEPOSIT).count() == len(rows["products"])
        assert Customer.objects.count() == len(rows["customers"])
        assert Promotion.objects.count() == len(rows["promotions"]) > 0
        assert Review.objects.count() == len(rows["reviews"]) > 0
        assert Sale.objects.filter(kind="refund").exists()
        rolled = ProductDay.objects.aggregate(net=Sum("net"))
        assert rolled["net"] == SaleLine.objects.aggregate(net=Sum("net"))["net"]
        assert not DirtyDay.objects.exists()


def test_levels_equal_the_ledger_and_the_shelf(opened: Shop, rows: dict[str, list[dict[str, str]]]) -> None:
    shelf: dict[str, Decimal] = {}
    for row in rows["stock"]:
        shelf[row["product"]] = shelf.get(row["product"], Decimal(0)) + Decimal(row["quantity"])
    with use_shop(opened):
        levels = dict(StockLevel.objects.values_list("product__sku", "quantity"))
        ledger = dict(StockMovement.objects.values_list("product__sku").annotate(total=Sum("quantity")))
    assert levels == ledger
    assert {sku: quantity for sku, quantity in levels.items() if quantity} == shelf


def test_nothing_waits_for_review(opened: Shop) -> None:
    with use_shop(opened):
        for model in (Branch, Register, Product, Customer, Supplier):
            assert not model.objects.filter(needs_review=True).exists(), model
        assert Category.objects.filter(parent=None).annotate(below=Count("children")).filter(below__gt=1).exists()
        assert Product.objects.filter(cost=None).count() <= 5


def test_its_tills_have_deposits_ages_labels_and_special_prices(opened: Shop) -> None:
    with use_shop(opened):
        branch, weighed = Branch.objects.get(), Product.objects.filter(unit="kg").exclude(plu="").first()
        label = with_check_digit(f"21{int(weighed.plu):05d}00842")
        assert (read_code(label).product, read_code(label).quantity) == (weighed, Decimal("0.842"))
        own = Barcode.objects.filter(code__startswith="21").first()
        assert read_code(with_check_digit(own.code[:9] + "250")).quantity == Decimal("0.250")
        assert Product.objects.filter(deposit__sku=DEPOSIT).exists()
        assert set(Product.objects.filter(minimum_age=18).values_list("category__name", flat=True)) == {
            "Beer & cider",
            "Wine & spirits",
        }
        offer = ShelfPrice.objects.get(branch=None)
        wanted = [offer.product.price, offer.price, offer.product.price]
        moments = [offer.starts_at - dt.timedelta(hours=1), offer.starts_at, offer.ends_at]
        assert [price_at(branch.pk, moment, offer.product) for moment in moments] == wanted


def test_a_second_time_changes_nothing(opened: Shop) -> None:
    with use_shop(opened):
        before = SaleLine.objects.count(), StockMovement.objects.count()
    assert "there already" in demo("--size", "small", "--today", TODAY)
    with use_shop(opened):
        assert (SaleLine.objects.count(), StockMovement.objects.count()) == before
    assert Shop.objects.filter(slug="demo").count() == 1


def test_the_printed_sign_in_works(opening: Opening, client: Client) -> None:
    password = opening.said.split("   with   ")[1].split("\n")[0]
    assert client.login(email="demo@aisle.example", password=password)
    assert client.login(email="till@aisle.example", password=password)
    roles = dict(Membership.objects.filter(shop=opening.shop).values_list("user__email", "role"))
    assert roles == {"demo@aisle.example": "owner", "till@aisle.example": "cashier"}


def test_a_second_demo_shop_keeps_the_password(opened: Shop) -> None:
    before = User.objects.get(email="demo@aisle.example").password
    assert "the password it has" in demo("--shop", "corner", "--size", "small", "--today", TODAY)
    assert User.objects.get(email="demo@aisle.example").password == before


def test_the_truth_is_that_of_the_shop_opened(opened: Shop) -> None:
    told = json.loads(demo("--truth"))
    assert (told["size"], told["last_day"]) == ("small", "2026-06-14")
    with use_shop(opened):
        sold = Product.objects.exclude(sku=DEPOSIT)
        assert {product["sku"] for product in told["products"]} == set(sold.values_list("sku", flat=True))
        last = Sale.objects.order_by("business_date").last()
    assert str(last.business_date) == told["last_day"]


def test_files_are_written_without_a_shop(opened: Shop, tmp_path: Path) -> None:
    said = demo("--shop", "nowhere", "--files", str(tmp_path / "files"), "--size", "small", "--today", TODAY)
    assert "sales_lines.csv" in said
    assert (tmp_path / "files" / "products.csv").exists()
    assert doors.shop_by_slug("nowhere") is None


def test_a_day_that_is_none_is_refused(opened: Shop) -> None:
    with pytest.raises(CommandError, match="is not a date"):
        demo("--today", "tomorrow")


def test_what_was_ordered_is_on_its_way(opened: Shop) -> None:
    with use_shop(opened):
        orders = PurchaseOrder.objects.on_the_way()
        assert {order.state for order in orders} == {"approved"}
        assert min(order.expected_on for order in orders) >= dt.date.fromisoformat(TODAY)
        assert PurchaseOrderLine.objects.filter(order__in=orders).count() > orders.count()


def test_the_tills_were_counted_in_the_last_weeks(opened: Shop) -> None:
    with use_shop(opened):
        reports = list(ZReport.objects.select_related("shift"))
        assert Shift.objects.open().count() == 1 and len(reports) == Shift.objects.count() - 1 > 150
        assert all(z.body["reconciliation"]["reconciled"] and z.body["difference"] == "0.00" for z in reports)
        numbers = sorted(z.number for z in reports if z.register_id == reports[0].register_id)
        assert numbers == list(range(1, len(numbers) + 1))
        off = [Decimal(z.body["over_short"]) for z in reports]
        assert 0.4 < sum(value == 0 for value in off) / len(off) < 0.8 and max(map(abs, off)) < 20
        day = ProductDay.objects.filter(business_date=reports[0].business_date).aggregate(net=Sum("net"))["net"]
        of_day = [z for z in reports if z.business_date == reports[0].business_date]
        still = Sale.objects.filter(shift__in=Shift.objects.open(), business_date=reports[0].business_date)
        open_net = SaleLine.objects.filter(sale__in=still).aggregate(net=Sum("net"))["net"] or 0
        assert sum(Decimal(z.body["net"]) for z in of_day) + open_net == day, "the Z reports of a day are its sales"
        rows = list(takings.takings_journal(Period(dt.date(2026, 6, 1), dt.date(2026, 6, 13))))
        assert sum(row.amount for row in rows) == 0 and {row.entry for row in rows} == {"z"}


def test_the_till_inbox_has_something_to_show(opened: Shop) -> None:
    with use_shop(opened):
        assert inbox.open_counts() == {"conflict": 1, "parked": 2, "unmatched": 4, "mismatch": 1}
        assert sum(goods.lines for goods in inbox.unknown_goods()) == SaleLine.objects.filter(product=None).count() == 6
        assert [(till.till, till.latest) for till in sync.never_came()] == [("Till 1", [(3, 4)])]
