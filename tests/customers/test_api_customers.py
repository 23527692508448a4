"""A till may ask who has a number, and nothing more."""

import pytest

from customers.models import Customer
from shop.tenancy import use_shop
from tests.factories import Cast, make_till, till_client

URL = "/api/v1/customers"


def test_a_number_is_told_its_name_and_nothing_else(cast: Cast) -> None:
    till = till_client(make_till(cast.green)[1])
    answer = till.get(URL, {"code": "C1"})
    assert answer.status_code == 200
    assert answer.json() == {"code": "C1", "name": "Green Grocer regular"}


@pytest.mark.parametrize("code", ["c1", "C", "C1 ", "%", "C2", "RIVAL", "C\x001", "x" * 64])
def test_only_the_whole_number_is_known_and_only_in_its_shop(cast: Cast, code: str) -> None:
    with use_shop(cast.rival):
        Customer.objects.create(code="RIVAL", name="Theirs")
    till = till_client(make_till(cast.green)[1])
    answer = till.get(URL, {"code": code})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/customer-unknown")


@pytest.mark.parametrize("query", [{}, {"code": ""}, {"code": "x" * 65}])
def test_no_number_is_refused(cast: Cast, query: dict[str, str]) -> None:
    till = till_client(make_till(cast.green)[1])
    assert till.get(URL, query).status_code == 422
