"""Every number of every report equals the registry's own SQL over raw lines, whatever was sold, when and where."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.models import Category, Product
from sales import reports
from sales.models import DirtyDay, Sale
from sales.services import void_sale
from shop.models import Branch, Shop
from shop.periods import Period
from shop.tenancy import use_shop
from tests.sales import raw
from tests.sales.raw import NOTHING, measured, same

DAY = dt.timedelta(1)


@given(
    zone=st.sampled_from(sorted(raw.ZONES)),
    cutoff=st.sampled_from([0, 0, 1, 4, 12]),
    docs=raw.DOCS,
    recategorise=st.booleans(),
    span=st.tuples(st.integers(-40, 5), st.integers(0, 40)),
)
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_every_report_equals_the_raw_lines(
    db: None, zone: str, cutoff: int, docs: list[raw.Doc], recategorise: bool, span: tuple[int, int]
) -> None:
    shop = raw.open_shop(zone, cutoff)
    middle = dt.datetime.fromisoformat(raw.ZONES[zone]).date()
    whole = Period(middle - 60 * DAY, middle + 40 * DAY)
    part = Period.ending(middle + span[0] * DAY + span[1] * DAY, days=span[1] + 1)
    with use_shop(shop):
        early = raw.write(shop, [doc for doc in docs if not doc.late])
        check(shop, part)
        late = raw.write(shop, [doc for doc in docs if doc.late])
        for doc, sale in zip(sorted(docs, key=lambda doc: doc.late), early + late, strict=True):
            if doc.voided:
                void_sale(sale=sale, by="test")
        if recategorise:
            Product.objects.filter(sku="P0").update(category=Category.objects.get(name="Bakery"))
        check(shop, part)
        check(shop, whole)
        assert not DirtyDay.objects.exists()


def check(shop: Shop, period: Period) -> None:
    one = Branch.objects.order_by("id").first().pk
    for branch in (None, one):
        check_totals(period, branch)
        check_groups(period, branch)
    check_hours(shop, period)
    check_usual(period)
    check_contribution(period)


def check_totals(period: Period, branch: int | None) -> None:
    assert same(reports.totals(period, branch=branch), measured("1", period, branch).get(1, NOTHING))
    days = reports.by_day(period, branch=branch)
    lines = measured("s.business_date", period, branch)
    assert list(days) == list(period)
    assert all(same(sums, lines.get(day, NOTHING)) for day, sums in days.items())


def check_groups(period: Period, branch: int | None) -> None:
    bakery = Category.objects.get(name="Bakery").pk
    groups = [
        ("s.branch_id", reports.by_branch(period, branch=branch), ""),
        ("p.category_id", reports.by_category(period, branch=branch), ""),
        ("l.product_id", reports.by_product(period, branch=branch), ""),
        ("l.product_id", reports.by_product(period, branch=branch, category=bakery), f"and p.category_id = {bakery}"),
    ]
    for key, rows, more in groups:
        lines = measured(key, period, branch, more)
        assert {row.id for row in rows} == set(lines)
        assert all(same(row.sums, lines[row.id]) for row in rows)
        assert [row.sums.net for row in rows] == sorted((row.sums.net for row in rows), reverse=True)


def check_hours(shop: Shop, period: Period) -> None:
    cells = reports.by_weekday_hour(period)
    assert {key: sums.net for key, sums in cells.items()} == raw.summed_by_hour(shop, period)
    local = f"(s.sold_at at time zone '{shop.zone}')"
    key = f"(extract(isodow from s.business_date)::int - 1) * 100 + extract(hour from {local})::int"
    lines = measured(key, period, more="and s.kind <> 'summary'")
    assert all(same(sums, lines[day * 100 + hour]) for (day, hour), sums in cells.items())
    whole = reports.totals(period)
    timeless = measured("1", period, more="and s.kind = 'summary'").get(1, NOTHING)
    assert sum((sums.net for sums in cells.values()), timeless["net_sales"]) == whole.net


def check_usual(period: Period) -> None:
    """The mean of the last four same weekdays with sales, one day at a time."""
    before = Period(period.first - 364 * DAY, period.last)
    lines = measured("s.business_date", before)
    for day, usual in reports.usual_by_day(period).items():
        earlier = sorted(
            date for date in lines if date < day and date.weekday() == day.weekday() and day - date <= 364 * DAY
        )
        four = [lines[date] for date in earlier[-4:]]
        assert (usual is None) == (not four)
        if usual:
            for name, told in (("net_sales", usual.net), ("baskets", usual.baskets), ("units", usual.units)):
                assert raw.rounded(told) == raw.rounded(sum(line[name] for line in four) / Decimal(len(four)))
    assert reports.usual(period.last) == reports.usual_by_day(period)[period.last]


def check_contribution(period: Period) -> None:
    against = period.previous()
    now, before = measured("p.category_id", period), measured("p.category_id", against)
    changes = reports.contribution(period, against)
    for entry in changes:
        assert entry.now == now.get(entry.id, NOTHING)["net_sales"]
        assert entry.before == before.get(entry.id, NOTHING)["net_sales"]
        assert entry.change == entry.now - entry.before
    assert {entry.id for entry in changes} == set(now) | set(before)
    sizes = [abs(entry.change) for entry in changes]
    assert sizes == sorted(sizes, reverse=True)


@pytest.fixture
def shop(db: None) -> Any:
    shop = raw.open_shop("Europe/Lisbon", 0)
    with use_shop(shop):
        yield shop


def doc(minutes: int = 0, **fields: Any) -> raw.Doc:
    line = (0, Decimal(1), Decimal(10), Decimal(2), Decimal(0), Decimal(6))
    given = {"branch": 0, "kind": "sale", "minutes": minutes, "late": False, "voided": False, "lines": (line,)}
    return raw.Doc(**{**given, **fields})


MIDDLE = dt.date(2026, 3, 29)
WEEK = Period(MIDDLE - 3 * DAY, MIDDLE + 3 * DAY)


def test_nothing_sold_is_zero_and_margin_is_unknown(shop: Shop) -> None:
    assert same(reports.totals(WEEK), NOTHING)
    assert raw.told(reports.totals(WEEK))["gross_margin"] is None
    assert set(reports.by_day(WEEK)) == set(WEEK)
    assert (reports.by_product(WEEK), reports.by_weekday_hour(WEEK), reports.usual(MIDDLE)) == ([], {}, None)
    assert reports.first_and_last_day() is None
    assert reports.freshness() == reports.Freshness(None, None)


def test_the_ends_and_the_freshness_of_the_data(shop: Shop) -> None:
    sales = raw.write(shop, [doc(0), doc(-1440), doc(2880)])
    assert reports.first_and_last_day() == Period(MIDDLE - DAY, MIDDLE + 2 * DAY)
    assert reports.freshness() == reports.Freshness(sales[2].sold_at, sales[2].received_at)
    void_sale(sale=sales[2], by="a")
    assert reports.first_and_last_day() == Period(MIDDLE - DAY, MIDDLE)
    assert reports.freshness().sold_at == sales[0].sold_at


def test_usual_is_the_latest_four_same_weekdays_with_sales(shop: Shop) -> None:
    def sold(weeks_ago: int, net: int) -> raw.Doc:
        line = (0, Decimal(1), Decimal(net), Decimal(0), Decimal(0), None)
        return doc(-1440 * 7 * weeks_ago, lines=(line,))

    raw.write(shop, [sold(60, 4000), sold(40, 500), sold(6, 60), sold(5, 50), sold(3, 30), sold(1, 10), sold(0, 7)])
    raw.write(shop, [doc(-1440 * 7 * 2 + 1440)])  # another weekday
    usual = reports.usual(MIDDLE)
    assert (usual.net, usual.baskets, usual.lines) == (Decimal("37.5"), 1, 1)
    assert reports.usual(MIDDLE - 35 * DAY).net == 280  # (500 + 60) / 2: the 4,000 are more than a year away
    assert reports.usual(MIDDLE - 40 * 7 * DAY).net == 4000
    assert reports.usual(MIDDLE - 60 * 7 * DAY) is None


def test_lines_without_product_or_category_have_rows_of_their_own(shop: Shop) -> None:
    unmatched = (None, Decimal(1), Decimal(3), Decimal(0), Decimal(0), None)
    raw.write(shop, [doc(lines=(unmatched,))])
    (product,), (category,) = reports.by_product(WEEK), reports.by_category(WEEK)
    assert (product.id, product.name, product.sku) == (None, "Unknown product", "")
    assert (category.id, category.name) == (None, "No category")


def test_one_products_days(shop: Shop) -> None:
    raw.write(shop, [doc(0), doc(1440), doc(1440, branch=1)])
    product = Product.objects.get(sku="P0").pk
    days = reports.by_day_of_product(WEEK, product)
    assert list(days) == list(WEEK)
    assert [days[MIDDLE + step * DAY].net for step in (-1, 0, 1)] == [0, 10, 20]


def test_another_shops_sales_are_not_in_it(shop: Shop) -> None:
    raw.write(shop, [doc()])
    with use_shop(raw.open_shop("Europe/Lisbon", 0)):
        assert reports.totals(WEEK).net == 0
    assert reports.totals(WEEK).net == 10


REPORTS = {
    "totals": lambda: reports.totals(WEEK),
    "by_day": lambda: reports.by_day(WEEK),
    "by_branch": lambda: reports.by_branch(WEEK),
    "by_category": lambda: reports.by_category(WEEK),
    "by_product": lambda: reports.by_product(WEEK),
    "by_day_of_product": lambda: reports.by_day_of_product(WEEK, 1),
    "by_day_and_branch": lambda: list(reports.by_day_and_branch(WEEK)),
    "by_weekday_hour": lambda: reports.by_weekday_hour(WEEK),
    "usual": lambda: reports.usual(MIDDLE),
    "usual_by_day": lambda: reports.usual_by_day(WEEK),
    "contribution": lambda: reports.contribution(WEEK, WEEK.previous()),
    "freshness": lambda: reports.freshness(),
    "first_and_last_day": lambda: reports.first_and_last_day(),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_takes_the_same_few_queries_for_more_rows(
    shop: Shop, name: str, django_assert_max_num_queries: Any
) -> None:
    def queries(docs: int) -> tuple[int, int]:
        raw.write(shop, [doc(step * 60, branch=step % 2) for step in range(docs)])
        with django_assert_max_num_queries(20) as dirty:
            REPORTS[name]()
        reports.totals(Period(MIDDLE - 90 * DAY, MIDDLE + 90 * DAY))
        with django_assert_max_num_queries(20) as clean:
            REPORTS[name]()
        return len(dirty), len(clean)

    few = queries(8)
    assert queries(24) == few
    assert few[1] <= 4
    assert Sale.objects.count() == 32
