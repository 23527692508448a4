"""Goods nobody knew when they were sold get their product, stock and cost later."""

import datetime as dt
import threading
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import services as stock
from inventory.models import Barcode, Product, StockLevel, StockMovement
from sales import matching, reports
from sales.matching import MatchRefused
from sales.models import InboxItem, Sale, SaleLine
from sales.services import Line, record_sale, void_sale
from shop.models import Branch
from shop.periods import Period
from shop.tenancy import use_shop
from tests.factories import Cast, at

BY = "alice@shops.example"
CODE = "5012345678900"
DAY = dt.date(2026, 3, 10)


@pytest.fixture
def green(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.green


def milk() -> Product:
    return Product.objects.get(sku="MILK")


def here() -> Branch:
    return Branch.objects.order_by("id").first()


def sell(quantity: str = "2", when: str = "2026-03-10T10:00", code: str = CODE, item: bool = True, **line: Any) -> Sale:
    """A sale of unknown goods, as a till's is booked: its line names the code, and an item waits in the inbox."""
    row = Line(quantity=Decimal(quantity), barcode=code, **{"name": "Oat drink", "unit_price": Decimal("1.95"), **line})
    known = Line(product=Product.objects.get(sku="CHOC"), quantity=Decimal(1))
    sale = record_sale(uuid=uuid.uuid4(), branch=here(), lines=[known, row], sold_at=at(when), source="api", by=BY)
    if item:
        InboxItem.objects.create(
            kind="unmatched", told_id=str(sale.uuid), sale=sale, line_number=2, branch=here(), code=code or "Oat drink",
            name="Oat drink",
        )  # fmt: skip
    return sale


def follow(quantity: str = "10", when: str = "2026-03-10T08:00") -> None:
    stock.count_stock(branch=here(), counted={milk().pk: Decimal(quantity)}, by=BY, at=at(when))


def level() -> Decimal:
    return StockLevel.objects.get(product=milk(), branch=here()).quantity


def test_all_lines_of_the_code_get_product_cost_and_stock(green: Any) -> None:
    follow()
    first, second = sell(), sell("3", "2026-03-11T10:00")
    assert matching.match_code(code=CODE, product=milk(), by=BY) == 2
    lines = SaleLine.objects.filter(product=milk()).order_by("id")
    assert [line.cost for line in lines] == [Decimal("2.20"), Decimal("3.30")]
    assert [line.name for line in lines] == ["Oat drink", "Oat drink"]
    assert level() == 5
    moved = StockMovement.objects.filter(product=milk(), kind="sale").order_by("id")
    assert [(row.source, row.occurred_at, row.unit_cost) for row in moved] == [
        (f"sale:{first.uuid}:2", first.sold_at, Decimal("1.10")),
        (f"sale:{second.uuid}:2", second.sold_at, Decimal("1.10")),
    ]
    assert not InboxItem.objects.open().exists()
    assert {item.product_id for item in InboxItem.objects.all()} == {milk().pk}
    assert Barcode.objects.get(code=CODE).product == milk()
    sums = {row.id: row.sums for row in reports.by_product(Period(DAY, DAY))}
    assert sums[milk().pk].units == 2
    assert None not in sums


def test_matching_again_changes_nothing(green: Any) -> None:
    follow()
    sell()
    matching.match_code(code=CODE, product=milk(), by=BY)
    assert matching.match_code(code=CODE, product=milk(), by=BY) == 0
    assert level() == 8


def test_stock_moves_as_if_it_had_been_known_when_it_was_sold(green: Any) -> None:
    sell(when="2026-03-09T10:00")  # before it was followed: history
    follow("10", "2026-03-10T08:00")
    sell(when="2026-03-10T09:00")
    follow("7", "2026-03-10T12:00")
    sell(when="2026-03-10T13:00")
    matching.match_code(code=CODE, product=milk(), by=BY)
    assert level() == 5
    assert StockMovement.objects.filter(product=milk(), kind="sale").count() == 2
    assert StockMovement.objects.filter(source__endswith=":counted").count() == 1
    assert level() == sum(StockMovement.objects.filter(product=milk()).values_list("quantity", flat=True))


def test_where_nobody_follows_the_stock_only_the_line_changes(green: Any) -> None:
    sell()
    assert matching.match_code(code=CODE, product=milk(), by=BY) == 1
    assert not StockMovement.objects.filter(product=milk()).exists()
    assert SaleLine.objects.filter(product=milk()).exists()


def test_goods_given_back_come_back_unless_they_are_spoilt(green: Any) -> None:
    follow()
    sell("-1")
    sell("-1", restock=False)
    matching.match_code(code=CODE, product=milk(), by=BY)
    assert level() == 11


def test_a_voided_sale_moves_nothing(green: Any) -> None:
    follow()
    void_sale(sale=sell(), by=BY)
    later = sell()
    matching.match_code(code=CODE, product=milk(), by=BY)
    assert level() == 8
    void_sale(sale=later, by=BY)
    assert level() == 10


def test_other_codes_and_the_rivals_lines_are_left_alone(green: Any, cast: Cast) -> None:
    other = sell(code="999")
    with use_shop(cast.rival):
        rivals = sell()
    sell()
    assert matching.match_code(code=CODE, product=milk(), by=BY) == 1
    assert SaleLine.objects.get(sale=other, barcode="999").product is None
    with use_shop(cast.rival):
        assert SaleLine.objects.get(sale=rivals, barcode=CODE).product is None


def test_goods_with_a_name_only_are_matched_by_it_and_leave_no_barcode(green: Any) -> None:
    sell(code="")
    sell(code="", item=False)
    assert matching.match_code(code="Oat drink", product=milk(), by=BY) == 2
    assert not Barcode.objects.filter(product=milk(), code="Oat drink").exists()
    assert matching.unmatch(code="Oat drink", product=milk(), by=BY) == 2


def test_a_code_of_another_product_is_refused(green: Any) -> None:
    sell()
    Barcode.objects.create(product=Product.objects.get(sku="APPLE"), code=CODE)
    with pytest.raises(MatchRefused, match="apples"):
        matching.match_code(code=CODE, product=milk(), by=BY)
    assert not SaleLine.objects.filter(product=milk()).exists()


def test_a_match_taken_back_leaves_everything_as_it_was(green: Any) -> None:
    follow()
    sell()
    matching.match_code(code=CODE, product=milk(), by=BY)
    assert matching.unmatch(code=CODE, product=milk(), by=BY) == 1
    line = SaleLine.objects.get(barcode=CODE)
    assert (line.product, line.cost) == (None, None)
    assert level() == 10
    assert InboxItem.objects.open().get().product is None
    assert not Barcode.objects.filter(code=CODE).exists()
    assert matching.unmatch(code=CODE, product=milk(), by=BY) == 0


def test_matched_again_it_moves_stock_again_and_a_void_takes_it_back(green: Any) -> None:
    follow()
    sale = sell()
    for _ in range(3):
        matching.match_code(code=CODE, product=milk(), by=BY)
        assert level() == 8
        matching.unmatch(code=CODE, product=milk(), by=BY)
        assert level() == 10
    matching.match_code(code=CODE, product=milk(), by=BY)
    void_sale(sale=sale, by=BY)
    assert level() == 10


def test_a_wrong_match_can_be_put_right(green: Any) -> None:
    follow()
    sell()
    apples = Product.objects.get(sku="APPLE")
    matching.match_code(code=CODE, product=apples, by=BY)
    matching.unmatch(code=CODE, product=apples, by=BY)
    matching.match_code(code=CODE, product=milk(), by=BY)
    assert level() == 8
    assert Barcode.objects.get(code=CODE).product == milk()


def test_what_was_sold_since_by_the_code_is_taken_back_too(green: Any) -> None:
    follow()
    sell()
    matching.match_code(code=CODE, product=milk(), by=BY)
    sell(product=milk(), item=False)
    assert level() == 6
    assert matching.unmatch(code=CODE, product=milk(), by=BY) == 2
    assert level() == 10
    assert InboxItem.objects.open().count() == 2
    matching.match_code(code=CODE, product=milk(), by=BY)
    assert level() == 6


def test_a_settled_cost_goes_with_the_product(green: Any) -> None:
    follow("0")
    sell()
    matching.match_code(code=CODE, product=milk(), by=BY)
    stock.receive(branch=here(), product=milk(), quantity=Decimal(5), cost=Decimal(2), by=BY, at=at("2026-03-10T12:00"))
    assert SaleLine.objects.get(barcode=CODE).cost == 4
    matching.unmatch(code=CODE, product=milk(), by=BY)
    matching.match_code(code=CODE, product=milk(), by=BY)
    assert SaleLine.objects.get(barcode=CODE).cost == Decimal("2.20")


def test_a_product_is_made_as_the_till_told_it(green: Any) -> None:
    sell(tax_rate=Decimal("0.2"))
    made = matching.make_product(code=CODE, by=BY)
    assert (made.sku, made.name, made.price) == (CODE, "Oat drink", Decimal("1.95"))
    assert made.tax_rate is not None
    assert made.tax_rate.name == "Standard"
    assert made.needs_review
    assert matching.match_code(code=CODE, product=made, by=BY) == 1
    with pytest.raises(MatchRefused, match="Nothing was sold"):
        matching.make_product(code=CODE, by=BY)


def test_weighed_goods_are_made_by_the_kilogram(green: Any) -> None:
    sell("0.355")
    assert matching.make_product(code=CODE, by=BY, name="Nuts", price=Decimal(9)).unit == "kg"


def test_thirty_lines_cost_no_more_statements_than_ten(green: Any) -> None:
    def match(lines: int) -> tuple[int, int]:
        for _ in range(lines):
            sell()
        with CaptureQueriesContext(connection) as queries:
            matching.match_code(code=CODE, product=milk(), by=BY)
        with CaptureQueriesContext(connection) as undone:
            matching.unmatch(code=CODE, product=milk(), by=BY)
        return len(queries), len(undone)

    follow("0")
    match(1)
    assert match(9) == match(29)


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_move_stock_once(committed_cast: Cast) -> None:
    with use_shop(committed_cast.green):
        follow()
        for _ in range(5):
            sell()
        product, problems = milk(), []

    def match() -> None:
        try:
            with use_shop(committed_cast.green):
                matching.match_code(code=CODE, product=product, by=BY)
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=match) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with use_shop(committed_cast.green):
        assert level() == 0
        assert InboxItem.objects.filter(matched=1).count() == 5
