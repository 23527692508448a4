"""The Shifts pages: who sees and does what, what they say, and that nothing happens twice."""

import csv
import io
import re
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sales import shifts
from sales.models import CashMovement, Shift, ZReport
from sales.shifts import Closing, Opening
from shop.models import Branch, Register
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member
from tests.sales.till_day import at, sell

PAGE = "/s/green/shifts/"


@pytest.fixture
def till(cast: Cast) -> Iterator[Register]:
    with use_shop(cast.green):
        yield Register.objects.select_related("branch__shop").get()


@pytest.fixture
def bob(cast: Cast) -> Client:
    """A cashier; shifts he opens or counts are Bob's."""
    return cast.client(cast.bob)


def begin(till: Register, cashier: str = "Bob", hours: float = 8, opening: str = "100.00") -> Shift:
    told = Opening(cashier, Decimal(opening), at(hours))
    return shifts.open_shift(uuid=uuid.uuid4(), register=till, told=told).shift


def end(shift: Shift, cash: str, hours: float = 1, by: str = "Bob", **told: Any) -> ZReport:
    count = Closing({"cash": Decimal(cash)}, by, at(hours), **told)
    z = shifts.close_shift(uuid=shift.uuid, register=shift.register, told=count).z
    assert z is not None
    return z


def entry_of(client: Client, path: str) -> str:
    found = re.search(r'name="entry" value="([^"]+)"', client.get(path).content.decode())
    assert found is not None
    return found[1]


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_a_cashiers_day_in_the_browser(cast: Cast, till: Register, bob: Client) -> None:
    entry = entry_of(bob, f"{PAGE}open/")
    form = {"entry": entry, "till": till.pk, "opening_float": "100.00"}
    for _ in range(2):
        assert bob.post(f"{PAGE}open/", form).status_code == 302, "pressed twice opens once"
    shift = Shift.objects.get()
    assert (shift.cashier, shift.opening_float) == ("Bob", Decimal(100))
    here = f"{PAGE}{shift.pk}/"
    sell(till, gross="31.41", shift_key=shift.uuid, when=at(0))
    assert "1 sale so far" in text_of(bob, here)
    cash = {"entry": entry_of(bob, here), "kind": "paid_out", "amount": "5.00", "reason": "Window cleaner"}
    for _ in range(2):
        assert bob.post(f"{here}cash/", cash).status_code == 302
    assert CashMovement.objects.count() == 1 and "Window cleaner" in text_of(bob, here)
    for path in (PAGE, here, f"{here}close/"):
        shown = text_of(bob, path)
        assert not [amount for amount in ("31.41", "131.41", "126.41") if amount in shown], "the count is blind"
    count = {"counted_cash": "126.00", "counted_card": "", "note": "Short of coins"}
    for _ in range(2):
        assert bob.post(f"{here}close/", count).headers["Location"] == here
    assert ZReport.objects.get().number == 1
    told = text_of(bob, here)
    assert "€126.41" in told and "−€0.41" in told and "Short of coins" in told
    assert "Z 1" in text_of(bob, PAGE) and bob.get(f"{here}close/").status_code == 302


