"""Shifts: told by tills in any order and more than once, closed with a count, kept in Z reports that never change."""

import itertools
import threading
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from sales import shift_reports
from sales.models import CashMovement, InboxItem, Sale, Shift, ShiftCount, ZReport
from sales.shifts import (
    Closing,
    Moving,
    Opening,
    ShiftConflict,
    ShiftOpen,
    ShiftRefused,
    ShiftUnknown,
    Told,
    close_shift,
    find_shift,
    move_cash,
    open_shift,
)
from shop.models import Register
from shop.periods import Period
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.sales.till_day import at, ids, sell, sell_many


@pytest.fixture
def till(cast: Cast) -> Iterator[Register]:
    with use_shop(cast.green):
        yield Register.objects.select_related("branch__shop").get()


def opened(till: Register, key: uuid.UUID | None = None, *, hours: float = 8, **told: Any) -> Told:
    about = {"cashier": "Sam", "opening_float": Decimal("100.00"), "opened_at": at(hours)} | told
    return open_shift(uuid=key or uuid.uuid4(), register=till, told=Opening(**about))


def closed(till: Register, key: uuid.UUID, cash: str = "100.00", *, hours: float = 1, **told: Any) -> Told:
    about = {"counted": {"cash": Decimal(cash)}, "cashier": "Sam", "closed_at": at(hours)} | told
    return close_shift(uuid=key, register=till, told=Closing(**about))


def moved(till: Register, key: uuid.UUID, kind: str, amount: str, own: uuid.UUID | None = None) -> Any:
    told = Moving(kind=kind, amount=Decimal(amount), reason="Window cleaner", cashier="Sam", moved_at=at(3))
    return move_cash(uuid=own or uuid.uuid4(), shift=key, register=till, told=told)


def tender(body: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in body["tenders"] if row["tender"] == name)


def test_a_day_at_the_till(till: Register) -> None:
    key = opened(till).shift.uuid
    sell(till, gross="24.00", shift_key=key, receipt="R1", cashier="Sam", discount="1.50")
    sell(till, gross="10.00", rate="0", tender="Card", shift_key=key, receipt="R2", cashier="Ana")
    sell(till, gross="-6.00", shift_key=key, receipt="R3")
    for kind, amount in (("paid_in", "20.00"), ("paid_out", "15.00"), ("drop", "50.00")):
        moved(till, key, kind, amount)
    z = closed(till, key, counted={"cash": Decimal("72.50"), "CARD": Decimal("10.00")}, sales=3).z
    assert z is not None and z.number == 1
    body = z.body
    assert tender(body, "cash") == {
        "tender": "cash", "takings": "18.00", "given_back": "6.00", "expected": "73.00", "counted": "72.50",
        "over_short": "-0.50",
    }  # fmt: skip
    assert tender(body, "card")["over_short"] == "0.00" and body["over_short"] == "-0.50"
    assert (body["net"], body["tax"], body["gross"], body["discounts"]) == ("25.00", "3.00", "28.00", "1.50")
    assert body["taxes"] == [
        {"rate": "0", "net": "10.00", "tax": "0.00"},
        {"rate": "0.2", "net": "15.00", "tax": "3.00"},
    ]
    assert body["refunds"] == {"count": 1, "amount": "-6.00"} and (body["documents"], body["baskets"]) == (3, 2)
    assert (body["first_receipt"], body["last_receipt"], body["cashiers"]) == ("R1", "R3", ["Ana", "Sam"])
    assert body["cash"] == {
        "float": "100.00", "paid_in": "20.00", "paid_out": "15.00", "drops": "50.00", "over_short": "-0.50",
    }  # fmt: skip
    assert len(body["movements"]) == 3 and body["reconciliation"]["reconciled"] is True and body["difference"] == "0.00"


