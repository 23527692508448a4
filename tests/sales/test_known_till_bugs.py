"""Bugs that tills are known for, each as it was reported against Odoo's, and that none of them is ours.

Their numbers are those of github.com/odoo/odoo. A till here is what its own program makes of it: the tests send what
such a till sends.
"""

import uuid
from collections import Counter

from sales.models import InboxItem, Payment, Sale, SaleLine
from shop.tenancy import use_shop
from tests.factories import Cast, make_till, till_client
from tests.sales.tilling import CHOC, MILK, document, send, till_of, together


def post(client: object, path: str, body: object) -> object:
    return client.post(f"/api/v1/{path}", body, content_type="application/json")  # type: ignore[attr-defined]


def test_40567_an_order_whose_answer_was_lost_is_there_once(cast: Cast) -> None:
    """The answer never came, so the till sent the order again, and it was there twice."""
    client = till_client(make_till(cast.green)[1])
    order = document(payments=[{"tender": "cash", "amount": "4.80"}])
    post(client, "sales", order)  # the line drops here
    answers = [post(client, "sales", order) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3  # type: ignore[attr-defined]
    with use_shop(cast.green):
        assert (Sale.objects.count(), SaleLine.objects.count(), Payment.objects.count()) == (1, 1, 1)


def test_42862_thirty_orders_synced_again_after_a_timeout_are_there_once(committed_cast: Cast) -> None:
    """The queue of an afternoon timed out in the middle and was sent as a whole again, while the first still ran."""
    device = till_of(committed_cast.green)
    queue = [document(CHOC, MILK, epoch=1, seq=number) for number in range(1, 31)]
    said = together([lambda: [outcome.status for outcome in send(device, *queue)] for _ in range(2)])
    assert Counter(said[0] + said[1]) == {"created": 30, "duplicate": 30}
    with use_shop(committed_cast.green):
        assert (Sale.objects.count(), SaleLine.objects.count()) == (30, 60)


def test_108518_a_till_started_again_sends_its_saved_orders_without_doubling_them(cast: Cast) -> None:
    """What the till had kept on its disk is sent after a restart, some of it known already, in another order."""
    device = till_of(cast.green)
    kept = [document(epoch=1, seq=number) for number in range(1, 6)]
    send(device, *kept[:3])
    again = send(device, *reversed(kept))
    assert [outcome.status for outcome in again] == ["created", "created", "duplicate", "duplicate", "duplicate"]
    with use_shop(cast.green):
        assert Sale.objects.count() == 5


def test_71455_a_duplicated_tab_that_uses_the_same_receipt_numbers_loses_no_order(cast: Cast) -> None:
    """Two tabs of one session gave the same numbers; the second's orders went missing, taken for the first's."""
    device = till_of(cast.green)
    first = [document(CHOC, epoch=1, seq=number, receipt=f"0001-{number}") for number in (1, 2, 3)]
    second = [document(MILK, epoch=1, seq=number, receipt=f"0001-{number}") for number in (1, 2, 3)]
    assert [outcome.status for outcome in send(device, *first, *second)] == ["created"] * 6
    with use_shop(cast.green):
        assert Sale.objects.filter(receipt="0001-2").count() == 2
        assert Sale.objects.filter(flags__contains=["seq_reused"]).count() == 3
        assert InboxItem.objects.open().filter(kind="seq_reused").count() == 3


def test_71455_the_same_order_from_both_tabs_is_set_aside_not_doubled(cast: Cast) -> None:
    device = till_of(cast.green)
    order = document(epoch=1, seq=7)
    assert send(device, order)[0].status == "created"
    copy = order | {"id": str(uuid.uuid4())}
    assert [outcome.status for outcome in send(device, copy, copy)] == ["parked", "parked"]
    with use_shop(cast.green):
        assert Sale.objects.count() == 1
        assert InboxItem.objects.get().told_id == copy["id"]


def test_67731_a_known_id_with_other_lines_changes_nothing_and_is_kept(cast: Cast) -> None:
    """An order that was sent came again with other lines, and they were added to what had been paid."""
    client = till_client(make_till(cast.green)[1])
    order = document(CHOC)
    post(client, "sales", order)
    more = order | {"lines": [CHOC, MILK]}
    answers = [post(client, "sales", more) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [409, 409]  # type: ignore[attr-defined]
    assert answers[0].json()["type"] == "/problems/sale-id-reused"  # type: ignore[attr-defined]
    with use_shop(cast.green):
        assert SaleLine.objects.get().product.sku == "CHOC"
        item = InboxItem.objects.get()
        assert (item.kind, len(item.payload["lines"]), item.sale) == ("conflict", 2, Sale.objects.get())


def test_258304_a_repeat_that_meets_the_first_at_the_unique_key_is_an_answer_not_a_crash(committed_cast: Cast) -> None:
    """The repeat came while the first was being written; the unique key refused it, and the till saw an error."""
    clients = [till_client(key) for key in [make_till(committed_cast.green)[1]] for _ in range(4)]
    for _ in range(5):
        order = document()
        answers = together([lambda client=client, order=order: post(client, "sales", order) for client in clients])
        assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 3}
        assert len({answer.content for answer in answers}) == 1
    with use_shop(committed_cast.green):
        assert Sale.objects.count() == 5
