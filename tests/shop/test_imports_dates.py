"""Which number of a date is the day: by evidence over the whole file, else by the shop's country."""

import datetime as dt
from collections.abc import Iterator

import pytest

from customers.models import Customer
from shop.imports.errors import ImportRefused
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, reasons


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def joined(*dates: str) -> tuple[list[dt.date | None], list[str]]:
    rows = "".join(f"{number},{date}\n" for number, date in enumerate(dates))
    result = bring_in("customers", f"id,joined\n{rows}")
    assert result.refused == 0, reasons(result)
    days = Customer.objects.exclude(code="C1").order_by("code").values_list("joined_on", flat=True)
    return list(days), result.notes


def test_a_first_number_above_twelve_makes_all_day_first(green: Cast) -> None:
    days, notes = joined("03/04/2026", "27/04/2026")
    assert days == [dt.date(2026, 4, 3), dt.date(2026, 4, 27)]
    assert notes == ["Dates were read day first, because “27/04/2026” appears."]


def test_a_second_number_above_twelve_makes_all_month_first(green: Cast) -> None:
    days, notes = joined("03/04/2026", "3.27.26")
    assert days == [dt.date(2026, 3, 4), dt.date(2026, 3, 27)]
    assert "month first" in notes[0]


def test_evidence_counts_from_the_last_row_too(green: Cast) -> None:
    days, _ = joined(*["01/02/2026"] * 500, "01/13/2026")
    assert set(days[:-1]) == {dt.date(2026, 1, 2), dt.date(2026, 1, 13)} or days[0] == dt.date(2026, 1, 2)


@pytest.mark.parametrize(("country", "day"), [("PT", dt.date(2026, 4, 3)), ("US", dt.date(2026, 3, 4))])
def test_without_evidence_the_country_decides_and_says_so(green: Cast, country: str, day: dt.date) -> None:
    green.green.country = country
    green.green.save()
    days, notes = joined("03/04/2026")
    assert days == [day]
    assert "could be day first or month first" in notes[0] and country in notes[0]


def test_both_orders_in_one_file_are_refused_whole(green: Cast) -> None:
    with pytest.raises(ImportRefused, match="“27/04/2026” is day first, “04/27/2026” is month first"):
        bring_in("customers", "id,joined\n1,27/04/2026\n2,04/27/2026\n")


def test_unmistakable_dates_need_no_evidence(green: Cast) -> None:
    days, notes = joined("2026-11-02", "2026/11/02", "20261102", "2 Nov 2026", '"Nov 2, 2026"', "2026-11-02T10:00:00")
    assert set(days) == {dt.date(2026, 11, 2)} and notes == []


@pytest.mark.parametrize(
    "value", ["yesterday", "now", "2026-02-30", "12", "13831", "infinity", "1776-07-04", "31/31/2026"]
)
def test_what_is_no_date_is_refused(green: Cast, value: str) -> None:
    result = bring_in("customers", f"id,joined\n1,{value}\n")
    assert counts(result) == (0, 0, 0, 1)
    assert "is not a date. Write it like 2026-11-21" in reasons(result)