def test_exchanges_voids_rounding_and_deposits(till: Register) -> None:
    key = opened(till).shift.uuid
    sell(till, gross="12.00", shift_key=key)
    sell(till, gross="3.00", kind="exchange", shift_key=key)
    sell(till, gross="-12.00", kind="void", shift_key=key)
    sell(till, gross="0.25", rate=None, deposit_of=1, shift_key=key)
    sell(till, gross="1.02", rate="0", rounding=Decimal("-0.02"), paid="1.00", shift_key=key)
    body = shift_reports.x_report(find_shift(key, till.pk), blind=False)
    assert (body["exchanges"]["count"], body["voids"]["count"], body["baskets"]) == (1, 1, 3)
    assert (body["deposits"], body["rounding"], body["difference"]) == ("0.25", "-0.02", "0.00")
    assert body["taxes"][-1] == {"rate": None, "net": "0.25", "tax": "0.00"}
    assert tender(body, "cash")["expected"] == "104.25"


def test_amounts_that_do_not_add_up_are_named_and_nothing_is_put_right(till: Register) -> None:
    key = opened(till).shift.uuid
    sell(till, gross="12.00", paid="10.00", shift_key=key)
    body = shift_reports.x_report(find_shift(key, till.pk), blind=False)
    assert (body["gross"], body["difference"], tender(body, "cash")["expected"]) == ("12.00", "-2.00", "110.00")


def test_telling_again_changes_nothing(till: Register) -> None:
    key, own = ids(2)
    first = opened(till, key)
    assert not first.repeated and opened(till, key).repeated
    assert moved(till, key, "drop", "5.00", own)[1] is False and moved(till, key, "drop", "5.00", own)[1] is True
    done = closed(till, key, "95.00")
    again = closed(till, key, "95.0")
    assert again.repeated and again.z == done.z and opened(till, key).repeated
    assert (Shift.objects.count(), CashMovement.objects.count(), ZReport.objects.count()) == (1, 1, 1)
    assert ShiftCount.objects.count() == 1


def test_the_same_id_with_other_content_is_refused(till: Register) -> None:
    key, own = ids(2)
    opened(till, key)
    with pytest.raises(ShiftConflict):
        opened(till, key, cashier="Eve")
    moved(till, key, "drop", "5.00", own)
    with pytest.raises(ShiftConflict):
        moved(till, key, "drop", "6.00", own)
    closed(till, key, "95.00")
    with pytest.raises(ShiftConflict):
        closed(till, key, "96.00")
    assert ShiftConflict.status == 409 and ShiftCount.objects.get().amount == 95


def test_another_tills_shift_is_not_touched(till: Register) -> None:
    key = opened(till).shift.uuid
    other = Register.objects.create(branch=till.branch, name="Till 2")
    for act in (lambda: opened(other, key), lambda: closed(other, key), lambda: moved(other, key, "drop", "1.00")):
        with pytest.raises(ShiftConflict):
            act()
    with pytest.raises(ShiftUnknown):
        find_shift(key, other.pk)
    assert Shift.objects.get().closed_at is None


def test_a_second_opening_ends_the_first_uncounted_and_its_close_fills_it_in(till: Register) -> None:
    one, two = ids(2)
    opened(till, one, hours=20)
    opened(till, two, hours=10)
    first, second = find_shift(one, till.pk), find_shift(two, till.pk)
    assert (first.closed_at, second.closed_at) == (at(10), None)
    assert list(shift_reports.uncounted()) == [first] and not ZReport.objects.exists()
    sell(till, shift_key=one, when=at(12))
    z = closed(till, one, "112.00", hours=10.5).z
    assert z and z.body["over_short"] == "0.00" and find_shift(one, till.pk).closed_at == at(10.5)
    assert not shift_reports.uncounted().exists() and Shift.objects.open().get() == second


def test_a_person_is_told_to_close_the_open_one_first(till: Register) -> None:
    opened(till)
    with pytest.raises(ShiftOpen, match="Close it first"):
        open_shift(uuid=uuid.uuid4(), register=till, told=Opening(cashier="Ana"), alone=True)
    assert Shift.objects.count() == 1


