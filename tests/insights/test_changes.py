"""Sentences about numbers that changed."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights import changes

FRIDAY = dt.date(2026, 11, 20)
SATURDAY = dt.date(2026, 11, 21)


def lead(took: str, usual: str | None, today: dt.date = SATURDAY) -> str:
    return str(changes.lead(FRIDAY, Decimal(took), None if usual is None else Decimal(usual), "GBP", today))


def test_yesterday_beside_a_usual_friday() -> None:
    assert lead("4218", "3976") == "Yesterday took £4,218, 6.1% more than a usual Friday."
    assert lead("3000", "4000") == "Yesterday took £3,000, 25% less than a usual Friday."


def test_hardly_any_change_is_the_same() -> None:
    assert lead("1001", "1000") == "Yesterday took £1,001, about the same as a usual Friday."


@pytest.mark.parametrize("usual", [None, "0", "-5"])
def test_nothing_to_compare_with_is_said(usual: str | None) -> None:
    assert lead("10.50", usual) == "Yesterday took £10.50. There is no usual Friday to compare it with yet."


def test_an_older_day_is_named() -> None:
    told = lead("100", None, today=dt.date(2026, 11, 25))
    assert told.startswith("The last day with sales, Friday 20 November, took £100.00.")


def test_what_changed_names_the_largest_first() -> None:
    parts = [("Dairy", Decimal(124)), ("Fruit", Decimal(-41)), ("Bakery", Decimal(88)), ("Tea", Decimal(1))]
    told = changes.what_changed(parts, "GBP", "a usual Friday").replace("\N{WORD JOINER}", "")
    assert told == "£172.00 more than a usual Friday. Dairy +£124.00, Bakery +£88.00, Fruit −£41.00."


def test_a_change_below_a_cent_is_not_named() -> None:
    parts = [("Dairy", Decimal("-1E-27")), ("Bakery", Decimal(2))]
    assert changes.what_changed(parts, "GBP", "usual") == "£2.00 more than usual. Bakery +£2.00."


def test_no_change_at_all() -> None:
    assert changes.what_changed([], "GBP", "usual") == "The same as usual."


@given(st.decimals(0, 10**6, places=2), st.decimals(-(10**6), 10**6, places=2))
def test_a_change_is_only_told_beside_something_positive(now: Decimal, before: Decimal) -> None:
    told = changes.more_or_less(now, before, "usual")
    assert bool(told) == (before > 0)
    if "more" in told:
        assert now > before
    if "less" in told:
        assert now < before


@pytest.mark.parametrize(("hour", "word"), [(3, "evening"), (8, "morning"), (13, "afternoon"), (19, "evening")])
def test_greeting(hour: int, word: str) -> None:
    assert changes.greeting(hour, "Priya") == f"Good {word}, Priya"
    assert changes.greeting(hour, "") == f"Good {word}"
