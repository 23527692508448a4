"""Undo: by reversal, once, and never against a count that stands. The level is always the sum of the ledger."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory import services, undoing
from inventory.models import Lot, Product, StockLevel, StockMovement
from inventory.services import Move, StockRefused
from inventory.undoing import UndoRefused
from shop.models import Branch
from shop.tenancy import use_shop
from tests.factories import Cast, at
from tests.inventory.test_stock import HOUR, NOON, assert_level_is_ledger, branches, milk, quantity, sell

BY = "alice@shops.example"


@pytest.fixture
def green(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.green


def count(much: int, when: dt.datetime, source: str = "") -> None:
    services.count_stock(branch=branches()[0], counted={milk().pk: Decimal(much)}, at=when, by=BY, source=source)


def receive(much: int, when: dt.datetime, source: str, **more: Any) -> None:
    services.receive(
        branch=branches()[0], product=milk(), quantity=Decimal(much), at=when, by=BY, source=source, **more
    )


def take_back(source: str) -> None:
    services.take_back(sources=[source], by=BY, note="Undone")
    assert_level_is_ledger()


def counted(source: str) -> str:
    return f"{source}:{milk().pk}"


def test_a_count_undone_leaves_what_was_there_before_it(green: Any) -> None:
    receive(10, NOON, "r")
    count(7, NOON + HOUR, "c")
    sell(2, NOON + 2 * HOUR, "s")
    assert quantity() == 5
    for _ in range(2):
        take_back(counted("c"))
        assert quantity() == 8
    assert StockLevel.objects.get(product=milk()).counted_at is None


def test_what_a_count_had_hidden_counts_again(green: Any) -> None:
    receive(10, NOON, "r")
    count(7, NOON + 2 * HOUR, "c")
    sell(2, NOON + HOUR, "told late")
    assert quantity() == 7
    take_back(counted("c"))
    assert quantity() == 8
    sell(1, NOON + HOUR, "told later still")
    assert quantity() == 7


def test_the_count_before_it_stands_again(green: Any) -> None:
    count(20, NOON, "first")
    sell(1, NOON - HOUR, "before the first")
    count(9, NOON + 2 * HOUR, "second")
    count(15, NOON + HOUR, "told late, between")
    assert quantity() == 9
    take_back(counted("second"))
    assert quantity() == 15
    take_back(counted("told late, between"))
    assert quantity() == 20
    assert StockLevel.objects.get(product=milk()).counted_at == NOON


def test_a_sale_voided_under_a_count_stays_voided_when_the_count_goes(green: Any) -> None:
    receive(10, NOON - HOUR, "r")
    count(7, NOON, "c")
    sell(1, NOON - HOUR / 2, "s")
    take_back("s")
    take_back(counted("c"))
    assert quantity() == 10


def test_a_count_under_a_later_one_is_undone_without_moving_stock(green: Any) -> None:
    count(20, NOON, "first")
    count(12, NOON + HOUR, "second")
    take_back(counted("first"))
    assert quantity() == 12
    take_back(counted("second"))
    assert quantity() == 0


def test_the_same_count_sent_again_later_hides_nothing(green: Any) -> None:
    count(20, NOON, "c")
    count(20, NOON + 2 * HOUR, "c")
    sell(1, NOON + HOUR, "s")
    assert quantity() == 19


def test_a_receipt_undone_leaves_its_lot(green: Any) -> None:
    receive(6, NOON, "r1", lot="L")
    receive(4, NOON, "r2", lot="L")
    take_back("r2")
    assert (Lot.objects.get().quantity, quantity()) == (6, 6)


def test_waste_of_a_lot_comes_out_of_that_lot(green: Any) -> None:
    receive(6, NOON, "r1", best_before=dt.date(2026, 4, 1))
    receive(6, NOON, "r2", best_before=dt.date(2026, 5, 1))
    later = Lot.objects.get(best_before=dt.date(2026, 5, 1))
    for _ in range(2):
        services.waste(branch=branches()[0], product=milk(), quantity=Decimal(4), by=BY, lot=later, source="w")
    later.refresh_from_db()
    assert (later.quantity, quantity()) == (2, 8)
    with pytest.raises(StockRefused, match="not that much of this lot"):
        services.waste(branch=branches()[0], product=milk(), quantity=Decimal(3), by=BY, lot=later)
    take_back("w")
    later.refresh_from_db()
    assert (later.quantity, quantity()) == (6, 12)


def test_a_transfer_takes_the_lots_date_along_and_is_undone_whole(green: Any) -> None:
    here, there = branches()[:2]
    receive(6, dt.datetime.now(dt.UTC), "r", lot="L", best_before=dt.date(2027, 4, 1), cost=Decimal("1.05"))
    lot = Lot.objects.get()
    for _ in range(2):
        services.transfer(
            product=milk(), quantity=Decimal(2), from_branch=here, to_branch=there, by=BY, lot=lot, source="t"
        )
    moved = Lot.objects.get(branch=there)
    assert (moved.code, moved.best_before, moved.cost, moved.quantity) == (lot.code, lot.best_before, lot.cost, 2)
    undoing.undo_entry(StockMovement.objects.get(source="t:in"), by=BY)
    undoing.undo_entry(StockMovement.objects.get(source="t:out"), by=BY)
    assert (quantity(here), quantity(there)) == (6, 0)
    assert sorted(Lot.objects.values_list("quantity", flat=True)) == [0, 6]
    assert_level_is_ledger()


def test_only_todays_entries_can_be_undone(green: Any) -> None:
    now = dt.datetime.now(dt.UTC)
    receive(6, now - dt.timedelta(hours=25), "old")
    receive(6, now, "new")
    sell(1, now, "sale")
    for source in ("old", "sale"):
        with pytest.raises(UndoRefused, match="last 24 hours"):
            undoing.undo_entry(StockMovement.objects.get(source=source), by=BY)
    undoing.undo_entry(StockMovement.objects.get(source="new"), by=BY)
    with pytest.raises(UndoRefused):
        undoing.undo_entry(StockMovement.objects.get(source="undo:new"), by=BY)
    assert quantity() == 5


@dataclass
class Told:
    """What was told of one product and not undone. Its stock: the last count, and what came after it."""

    product: Product
    told: int = 0
    events: dict[str, tuple[int, int, str, int]] = field(default_factory=dict)  # source: hour, order, kind, amount

    def add(self, source: str, hour: int, kind: str, amount: int) -> None:
        self.told += 1
        self.events[source] = (hour, self.told, kind, amount)

    def level(self) -> int:
        counts = [event for event in self.events.values() if event[2] == "count"]
        since, _, _, base = max(counts, default=(-1, 0, "", 0))
        return base + sum(amount for hour, _, kind, amount in self.events.values() if kind != "count" and hour > since)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["sale", "receipt", "count", "waste", "transfer", "count", "undo", "undo", "again"]),
        st.integers(0, 9),
        st.integers(0, 6),
    ),
    max_size=14,
)


@given(steps=STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_told_and_undone_in_any_order(green: Any, steps: Any) -> None:
    told = Told(Product.objects.create(sku=f"U{Product.objects.count()}", name="U"))
    for number, (kind, amount, hour) in enumerate(steps):
        step(told, kind, amount, hour, f"{told.product.pk}:{number}")
        level = StockLevel.objects.filter(product=told.product, branch=branches()[0]).first()
        assert (level.quantity if level else 0) == told.level()
        assert_level_is_ledger()


def step(told: Told, kind: str, amount: int, hour: int, source: str) -> None:
    product, (here, there), when = told.product, branches()[:2], NOON + hour * HOUR
    level = StockLevel.objects.filter(product=product, branch=here).first()
    much = Decimal(amount)
    if kind == "sale":
        if level and level.tracked_from <= when:
            told.add(source, hour, kind, -amount)
        services.move(branch=here.pk, kind="sale", moves=[Move(product.pk, -much, source)], at=when, by="till")
    elif kind == "count":
        services.count_stock(branch=here, counted={product.pk: much}, at=when, by=BY, source=source)
        told.add(f"{source}:{product.pk}", hour, kind, amount)
    elif kind == "receipt" and amount:
        services.receive(branch=here, product=product, quantity=much, at=when, by=BY, source=source)
        told.add(source, hour, kind, amount)
    elif kind == "waste" and amount and level:
        services.waste(branch=here, product=product, quantity=much, at=when, by=BY, source=source)
        told.add(source, hour, kind, -amount)
    elif kind == "transfer" and amount and level:
        services.transfer(
            product=product, quantity=much, from_branch=here, to_branch=there, at=when, by=BY, source=source
        )
        told.add(f"{source}:out", hour, kind, -amount)
    elif kind in ("undo", "again") and told.events:
        chosen = sorted(told.events)[amount % len(told.events)]
        for _ in range(2 if kind == "again" else 1):
            services.take_back(sources=undoing.legs(chosen), by=BY, note="Undone")
        del told.events[chosen]


def test_the_other_shop_is_not_touched(cast: Cast) -> None:
    with use_shop(cast.rival):
        market = Branch.objects.get()
        services.receive(
            branch=market, product=milk(), quantity=Decimal(5), by=BY, at=at("2026-03-10T12:00"), source="r"
        )
    with use_shop(cast.green):
        services.take_back(sources=["r"], by=BY, note="Undone")
    with use_shop(cast.rival):
        assert StockLevel.objects.get().quantity == 5
