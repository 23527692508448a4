"""The takings journal: every Z balances, what came late is told once, on the day it came."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sales import shift_reports
from sales.models import Sale, ZReport
from sales.takings import COLUMNS, JournalRow, rows, takings_journal
from shop.exports import export
from shop.models import Register
from shop.periods import Period
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.sales.test_shifts import closed, moved, opened
from tests.sales.till_day import at, sell


@pytest.fixture
def till(cast: Cast) -> Iterator[Register]:
    with use_shop(cast.green):
        yield Register.objects.select_related("branch__shop").get()


def groups() -> dict[tuple[object, ...], list[JournalRow]]:
    found = defaultdict(list)
    for row in takings_journal():
        found[row.date, row.branch, row.till, row.z, row.entry].append(row)
    return found


def written(of: list[JournalRow]) -> dict[tuple[str, str], Decimal]:
    return {(row.kind, row.detail): row.amount for row in of}


def test_a_z_in_the_books(till: Register) -> None:
    key = opened(till).shift.uuid
    sell(till, gross="24.00", shift_key=key)
    sell(till, gross="10.00", rate="0", tender="card", shift_key=key)
    for kind, amount in (("paid_in", "20.00"), ("paid_out", "15.00"), ("drop", "50.00")):
        moved(till, key, kind, amount)
    z = closed(till, key, counted={"cash": Decimal("80.00")}).z
    assert z is not None
    ((where, found),) = groups().items()
    assert where == (z.business_date, "High Street", "Till 1", 1, "z")
    assert written(found) == {
        ("net", "0"): Decimal(-10),
        ("net", "0.2"): Decimal(-20),
        ("tax", "0.2"): Decimal(-4),
        ("tender", "cash"): Decimal(-20),  # 80 were there of the 100 it began with
        ("tender", "card"): Decimal(10),  # nobody counted them
        ("over_short", "cash"): Decimal(-1),
        ("paid_in", ""): Decimal(-20),
        ("paid_out", ""): Decimal(15),
        ("drop", ""): Decimal(50),
    }
    assert sum(row.amount for row in found) == 0


def test_what_came_late_is_told_on_the_day_it_came(till: Register) -> None:
    key = opened(till).shift.uuid
    sell(till, shift_key=key)
    closed(till, key, "112.00")
    before = list(takings_journal())
    sell(till, gross="6.00", shift_key=key, tender="card", when=at(5))
    moved(till, key, "drop", "3.00")
    after = list(takings_journal())
    assert [row for row in after if row.entry == "z"] == before
    late = {where: of for where, of in groups().items() if where[4] == "late"}
    ((where, found),) = late.items()
    assert where[0] == till.branch.shop.today() and where[3] == 1
    assert written(found) == {
        ("net", "0.2"): Decimal(-5),
        ("tax", "0.2"): Decimal(-1),
        ("tender", "card"): Decimal(6),
        ("drop", ""): Decimal(3),
        ("tender", "cash"): Decimal(-3),
    }


def test_sales_outside_any_shift_are_not_left_out(till: Register) -> None:
    sale = sell(till, gross="12.00", paid="")
    key = opened(till, hours=3).shift.uuid
    sell(till, shift_key=key)
    ((where, found),) = groups().items()
    assert where == (sale.business_date, "High Street", "Till 1", None, "no_shift"), "an open shift comes with its Z"
    assert written(found) == {("net", "0.2"): Decimal(-10), ("tax", "0.2"): Decimal(-2), ("difference", ""): 12}
    day = Period(sale.business_date, sale.business_date)
    assert len(list(takings_journal(day))) == 3 and not list(takings_journal(day.shifted(days=-7)))


def test_the_file(till: Register) -> None:
    key = opened(till).shift.uuid
    sell(till, shift_key=key)
    closed(till, key, "113.00")
    lines = "".join(export("takings")).splitlines()
    assert lines[0] == ",".join(COLUMNS) and len(lines) == 5
    sums = [sum(Decimal(row[column] or 0) for row in rows()) for column in (-2, -1)]  # type: ignore[arg-type]
    assert sums[0] == sums[1] == Decimal("13.00")


MONEY = st.decimals("-30", "99.99", places=2)
DOCUMENTS = st.lists(
    st.tuples(MONEY, st.sampled_from([None, "0", "0.05", "0.2"]), st.sampled_from(["cash", "card"]), MONEY), max_size=6
)


@given(
    early=DOCUMENTS,
    late=DOCUMENTS,
    loose=DOCUMENTS,
    counted=st.dictionaries(st.sampled_from(["cash", "card", "voucher"]), MONEY, max_size=3),
    cash=st.lists(st.tuples(st.sampled_from(["paid_in", "paid_out", "drop"]), st.integers(1, 99)), max_size=4),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_group_balances_and_every_sale_is_in_it_once(till, early, late, loose, counted, cash) -> None:  # type: ignore[no-untyped-def]
    hours = 300 - ZReport.objects.count() * 5
    before = sum((row.amount for row in takings_journal() if row.kind in {"net", "tax"}), Decimal(0))
    key = opened(till, hours=hours).shift.uuid
    for documents, about in ((early, {"shift_key": key}), (loose, {"when": at(400)})):
        for gross, rate, tender, paid in documents:
            sell(till, gross=str(gross), rate=rate, tender=tender, paid=str(paid), **about)
    for number, (kind, amount) in enumerate(cash):
        moved(till, key, kind, str(amount))
        if number == 1:
            closed(till, key, counted=counted, hours=hours - 4)
    closed(till, key, counted=counted, hours=hours - 4)
    for gross, rate, tender, paid in late:
        sell(till, gross=str(gross), rate=rate, tender=tender, paid=str(paid), shift_key=key, when=at(hours))
    shift_reports.late_arrivals(ZReport.objects.latest("pk"))
    assert [where for where, of in groups().items() if sum(row.amount for row in of)] == []
    told = sum((row.amount for row in takings_journal() if row.kind in {"net", "tax"}), Decimal(0))
    assert before - told == sum((one[0] for one in [*early, *late, *loose]), Decimal(0))
    assert Sale.objects.filter(shift=None, shift_key__isnull=False).count() == 0
