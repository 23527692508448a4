"""Goods sold before they were there cost what the next receipt says."""

import datetime as dt
import random
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory import deliveries, orders, undoing
from inventory import services as stock
from inventory.models import Product, StockLevel, StockMovement, Supplier
from sales import below_zero, costs, reports
from sales.models import CostSettlement, Sale, SaleLine
from sales.services import Line, record_sale, void_sale
from shop.models import Branch
from shop.periods import Period
from shop.tenancy import use_shop
from tests.factories import Cast, at

BY = "alice@shops.example"
DAY = at("2026-03-10T00:00")


@pytest.fixture
def green(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.green


def milk() -> Product:
    return Product.objects.get(sku="MILK")


def here() -> Branch:
    return Branch.objects.order_by("id").first()


def hour(number: float) -> dt.datetime:
    return DAY + dt.timedelta(hours=number)


def sell(quantity: str, when: float, product: Product | None = None, **line: Any) -> SaleLine:
    row = Line(product=product or milk(), quantity=Decimal(quantity), **line)
    sale = record_sale(uuid=uuid.uuid4(), branch=here(), lines=[row], sold_at=hour(when), source="api", by=BY)
    return SaleLine.objects.get(sale=sale)


def receive(quantity: str, cost: str | None, when: float, source: str = "", branch: Branch | None = None) -> str:
    source = source or f"receipt:{uuid.uuid4()}"
    stock.receive(
        branch=branch or here(),
        product=milk(),
        quantity=Decimal(quantity),
        cost=Decimal(cost) if cost else None,
        by=BY,
        at=hour(when),
        source=source,
    )
    return source


def count(quantity: str, when: float) -> None:
    stock.count_stock(branch=here(), counted={milk().pk: Decimal(quantity)}, by=BY, at=hour(when))


def cost(line: SaleLine) -> Decimal | None:
    line.refresh_from_db()
    return line.cost


def test_what_was_sold_below_zero_costs_what_the_next_receipt_says(green: Any) -> None:
    count("1", 0)
    line = sell("3", 1)
    assert cost(line) == Decimal("3.30")
    source = receive("10", "1.50", 2)
    assert cost(line) == Decimal("4.10")  # one at 1.10, two at 1.50
    told = CostSettlement.objects.get()
    assert (told.line_id, told.quantity, told.was, told.now) == (line.pk, 2, Decimal("3.30"), Decimal("4.10"))
    assert told.receipt == source
    assert StockLevel.objects.get(product=milk(), branch=here()).quantity == 8
    assert reports.totals(Period(dt.date(2026, 3, 10), dt.date(2026, 3, 10))).cost == Decimal("4.10")


def test_receipts_settle_the_oldest_units_below_zero_first_each_once(green: Any) -> None:
    count("0", 0)
    first, second = sell("3", 1), sell("2", 2)
    receive("4", "2", 3)
    assert (cost(first), cost(second)) == (6, Decimal("3.10"))
    third = sell("1", 4)
    receive("10", "3", 5)
    assert (cost(first), cost(second), cost(third)) == (6, 5, 3)


def test_a_sale_told_late_is_settled_by_what_comes_after_it(green: Any) -> None:
    count("0", 0)
    second = sell("2", 10)
    receive("1", "2", 11)
    late = sell("1", 9)
    receive("5", "3", 12)
    assert (cost(second), cost(late)) == (5, 3)


def test_nothing_is_settled_without_a_shortage_nor_without_a_cost(green: Any) -> None:
    count("5", 0)
    line = sell("3", 1)
    receive("5", "9", 2)
    sell("9", 3)
    receive("1", None, 4)
    assert cost(line) == Decimal("3.30")
    assert not CostSettlement.objects.exists()


def test_a_count_ends_what_is_below_zero(green: Any) -> None:
    count("0", 0)
    line = sell("3", 1)
    count("4", 2)
    after = sell("5", 3)
    receive("10", "2", 4)
    assert (cost(line), cost(after)) == (Decimal("3.30"), Decimal("6.40"))


def test_a_receipt_of_before_the_last_count_settles_nothing(green: Any) -> None:
    count("0", 5)
    line = sell("3", 6)
    receive("10", "2", 4)
    assert cost(line) == Decimal("3.30")


def test_an_unknown_cost_becomes_known(green: Any) -> None:
    apples = Product.objects.get(sku="APPLE")
    stock.count_stock(branch=here(), counted={apples.pk: Decimal(1)}, by=BY, at=hour(0))
    line = sell("3", 1, apples)
    source = "receipt:apples"
    stock.receive(
        branch=here(), product=apples, quantity=Decimal(9), cost=Decimal("0.5"), by=BY, at=hour(2), source=source
    )
    assert cost(line) == Decimal("1.50")
    stock.take_back(sources=[source], by=BY, note="Wrong")
    assert cost(line) is None


def test_waste_and_moves_take_their_part_of_a_receipt(green: Any) -> None:
    count("0", 0)
    stock.waste(branch=here(), product=milk(), quantity=Decimal(2), by=BY, at=hour(1))
    line = sell("3", 2)
    receive("3", "2", 3)
    assert cost(line) == Decimal("4.20")  # the waste came first: one unit is settled
    receive("9", "4", 4)
    assert cost(line) == 10


def test_what_was_given_back_is_not_below_zero(green: Any) -> None:
    count("0", 0)
    line = sell("2", 1)
    sell("-1", 2)
    receive("9", "2", 3)
    assert cost(line) == Decimal("3.10")


def test_a_voided_sale_is_passed_over(green: Any) -> None:
    count("0", 0)
    line, gone = sell("2", 1), sell("2", 2)
    void_sale(sale=gone.sale, by=BY)
    receive("9", "2", 3)
    assert (cost(line), cost(gone)) == (4, Decimal("2.20"))


def test_a_receipt_taken_back_takes_its_settlement_back(green: Any) -> None:
    count("0", 0)
    line = sell("4", 1)
    first = receive("1", "2", 2)
    second = receive("2", "3", 3)
    assert cost(line) == Decimal("9.10")
    stock.take_back(sources=[first], by=BY, note="Wrong")
    assert cost(line) == Decimal("8.20")
    stock.take_back(sources=[first], by=BY, note="Wrong")  # twice is as once
    assert cost(line) == Decimal("8.20")
    receive("9", "5", 4)
    assert cost(line) == 16
    stock.take_back(sources=[second], by=BY, note="Wrong")
    assert sum(one.quantity for one in CostSettlement.objects.all()) == 2


def test_a_receipt_told_twice_settles_once(green: Any) -> None:
    count("0", 0)
    line = sell("4", 1)
    receive("1", "2", 2, "receipt:one")
    receive("1", "2", 2, "receipt:one")
    assert cost(line) == Decimal("5.30")
    assert CostSettlement.objects.count() == 1


def test_a_delivery_of_an_order_settles_and_its_undoing_takes_back(green: Any) -> None:
    count("0", 0)
    line = sell("4", 1)
    ordered = orders.add_line(
        branch=here(), supplier=Supplier.objects.get(), product=milk(), quantity=Decimal(12), by=BY
    )
    orders.approve(order=ordered.order, by=BY)
    deliveries.receive_line(line=ordered, quantity=Decimal(6), cost=Decimal(2), by=BY, source="delivery:1")
    assert cost(line) == 8
    undoing.undo_entry(StockMovement.objects.get(source="delivery:1"), by=BY)
    assert cost(line) == Decimal("4.40")


def test_each_branch_settles_its_own(green: Any) -> None:
    count("0", 0)
    line = sell("2", 1)
    receive("9", "5", 2, branch=Branch.objects.order_by("id").last())
    assert cost(line) == Decimal("2.20")


def test_two_lines_of_one_product_on_one_receipt(green: Any) -> None:
    count("0", 0)
    lines = [Line(product=milk(), quantity=Decimal(2)), Line(product=milk(), quantity=Decimal(2))]
    sale = record_sale(uuid=uuid.uuid4(), branch=here(), lines=lines, sold_at=hour(1), source="api", by=BY)
    receive("2", "2", 2)
    receive("2", "3", 3)
    assert sorted(SaleLine.objects.filter(sale=sale).values_list("cost", flat=True)) == [4, 6]


def test_many_sales_cost_no_more_statements(green: Any) -> None:
    def receipt_of(sales: int) -> int:
        for number in range(sales):
            sell("1", 10 + number / 100)
        with CaptureQueriesContext(connection) as queries:
            receive(str(sales), "2", 20)
        return len(queries)

    count("0", 0)
    receive("1", "2", 1)
    sell("1", 2)
    receipt_of(1)
    assert receipt_of(10) == receipt_of(30)


# Any order of sales, receipts, counts and things taken back, against units told one by one.


@dataclass
class Unit:
    when: float
    number: int
    line: int | None
    cost: Decimal
    settled: str = ""


@dataclass
class Shelf:
    """The same by hand: every unit that went out is a thing of its own."""

    level: int = 0
    counted: float = 0
    units: list[Unit] = field(default_factory=list)

    def sell(self, line: int, quantity: int, when: float, assumed: Decimal) -> None:
        self.units += [Unit(when, len(self.units) + n, line, assumed) for n in range(quantity)]
        if when > self.counted:
            self.level -= quantity

    def receive(self, quantity: int, each: Decimal, when: float, source: str) -> None:
        if when <= self.counted:
            return
        out = [unit for unit in self.units if unit.when > self.counted and not unit.settled]
        out.sort(key=lambda unit: (unit.when, unit.number), reverse=True)
        below = out[: max(0, -self.level)]
        for unit in list(reversed(below))[:quantity]:
            unit.cost, unit.settled = each, source
        self.level += quantity

    def count(self, quantity: int, when: float, moved_since: int) -> None:
        if when >= self.counted:
            self.level, self.counted = quantity + moved_since, when


STEPS = st.lists(
    st.tuples(st.sampled_from(["sell", "sell", "receive", "count"]), st.integers(1, 5), st.integers(1, 40)),
    min_size=2,
    max_size=14,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_sales_receipts_and_counts_in_any_order_cost_what_they_cost_by_hand(green: Any, steps: Any) -> None:
    product = Product.objects.create(sku=str(uuid.uuid4()), name="Eggs", price=Decimal(9), cost=Decimal("1.10"))
    shelf, moved = Shelf(), []
    stock.count_stock(branch=here(), counted={product.pk: Decimal(0)}, by=BY, at=hour(0))
    for number, (what, quantity, half) in enumerate(steps):
        when = half / 2 + number / 1000
        if what == "sell":
            line = sell(str(quantity), when, product)
            shelf.sell(line.pk, quantity, when, Decimal("1.10"))
            moved.append((when, -quantity))
        elif what == "receive":
            each = Decimal(random.Random(number).randint(50, 300)) / 100
            source = f"receipt:{uuid.uuid4()}"
            stock.receive(
                branch=here(), product=product, quantity=Decimal(quantity), cost=each, by=BY, at=hour(when),
                source=source,
            )  # fmt: skip
            shelf.receive(quantity, each, when, source)
            moved.append((when, quantity))
        else:
            stock.count_stock(branch=here(), counted={product.pk: Decimal(quantity)}, by=BY, at=hour(when))
            shelf.count(quantity, when, sum(much for moment, much in moved if moment > when))
    assert StockLevel.objects.get(product=product).quantity == shelf.level
    by_hand: dict[int | None, Decimal] = {}
    for unit in shelf.units:
        by_hand[unit.line] = by_hand.get(unit.line, Decimal(0)) + unit.cost
    lines = SaleLine.objects.filter(product=product)
    assert {line.pk: line.cost for line in lines} == by_hand
    sums = [
        row.sums
        for row in reports.by_product(Period(dt.date(2026, 3, 10), dt.date(2026, 3, 11)))
        if row.id == product.pk
    ]
    assert sum((one.cost for one in sums), Decimal(0)) == sum(by_hand.values(), Decimal(0))


def test_the_ledger_is_left_as_it_was(green: Any) -> None:
    count("0", 0)
    sell("4", 1)
    before = list(StockMovement.objects.values_list("pk", "quantity", "unit_cost"))
    receive("9", "2", 2)
    after = StockMovement.objects.exclude(kind="receipt").values_list("pk", "quantity", "unit_cost")
    assert list(after) == before
    assert Sale.objects.count() == 1
    assert costs.cost_of(costs._lines([SaleLine.objects.get().pk])[0]) == 8


def test_what_is_below_zero_now_and_since_when(green: Any) -> None:
    count("1", 0)
    sell("1", 1)
    sell("1", 2)
    sell("2", 3)
    apples = Product.objects.get(sku="APPLE")
    stock.count_stock(branch=here(), counted={apples.pk: Decimal(0)}, by=BY, at=hour(0))
    sell("5", 1, apples)
    first, second = below_zero.sold_below_zero()
    assert (first.sku, first.quantity, first.since, first.value) == ("MILK", 3, hour(2), Decimal("3.30"))
    assert (second.sku, second.value, second.since) == ("APPLE", None, hour(1))
    totals = below_zero.below_zero_totals()
    assert (totals.rows, totals.value, totals.uncosted) == (2, Decimal("3.30"), 1)
    receive("9", "2", 4)
    assert [row.sku for row in below_zero.sold_below_zero(branch=here().pk)] == ["APPLE"]
    latest = below_zero.settled_lately(9)
    assert [(row.quantity, row.was, row.now) for row in latest] == [
        (2, Decimal("2.20"), Decimal("4.00")),
        (1, Decimal("1.10"), Decimal("2.00")),
    ]
