"""Prices approved with an end are promotions to everybody who reads those: the forecast, the price analysis, pages."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from inventory import price_batches
from inventory.models import PriceBatch, Product
from sales.models import Promotion
from shop.models import Branch, Shop
from shop.tenancy import use_shop
from tests.factories import Cast, make_product

BY = "alice@shops.example"
NOON = dt.datetime.now(dt.UTC).replace(hour=11, minute=0, second=0, microsecond=0)
DAY = dt.timedelta(days=1)


@pytest.fixture
def green(cast: Cast) -> Iterator[Shop]:
    with use_shop(cast.green), time_machine.travel(NOON, tick=False):
        yield cast.green


def offer(prices: dict[Product, str], *, starts_at: dt.datetime | None = None, **plan: Any) -> PriceBatch:
    batch = price_batches.draft_batch(name="Week of bread", by=BY, ends_at=NOON + 7 * DAY, starts_at=starts_at, **plan)
    price_batches.put(batch=batch.pk, prices={one.pk: Decimal(price) for one, price in prices.items()}, by=BY)
    return price_batches.approve(batch=batch.pk, by=BY)


def rows() -> list[tuple[Any, ...]]:
    return list(
        Promotion.objects.order_by("pk").values_list("product__name", "price", "share_off", "first_date", "last_date")
    )


def test_what_becomes_cheaper_for_a_while_is_a_promotion(cast: Cast, green: Shop) -> None:
    bread, cake = make_product(name="Bread", price="2.00"), make_product(name="Cake", price="3.00")
    high = Branch.objects.get(name="High Street")
    batch = offer({bread: "1.50", cake: "3.20"}, branch=high)
    today = green.business_date(NOON)
    wanted = [("Bread", Decimal("1.5"), Decimal("0.25"), today, green.business_date(NOON + 7 * DAY))]
    assert rows() == wanted
    assert Promotion.objects.get().branch == high
    price_batches.approve(batch=batch.pk, by=BY)
    assert rows() == wanted, "approving twice is approving once"
    with use_shop(cast.rival):
        assert not Promotion.objects.exists()


def test_taken_back_it_ends_today_or_was_never_there(green: Shop) -> None:
    bread = make_product(name="Bread", price="2.00")
    coming = offer({bread: "1.50"}, starts_at=NOON + 2 * DAY)
    assert rows()
    price_batches.undo(batch=coming.pk, by=BY)
    assert not rows()
    begun = offer({bread: "1.50"})
    price_batches.undo(batch=begun.pk, by=BY)
    again = offer({bread: "1.40"})
    price_batches.undo(batch=again.pk, by=BY)
    price_batches.undo(batch=again.pk, by=BY)
    [(_, price, _, first, last)] = rows()
    assert (price, first, last) == (Decimal("1.5"), green.business_date(NOON), green.business_date(NOON))


def test_a_price_for_good_is_none_and_a_promotion_on_record_stays(green: Shop) -> None:
    bread = make_product(name="Bread", price="2.00")
    first, last = green.business_date(NOON), green.business_date(NOON + 7 * DAY)
    Promotion.objects.create(name="Leaflet", product=bread, first_date=first, last_date=last)
    price_batches.undo(batch=offer({bread: "1.50"}).pk, by=BY)
    assert list(Promotion.objects.values_list("name", "last_date")) == [("Leaflet", last)]
    batch = price_batches.draft_batch(name="For good", by=BY)
    price_batches.put(batch=batch.pk, prices={bread.pk: Decimal("1.80")}, by=BY)
    price_batches.approve(batch=batch.pk, by=BY)
    assert Promotion.objects.count() == 1
