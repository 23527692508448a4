"""The reference client against a live server: nothing lost, nothing doubled, whatever the line does."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import uuid
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from clients.python.aisle_till import Till, TillError
from clients.python.aisle_till import sender as sending
from clients.python.aisle_till.outbox import new_id
from sales.models import InboxItem, Sale, SaleLine, ZReport
from shop import devices
from shop.tenancy import use_shop
from tests.clients.conftest import Counter
from tests.clients.proxy import FAULTS

MILK = {"sku": "MILK", "quantity": "1", "unit_price": "1.45"}
CASH = {"tender": "cash", "amount": "1.45"}


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "pause", lambda tries, answer: 0.01)


def booked(counter: Counter) -> dict[str, int]:
    """How often each sale is in the shop's books."""
    found: dict[str, int] = {}
    with use_shop(counter.cast.green):
        for (id,) in Sale.objects.values_list("uuid"):
            found[str(id)] = found.get(str(id), 0) + 1
    return found


# --- On the disk first ------------------------------------------------------------------------------------------


def test_a_sale_is_on_the_disk_before_anything_is_sent(counter: Counter) -> None:
    till = counter.till(url="http://127.0.0.1:9")  # nobody listens there
    sold = till.sell([MILK], [CASH], cashier="Priya")
    with sqlite3.connect(till.outbox.path) as other:
        (body,) = other.execute("select body from item where id = ?", (sold.id,)).fetchone()
    other.close()
    assert json.loads(body)["lines"] == [MILK]
    assert till.waiting() == 1
    sent = till.sync()
    assert (sent.done, sent.waiting) == (0, 1) and sent.wait > 0
    assert booked(counter) == {}
    counter.connect(till, counter.url)
    assert till.sync().waiting == 0
    assert booked(counter) == {sold.id: 1}


def test_a_till_killed_while_it_sells_loses_nothing_it_said_yes_to(counter: Counter) -> None:
    till = counter.till()
    program = (
        "import sys; from aisle_till import Till\n"
        "till = Till(sys.argv[1])\n"
        "while True:\n"
        "    print(till.sell([{'sku': 'MILK', 'quantity': '1', 'unit_price': '1.45'}], []).id, flush=True)\n"
    )
    path = str(till.outbox.path)
    with subprocess.Popen(
        [sys.executable, "-c", program, path],
        stdout=subprocess.PIPE,
        cwd=Path(settings.BASE_DIR) / "clients" / "python",
        text=True,
    ) as selling:
        assert selling.stdout
        said = [selling.stdout.readline().strip() for _ in range(40)]
        selling.kill()
        said += [line.strip() for line in selling.stdout if len(line) == 37]
    assert till.waiting() >= len(said)
    assert till.sync(patience=5).waiting == 0
    assert set(said) <= set(booked(counter))
    numbers = [row["seq"] for row in documents(till)]
    assert numbers == list(range(1, len(numbers) + 1))


def documents(till: Till) -> list[dict[str, object]]:
    rows = till.outbox.db.execute("select body from item where kind = 'sale' order by n").fetchall()
    return [json.loads(body) for (body,) in rows]


def test_a_float_is_refused_before_it_is_a_sale(counter: Counter) -> None:
    till = counter.till()
    with pytest.raises(TillError, match="float"):
        till.sell([{"sku": "MILK", "quantity": 1.5}], [])
    assert till.waiting() == 0
    assert till.sell([MILK], [CASH]).seq == 1  # and it took no number


# --- A bad line --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
def test_each_way_a_line_fails_loses_nothing_and_doubles_nothing(counter: Counter, fault: str) -> None:
    proxy = counter.bad_line(lambda number: fault if number % 3 else "")
    till = counter.till(url=proxy.url)
    sold = []
    for _ in range(4):
        sold += [till.sell([MILK], [CASH]).id for _ in range(5)]
        till.sync(patience=0.05)
    assert till.sync(patience=5).waiting == 0
    assert booked(counter) == dict.fromkeys(sold, 1)
    assert proxy.calls[fault] and till.alarms() == []


