"""Sending sales through the till API: what is answered, and what is in the books then."""

import uuid
from decimal import Decimal
from typing import Any

import pytest

from inventory import services as inventory
from inventory.models import Product, StockLevel, StockMovement
from sales.models import DirtyDay, InboxItem, Payment, Sale, SaleLine
from shop.models import Branch
from shop.tenancy import use_shop
from tests.factories import Cast, make_till, till_client


@pytest.fixture
def green(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.green


@pytest.fixture
def client(green: Any) -> Any:
    return till_client(make_till(green)[1])


def told(**more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "sold_at": "2026-11-20T12:00:00+00:00",
        "receipt": "R1",
        "epoch": 1,
        "seq": 1,
        "total": "4.80",
        "lines": [{"sku": "CHOC", "quantity": "2", "unit_price": "2.40"}],
        "payments": [{"tender": "cash", "amount": "4.80"}],
    } | more


def send(client: Any, document: Any, **headers: str) -> Any:
    return client.post("/api/v1/sales", document, content_type="application/json", headers=headers)


def test_a_sale_is_booked_whole_and_once(green: Any, client: Any) -> None:
    high_street = Branch.objects.order_by("id")[0]
    choc = Product.objects.get(sku="CHOC")
    inventory.count_stock(branch=high_street, counted={choc.pk: Decimal(10)}, by="alice")
    document = told(sold_at="2090-01-01T00:00:00Z")
    first = send(client, document)
    assert first.status_code == 201, first.content
    again = send(client, document)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert again.json() == first.json()
    sale, line = Sale.objects.get(), SaleLine.objects.get()
    assert (line.net, line.tax, line.cost, line.name) == (Decimal(4), Decimal("0.8"), Decimal("2.4"), choc.name)
    assert (sale.total, sale.source, sale.kind, sale.flags) == (Decimal("4.80"), "api", "sale", ["clock_odd"])
    assert (Payment.objects.get().amount, DirtyDay.objects.count()) == (Decimal("4.80"), 1)
    assert StockLevel.objects.get().quantity == Decimal(8)
    assert StockMovement.objects.get(kind="sale").source == f"sale:{document['id']}:1"
    assert InboxItem.objects.get().kind == "clock"