STEPS = ("open one", "close one", "drop", "sell", "open two", "close two")


@pytest.mark.parametrize("order", list(itertools.permutations(STEPS))[::17])
def test_any_order_comes_to_the_same(till: Register, order: tuple[str, ...]) -> None:
    one, two, own = uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)
    acts = {
        "open one": lambda: opened(till, one, hours=20),
        "close one": lambda: closed(till, one, "107.00", hours=11),
        "drop": lambda: moved(till, one, "drop", "5.00", own),
        "sell": lambda: sell(till, shift_key=one, when=at(15)),
        "open two": lambda: opened(till, two, hours=10),
        "close two": lambda: closed(till, two, "99.00", hours=2),
    }
    for step in order:
        acts[step]()
    first, second = find_shift(one, till.pk), find_shift(two, till.pk)
    assert (first.opened_at, first.closed_at, second.opened_at, second.closed_at) == (at(20), at(11), at(10), at(2))
    assert Sale.objects.get().shift in (None, first)
    assert sorted(ZReport.objects.values_list("number", flat=True)) == [1, 2]
    z = ZReport.objects.get(shift=first)
    late = shift_reports.late_arrivals(z)
    cash = Decimal(tender(z.body, "cash")["expected"]) + late.gross - sum(row.amount for row in late.movements)
    assert cash == Decimal("107.00"), "the Z and what came after it tell the whole day"
    assert Sale.objects.get().shift == first
    assert [row["over_short"] for row in ZReport.objects.get(shift=second).body["tenders"]] == ["-1.00"]


def test_a_close_that_comes_first_waits_for_its_opening(till: Register) -> None:
    key = uuid.uuid4()
    told = closed(till, key, "112.00")
    assert told.z is None and told.shift.opened_at is None
    assert not Shift.objects.open().exists() and not shift_reports.uncounted().exists()
    sell(till, shift_key=key)
    z = opened(till, key).z
    assert z and z.body["over_short"] == "0.00" and z.body["cash"]["float"] == "100.00"


def test_sales_told_before_their_shift_are_linked_as_it_opens(till: Register) -> None:
    key = uuid.uuid4()
    named = sell(till, shift_key=key, when=at(30))
    unnamed, before = sell(till, when=at(4)), sell(till, when=at(9))
    elsewhere = Register.objects.create(branch=till.branch, name="Till 2")
    foreign = sell(elsewhere, shift_key=key, when=at(4))
    shift = opened(till, key).shift
    found = set(Sale.objects.filter(shift=shift).values_list("pk", flat=True))
    assert found == {named.pk, unnamed.pk} and before.pk not in found and foreign.pk not in found


def test_what_comes_after_the_z_is_listed_beside_it_and_never_in_it(till: Register) -> None:
    key = opened(till).shift.uuid
    early = sell(till, shift_key=key, epoch=1, seq=1)
    z = closed(till, key, "124.00", sales=2, first_seq=1, last_seq=2, epoch=1).z
    assert z is not None
    before = ZReport.objects.values().get(pk=z.pk)
    assert z.body["reconciliation"] == {
        "told": 2, "came": 1, "set_aside": 0, "missing": [[2, 2]], "missing_count": 1, "reconciled": False,
    }  # fmt: skip
    late = sell(till, shift_key=key, epoch=1, seq=2)
    moved(till, key, "paid_out", "1.00")
    Sale.objects.filter(pk=early.pk).update(voided_at=at(-1))
    found = shift_reports.late_arrivals(ZReport.objects.get())
    assert (found.sales, found.gross, len(found.movements), found.taken_out) == ([late], Decimal(12), 1, [early])
    assert found.now["reconciled"] is True and found.now["missing"] == []
    assert ZReport.objects.values().get(pk=z.pk) == before
    with pytest.raises(DatabaseError), transaction.atomic():
        ZReport.objects.filter(pk=z.pk).update(number=7)
    with pytest.raises(DatabaseError), transaction.atomic():
        z.delete()


