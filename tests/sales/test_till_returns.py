"""Goods that come back: to the cent, in whatever order documents come, and never refused."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.models import Product, StockLevel
from sales import returns, services, till
from sales.models import InboxItem, Sale, SaleLine
from sales.money import cents
from sales.returns import SaleUnknown
from sales.till import BookingRefused
from shop.models import Branch
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.sales.tilling import CHOC, MILK, NOW, back, count, document, send, till_of

D = Decimal
GRAPES = {"name": "Grapes", "quantity": "0.337", "unit_price": "1.99", "tax_rate": "0.06"}


@pytest.fixture
def green(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.green


@pytest.fixture
def device(green: Any) -> Any:
    return till_of(green)


def test_three_for_four_come_back_one_by_one_for_exactly_four(device: Any) -> None:
    sale = document(CHOC | {"quantity": "3", "unit_price": "1.45", "discount": "0.35"}, epoch=1, seq=1)
    send(device, sale)
    worth = [returns.refundable(uuid.UUID(sale["id"])).lines[0].gives_back.gross]
    totals = [send(device, document(back(sale, 1, "-1")))[0].total]
    for _ in range(2):
        worth.append(returns.refundable(uuid.UUID(sale["id"])).lines[0].gives_back.gross)
        totals.append(send(device, document(back(sale, 1, "-1")))[0].total)
    assert totals == [D("-1.33"), D("-1.34"), D("-1.33")]
    assert [-each for each in worth] == totals
    left = returns.refundable(uuid.UUID(sale["id"])).lines[0]
    assert (left.left, left.returned, left.gives_back_all.gross) == (0, 3, 0)
    assert sum(SaleLine.objects.values_list("cost", flat=True)) == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_however_it_is_cut_all_that_comes_back_is_all_that_was_paid(data: st.DataObject) -> None:
    """Any lines, in any pieces, lines in any order: gross and tax of the pieces are the document's."""
    money = st.decimals("0.01", "99.99", places=2)
    rows = [
        SaleLine(pk=n, number=n, quantity=D(data.draw(st.integers(1, 7))), net=net, tax=tax, discount=D(0), cost=None)
        for n in range(1, data.draw(st.integers(1, 4)) + 1)
        for net, tax in [(data.draw(st.decimals("0.0001", "99.9999", places=4)), data.draw(money) / 7)]
    ]
    lines = returns._sold(rows)
    pieces = [(number, 1) for number, line in lines.items() for _ in range(int(line.row.quantity))]
    gross = tax = D(0)
    for number, quantity in data.draw(st.permutations(pieces)):
        worth = returns.share(lines[number], D(quantity))
        lines[number].returned += quantity
        gross, tax = gross + worth.net + worth.tax, tax + worth.tax
        assert cents(worth.tax) == worth.tax
    assert gross == cents(sum((row.net + row.tax for row in rows), D(0)))
    assert tax == cents(sum((row.tax for row in rows), D(0)))


def test_a_void_takes_back_exactly_what_was_booked(device: Any, green: Any) -> None:
    count(green, 10)
    sale = document(CHOC | {"discount": "0.11"}, GRAPES, GRAPES, payments=[{"tender": "cash", "amount": "6.03"}])
    send(device, sale)
    void = document(back(sale, 1, "-2"), back(sale, 2, "-0.337"), back(sale, 3, "-0.337"), kind="void")
    send(device, void)
    first, second = Sale.objects.order_by("id")
    assert (second.kind, second.total, second.refund_of) == ("void", -first.total, first)
    amounts = ("quantity", "discount", "net", "tax", "cost")
    for one, other in zip(first.lines.values_list(*amounts), second.lines.values_list(*amounts), strict=True):
        assert [None if each is None else -each for each in one] == list(other)
    assert StockLevel.objects.get(product__sku="CHOC").quantity == 10
    assert first.voided_at is None


def test_a_return_tells_nothing_but_the_line_and_gets_everything_from_it(device: Any) -> None:
    Product.objects.filter(sku="CHOC").update(price=9, cost=9)
    sale = document(CHOC | {"unit_price": "2.40"}, MILK)
    send(device, sale)
    Product.objects.filter(sku="CHOC").update(price=1, cost=1, name="New name")
    outcome = send(device, document(back(sale, 1, "-1", restock=False)))[0]
    line, was = SaleLine.objects.get(sale__uuid=outcome.id), SaleLine.objects.get(sale__uuid=sale["id"], number=1)
    assert (line.name, line.unit_price, line.tax_rate) == (was.name, was.unit_price, was.tax_rate)
    assert (line.net, line.tax, line.cost, line.restock) == (D("-2"), D("-0.4"), D("-9"), False)
    assert (str(line.returns_sale), line.returns_line) == (sale["id"], 1)


def test_an_exchange_is_one_document(device: Any) -> None:
    sale = document(CHOC)
    send(device, sale)
    outcome = send(device, document(back(sale, 1, "-1"), MILK, payments=[{"tender": "cash", "amount": "-0.95"}]))[0]
    assert (outcome.total, outcome.warnings) == (D("-0.95"), [])
    assert Sale.objects.get(uuid=outcome.id).kind == "exchange"


