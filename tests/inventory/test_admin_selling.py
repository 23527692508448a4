"""Prices for a branch or a time, and barcode rules, by hand in the shop's own time."""

import datetime as dt
from typing import Any

import pytest

from inventory.models import BarcodeRule, Product, ShelfPrice
from shop import mount
from shop.models import Change
from shop.tenancy import use_shop
from tests.factories import Cast, make_product

pytestmark = pytest.mark.django_db


def url(name: str, *args: object) -> str:
    return mount.shop_url("green", f"admin:inventory_{name}", *args)


def price_of(cast: Cast, **fields: str) -> Any:
    with use_shop(cast.green):
        milk = Product.objects.get(sku="MILK")
    return cast.client().post(url("shelfprice_add"), {"product": milk.pk, "price": "0.99", **fields})


def test_a_price_begins_at_the_shops_hour(cast: Cast) -> None:
    cast.green.zone = "Europe/Lisbon"
    cast.green.save()
    answer = price_of(cast, starts_at="2026-07-03T18:00", ends_at="2026-12-03T20:00", reason="Evening")
    assert answer.status_code == 302
    with use_shop(cast.green):
        price = ShelfPrice.objects.get()
        assert Change.objects.filter(table="inventory_shelfprice").get().actor == "alice@shops.example"
    assert price.starts_at == dt.datetime(2026, 7, 3, 17, tzinfo=dt.UTC)
    assert price.ends_at == dt.datetime(2026, 12, 3, 20, tzinfo=dt.UTC)
    assert 'value="2026-07-03T18:00"' in cast.client().get(url("shelfprice_change", price.pk)).content.decode()


@pytest.mark.parametrize("hour", ["2026-03-29T01:30", "2026-10-25T01:30"])
def test_an_hour_the_clocks_skip_or_show_twice_is_refused(cast: Cast, hour: str) -> None:
    cast.green.zone = "Europe/Lisbon"
    cast.green.save()
    answer = price_of(cast, starts_at=hour)
    assert answer.status_code == 200
    assert "it may be ambiguous or it may not exist" in answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"price": "-1"}, "A price cannot be below 0."),
        ({"starts_at": "2026-03-01T10:00", "ends_at": "2026-03-01T09:00"}, "A price must end after it starts."),
        ({"starts_at": "0001-01-01T00:00"}, "Look at the year."),
        ({"ends_at": "9999-12-31T23:59"}, "Look at the year."),
    ],
)
def test_what_no_price_can_be_is_a_sentence(cast: Cast, fields: dict[str, str], sentence: str) -> None:
    assert sentence in price_of(cast, **fields).content.decode()


def test_the_list_shows_what_holds_now_later_and_no_more(cast: Cast) -> None:
    with use_shop(cast.green):
        milk = Product.objects.get(sku="MILK")
        now = dt.datetime.now(dt.UTC)
        hour = dt.timedelta(hours=1)
        for reason, start, end in (("Holds", -1, 1), ("Comes", 1, 2), ("Over", -2, -1)):
            window = {"starts_at": now + start * hour, "ends_at": now + end * hour}
            ShelfPrice.objects.create(product=milk, price=1, reason=reason, **window)
    for which, reason in (("now", "Holds"), ("coming", "Comes"), ("past", "Over")):
        page = cast.client().get(url("shelfprice_changelist"), {"holds": which}).content.decode()
        assert [word for word in ("Holds", "Comes", "Over") if f">{word}<" in page] == [reason]


def rule_of(cast: Cast, pattern: str, **fields: str) -> Any:
    data = {"name": "Scale", "pattern": pattern, "holds": "weight", "decimals": "3", "is_active": "on", **fields}
    return cast.client().post(url("barcoderule_add"), data)


def test_a_rule_shows_how_it_reads_a_code(cast: Cast) -> None:
    assert rule_of(cast, "21IIIIIVVVVVC").status_code == 302
    page = cast.client().get(url("barcoderule_changelist")).content.decode()
    assert "2112345012346: goods 12345, weight in kg 1.234" in page
    assert "Such as 21IIIIIVVVVVC" in cast.client().get(url("barcoderule_add")).content.decode()


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("21VVVVVVVVVVC", "Say with I which digits are the goods"),
        ("21IIIIICVVVVV", "The check digit C can only be the last one"),
        ("IIIIIVVVVV", "Begin with a digit"),
        ("21IIIII VVVV", "Begin with a digit"),
    ],
)
def test_a_rule_that_cannot_be_is_a_sentence(cast: Cast, pattern: str, sentence: str) -> None:
    assert sentence in rule_of(cast, pattern).content.decode()
    with use_shop(cast.green):
        assert not BarcodeRule.objects.exists()


@pytest.mark.parametrize("pattern", ["2II", "99IIIII", "2IIIIIXVVVVC", "2123" + "I" * 20, "21IVVVVVVVVVVVVVC"])
def test_the_example_of_any_rule_can_be_made(cast: Cast, pattern: str) -> None:
    rule_of(cast, pattern)
    assert cast.client().get(url("barcoderule_changelist")).status_code == 200


def product_post(sku: str, **fields: Any) -> dict[str, Any]:
    empty = {
        f"{prefix}-{name}": "0" for prefix in ("barcodes", "price_changes") for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    return {"sku": sku, "name": sku, "unit": "piece", "price": "1.00", "is_active": "on", **empty, **fields}


def test_a_product_has_a_deposit_an_age_and_vouchers(cast: Cast) -> None:
    with use_shop(cast.green):
        bottle = make_product(sku="BOTTLE", price="0.25")
    data = product_post("BEER", deposit=bottle.pk, minimum_age="18", eligible_tenders="meal_voucher, eco_voucher")
    assert cast.client().post(url("product_add"), data).status_code == 302
    with use_shop(cast.green):
        beer = Product.objects.get(sku="BEER")
    assert (beer.deposit_id, beer.minimum_age) == (bottle.pk, 18)
    assert beer.eligible_tenders == ["meal_voucher", "eco_voucher"]


def test_a_deposit_has_no_deposit_of_its_own(cast: Cast) -> None:
    with use_shop(cast.green):
        crate = make_product(sku="CRATE")
        bottle = make_product(sku="BOTTLE", deposit=crate)
    page = cast.client().post(url("product_add"), product_post("BEER", deposit=bottle.pk)).content.decode()
    assert "one without a deposit of its own" in page
    page = cast.client().post(url("product_change", crate.pk), product_post("CRATE", deposit=crate.pk)).content.decode()
    assert "one without a deposit of its own" in page


def test_the_history_says_vouchers_as_words(cast: Cast) -> None:
    with use_shop(cast.green):
        milk = Product.objects.get(sku="MILK")
        Product.objects.filter(pk=milk.pk).update(eligible_tenders=["meal_voucher", "eco_voucher"])
    page = cast.client().get(url("product_history", milk.pk)).content.decode()
    assert "meal_voucher, eco_voucher" in page and "[]" not in page
