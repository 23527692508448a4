"""Reorder suggestions from a stored forecast: netted, explained, within the cash, and what accepting them does."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from insights.decisions import deciding, offering
from insights.models import ForecastSeries, Run, Suggestion
from insights.ordering import next_needed
from insights.ordering.suggest import KINDS, reorder_drafts
from inventory import orders, services
from inventory.models import MinimumStock, Product, PurchaseOrderLine, StockMovement, Supplier
from inventory.orders import OrderRefused
from shop.models import Branch
from shop.tenancy import use_shop

BY = "alice@shops.example"
DAYS = 28


@pytest.fixture
def shop(cast):
    with use_shop(cast.green):
        Supplier.objects.update(lead_time_days=1, order_by=None, minimum_order=Decimal(20))
        Product.objects.filter(sku="MILK").update(pack_size=6, shelf_life_days=9)
        yield cast.green


@pytest.fixture
def branch(shop):
    return Branch.objects.order_by("id").first()


def have(branch, sku, quantity):
    product = Product.objects.get(sku=sku)
    services.count_stock(branch=branch, counted={product.pk: Decimal(quantity)}, by=BY)
    return product


def forecast(shop, branch, a_day, days=DAYS):
    """A finished run that expects so much of each product a day, give or take half, from today on."""
    today = shop.today()
    run = Run.objects.create(
        analysis="forecast", status="done", as_of_date=today - dt.timedelta(days=1), ended_at=timezone.now()
    )
    for sku, mean in a_day.items():
        ForecastSeries.objects.create(
            run=run, branch=branch, product=Product.objects.get(sku=sku), first_date=today, model="test",
            **{name: [mean * share] * days for name, share in SHARES.items()},
        )  # fmt: skip
    return run


SHARES = {"mean": 1, "low50": 0.7, "high50": 1.3, "low80": 0.5, "high80": 1.5}


def drafts(run, kind="reorder"):
    return [draft for draft in reorder_drafts(run) if draft.kind == kind]


def test_what_runs_low_is_suggested_in_cases_with_its_reasons(shop, branch):
    milk = have(branch, "MILK", 5)
    [draft] = drafts(forecast(shop, branch, {"MILK": 12}))
    assert (draft.key, draft.product, draft.supplier) == (f"reorder:{branch.pk}:{milk.pk}", milk.pk, milk.supplier_id)
    assert draft.quantity >= 12 and draft.quantity % 6 == 0
    assert draft.title == f"Order {draft.quantity:.0f} Green Grocer milk 2 L"
    assert "5 in stock" in draft.why and "will be asked for until" in draft.why
    assert draft.outlay == draft.quantity * Decimal("1.10")
    assert 0 < draft.value_low <= draft.value <= draft.value_high
    assert timezone.now() < draft.deadline_at <= timezone.now() + dt.timedelta(days=2)
    labels = {fact["label"] for fact in draft.evidence["facts"]}
    assert {"Cases", "On order", "Comes on", "Must last until", "Keeps", "Supplier delivers from"} <= labels
    projection = draft.evidence["projection"]
    assert len(projection["stock"]) == len(projection["low"]) == len(projection["high"]) >= 3


def test_whole_weeks_are_ordered_for_like_the_days_they_are_for(shop, branch):
    have(branch, "MILK", 5)
    run = forecast(shop, branch, {"MILK": 12})
    [by_day] = drafts(run)
    weeks = {name: [12 * 7 * share if day % 7 == 6 else 0 for day in range(DAYS)] for name, share in SHARES.items()}
    ForecastSeries.objects.update(step=7, **weeks)
    [by_week] = drafts(run)
    assert by_week.quantity == by_day.quantity


def test_costs_are_marked_so_that_only_some_see_them(shop, branch):
    have(branch, "MILK", 5)
    [draft] = drafts(forecast(shop, branch, {"MILK": 12}))
    money = [fact for fact in draft.evidence["facts"] if fact["unit"] == "money"]
    assert money and all(fact.get("cost") for fact in money)


@pytest.mark.parametrize("why", ["plenty", "not followed", "no supplier", "not on sale", "old forecast"])
def test_what_needs_no_order_gets_none(shop, branch, why):
    if why != "not followed":
        have(branch, "MILK", 500 if why == "plenty" else 5)
    if why == "no supplier":
        Product.objects.update(supplier=None)
    if why == "not on sale":
        Product.objects.update(is_active=False)
    run = forecast(shop, branch, {"MILK": 12})
    if why == "old forecast":
        run.as_of_date -= dt.timedelta(days=30)
    assert reorder_drafts(run) == []


def test_stock_below_nothing_is_counted_not_ordered(shop, branch):
    milk = have(branch, "MILK", 1)
    services.waste(branch=branch, product=milk, quantity=Decimal(4), by=BY)
    run = forecast(shop, branch, {"MILK": 12})
    assert drafts(run) == []
    [count] = drafts(run, "count")
    assert count.title == "Count Green Grocer milk 2 L" and "\N{MINUS SIGN}3" in count.why


def test_a_minimum_is_ordered_up_to_without_any_forecast(shop, branch):
    choc = have(branch, "CHOC", 0)
    MinimumStock.objects.create(branch=branch, product=choc, quantity=Decimal(4))
    [draft] = drafts(forecast(shop, branch, {}))
    assert draft.quantity == 4


def test_accepting_orders_once_and_nothing_is_suggested_again(shop, branch):
    have(branch, "MILK", 5)
    run = forecast(shop, branch, {"MILK": 12})
    offering.offer(run, KINDS, reorder_drafts(run))
    suggestion = Suggestion.objects.get()
    for _ in range(2):
        accepted = deciding.accept(pk=suggestion.pk, by=BY)
    line = PurchaseOrderLine.objects.get()
    assert line.quantity == suggestion.quantity
    assert accepted.effect["url"] == f"/s/green/orders/{line.order_id}/"
    assert drafts(run) == []
    orders.approve(order=line.order, by=BY, below_minimum=True)
    assert drafts(run) == []


def test_undo_takes_its_part_off_again_but_not_from_an_approved_order(shop, branch):
    have(branch, "MILK", 5)
    run = forecast(shop, branch, {"MILK": 12})
    offering.offer(run, KINDS, reorder_drafts(run))
    pk = Suggestion.objects.get().pk
    deciding.accept(pk=pk, by=BY, quantity=Decimal(18))
    deciding.undo(pk=pk, by=BY)
    assert not PurchaseOrderLine.objects.exists()
    deciding.accept(pk=pk, by=BY, quantity=Decimal(24))
    line = PurchaseOrderLine.objects.get()
    orders.approve(order=line.order, by=BY, below_minimum=True)
    with pytest.raises(OrderRefused, match="approved already"):
        deciding.undo(pk=pk, by=BY)
    assert Suggestion.objects.get().state == "accepted"


def test_a_week_without_money_orders_nothing_and_says_what_it_leaves_out(shop, branch):
    have(branch, "MILK", 5)
    have(branch, "CHOC", 0)
    run = forecast(shop, branch, {"MILK": 12, "CHOC": 3})
    whole = {draft.product: draft.outlay for draft in drafts(run)}
    shop.weekly_cash = Decimal(14)
    shop.save()
    run.refresh_from_db()
    some = {draft.product: draft.outlay for draft in drafts(run)}
    assert sum(some.values()) <= 14 < sum(whole.values())
    [said] = drafts(run, "cash")
    assert "Left out, in cases" in said.why


def test_money_on_this_weeks_orders_counts_against_the_limit(shop, branch):
    milk = have(branch, "MILK", 5)
    shop.weekly_cash = Decimal(60)
    shop.save()
    choc = Product.objects.get(sku="CHOC")
    orders.add_line(branch=branch, supplier=choc.supplier, product=choc, quantity=Decimal(50), by=BY)
    run = forecast(shop, branch, {"MILK": 12})
    assert drafts(run) == [] and milk.pk
    assert drafts(run, "cash")


def test_a_product_without_a_cost_is_ordered_but_worth_is_not_claimed(shop, branch):
    have(branch, "APPLE", 0)
    [draft] = drafts(forecast(shop, branch, {"APPLE": 4}))
    assert draft.value is None and draft.quantity > 0
    assert draft.evidence["cost_known"] is False


def test_what_expires_first_is_not_counted_on(shop, branch):
    milk = Product.objects.get(sku="MILK")
    services.receive(branch=branch, product=milk, quantity=Decimal(60), by=BY, use_by=shop.today())
    [old] = drafts(forecast(shop, branch, {"MILK": 12}))
    services.count_stock(branch=branch, counted={milk.pk: Decimal(0)}, by=BY)
    services.receive(
        branch=branch, product=milk, quantity=Decimal(60), by=BY, use_by=shop.today() + dt.timedelta(days=9)
    )
    assert drafts(Run.objects.get()) == []
    assert old.quantity >= 12


def test_suggestions_ask_the_same_however_many_products(shop, branch, django_assert_max_num_queries):
    supplier = Supplier.objects.get()
    for number in range(25):
        Product.objects.create(sku=f"P{number}", name=f"P{number}", supplier=supplier, price=2, cost=1)
        have(branch, f"P{number}", 0)
    run = forecast(shop, branch, {f"P{number}": 3 for number in range(25)})
    with django_assert_max_num_queries(12):
        assert len(drafts(run)) == 25


def test_a_rival_is_advised_by_its_own_forecast_alone(cast, shop, branch):
    have(branch, "MILK", 5)
    forecast(shop, branch, {"MILK": 12})
    with use_shop(cast.rival):
        assert Run.objects.count() == 0
        market = Branch.objects.get()
        have(market, "MILK", 500)
        assert reorder_drafts(forecast(cast.rival, market, {"MILK": 1})) == []


def test_what_else_is_needed_fills_a_small_order(shop, branch):
    milk, choc = have(branch, "MILK", 5), have(branch, "CHOC", 9)
    forecast(shop, branch, {"MILK": 12, "CHOC": 3})
    line = orders.add_line(branch=branch, supplier=milk.supplier, product=milk, quantity=Decimal(6), by=BY)
    [found] = next_needed.next_needed(line.order)
    assert found.product == choc and 2.5 < found.days < 4.5
    assert StockMovement.objects.exists()