def test_a_lost_answer_is_a_repeat_that_books_nothing(counter: Counter) -> None:
    proxy = counter.bad_line(lambda number: "lose_answer" if number == 1 else "")
    till = counter.till(url=proxy.url)
    sold = till.sell([MILK], [CASH])
    assert till.sync().done == 0
    assert booked(counter) == {sold.id: 1}  # the shop has it; the till does not know
    assert till.sync().done == 1
    assert booked(counter) == {sold.id: 1}


def test_batches_hold_a_hundred_sales_and_never_more_than_a_call_may_have(counter: Counter) -> None:
    till = counter.till()
    sold = [till.sell([MILK], [CASH]).id for _ in range(230)]
    assert len(till.outbox.next(sending.MOST_SALES, sending.LARGEST)) == 100
    assert len(till.outbox.next(sending.MOST_SALES, 2000)) < 10
    assert till.sync().done == 230
    assert booked(counter) == dict.fromkeys(sold, 1)


# --- What the shop says --------------------------------------------------------------------------------------------


def test_a_refused_sale_is_kept_and_holds_up_no_other(counter: Counter) -> None:
    till = counter.till()
    before = till.sell([MILK], [CASH])
    bad = till.sell([{"sku": "MILK", "quantity": "many", "unit_price": "1.45"}], [])
    after = till.sell([MILK], [CASH])
    sent = till.sync()
    assert (sent.done, sent.kept, sent.waiting) == (2, 1, 0)
    assert booked(counter) == {before.id: 1, after.id: 1}
    assert till.kept() == 1
    (alarm,) = till.alarms()
    assert (alarm.level, alarm.item) == ("alarm", bad.id) and "quantity" in alarm.words
    till.seen(alarm)
    assert till.alarms() == []
    assert till.send_kept_again() == 1  # nobody put anything right: refused again, and there again
    assert till.sync().kept == 1 and till.alarms()[0].item == bad.id


def test_the_same_number_with_other_content_is_done_and_noticed(counter: Counter) -> None:
    till, other = counter.till(), counter.till(counter.register(name="Till 2"))
    sold = till.sell([MILK], [CASH])
    till.sync()
    other.sell([{**MILK, "quantity": "2"}], [], id=sold.id)
    other.outbox.db.execute("update item set id = ?", (sold.id,))
    assert other.sync().done == 1 and other.waiting() == 0
    (notice,) = other.alarms()
    assert notice.level == "notice" and notice.item == sold.id
    with use_shop(counter.cast.green):
        assert InboxItem.objects.get().kind == InboxItem.Kind.CONFLICT
        assert SaleLine.objects.get().quantity == 1


def test_a_revoked_till_goes_on_selling_and_sends_all_of_it_with_its_next_key(counter: Counter) -> None:
    register = counter.register()
    till = counter.till(register)
    first = till.sell([MILK], [CASH])
    till.sync()
    with use_shop(counter.cast.green):
        devices.revoke(till.device["device"]["id"], "alice@shops.example")
    second = till.sell([MILK], [CASH])
    sent = till.sync(patience=60)
    assert sent.locked_out and sent.waiting == 1 and till.kept() == 0
    assert [alarm.level for alarm in till.alarms()] == ["alarm"]
    till.enrol(counter.url, counter.code(register), "Reference till")
    third = till.sell([MILK], [CASH])
    assert (third.seq, third.epoch > second.epoch) == (1, True)
    assert till.sync().waiting == 0
    assert booked(counter) == {first.id: 1, second.id: 1, third.id: 1}


def test_sales_that_wait_are_not_sent_for_another_till(counter: Counter) -> None:
    till = counter.till()
    till.sell([MILK], [CASH])
    with pytest.raises(TillError, match="another till"):
        till.enrol(counter.url, counter.code(counter.register(name="Till 2")), "Reference till")


