"""The till's own copy of the shelf says offline what the shop says online."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from clients.python.aisle_till import Till
from clients.python.aisle_till import shelf as shelves
from inventory.models import Barcode, BarcodeRule, Product, ShelfPrice
from sales.models import SaleLine
from shop.models import Branch
from shop.tenancy import use_shop
from tests.clients.conftest import Counter
from tests.factories import make_product
from tests.sales.test_asks import checked

WEIGHT, PRICE = "21IIIIIVVVVVC", "23VVVVVIIIIIC"


@pytest.fixture
def till(counter: Counter) -> Till:
    """A till with a copy of a shelf on which every kind of code is found."""
    with use_shop(counter.cast.green):
        bottle = make_product(sku="BOTTLE", name="Deposit", price="0.25")
        cola = make_product(sku="COLA", name="Cola", price="1.80", deposit=bottle, minimum_age=18)
        Barcode.objects.create(product=cola, code="036000291452")
        Barcode.objects.create(product=cola, code="5012345678924", pack_quantity=Decimal(6))
        make_product(sku="HAM", name="Ham", price="11.99", unit="kg", plu="12345")
        make_product(sku="ROLL", name="Roll", price="0.40", plu="777", eligible_tenders=["meal_voucher"])
        BarcodeRule.objects.create(name="Weight", pattern=WEIGHT, holds="weight", decimals=3)
        BarcodeRule.objects.create(name="Price", pattern=PRICE, holds="price", decimals=2)
    till = counter.till()
    assert till.sync_shelf() >= 7
    till.sync_shelf()  # what was made just now may be told once more, while an older transaction is at work
    return till


def codes(counter: Counter) -> list[str]:
    with use_shop(counter.cast.green):
        found = list(Barcode.objects.values_list("code", flat=True)) + ["HAM", "ROLL", "12345", "777", "0777"]
    found += ["0036000291452", "36000291452"]  # a UPC as an EAN, and without its 0
    found += [checked(f"2112345{grams:05}") for grams in (842, 1, 99999, 0)]
    found += [checked(f"23{cents:05}12345") for cents in (480, 1199, 1, 0, 99999)]
    found += [checked("210077700842"), checked("230048000777")]  # a weight and a price of rolls, sold by the piece
    return found


def test_every_code_is_offline_what_it_is_online(counter: Counter, till: Till) -> None:
    for code in codes(counter):
        here, there = till.scan(code), till.look_up(code)
        assert here is not None, code
        assert here.sku == there["product"]["sku"], code
        assert here.quantity == _decimal(there["quantity"]), code
        assert here.unit_price == _decimal(there["unit_price"]), code
        assert here.tax_rate == _decimal(there["product"]["tax_rate"]), code
        assert here.minimum_age == there["product"]["minimum_age"]
        assert list(here.eligible_tenders) == there["product"]["eligible_tenders"]
    broken = checked("211234500842")[:-1] + "0"
    assert [till.scan(code) for code in ("NOBODY", broken, "9999999999994", "")] == [None] * 4


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def test_what_was_scanned_offline_is_booked_as_that(counter: Counter, till: Till) -> None:
    basket = [
        till.scan(code) for code in ("036000291452", checked("2112345" + "00842"), checked("23" + "00480" + "12345"))
    ]
    lines = till.shelf.lines([item for item in basket if item], till.now())
    assert [line.get("deposit_of") for line in lines] == [None, 1, None, None]
    total = till.shelf.total(lines)
    assert total == Decimal("1.80") + Decimal("0.25") + Decimal("10.10") + Decimal("4.80")
    till.sell(lines, [{"tender": "cash", "amount": total}])
    assert till.sync().waiting == 0 and till.alarms() == []
    with use_shop(counter.cast.green):
        booked = list(SaleLine.objects.order_by("number").select_related("sale", "product"))
        assert [line.product.sku for line in booked] == ["COLA", "BOTTLE", "HAM", "HAM"]
        assert booked[0].sale.total == total and booked[0].sale.flags == []


def test_a_price_of_an_hour_begins_and_ends_by_itself(counter: Counter, till: Till) -> None:
    """Fetched days ahead: the till needs no network at the hour, and afterwards the price before is back."""
    noon = (timezone.now() + dt.timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    with use_shop(counter.cast.green):
        roll, here = Product.objects.get(sku="ROLL"), Branch.objects.order_by("pk")[0]
        other = Branch.objects.order_by("pk")[1]
        hours = {"starts_at": noon, "ends_at": noon + dt.timedelta(hours=2)}
        ShelfPrice.objects.create(product=roll, branch=here, price=Decimal("0.30"), **hours)
        ShelfPrice.objects.create(product=roll, branch=other, price=Decimal("0.10"), **hours)
    assert till.sync_shelf() >= 1
    second = dt.timedelta(seconds=1)
    for at, price in (
        (timezone.now(), "0.40"),
        (noon - second, "0.40"),
        (noon, "0.30"),
        (noon + dt.timedelta(hours=2) - second, "0.30"),
        (noon + dt.timedelta(hours=2), "0.40"),
    ):
        found = till.scan("ROLL", at)
        assert found and found.unit_price == Decimal(price), at


def test_changes_arrive_and_what_is_gone_is_gone(counter: Counter, till: Till) -> None:
    assert till.sync_shelf() == 0
    with use_shop(counter.cast.green):
        Product.objects.filter(sku="ROLL").update(price=Decimal("0.45"))
        Product.objects.filter(sku="HAM").update(is_active=False)
        Barcode.objects.filter(code="036000291452").delete()
    till.sync_shelf()
    roll = till.scan("ROLL")
    assert roll and roll.unit_price == Decimal("0.45")
    assert till.scan("HAM") is None and till.scan("036000291452") is None
    assert till.scan("COLA") is not None


def test_a_fetch_that_is_cut_goes_on_where_it_stopped(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves, "PAGE", 2)
    with use_shop(counter.cast.green):
        for _ in range(7):
            make_product()
        skus = set(Product.objects.values_list("sku", flat=True))
    proxy = counter.bad_line(lambda number: "cut_answer" if number % 2 else "")
    till = counter.till(url=proxy.url)
    for _ in range(12):
        till.sync_shelf()
    assert {sku for (sku,) in till.outbox.db.execute("select sku from product")} == skus
    assert proxy.calls["cut_answer"] >= 3


def test_a_shelf_that_begins_anew_forgets_the_old_one(counter: Counter, till: Till) -> None:
    """Enrolled elsewhere, or a cursor the shop does not know any more: nothing of the old copy stays."""
    till.outbox.db.execute("insert into product values (999999, 'GHOST', '', '{}')")
    with till.outbox.write():
        till.outbox.keep(cursor="none-of-ours")
    till.sync_shelf()
    with use_shop(counter.cast.green):
        skus = set(Product.objects.values_list("sku", flat=True))
    assert {sku for (sku,) in till.outbox.db.execute("select sku from product")} == skus
