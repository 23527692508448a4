"""Stock: a level is always the sum of its movements; a count is the truth at its moment."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory import services
from inventory.models import Lot, PriceChange, Product, StockLevel, StockMovement
from inventory.services import Move, PriceRefused, StockRefused
from shop.models import Branch
from shop.tenancy import use_shop
from tests.factories import Cast, at

NOON = at("2026-03-10T12:00")
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def green(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.green


def milk() -> Product:
    return Product.objects.get(sku="MILK")


def branches() -> list[Branch]:
    return list(Branch.objects.order_by("id"))


def sell(quantity: int, when: dt.datetime, source: str, product: Product | None = None) -> None:
    moves = [Move((product or milk()).pk, Decimal(-quantity), source)]
    services.move(branch=branches()[0].pk, kind="sale", moves=moves, at=when, by="till")


def quantity(branch: Branch | None = None) -> Decimal:
    return StockLevel.objects.get(product=milk(), branch=branch or branches()[0]).quantity


def assert_level_is_ledger() -> None:
    moved = StockMovement.objects.order_by().values_list("branch_id", "product_id").annotate(sum=Sum("quantity"))
    ledger = {(branch, product): total for branch, product, total in moved}
    levels = {(row.branch_id, row.product_id): row.quantity for row in StockLevel.objects.all()}
    assert {key: total for key, total in levels.items() if total} == {
        key: total for key, total in ledger.items() if total
    }


def test_sales_before_the_first_count_or_receipt_move_nothing(green: Any) -> None:
    sell(3, NOON, "a")
    assert not StockMovement.objects.exists()
    services.receive(branch=branches()[0], product=milk(), quantity=Decimal(10), at=NOON, by="alice")
    sell(2, NOON - HOUR, "b")
    sell(1, NOON + HOUR, "c")
    assert quantity() == 9
    assert_level_is_ledger()


def test_a_receipt_makes_or_fills_a_lot(green: Any) -> None:
    for _ in range(2):
        services.receive(
            branch=branches()[0],
            product=milk(),
            quantity=Decimal(5),
            lot="L1",
            best_before=dt.date(2026, 4, 1),
            cost=Decimal("1.05"),
            at=NOON,
            by="alice",
        )
    lot = Lot.objects.get()
    assert (lot.quantity, lot.received_on, lot.cost) == (10, dt.date(2026, 3, 10), Decimal("1.05"))
    assert {row.lot_id for row in StockMovement.objects.all()} == {lot.pk}


def test_a_count_is_the_truth_plus_what_moved_since(green: Any) -> None:
    branch = branches()[0]
    services.receive(branch=branch, product=milk(), quantity=Decimal(10), at=NOON, by="alice")
    sell(2, NOON + 3 * HOUR, "later")
    services.count_stock(branch=branch, counted={milk().pk: Decimal(9)}, at=NOON + 2 * HOUR, by="alice")
    assert quantity() == 7
    sell(1, NOON + HOUR, "told late")  # the count has seen it
    assert quantity() == 7
    services.count_stock(branch=branch, counted={milk().pk: Decimal(50)}, at=NOON + HOUR, by="alice")  # an older count
    assert quantity() == 7
    assert_level_is_ledger()


def test_repeating_with_the_same_source_changes_nothing(green: Any) -> None:
    branch, other = branches()[:2]
    for _ in range(2):
        services.receive(branch=branch, product=milk(), quantity=Decimal(10), by="a", source="delivery:1", at=NOON)
        services.waste(branch=branch, product=milk(), quantity=Decimal(1), by="a", source="waste:1", at=NOON)
        services.transfer(
            product=milk(), quantity=Decimal(4), from_branch=branch, to_branch=other, by="a", source="t:1", at=NOON
        )
        sell(1, NOON, "sale:1")
    assert (quantity(branch), quantity(other)) == (4, 4)
    assert Lot.objects.get().quantity == 10
    assert_level_is_ledger()


def test_waste_and_transfer_of_what_nobody_counted_are_refused(green: Any) -> None:
    branch, other = branches()[:2]
    with pytest.raises(StockRefused, match="Count or receive"):
        services.waste(branch=branch, product=milk(), quantity=Decimal(1), by="a")
    with pytest.raises(StockRefused, match="Count or receive"):
        services.transfer(product=milk(), quantity=Decimal(1), from_branch=branch, to_branch=other, by="a")
    with pytest.raises(StockRefused, match="above 0"):
        services.receive(branch=branch, product=milk(), quantity=Decimal(0), by="a")
    with pytest.raises(StockRefused, match="below 0"):
        services.count_stock(branch=branch, counted={milk().pk: Decimal(-1)}, by="a")
    assert not StockMovement.objects.exists()
    assert not StockLevel.objects.exists()


def test_stock_may_go_below_zero(green: Any) -> None:
    services.count_stock(branch=branches()[0], counted={milk().pk: Decimal(1)}, at=NOON, by="a")
    sell(5, NOON + HOUR, "s")
    assert quantity() == -4


def test_taking_back_restores_the_level_and_never_undoes_a_count(green: Any) -> None:
    branch = branches()[0]
    services.receive(branch=branch, product=milk(), quantity=Decimal(10), at=NOON, by="a")
    sell(2, NOON + HOUR, "s")
    services.take_back(sources=["s", "unknown"], by="a", note="voided")
    services.take_back(sources=["s"], by="a", note="voided")
    assert quantity() == 10
    sell(2, NOON + HOUR, "s2")
    services.count_stock(branch=branch, counted={milk().pk: Decimal(8)}, at=NOON + 2 * HOUR, by="a")
    services.take_back(sources=["s2"], by="a", note="voided")
    assert quantity() == 8
    assert_level_is_ledger()


EVENTS = st.lists(
    st.tuples(st.sampled_from(["sale", "receipt", "count", "waste", "undo"]), st.integers(0, 9), st.integers(0, 20)),
    max_size=14,
)


@given(events=EVENTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_any_order_told_the_level_is_the_last_count_and_what_came_after(green: Any, events: Any) -> None:
    """Events carry their own hour and are told in any order. Whatever happened after the last count (or, with no
    count, since the first receipt) adds up to the level."""
    product = Product.objects.create(sku=f"P{Product.objects.count()}", name="P")
    branch, told = branches()[0], []
    for number, (kind, amount, hour) in enumerate(events):
        when, source = NOON + hour * HOUR, f"{product.pk}:{number}"
        level = StockLevel.objects.filter(product=product).first()
        if kind == "sale":
            if level and level.tracked_from <= when:
                told.append((hour, -amount, source))
            sell(amount, when, source, product)
        elif kind == "receipt" and amount:
            services.receive(branch=branch, product=product, quantity=Decimal(amount), at=when, by="a", source=source)
            told.append((hour, amount, source))
        elif kind == "waste" and amount and level:
            services.waste(branch=branch, product=product, quantity=Decimal(amount), at=when, by="a", source=source)
            told.append((hour, -amount, source))
        elif kind == "count":
            services.count_stock(branch=branch, counted={product.pk: Decimal(amount)}, at=when, by="a")
            told.append((hour, ("count", amount), source))
        elif kind == "undo" and told and isinstance(told[-1][1], int):
            services.take_back(sources=[told.pop()[2]], by="a", note="")
    counts = [(hour, place) for place, (hour, what, _) in enumerate(told) if isinstance(what, tuple)]
    since, base = -1, 0
    if counts:
        since, place = max(counts)
        base = told[place][1][1]
    expected = base + sum(what for hour, what, _ in told if not isinstance(what, tuple) and hour > since)
    level = StockLevel.objects.filter(product=product).first()
    assert (level.quantity if level else 0) == expected
    assert_level_is_ledger()


def test_a_count_of_many_products_takes_a_fixed_number_of_queries(
    green: Any, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    products = [Product.objects.create(sku=f"Q{number}", name="Q") for number in range(12)]

    def queries(some: list[Product]) -> int:
        with django_assert_max_num_queries(20) as captured:
            services.count_stock(branch=branches()[0], counted={row.pk: Decimal(5) for row in some}, by="a")
        return len(captured)

    assert queries(products[:3]) == queries(products[3:])


def test_a_bulk_price_change_is_one_statement_with_its_history(green: Any) -> None:
    before = PriceChange.objects.count()
    prices = {row.pk: row.price + Decimal("0.15") for row in Product.objects.all()}
    assert services.change_prices(prices=prices, by="alice@shops.example", reason="Spring prices") == 3
    assert services.change_prices(prices=prices, by="alice@shops.example", reason="Again") == 0
    last = PriceChange.objects.filter(product=milk()).first()
    assert (last.price, last.actor, last.reason) == (Decimal("1.60"), "alice@shops.example", "Spring prices")
    assert PriceChange.objects.count() == before + 3


@pytest.mark.parametrize("price", ["-0.01", "1.00001"])
def test_an_impossible_price_changes_nothing(green: Any, price: str) -> None:
    others = {row.pk: Decimal(9) for row in Product.objects.exclude(sku="MILK")}
    with pytest.raises(PriceRefused):
        services.change_prices(prices={**others, milk().pk: Decimal(price)}, by="a", reason="")
    assert not Product.objects.filter(price=9).exists()


def test_another_shops_products_keep_their_prices(cast: Cast) -> None:
    with use_shop(cast.rival):
        theirs = milk().pk
    with use_shop(cast.green):
        assert services.change_prices(prices={theirs: Decimal(9)}, by="a", reason="") == 0
    with use_shop(cast.rival):
        assert milk().price == Decimal("1.45")
    assert connection.in_atomic_block
