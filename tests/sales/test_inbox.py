"""What tills sent that a person should look at, and what they decide."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import services as stock
from inventory.models import Product, StockLevel
from sales import inbox, matching, sync
from sales.inbox import InboxRefused
from sales.models import InboxItem, Sale
from shop.models import Register
from shop.tenancy import use_shop
from tests.factories import Cast, at
from tests.sales.tills import send

BY = "alice@shops.example"
NOON = at("2026-03-10T12:00")


@pytest.fixture
def green(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.green


def sell(**told: Any) -> Any:
    return send(Register.objects.get(), NOON, **told)


def open_one(kind: str) -> InboxItem:
    return InboxItem.objects.open().get(kind=kind)


def conflict() -> InboxItem:
    id = uuid.uuid4()
    sell(id=id, lines=[{"sku": "MILK", "quantity": "1"}])
    assert sell(id=id, lines=[{"sku": "CHOC", "quantity": "5"}]).status == "conflict"
    return open_one("conflict")


def parked() -> InboxItem:
    lines = [{"sku": "MILK", "quantity": "1"}]
    sell(lines=lines, epoch=1, seq=7)
    assert sell(lines=lines, epoch=1, seq=7).status == "parked"
    return open_one("parked")


def test_the_first_is_kept(green: Any) -> None:
    item = inbox.resolve(item=conflict(), how="keep", by=BY)
    assert (item.resolution, item.resolved_by) == ("Kept the first", BY)
    assert Sale.objects.count() == 1


def test_a_conflict_is_booked_as_another_sale_once(green: Any) -> None:
    item = conflict()
    first = item.sale
    for _ in range(2):
        done = inbox.resolve(item=item, how="another", by=BY)
    assert Sale.objects.count() == 2
    assert done.sale not in (None, first)
    assert done.sale.lines.get().product.sku == "CHOC"


def test_what_was_set_aside_is_booked_or_left(green: Any) -> None:
    item = parked()
    inbox.resolve(item=item, how="aside", by=BY)
    assert Sale.objects.count() == 1
    with pytest.raises(InboxRefused, match="alice@shops.example was first: set aside"):
        inbox.resolve(item=item, how="book", by="bob@shops.example")
    inbox.reopen(item=item)
    inbox.reopen(item=item)
    done = inbox.resolve(item=item, how="book", by=BY)
    assert Sale.objects.count() == 2
    assert done.sale is not None
    with pytest.raises(InboxRefused, match="in the books"):
        inbox.reopen(item=item)


def test_only_what_fits_its_kind_can_be_decided(green: Any) -> None:
    with pytest.raises(InboxRefused):
        inbox.resolve(item=conflict(), how="seen", by=BY)


def test_unknown_goods_are_grouped_by_code(green: Any) -> None:
    oats = {"barcode": "5012345678900", "name": "Oat drink", "quantity": "2", "unit_price": "1.95"}
    sell(lines=[oats, {"sku": "MILK", "quantity": "1"}])
    sell(lines=[oats | {"unit_price": "2.05", "quantity": "1"}])
    sell(lines=[{"name": "Loose nuts", "quantity": "0.5", "unit_price": "8"}])
    first, second = inbox.unknown_goods()
    assert (first.code, first.name, first.lines, first.units) == ("5012345678900", "Oat drink", 2, 3)
    assert first.paid == Decimal("5.95")
    assert (second.code, second.paid) == ("Loose nuts", 4)
    assert inbox.open_counts() == {"unmatched": 2}
    assert [one.code for one in inbox.unknown_goods(code="Loose nuts")] == ["Loose nuts"]
    assert [one.code for one in inbox.unknown_goods(first=1, most=1)] == ["Loose nuts"]


def test_leaving_a_code_takes_all_its_lines_and_can_be_taken_back(green: Any) -> None:
    for _ in range(3):
        sell(lines=[{"name": "Loose nuts", "quantity": "0.5", "unit_price": "8"}])
    item = InboxItem.objects.open().first()
    inbox.resolve(item=item, how="leave", by=BY)
    assert inbox.unknown_goods() == []
    assert [one.code for one in inbox.decided(9)] == ["Loose nuts"]
    inbox.reopen(item=item)
    assert inbox.unknown_goods()[0].lines == 3


def test_a_code_told_as_a_sku_is_known_once_matched(green: Any) -> None:
    stock.count_stock(
        branch=Register.objects.get().branch, counted={Product.objects.get(sku="MILK").pk: Decimal(9)}, by=BY,
        at=NOON - dt.timedelta(hours=1),
    )  # fmt: skip
    line = {"sku": "OLD-MILK", "name": "Milk", "quantity": "2", "unit_price": "1.95"}
    sell(lines=[line])
    matching.match_code(code="OLD-MILK", product=Product.objects.get(sku="MILK"), by=BY)
    sell(lines=[line])
    assert inbox.unknown_goods() == []
    assert StockLevel.objects.get(product__sku="MILK").quantity == 5


def test_figures_of_what_does_not_add_up(green: Any) -> None:
    sell(lines=[{"sku": "MILK", "quantity": "1", "unit_price": "1.45"}], total="2.00", payments=[("cash", "1.45")])
    item = open_one("mismatch")
    told = inbox.figures([item.sale_id])[item.sale_id]
    assert (told.lines, told.total, told.paid, told.rounding) == (Decimal("1.45"), 2, Decimal("1.45"), 0)
    assert inbox.resolve(item=item, how="seen", by=BY).resolution == "Seen"


def test_the_reports_cost_the_same_however_many_wait(green: Any) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            inbox.open_counts(), inbox.unknown_goods(), inbox.decided(20)
            items = list(inbox.open_items("mismatch"))
            inbox.figures([item.sale_id for item in items])
        return len(queries)

    def more(number: int) -> None:
        for count in range(number):
            sell(lines=[{"name": f"{number}-{count}", "quantity": "1", "unit_price": "2"}], total="3.00")

    more(3)
    few = statements()
    more(9)
    assert statements() == few


def test_numbers_that_never_came(green: Any) -> None:
    for seq in (1, 2, 5, 9):
        sell(lines=[{"sku": "MILK", "quantity": str(seq)}], epoch=1, seq=seq)
    (till,) = sync.never_came()
    assert (till.till, till.count, till.latest) == ("Till 1", 5, [(6, 8), (3, 4)])
    for seq in (3, 4, 6, 7, 8):
        sell(lines=[{"sku": "MILK", "quantity": str(seq)}], epoch=1, seq=seq)
    assert sync.never_came() == []
