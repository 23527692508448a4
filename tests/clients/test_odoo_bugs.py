"""Bugs that tills of a well-known system had in real shops, by the numbers of their reports: none of them is ours.

What each is about is told in its first line; the till here is the reference client, the shop a live server.
"""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from clients.python.aisle_till import Till
from clients.python.aisle_till import sender as sending
from sales.models import InboxItem, Payment, Sale, SaleLine
from shop.tenancy import use_shop
from tests.clients.conftest import Counter

MILK = {"sku": "MILK", "quantity": "1", "unit_price": "1.45"}
CASH = {"tender": "cash", "amount": "1.45"}


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "pause", lambda tries, answer: 0.01)


def books(counter: Counter) -> list[str]:
    with use_shop(counter.cast.green):
        return sorted(str(id) for id in Sale.objects.values_list("uuid", flat=True))


def test_odoo_40567_a_sale_whose_answer_was_lost_is_not_booked_again(counter: Counter) -> None:
    """The order was saved, the answer lost, and the till sent it as a new one."""
    proxy = counter.bad_line(lambda number: "lose_answer" if number < 4 else "")
    till = counter.till(url=proxy.url)
    sold = till.sell([MILK], [CASH])
    for _ in range(6):
        till.sync()
    assert till.waiting() == 0 and books(counter) == [sold.id]
    with use_shop(counter.cast.green):
        assert Payment.objects.get().amount == Decimal("1.45")


def test_odoo_42862_thirty_orders_sent_again_as_a_whole_stay_thirty(counter: Counter) -> None:
    """About thirty orders waited; the batch was cut in the middle, sent again, and all of them doubled."""
    proxy = counter.bad_line(lambda number: ("", "cut_answer", "cut_question", "lose_answer")[number % 4])
    till = counter.till(url=proxy.url)
    sold = [till.sell([MILK], [CASH]).id for _ in range(30)]
    for _ in range(8):
        till.sync()
    counter.connect(till, counter.url)
    till.outbox.db.execute("update item set state = 'waiting'")  # a till that forgot what it had sent
    assert till.sync().done == 30
    assert books(counter) == sorted(sold)


def test_odoo_108518_a_slow_answer_and_a_second_press_make_one_order(counter: Counter) -> None:
    """The line was slow, the till asked again while the first was still on its way, and two were booked."""
    till = counter.till()
    sold = till.sell([MILK], [CASH])
    body = till.outbox.next(1, 10_000)[0].body
    wire, begin = till.wire, threading.Barrier(6)
    said: list[Any] = []

    def press() -> None:
        begin.wait()
        said.append(wire.call("POST", "sales", body).status)
        connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [200] * 5 + [201]
    assert books(counter) == [sold.id]


def test_odoo_71455_a_duplicated_tab_loses_no_order(counter: Counter) -> None:
    """Two tabs of one till gave out the same receipt numbers, and the second one's orders went missing."""
    register = counter.register()
    first, second = counter.till(register), counter.till(register)
    with second.outbox.write():  # the tab was copied with its counter
        second.outbox.keep(epoch=first.outbox.fact("epoch"))
    sold = [first.sell([MILK], [CASH]).id for _ in range(3)]
    sold += [second.sell([{**MILK, "quantity": "2"}], [CASH, CASH]).id for _ in range(3)]
    with use_shop(counter.cast.green):
        assert first.sync().done == 3 and second.sync().done == 3
        assert books(counter) == sorted(sold)
        receipts = list(Sale.objects.values_list("receipt", flat=True))
        assert len(receipts) == 6 and len(set(receipts)) == 3  # the same numbers, and every sale is there
        assert InboxItem.objects.filter(kind=InboxItem.Kind.SEQ_REUSED).count() == 3
    assert any("old copy" in alarm.words for alarm in second.alarms())
    assert second.sell([MILK], [CASH]).epoch > first.outbox.fact("epoch")


def test_odoo_67731_other_lines_under_a_known_id_change_nothing_and_are_not_lost(counter: Counter) -> None:
    """An order came a second time with other lines, and took the place of the first."""
    till, other = counter.till(), counter.till(counter.register(name="Till 2"))
    sold = till.sell([MILK], [CASH])
    till.sync()
    other.sell([{"sku": "CHOC", "quantity": "9", "unit_price": "2.40"}], [], id=sold.id)
    assert other.sync().done == 1
    with use_shop(counter.cast.green):
        line = SaleLine.objects.get()
        assert (line.product.sku, line.quantity) == ("MILK", 1)
        item = InboxItem.objects.get()
        assert item.kind == InboxItem.Kind.CONFLICT and item.payload["lines"][0]["sku"] == "CHOC"


def test_odoo_258304_a_retry_that_meets_its_twin_is_answered_not_broken(counter: Counter) -> None:
    """A retry ran into the unique id of its twin, the call ended with an error, and the till was stuck for good."""
    register = counter.register()
    till = counter.till(register)
    sold = [till.sell([MILK], [CASH]).id for _ in range(20)]
    path, begin = till.outbox.path, threading.Barrier(4)
    ended: list[int] = []

    def send() -> None:
        mine = Till(path, timeout=10)
        items = mine.outbox.next(100, 900_000)
        begin.wait()
        body = b'{"sales":[' + b",".join(item.body for item in items) + b"]}"
        answer = mine.wire.call("POST", "sales:batch", body)
        ended.append(answer.status)
        assert {result["status"] for result in answer.body["results"]} <= {"created", "duplicate"}
        mine.close()
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == [200] * 4
    assert books(counter) == sorted(sold)
    assert till.sync().done == 20 and till.alarms() == []
