"""What prices must keep to: the shop's own rules by category, its ties and its habit; and what the law asks."""

import datetime as dt
from decimal import Decimal

import pytest

from inventory import price_law
from inventory.models import Category, PriceChange, PricePolicy, PriceTie, Product, ShelfPrice
from inventory.price_law import Facts
from inventory.price_rules import DEFAULTS, habit, policies, ties
from shop import mount
from shop.models import Branch
from shop.tenancy import use_shop
from tests.factories import Cast

NOW = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)
D = Decimal


@pytest.mark.django_db
def test_the_nearest_category_that_says_something_counts_field_by_field(cast: Cast) -> None:
    with use_shop(cast.green):
        dairy = Category.objects.get(name="Dairy")
        milk = Category.objects.create(name="Milk", parent=dairy)
        PricePolicy.objects.create(largest_move=D("0.05"), ending="nine")
        PricePolicy.objects.create(category=dairy, margin_floor=D("0.1"), largest_move=D("0.2"))
        PricePolicy.objects.create(category=milk, rest_days=7)
        found = policies()
    nearest, whole = found[milk.pk], found[0]
    assert (nearest.rest_days, nearest.margin_floor, nearest.largest_move) == (7, D("0.1"), D("0.2"))
    assert (whole.largest_move, whole.margin_floor, whole.rest_days) == (D("0.05"), D(0), DEFAULTS.rest_days)
    assert found[milk.pk].ending == "nine"
    with use_shop(cast.rival):
        assert policies()[0] == DEFAULTS and ties() == []


def test_a_shop_that_writes_its_prices_in_one_way_goes_on_so() -> None:
    assert habit([D("1.99"), D("0.99"), D("3.99")] * 4) == "ninety_nine"
    assert habit([D("1.99"), D("0.89"), D("3.49")] * 4) == "nine"
    assert habit([D("1.95"), D("0.80"), D("3.40")] * 4) == "five"
    assert habit([D("2"), D("3")] * 5) == "whole"
    assert habit([D("1.23"), D("3.77")] * 5) == "" == habit([D("1.99")])


@pytest.mark.django_db
def test_rules_and_ties_are_kept_in_the_admin_by_those_who_may(cast: Cast) -> None:
    with use_shop(cast.green):
        milk, chocolate = Product.objects.get(sku="MILK"), Product.objects.get(sku="CHOC")
    client = cast.client()

    def url(name: str) -> str:
        return mount.shop_url("green", f"admin:inventory_{name}")

    assert client.post(url("pricepolicy_add"), {"margin_floor": "0.15", "ending": "nine"}).status_code == 302
    again = client.post(url("pricepolicy_add"), {"margin_floor": "0.2"}).content.decode()
    assert "There is a rule for this already" in again
    wrong = client.post(url("pricepolicy_add"), {"largest_move": "10"}).content.decode()
    assert "0.1 is 10 %" in wrong
    tie = {"first": milk.pk, "second": chocolate.pk, "kind": "gap", "gap": "0.1"}
    assert client.post(url("pricetie_add"), tie).status_code == 302
    assert "15" in client.get(url("pricepolicy_changelist")).content.decode()
    assert milk.name in client.get(url("pricetie_changelist")).content.decode()
    with use_shop(cast.green):
        assert [(one.kind, one.first, one.gap) for one in ties()] == [("gap", milk.pk, D("0.1000"))]
        assert PriceTie.objects.get() and PricePolicy.objects.get().ending == "nine"
    assert cast.client(cast.bob).get(url("pricepolicy_changelist")).status_code == 403


def test_some_countries_forbid_a_loss_and_some_ask_for_the_price_before() -> None:
    facts = Facts(cost=D("1.001"), tax=D("0.055"))
    least = price_law.least_price("FR", facts)
    assert least is not None and least.price == D("1.06") and "law" in least.text
    assert price_law.least_price("GB", facts) is None
    assert price_law.least_price("FR", Facts(cost=None)) is None
    assert price_law.names_prior_price("PT") and not price_law.names_prior_price("US")


@pytest.mark.django_db
def test_a_reductions_reference_is_the_lowest_price_of_the_30_days_before(cast: Cast) -> None:
    with use_shop(cast.green):
        branch, other = Branch.objects.order_by("pk")
        milk = Product.objects.get(sku="MILK")
        for days, price in ((90, "0.80"), (60, "1.60"), (20, "1.50"), (5, "1.70")):
            PriceChange.objects.create(product=milk, price=D(price), effective_at=NOW - dt.timedelta(days=days))
        assert price_law.reference_price(milk, NOW) == D("1.50")
        assert price_law.reference_price(milk, NOW - dt.timedelta(days=25)) == D("1.60")
        week = {"starts_at": NOW - dt.timedelta(days=12), "ends_at": NOW - dt.timedelta(days=8)}
        ShelfPrice.objects.create(product=milk, branch=other, price=D("1.20"), **week)
        assert price_law.reference_price(milk, NOW, branch.pk) == D("1.50")
        assert price_law.reference_price(milk, NOW, other.pk) == D("1.20") == price_law.reference_price(milk, NOW)
        assert price_law.reference_prices([milk.pk], NOW, branch.pk, {milk.pk: [D("1.10")]}) == {milk.pk: D("1.10")}
        long_ago = NOW - dt.timedelta(days=4000)
        assert price_law.reference_price(milk, long_ago) is None