def test_missing_numbers_are_named_exactly(till: Register) -> None:
    key = opened(till, epoch=3).shift.uuid
    for seq in (101, 102, 105, 110):
        sell(till, shift_key=key, epoch=3, seq=seq)
    sell(till, shift_key=key, epoch=2, seq=103)
    InboxItem.objects.create(
        kind="parked", told_id="x", register=till, payload={"seq": 104, "epoch": 3, "shift": str(key)}
    )
    told = closed(till, key, sales=7, first_seq=100, last_seq=10**15)
    assert told.z is not None
    found = told.z.body["reconciliation"]
    assert found["missing"] == [[100, 100], [103, 103], [106, 109], [111, 10**15]]
    assert found["missing_count"] == 1 + 1 + 4 + 10**15 - 110
    assert (found["told"], found["came"], found["set_aside"], found["reconciled"]) == (7, 5, 1, False)


def test_a_till_that_tells_no_numbers_is_compared_with_nothing(till: Register) -> None:
    key = opened(till).shift.uuid
    z = closed(till, key).z
    assert z and z.body["reconciliation"]["reconciled"] is None


def test_a_tender_nobody_counted_is_neither_over_nor_short(till: Register) -> None:
    key = opened(till).shift.uuid
    sell(till, gross="30.00", tender="card", shift_key=key)
    z = closed(till, key, "100.00").z
    assert z and tender(z.body, "card") | {"given_back": ""} == {
        "tender": "card", "takings": "30.00", "given_back": "", "expected": "30.00", "counted": None,
        "over_short": None,
    }  # fmt: skip
    assert z.body["over_short"] == "0.00"


def test_a_blind_x_tells_nothing_of_what_should_be_there(till: Register) -> None:
    key = opened(till).shift.uuid
    sell(till, gross="31.41", shift_key=key)
    sell(till, gross="-2.72", shift_key=key)
    shift = find_shift(key, till.pk)
    body = shift_reports.x_report(shift, blind=True)
    assert body["blind"] and body["documents"] == 2
    assert not {"31.41", "131.41", "28.69", "128.69", "2.72", "-2.72"} & set(_texts(body))
    assert not set(shift_reports.HIDDEN_WHILE_COUNTING) & set(body)
    told = shift_reports.x_report(shift, blind=False)
    assert told["blind"] is False and tender(told, "cash")["expected"] == "128.69"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    else:
        yield str(value)


def test_over_and_short_by_cashier(till: Register) -> None:
    for cashier, cash, hours in (("Sam", "99.00", 60), ("Sam", "102.50", 40), ("Ana", "90.00", 20), ("", "100.00", 10)):
        key = opened(till, cashier=cashier, hours=hours).shift.uuid
        closed(till, key, cash, hours=hours - 5)
    period = Period(till.branch.shop.business_date(at(60)), till.branch.shop.today())
    rows = shift_reports.over_short_by_cashier(period)
    assert [(row.cashier, row.shifts, row.total, row.cash, row.largest) for row in rows] == [
        ("Ana", 1, Decimal("-10.00"), Decimal("-10.00"), Decimal("10.00")),
        ("Sam", 3, Decimal("1.50"), Decimal("1.50"), Decimal("2.50")),
    ]
    assert shift_reports.over_short_by_cashier(period, register=till.pk) == rows
    assert shift_reports.over_short_by_cashier(period, branch=0) == []
    assert list(shift_reports.z_reports(period).values_list("number", flat=True)) == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("kind", "amount"), [("paid_in", "0"), ("paid_in", "-1"), ("tip", "1"), ("drop", "1.001"), ("drop", "1e9")]
)
def test_cash_that_cannot_be_is_refused(till: Register, kind: str, amount: str) -> None:
    key = opened(till).shift.uuid
    with pytest.raises(ShiftRefused):
        moved(till, key, kind, amount)
    assert not CashMovement.objects.exists()