def test_an_empty_bottle_brought_back_in_a_sale_is_a_sale(device: Any) -> None:
    send(device, document(MILK, {"sku": "CHOC", "quantity": "-1", "unit_price": "0.25"}))
    assert (Sale.objects.get().kind, Sale.objects.get().total) == ("sale", D("1.20"))


def test_more_than_was_sold_is_booked_and_somebody_is_told(device: Any) -> None:
    sale = document(CHOC)
    send(device, sale)
    assert send(device, document(back(sale, 1, "-1")))[0].warnings == []
    too_much = send(device, document(back(sale, 1, "-2")))[0]
    assert (too_much.status, too_much.warnings, too_much.total) == ("created", ["over_refund"], D("-4.80"))
    assert InboxItem.objects.get(kind="over_refund").line_number == 1
    twice_in_one = document(MILK | {"quantity": "1"})
    send(device, twice_in_one)
    both = send(device, document(back(twice_in_one, 1, "-1"), back(twice_in_one, 1, "-1")))[0]
    assert both.warnings == ["over_refund"]
    no_such_line = send(device, document(back(sale, 9, "-1", sku="MILK", unit_price="1.45")))[0]
    assert no_such_line.warnings == ["over_refund"]


def test_a_sale_and_its_return_in_one_batch(device: Any) -> None:
    sale = document(CHOC)
    taken = document(back(sale, 1, "-2"))
    assert [outcome.status for outcome in send(device, sale, taken)] == ["created", "created"]
    assert Sale.objects.get(uuid=taken["id"]).refund_of.uuid == uuid.UUID(sale["id"])


def test_a_priced_return_before_its_sale_is_booked_and_linked_when_it_comes(device: Any) -> None:
    sale = document(CHOC)
    taken = document(back(sale, 1, "-1", sku="CHOC", unit_price="2.40"))
    assert send(device, taken)[0].warnings == ["pending_original"]
    assert Sale.objects.get().refund_of is None
    assert send(device, sale)[0].status == "created"
    assert Sale.objects.get(uuid=taken["id"]).refund_of.uuid == uuid.UUID(sale["id"])
    assert returns.refundable(uuid.UUID(sale["id"])).lines[0].left == 1


def test_a_return_without_prices_waits_for_its_sale_and_is_booked_by_itself(device: Any) -> None:
    sale = document(CHOC)
    taken = document(back(sale, 1, "-1"), epoch=1, seq=2)
    assert [outcome.status for outcome in send(device, taken, taken)] == ["parked", "parked"]
    item = InboxItem.objects.get()
    assert item.code == sale["id"]
    with pytest.raises(BookingRefused):
        till.book_parked(item, "alice")
    assert send(device, sale)[0].status == "created"
    booked = Sale.objects.get(uuid=taken["id"])
    assert (booked.total, booked.refund_of.uuid) == (D("-2.40"), uuid.UUID(sale["id"]))
    assert not InboxItem.objects.open().exists()
    assert send(device, taken)[0].status == "duplicate"


def test_the_sale_of_another_shop_is_no_original(cast: Cast) -> None:
    sale = document(CHOC)
    send(till_of(cast.rival), sale)
    with use_shop(cast.green):
        assert send(till_of(cast.green), document(back(sale, 1, "-1")))[0].status == "parked"
        with pytest.raises(SaleUnknown):
            returns.refundable(uuid.UUID(sale["id"]))
    send(till_of(cast.rival), document(MILK))
    with use_shop(cast.green):
        assert InboxItem.objects.open().count() == 1


def test_what_was_entered_by_hand_comes_back_at_the_till_and_the_other_way_round(device: Any) -> None:
    choc = services.Line(D(3), Product.objects.get(sku="CHOC"))
    place = Branch.objects.get(pk=device.branch_id)
    by_hand = services.record_sale(
        uuid=uuid.uuid4(), branch=place, lines=[choc, choc], sold_at=NOW, source="till", by="bob"
    )
    services.refund(
        uuid=uuid.uuid4(),
        sale=by_hand,
        sold_at=NOW,
        quantities={by_hand.lines.order_by("pk")[0].pk: D(1)},
        source="till",
        by="bob",
    )
    assert send(device, document(back({"id": str(by_hand.uuid)}, 1, "-2")))[0].warnings == []
    assert [line.left for line in returns.refundable(by_hand.uuid).lines] == [0, 3]


def test_tenders_are_what_was_paid_less_what_was_given_back(device: Any) -> None:
    paid = [{"tender": "card", "amount": "4.00"}, {"tender": "cash", "amount": "0.80"}]
    sale = document(CHOC, payments=paid)
    send(device, sale)
    send(device, document(back(sale, 1, "-1"), payments=[{"tender": "card", "amount": "-2.40"}]))
    assert returns.refundable(uuid.UUID(sale["id"])).tenders == {"card": D("1.60"), "cash": D("0.80")}


def test_a_deposit_is_listed_with_its_goods(device: Any) -> None:
    sale = document(CHOC, MILK | {"deposit_of": 1})
    send(device, sale)
    first, second = returns.refundable(uuid.UUID(sale["id"])).lines
    assert (first.deposits, first.deposit_of, second.deposits, second.deposit_of) == ([2], None, [], 1)