def test_a_stale_page_says_so_and_changes_nothing(cast: Cast, till: Register, bob: Client) -> None:
    shift = begin(till)
    stale = {"entry": str(uuid.uuid4()), "till": till.pk, "opening_float": "50"}
    answer = bob.post(f"{PAGE}open/", stale)
    assert answer.status_code == 422 and "Close it first." in answer.content.decode()
    end(shift, "100.00")
    other = bob.post(f"{PAGE}{shift.pk}/close/", {"counted_cash": "90.00"})
    assert other.status_code == 422 and "The first one stands." in other.content.decode()
    cash = bob.post(f"{PAGE}{shift.pk}/cash/", {"entry": str(uuid.uuid4()), "kind": "drop", "amount": "1"})
    assert cash.status_code == 422 and "This shift is closed" in cash.content.decode()
    assert (Shift.objects.count(), ZReport.objects.count(), CashMovement.objects.count()) == (1, 1, 0)


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("open/", {"till": "0", "opening_float": "1"}, "Select a valid choice"),
        ("open/", {"till": "x", "opening_float": "-1"}, "greater than or equal to 0"),
        ("{pk}/close/", {"counted_cash": ""}, "This field is required"),
        ("{pk}/close/", {"coins_0.50": "-1"}, "greater than or equal to 0"),
        ("{pk}/close/", {"counted_cash": "ten"}, "Enter a number"),
        ("{pk}/close/", {"counted_cash": "1.001"}, "no more than 2 decimal places"),
        ("{pk}/cash/", {"kind": "tip", "amount": "1"}, "Select a valid choice"),
        ("{pk}/cash/", {"kind": "drop", "amount": "0"}, "greater than or equal to 0.01"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    till: Register, bob: Client, path: str, body: dict[str, str], words: str
) -> None:
    shift = begin(till)
    answer = bob.post(PAGE + path.format(pk=shift.pk), {"entry": str(uuid.uuid4()), **body})
    assert answer.status_code == 422 and words in answer.content.decode()
    assert Shift.objects.open().count() == 1 and not CashMovement.objects.exists()


def test_a_drawer_counted_by_coins_and_notes(till: Register, bob: Client) -> None:
    shift = begin(till)
    pieces = {"coins_0.01": "3", "coins_0.50": "7", "coins_2": "", "coins_20": "4", "coins_10": "2"}
    assert bob.post(f"{PAGE}{shift.pk}/close/", {"counted_cash": "", **pieces}).status_code == 302
    assert ZReport.objects.get().body["tenders"][0]["counted"] == "103.53"


def test_a_manager_sees_what_should_be_there_before(cast: Cast, till: Register) -> None:
    shift = begin(till, cashier="Sam")
    sell(till, gross="31.41", shift_key=shift.uuid)
    shown = text_of(cast.client(), f"{PAGE}{shift.pk}/")
    assert "Should be there" in shown and "€131.41" in shown
    assert "131.41" not in text_of(cast.client(), f"{PAGE}{shift.pk}/close/"), "the form itself is blind for everybody"


def test_others_amounts_are_for_those_who_see_takings(cast: Cast, till: Register, bob: Client) -> None:
    theirs = begin(till, cashier="Sam", opening="77.70")
    sell(till, gross="31.41", shift_key=theirs.uuid)
    for z in (None, end(theirs, "110.00", by="Sam")):
        shown = text_of(bob, f"{PAGE}{theirs.pk}/")
        assert not [amount for amount in ("31.41", "109.11", "77.70", "110.00", "0.89") if amount in shown], z
    assert "Z 1" not in text_of(bob, PAGE)
    assert "€0.89" in text_of(cast.client(make_member(shop=cast.green, role=Role.ANALYST)), PAGE)


def test_who_may_do_what(cast: Cast, till: Register, bob: Client) -> None:
    shift = begin(till)
    analyst = cast.client(make_member(shop=cast.green, role=Role.ANALYST))
    clerk = cast.client(make_member(shop=cast.green, role=Role.CLERK))
    assert "Open a shift" not in text_of(analyst, PAGE)
    assert analyst.post(f"{PAGE}{shift.pk}/close/", {"counted_cash": "1"}).status_code == 403
    assert clerk.get(PAGE).status_code == 403
    for wanted in ("csv", "takings"):
        assert bob.get(PAGE, {"export": wanted}).status_code == 403
        assert analyst.get(PAGE, {"export": wanted}).status_code == 200
    assert cast.client(cast.charlie).get(f"{PAGE}{shift.pk}/").status_code == 404
    assert Shift.objects.open().count() == 1


