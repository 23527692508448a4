"""Tills and websites send reviews: once each, to their own shop, and can read none."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.test import Client

from customers.models import Review
from inventory.models import Product
from shop.models import Branch
from shop.tenancy import use_shop
from tests.factories import Cast, make_till, till_client

URL = "/api/v1/reviews"


@pytest.fixture
def till(cast: Cast) -> Client:
    return till_client(make_till(cast.green)[1])


def a_review(**said: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "text": "Lovely bread.", "stars": 5, "source": "Website"} | said


def send(till: Client, body: dict[str, Any]) -> Any:
    return till.post(URL, body, content_type="application/json")


def all_of(cast: Cast) -> list[Review]:
    with use_shop(cast.green):
        return list(Review.objects.select_related("product", "branch").order_by("pk"))


def test_a_review_is_kept_where_the_till_stands(cast: Cast, till: Client) -> None:
    body = a_review(product="MILK", author="Ann", title="Bread", written_on="2026-01-05")
    answer = send(till, body)
    assert (answer.status_code, answer.json()["status"], answer.json()["product"]) == (201, "created", "MILK")
    (kept,) = all_of(cast)
    assert (kept.code, kept.text, kept.title, kept.rating, kept.author) == (
        body["id"],
        "Lovely bread.",
        "Bread",
        5,
        "Ann",
    )
    assert (kept.source, kept.written_on, kept.product.sku) == ("Website", dt.date(2026, 1, 5), "MILK")
    assert kept.branch is not None


def test_sent_again_it_changes_nothing_also_after_a_person_filed_it_elsewhere(cast: Cast, till: Client) -> None:
    body = a_review()
    assert send(till, body).status_code == 201
    with use_shop(cast.green):
        Review.objects.update(product=Product.objects.get(sku="CHOC"), branch=Branch.objects.get(name="Station"))
    again = send(till, body)
    assert (again.status_code, again.json()["status"], again["Idempotency-Replayed"]) == (200, "duplicate", "true")
    (kept,) = all_of(cast)
    assert (kept.product.sku, kept.branch.name) == ("CHOC", "Station")


def test_other_words_under_its_id_are_refused(cast: Cast, till: Client) -> None:
    body = a_review()
    send(till, body)
    answer = send(till, body | {"text": "Terrible bread."})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/review-conflict")
    assert [one.text for one in all_of(cast)] == ["Lovely bread."]


def test_an_unknown_product_is_told_and_the_review_kept(cast: Cast, till: Client) -> None:
    answer = send(till, a_review(product="NOTHING"))
    assert answer.status_code == 201 and "No product has the code NOTHING" in answer.json()["warnings"][0]
    assert all_of(cast)[0].product is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"stars": 6},
        {"stars": 0},
        {"stars": 4.5},
        {"stars": True},
        {"text": ""},
        {"text": "   "},
        {"text": "x" * 10_001},
        {"id": "7"},
        {"written_on": "2999-01-01"},
        {"source": "x" * 41},
        {"text": None},
    ],
)
def test_what_is_no_review_is_refused(cast: Cast, till: Client, wrong: dict[str, Any]) -> None:
    assert send(till, a_review(**wrong)).status_code == 422
    assert all_of(cast) == []


def test_half_stars_come_as_text(cast: Cast, till: Client) -> None:
    assert send(till, a_review(stars="4.5")).status_code == 201
    assert str(all_of(cast)[0].rating) == "4.5"


def test_reviews_cannot_be_read_and_a_rivals_id_says_nothing(cast: Cast, till: Client) -> None:
    body = a_review()
    send(till, body)
    assert till.get(URL).status_code == 405
    assert send(till_client(make_till(cast.rival)[1]), body).status_code == 201
    assert len(all_of(cast)) == 1
    assert send(Client(), a_review()).status_code == 401