def test_a_wrong_code_is_said_in_words(counter: Counter) -> None:
    with pytest.raises(TillError, match="code"):
        counter.open("new.db").enrol(counter.url, "ABCD-EFGH-JKLM", "Reference till")
    with pytest.raises(TillError, match="does not answer"):
        counter.open("new.db").enrol("http://127.0.0.1:9", "ABCD-EFGH-JKLM", "Reference till")


def test_a_changed_key_works_at_once(counter: Counter) -> None:
    till = counter.till()
    old = till.wire.key
    till.rotate_key()
    assert till.wire.key != old
    till.sell([MILK], [CASH])
    assert till.sync().done == 1


# --- Copies and company --------------------------------------------------------------------------------------------


def test_a_copied_file_counts_anew(counter: Counter) -> None:
    till = counter.till()
    first = till.sell([MILK], [CASH])
    till.outbox.db.execute("pragma wal_checkpoint(truncate)")
    shutil.copy(till.outbox.path, counter.folder / "copy.db")
    second = till.sell([MILK], [CASH])
    copy = counter.open("copy.db")
    third = copy.sell([MILK, MILK], [CASH, CASH])
    assert (second.epoch, second.seq) == (first.epoch, 2)
    assert third.epoch > first.epoch and third.seq == 1
    till.sync()
    copy.sync()  # the sale both have waiting is a repeat
    assert booked(counter) == {first.id: 1, second.id: 1, third.id: 1}
    with use_shop(counter.cast.green):
        assert not InboxItem.objects.exists()


def test_an_old_copy_in_the_old_place_is_found_out_by_the_shops_count(counter: Counter) -> None:
    till = counter.till(file="till.db")
    till.sell([MILK], [CASH])
    till.outbox.db.execute("pragma wal_checkpoint(truncate)")
    backup = till.outbox.path.read_bytes()
    later = [till.sell([MILK], [CASH]) for _ in range(3)]
    till.sync()
    till.close()
    for file in counter.folder.glob("till.db-*"):
        file.unlink()
    with (counter.folder / "till.db").open("r+b") as file:  # the same file, with yesterday's content
        file.write(backup)
        file.truncate()
    restored = counter.open("till.db")
    restored.sync()
    assert any("old copy" in alarm.words for alarm in restored.alarms())
    sold = restored.sell([{**MILK, "quantity": "3"}], [CASH, CASH, CASH])
    assert (sold.seq, sold.epoch > later[0].epoch) == (1, True)
    restored.sync()
    assert len(booked(counter)) == 5 and set(booked(counter).values()) == {1}


def test_two_processes_sell_and_send_on_one_file(counter: Counter) -> None:
    path = counter.till().outbox.path
    sold: list[str] = []

    def work() -> None:
        till = Till(path, timeout=5)
        for number in range(20):
            sold.append(till.sell([MILK], [CASH]).id)
            if number % 5 == 0:
                till.sync()
        till.close()
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    till = counter.open(path.name)
    assert till.sync(patience=5).waiting == 0
    assert booked(counter) == dict.fromkeys(sold, 1) and len(sold) == 60
    assert [row["seq"] for row in documents(till)] == list(range(1, 61))


def test_only_what_the_shop_has_is_forgotten_and_only_when_it_is_old(counter: Counter) -> None:
    days = {"now": timezone.now() - dt.timedelta(days=100)}
    till = counter.till(clock=lambda: days["now"])
    old = till.sell([MILK], [CASH])
    bad = till.sell([{"sku": "MILK", "quantity": "many"}], [])
    till.sync()
    waiting = till.sell([MILK], [CASH])
    days["now"] = timezone.now()
    till.sell([MILK], [CASH])
    assert till.forget(days=90) == 1
    assert till.outbox.document(old.id) is None
    assert till.outbox.document(bad.id) and till.outbox.document(waiting.id)
    assert till.sync().done == 2
    assert till.outbox.path.stat().st_mode & 0o077 == 0


# --- Small things --------------------------------------------------------------------------------------------------