def test_what_is_still_to_count_stands_first(cast: Cast, till: Register, bob: Client) -> None:
    old, new = begin(till, hours=30), begin(till, hours=6)
    shifts.close_shift(uuid=uuid.uuid4(), register=till, told=Closing({"cash": Decimal(1)}, "", at(2)))
    shown = text_of(bob, PAGE)
    assert "Still to count" in shown and "has not told how it was opened" in shown and "One till is open." in shown
    assert "Not counted." in text_of(bob, f"{PAGE}{old.pk}/") and "Not counted." not in text_of(bob, f"{PAGE}{new.pk}/")
    assert bob.post(f"{PAGE}{old.pk}/close/", {"counted_cash": "100"}).status_code == 302
    assert text_of(bob, PAGE).count("Count<span") == 1


def test_missing_and_late_sales_are_named(cast: Cast, till: Register) -> None:
    shift = begin(till)
    sell(till, shift_key=shift.uuid, epoch=1, seq=1, receipt="R-1")
    end(shift, "112.00", sales=4, first_seq=1, last_seq=4, epoch=1)
    here, client = f"{PAGE}{shift.pk}/", cast.client()
    assert "Missing: 2 to 4." in text_of(client, here) and "Not all" in text_of(client, PAGE)
    sell(till, shift_key=shift.uuid, epoch=1, seq=3, receipt="R-3", gross="6.66")
    shown = text_of(client, here)
    assert "Missing: 2, 4." in shown and "Came after the Z" in shown and "€6.66" in shown and "R-3" in shown


def test_the_list_by_days_and_till(cast: Cast, till: Register) -> None:
    second = Register.objects.create(branch=Branch.objects.order_by("pk").last(), name="Till 2")
    counts = (till, "Sam", "97.00", 80), (till, "Ana", "103.00", 50), (second, "Sam", "99.00", 20)
    for place, cashier, cash, hours in counts:
        end(begin(place, cashier, hours), cash, hours - 6, by=cashier)
    client = cast.client()
    shown, of_second = text_of(client, PAGE), text_of(client, f"{PAGE}?till={second.pk}")
    assert "3 counts came out €1.00 short in all. Most off: Sam, €4.00 short." in shown
    assert shown.count("Z 1") == 2 and "Z 2" in shown and "+€3.00" in shown
    assert "Z 2" not in of_second and "Till 2, Z 1" in of_second
    assert "No shift was closed" in text_of(client, f"{PAGE}?from=2020-01-01&to=2020-01-31")
    assert "the wrong way round" in text_of(client, f"{PAGE}?from=2020-02-01&to=2020-01-31")
    rows = list(csv.DictReader(io.StringIO(client.get(f"{PAGE}?export=csv&till={till.pk}").content.decode())))
    found = [(row["z"], row["cashier"], row["over_short"]) for row in rows]
    assert found == [("2", "Ana", "3.00"), ("1", "Sam", "-3.00")]
    journal = client.get(f"{PAGE}?export=takings")
    assert "attachment" in journal.headers["Content-Disposition"] and b"over_short,cash" in journal.content


def test_no_tills_and_no_shifts_say_what_to_do(cast: Cast) -> None:
    assert "No till is open." in text_of(cast.client(), PAGE)
    assert "You have not counted a till yet" in text_of(cast.client(cast.bob), PAGE)
    with use_shop(cast.green):
        Register.objects.all().delete()
    assert "There is no till yet" in text_of(cast.client(), PAGE)


def test_the_pages_cost_the_same_for_more_shifts(cast: Cast, till: Register) -> None:
    client, counts = cast.client(), []
    for many in (2, 6):
        for number in range(many):
            hours = 200 - many * 20 - number * 2
            shift = begin(till, hours=hours)
            sell(till, shift_key=shift.uuid)
            end(shift, "100.00", hours - 1)
        for path in (PAGE, f"{PAGE}{shift.pk}/"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(path).status_code == 200
            counts.append(len(captured))
    assert counts[:2] == counts[2:] and max(counts) <= 32
