"""Day totals from files: one summary a branch and day, counted in sales and units, never in baskets."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest

from inventory.models import Product, StockLevel, StockMovement
from sales import reports
from sales.models import BranchHour, Sale, SaleLine
from shop.models import Branch
from shop.periods import Period
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, reasons

HEAD = "date,product,quantity,net,price,cost,branch\n"
DAYS = HEAD + (
    "2026-03-02,MILK,10,14.50,,1.00,Station\n"
    "2026-03-02,CHOC,5,,2.40,,Station\n"
    "2026-03-03,MILK,4,5.80,,,Station\n"
    "2026-03-02,MILK,1,1.45,,,High Street\n"
)
DAY = Period(dt.date(2026, 3, 2), dt.date(2026, 3, 2))


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def test_each_branch_and_day_is_one_summary(green: Cast) -> None:
    assert counts(bring_in("sales_daily", DAYS)) == (4, 0, 0, 0)
    summaries = Sale.objects.order_by("business_date", "branch__name")
    assert [(s.kind, s.business_date.day, s.branch.name, s.line_count) for s in summaries] == [
        ("summary", 2, "High Street", 1),
        ("summary", 2, "Station", 2),
        ("summary", 3, "Station", 1),
    ]
    milk = SaleLine.objects.get(product__sku="MILK", quantity=10)
    assert (milk.net, milk.tax, milk.unit_price, milk.cost) == (Decimal("14.5"), 0, Decimal("1.45"), Decimal(10))
    choc = SaleLine.objects.get(product__sku="CHOC")
    assert (choc.net, choc.tax, choc.cost) == (Decimal(10), Decimal(2), Decimal(6))


def test_a_summary_counts_in_sales_and_units_never_in_baskets(green: Cast) -> None:
    bring_in("sales_daily", DAYS)
    sums = reports.totals(DAY)
    assert (sums.net, sums.units, sums.baskets) == (Decimal("25.95"), 16, 0)
    assert set(BranchHour.objects.values_list("hour", flat=True)) == {None}


def test_the_same_again_changes_nothing_and_other_content_is_refused(green: Cast) -> None:
    bring_in("sales_daily", DAYS)
    assert counts(bring_in("sales_daily", DAYS)) == (0, 0, 4, 0)
    result = bring_in("sales_daily", DAYS.replace("CHOC,5", "CHOC,6"))
    assert counts(result) == (0, 0, 2, 2)
    assert "sales of 2026-03-02 are already here with other content" in reasons(result)


@pytest.mark.parametrize(
    ("zone", "cutoff"), [("Pacific/Auckland", 12), ("America/Los_Angeles", 0), ("Europe/Lisbon", 12)]
)
def test_the_day_is_that_day_whatever_the_zone_and_cut_off(green: Cast, zone: str, cutoff: int) -> None:
    green.green.zone, green.green.day_starts_at_hour = zone, cutoff
    green.green.save()
    bring_in("sales_daily", HEAD + "2026-03-29,MILK,1,1,,,\n")
    sale = Sale.objects.get()
    assert sale.business_date == dt.date(2026, 3, 29) == green.green.business_date(sale.sold_at)


def test_totals_move_stock_from_the_first_count_on(green: Cast) -> None:
    milk, station = Product.objects.get(sku="MILK"), Branch.objects.get(name="Station")
    StockLevel.objects.create(
        product=milk, branch=station, quantity=10, tracked_from=dt.datetime(2026, 3, 3, tzinfo=dt.UTC)
    )
    bring_in("sales_daily", DAYS)
    assert StockLevel.objects.get(product=milk).quantity == 6
    assert StockMovement.objects.get().quantity == -4


def test_a_row_without_amount_refuses_its_day(green: Cast) -> None:
    result = bring_in("sales_daily", HEAD + "2026-03-02,MILK,1,,,,\n2026-03-02,CHOC,1,1,,,\n2026-03-03,CHOC,1,1,,,\n")
    assert counts(result) == (1, 0, 0, 2)
    assert "price and net are both empty" in reasons(result)
