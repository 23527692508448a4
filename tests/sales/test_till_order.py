"""The order in which things are told changes nothing: the books and the stock are those of what happened.

Sales and returns come shuffled, in batches of any size, repeated, some with other content under a known id, with counts
of the shelf in between. What is there in the end is what is there when each is told once, in the order it happened.
"""

import datetime as dt
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from inventory import services as inventory
from inventory.models import Product, StockLevel, StockMovement
from sales.models import InboxItem, Sale, SaleLine
from shop.models import Branch
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.sales.tilling import NOW, back, count, document, send, till_of

SKUS = ("MILK", "CHOC", "APPLE")
HOURS = st.integers(-40, -1)


class Rehearsal(Exception):
    """Ends an example: nothing of it stays."""


def hour(number: int) -> dt.datetime:
    return NOW + dt.timedelta(hours=number, minutes=30)


@st.composite
def happenings(draw: st.DrawFn) -> list[tuple[int, Any]]:
    """Sales, returns of some of them, and counts: what happened at which hour."""
    line = st.builds(
        lambda sku, quantity, price: {"sku": sku, "quantity": str(quantity), "unit_price": str(price)},
        st.sampled_from(SKUS),
        st.integers(1, 4),
        st.decimals("0.01", "9.99", places=2),
    )
    found: list[tuple[int, Any]] = []
    for seq, (at, lines) in enumerate(
        draw(st.lists(st.tuples(HOURS, st.lists(line, min_size=1, max_size=4)), min_size=2, max_size=6))
    ):
        sale = document(*lines, sold_at=hour(at).isoformat(), epoch=1, seq=seq + 1)
        found.append((at, sale))
        if draw(st.booleans()):
            told = lines[0] if draw(st.booleans()) else {}
            taken = back(
                sale, 1, f"-{lines[0]['quantity']}", **{key: told[key] for key in ("sku", "unit_price") if told}
            )
            found.append((at + 1, document(taken, sold_at=hour(at + 1).isoformat(), epoch=1, seq=seq + 100)))
    counts = st.tuples(HOURS, st.fixed_dictionaries({sku: st.integers(0, 50) for sku in SKUS}))
    return found + draw(st.lists(counts, max_size=3, unique_by=lambda each: each[0]))


def tell(happened: list[tuple[int, Any]], device: Any) -> list[str]:
    """Tell these in this order, neighbouring documents as one batch; what was said of each document."""
    said: list[str] = []
    waiting: list[Any] = []
    for at, what in [*happened, (0, None)]:
        if what and "lines" in what:
            waiting.append(what)
            continue
        said += [outcome.status for outcome in send(device, *waiting)] if waiting else []
        waiting = []
        if what:
            products = dict(Product.objects.values_list("sku", "pk"))
            counted = {products[sku]: Decimal(quantity) for sku, quantity in what.items()}
            place = Branch.objects.get(pk=device.branch_id)
            # Between two whole hours, so that no sale is of the same moment.
            inventory.count_stock(
                branch=place, counted=counted, by="alice", at=hour(at) + dt.timedelta(minutes=7), source=f"count:{at}"
            )
    return said


def books() -> tuple[Any, ...]:
    """All that must not depend on the order: documents with their lines, and levels, which are their ledger."""
    sales = Sale.objects.order_by("uuid").values_list(
        "uuid", "kind", "total", "business_date", "refund_of__uuid", "seq"
    )
    lines = SaleLine.objects.order_by("sale__uuid", "number")
    levels = dict(StockLevel.objects.values_list("product__sku", "quantity"))
    ledger = dict(StockMovement.objects.order_by().values_list("product__sku").annotate(sum=Sum("quantity")))
    assert levels == ledger
    return list(sales), list(lines.values_list("number", "product", "quantity", "net", "tax")), levels


def rehearse(happened: list[tuple[int, Any]], device: Any) -> tuple[list[str], tuple[Any, ...], Counter[str]]:
    try:
        with transaction.atomic():
            said, found = tell(happened, device), books()
            waiting = Counter(InboxItem.objects.open().values_list("kind", flat=True))
            raise Rehearsal
    except Rehearsal:
        return said, found, waiting


@pytest.fixture
def device(cast: Cast) -> Any:
    with use_shop(cast.green):
        count(cast.green, 30, at=NOW - dt.timedelta(days=3))
        yield till_of(cast.green)


@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(happened=happenings(), data=st.data())
def test_any_order_any_repeat_the_same_books_and_stock(device: Any, happened: list[tuple[int, Any]], data: Any) -> None:
    in_order = sorted(happened, key=lambda each: each[0])
    _, expected, _ = rehearse(in_order, device)
    documents = [each for each in happened if "lines" in each[1]]
    repeats = data.draw(st.lists(st.sampled_from(documents), max_size=4))
    shuffled = data.draw(st.permutations(happened + repeats))
    altered = [
        (at, what | {"cashier": "Somebody else"})
        for at, what in data.draw(st.lists(st.sampled_from(documents), max_size=2))
    ]
    said, found, waiting = rehearse([*shuffled, *altered], device)
    assert found == expected
    assert Counter(said)["created"] + Counter(said)["parked"] >= len(documents)
    assert waiting["conflict"] == len({what["id"] for _, what in altered})
    assert waiting["parked"] == 0
