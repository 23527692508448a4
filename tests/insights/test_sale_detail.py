"""One receipt, as the till told it."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest

from customers.models import Customer
from inventory.models import Product
from sales.models import Sale
from sales.services import Line, Paid, record_sale, refund, void_sale
from shop.models import Branch, Register
from shop.roles import CAPABILITIES, Can, Role
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.insights.tills import YESTERDAY, sell

BY = "alice@shops.example"


def ring_up(cast: Cast) -> Sale:
    with use_shop(cast.green):
        return record_sale(
            uuid=uuid.uuid4(),
            branch=Branch.objects.order_by("pk").first(),
            register=Register.objects.first(),
            customer=Customer.objects.first(),
            cashier="Sam",
            receipt="A-17",
            lines=[
                Line(product=Product.objects.get(sku="MILK"), quantity=Decimal(2)),
                Line(product=Product.objects.get(sku="CHOC"), quantity=Decimal(1), discount=Decimal("0.40")),
                Line(quantity=Decimal("0.842"), unit_price=Decimal("2.00"), name="Loose grapes"),
            ],
            payments=[Paid("Card", Decimal("5.00")), Paid("Cash", Decimal("1.58"))],
            sold_at=dt.datetime.combine(YESTERDAY, dt.time(18, 4), dt.UTC),
            source="api",
            by=BY,
        )


def get(cast: Cast, sale: Sale, **more: Any) -> str:
    response = cast.client(**more).get(f"/s/green/sales/receipts/{sale.pk}/")
    assert response.status_code == 200
    return str(response.content.decode())


def test_everything_on_the_receipt(morning: Cast) -> None:
    html = get(morning, ring_up(morning))
    for words in ("Receipt A-17", "Thu 19 Mar 18:04", "Till 1", "Sam", "Loose grapes", "0.842", "€0.40", "€6.58"):
        assert words in html, words
    assert "Paid by card" in html and "€5.00" in html and "€1.58" in html
    assert "No known product" in html


def test_the_customer_is_named_only_to_those_who_may_know(morning: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    sale = ring_up(morning)
    assert "Green Grocer regular" in get(morning, sale)
    monkeypatch.setitem(CAPABILITIES, Role.OWNER, CAPABILITIES[Role.OWNER] - {Can.SEE_CUSTOMERS})
    html = get(morning, sale)
    assert "Green Grocer regular" not in html and "A known customer" in html


def test_a_refund_and_its_sale_lead_to_each_other(morning: Cast) -> None:
    sale = ring_up(morning)
    with use_shop(morning.green):
        back = refund(uuid=uuid.uuid4(), sale=sale, sold_at=sale.sold_at, source="api", by=BY)
    assert f"/sales/receipts/{back.pk}/" in get(morning, sale)
    html = get(morning, back)
    assert "Given back" in html and f"/sales/receipts/{sale.pk}/" in html and "−€6.58" in html


def test_a_voided_receipt_says_so(morning: Cast) -> None:
    sale = ring_up(morning)
    with use_shop(morning.green):
        void_sale(sale=sale, by=BY)
    assert "taken out of the figures" in get(morning, sale)


def test_a_day_summary_has_no_time(morning: Cast) -> None:
    html = get(morning, sell(morning.green, YESTERDAY, kind="summary"))
    assert "Day summary" in html and "from a till that reports totals only" in html


def test_a_foreign_receipt_is_one_that_is_not(morning: Cast) -> None:
    theirs = sell(morning.rival, YESTERDAY)
    foreign, unknown = (morning.client().get(f"/s/green/sales/receipts/{pk}/") for pk in (theirs.pk, 987654321))
    assert foreign.status_code == unknown.status_code == 404


def test_queries_do_not_grow_with_lines(morning: Cast, queries: Any) -> None:
    small, large = sell(morning.green, YESTERDAY), ring_up(morning)
    client = morning.client()
    few = queries(client, f"/s/green/sales/receipts/{small.pk}/")
    assert queries(client, f"/s/green/sales/receipts/{large.pk}/") == few
