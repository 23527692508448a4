"""Customers from files."""

import datetime as dt
from collections.abc import Iterator

import pytest

from customers.models import Customer
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, reasons

FILE = "id,name,email,phone,joined\nC1,,,+351 21,\n17850.0,Ana Sousa,ana@mail.example,,2024-05-01\n"


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def test_customers_are_made_and_completed(green: Cast) -> None:
    assert counts(bring_in("customers", FILE)) == (1, 1, 0, 0)
    ana = Customer.objects.get(code="17850")
    assert (ana.name, ana.email, ana.joined_on, ana.needs_review) == (
        "Ana Sousa",
        "ana@mail.example",
        dt.date(2024, 5, 1),
        False,
    )
    known = Customer.objects.get(code="C1")
    assert (known.name, known.phone) == ("Green Grocer regular", "+351 21")


def test_the_same_file_again_changes_nothing(green: Cast) -> None:
    bring_in("customers", FILE)
    assert counts(bring_in("customers", FILE)) == (0, 0, 2, 0)


def test_bad_rows_and_contradictions_are_refused(green: Cast) -> None:
    result = bring_in("customers", "id,name,email\nA,Ann,nobody\nB,Ben,\nB,Bea,\nB,Ben,\n")
    assert counts(result) == (1, 0, 1, 2)
    assert "email: “nobody” is not an address" in reasons(result)
    assert "customer B is in the file twice, with other details" in reasons(result)


def test_a_rival_shop_keeps_its_own(green: Cast) -> None:
    bring_in("customers", FILE)
    with use_shop(green.rival):
        assert not Customer.objects.filter(code="17850").exists()
        assert bring_in("customers", FILE).created == 1