def test_counts_that_cannot_be_are_refused(till: Register) -> None:
    key = opened(till).shift.uuid
    for counted in ({"": "1"}, {"cash": "1", "Cash ": "1"}, {"cash": "0.001"}, {"cash": "NaN"}, {"x" * 41: "1"}):
        with pytest.raises(ShiftRefused):
            closed(till, key, counted={name: Decimal(of) for name, of in counted.items()})
    with pytest.raises(ShiftRefused):
        opened(till, opening_float=Decimal("-1"))
    assert Shift.objects.get().closed_at is None


def test_a_clock_that_is_far_off_is_not_believed(till: Register) -> None:
    shift = opened(till, hours=24 * 500).shift
    assert shift.opened_at is not None and shift.opened_at > at(1)
    told = closed(till, shift.uuid, hours=3)
    assert told.shift.closed_at == shift.opened_at, "a shift does not close before it opens"


def test_a_person_who_says_no_time_means_now(till: Register) -> None:
    key = uuid.uuid4()
    for repeated in (False, True):
        told = open_shift(uuid=key, register=till, told=Opening(cashier="Ana"), alone=True)
        assert told.repeated is repeated
    for repeated in (False, True):
        count = Closing(counted={"cash": Decimal(0)}, cashier="Ana")
        assert close_shift(uuid=key, register=till, told=count).repeated is repeated


def test_a_big_shift_costs_no_more_statements(till: Register) -> None:
    counts = []
    for number, size in enumerate((2, 60)):
        key = opened(till, hours=20 - number * 8).shift.uuid
        sell_many(till, [{"shift_key": key, "epoch": 1, "seq": number * 100 + one} for one in range(size)])
        with CaptureQueriesContext(connection) as captured:
            first = number * 100
            closed(till, key, hours=15 - number * 8, sales=size, first_seq=first, last_seq=first + size - 1)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 24
    with CaptureQueriesContext(connection) as captured:
        shift_reports.work_out(Shift.objects.values_list("pk", flat=True))
    assert len(captured) <= 7 + 2 * len(counts), "and two for each shift whose till told its numbers"


def test_z_numbers_have_no_gap_when_many_close_at_once(committed_cast: Cast) -> None:
    green = committed_cast.green
    with use_shop(green):
        till = Register.objects.select_related("branch__shop").get()
        keys = [opened(till, hours=30 - number).shift.uuid for number in range(8)]
    gate = threading.Barrier(16)

    def close(key: uuid.UUID) -> None:
        try:
            with use_shop(green):
                gate.wait(10)
                closed(till, key)
        finally:
            connection.close()

    threads = [threading.Thread(target=close, args=[key]) for key in [*keys, *keys]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with use_shop(green):
        assert sorted(ZReport.objects.values_list("number", flat=True)) == list(range(1, 9))


def test_a_sale_being_booked_as_the_till_closes_is_whole_in_its_z_or_beside_it(committed_cast: Cast) -> None:
    green = committed_cast.green
    with use_shop(green):
        till = Register.objects.select_related("branch__shop").get()
        key = opened(till).shift.uuid
    stop = threading.Event()

    def book() -> None:
        try:
            with use_shop(green):
                while not stop.is_set():
                    with transaction.atomic():
                        sell(till, shift_key=key)
        finally:
            connection.close()

    booking = [threading.Thread(target=book) for _ in range(3)]
    for thread in booking:
        thread.start()
    with use_shop(green):
        while Sale.objects.count() < 20:
            stop.wait(0.01)
        z = closed(till, key).z
    stop.set()
    for thread in booking:
        thread.join(10)
    with use_shop(green):
        assert z is not None
        many, late = len(z.sales), shift_reports.late_arrivals(z)
        assert many + len(late.sales) == Sale.objects.count() and many >= 20
        assert (z.body["documents"], z.body["reconciliation"]["came"]) == (many, many)
        assert Decimal(z.body["gross"]) == Decimal(tender(z.body, "cash")["takings"]) == 12 * many