def test_ids_are_version_7_and_in_the_order_of_time(counter: Counter) -> None:
    till = counter.open("new.db")
    made = [uuid.UUID(new_id(till.now())) for _ in range(50)]
    assert {(one.version, one.variant) for one in made} == {(7, uuid.RFC_4122)}
    assert len(set(made)) == 50
    assert [one.int >> 80 for one in made] == sorted(one.int >> 80 for one in made)


def test_refund_exchange_and_void_are_documents_of_their_own(counter: Counter) -> None:
    till = counter.till()
    bought = till.sell([{**MILK, "quantity": "3"}], [{"tender": "cash", "amount": "4.35"}])
    till.refund(bought.id, {1: "1"}, [{"tender": "cash", "amount": "-1.45"}])
    chocolate = {"sku": "CHOC", "quantity": "1", "unit_price": "2.40"}
    till.exchange(bought.id, {1: "1"}, [chocolate], [{"tender": "cash", "amount": "0.95"}])
    mistake = till.sell([MILK], [CASH])
    till.void(mistake.id)
    assert till.sync().waiting == 0 and till.alarms() == []
    with use_shop(counter.cast.green):
        found = list(Sale.objects.order_by("seq").values_list("kind", "total"))
        assert [kind for kind, _ in found] == ["sale", "refund", "exchange", "sale", "void"]
        totals = [Decimal(text) for text in ("4.35", "-1.45", "0.95", "1.45", "-1.45")]
        assert [total for _, total in found] == totals
        assert not InboxItem.objects.exists()


def test_a_shift_goes_in_order_over_a_bad_line_and_closes_whole(counter: Counter) -> None:
    proxy = counter.bad_line(lambda number: ("lose_answer", "", "cut_answer")[number % 3])
    till = counter.till(url=proxy.url)
    shift = till.open_shift("50.00", cashier="Priya")
    with pytest.raises(TillError, match="open already"):
        till.open_shift()
    till.sell([MILK], [CASH])
    till.sell([MILK], [{"tender": "card", "amount": "1.45"}])
    till.move_cash("drop", "20.00", "To the safe", "Priya")
    till.sell([MILK], [CASH])
    till.close_shift({"cash": "32.90", "card": "1.45"}, cashier="Priya")
    with pytest.raises(TillError, match="No shift is open"):
        till.move_cash("paid_in", "1.00")
    after = till.sell([MILK], [CASH])
    assert till.sync(patience=5).waiting == 0 and till.alarms() == []
    with use_shop(counter.cast.green):
        body = ZReport.objects.get(shift__uuid=shift).body
        assert body["documents"] == 3 and body["over_short"] == "0.00" and body["cash"]["drops"] == "20.00"
        assert body["reconciliation"]["reconciled"] is True
        assert Sale.objects.get(uuid=after.id).shift is None


def test_the_commands_take_a_person_through_a_shift(counter: Counter, capsys: pytest.CaptureFixture[str]) -> None:
    from clients.python.aisle_till.__main__ import main

    file = ["--file", str(counter.folder / "person.db")]
    assert main([*file, "enrol", counter.url, counter.code(counter.register())]) == 0
    assert main([*file, "shelf"]) == 0
    assert main([*file, "open", "50"]) == 0
    assert main([*file, "sell", "2xMILK", "CHOC"]) == 0
    assert main([*file, "status"]) == 0
    assert "2 waiting" in capsys.readouterr().out
    assert main([*file, "close", "cash=55.30"]) == 0
    assert main([*file, "sync"]) == 0
    assert "3 sent, 0 waiting" in capsys.readouterr().out
    assert main([*file, "scan", "MILK"]) == 0
    assert "1 at 1.45" in capsys.readouterr().out
    assert main([*file, "sync", "--kept"]) == 0 and main([*file, "seen"]) == 0
    capsys.readouterr()
    assert main([*file, "sell", "NOTHING"]) == 1
    assert "not known here" in capsys.readouterr().err
    with use_shop(counter.cast.green):
        assert Sale.objects.get().total == Decimal("5.30")
