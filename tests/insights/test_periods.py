"""What an address asks for, and what a bad one falls back to."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights import periods
from shop.periods import Period

FRIDAY = dt.date(2026, 3, 20)


def read(**given: str) -> periods.Choice:
    return periods.read({name.rstrip("_"): value for name, value in given.items()}, FRIDAY)


def day(month: int, number: int, year: int = 2026) -> dt.date:
    return dt.date(year, month, number)


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("today", FRIDAY, FRIDAY),
        ("yesterday", day(3, 19), day(3, 19)),
        ("7d", day(3, 13), day(3, 19)),
        ("28d", day(2, 20), day(3, 19)),
        ("12w", day(12, 26, 2025), day(3, 19)),
        ("month", day(3, 1), FRIDAY),
        ("12m", day(4, 1, 2025), FRIDAY),
    ],
)
def test_named_periods(key: str, first: dt.date, last: dt.date) -> None:
    assert read(period=key).drawn == Period(first, last)


def test_without_a_word_it_is_the_last_28_days_beside_usual_days() -> None:
    choice = read()
    assert (choice.key, choice.compare, choice.match, choice.problem) == ("28d", "usual", "dow", "")
    assert choice.parameters() == {}


def test_today_is_drawn_but_not_counted_nor_compared() -> None:
    choice = read(period="month", compare="previous", match="date")
    assert choice.unfinished and choice.drawn.last == FRIDAY
    assert choice.counted == Period(day(3, 1), day(3, 19))
    assert choice.against == Period(day(2, 10), day(2, 28))


def test_today_alone_counts_and_is_compared_with_nothing() -> None:
    choice = read(period="today", compare="previous")
    assert choice.counted == Period(FRIDAY, FRIDAY)
    assert choice.only_today and choice.against is None and not choice.uses_usual


def test_the_first_of_a_month_has_only_today() -> None:
    choice = periods.read({"period": "month"}, day(3, 1))
    assert choice.only_today and choice.counted == Period(day(3, 1), day(3, 1))


@pytest.mark.parametrize(
    ("compare", "match", "first"),
    [("previous", "dow", day(3, 6)), ("year", "dow", day(3, 14, 2025)), ("year", "date", day(3, 13, 2025))],
)
def test_comparisons_of_a_week(compare: str, match: str, first: dt.date) -> None:
    against = read(period="7d", compare=compare, match=match).against
    assert against is not None and against.first == first and against.days == 7


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"period": "37d"}, "37d"),
        ({"compare": "tomorrow"}, "tomorrow"),
        ({"period": "custom", "from": "2026-02-30", "to": "2026-03-01"}, "Choose both dates"),
        ({"period": "custom", "from": "2026-03-01"}, "Choose both dates"),
        ({"period": "custom", "from": "1990-01-01", "to": "2026-03-01"}, "ten years"),
    ],
)
def test_bad_input_says_so_and_shows_the_default(given: dict[str, str], word: str) -> None:
    choice = periods.read(given, FRIDAY)
    assert word in choice.problem
    assert choice.drawn == read().drawn


def test_dates_the_wrong_way_round_are_swapped_and_told() -> None:
    choice = periods.read({"period": "custom", "from": "2026-03-05", "to": "2026-03-01"}, FRIDAY)
    assert choice.drawn == Period(day(3, 1), day(3, 5))
    assert "swapped" in choice.problem


def test_earlier_and_later_move_by_one_period_and_months_by_months() -> None:
    assert read(period="7d").earlier() == Period(day(3, 6), day(3, 12))
    assert read(period="month").earlier() == Period(day(2, 1), day(2, 28))
    february = periods.read({"period": "custom", "from": "2026-02-01", "to": "2026-02-28"}, FRIDAY)
    assert february.later() == Period(day(3, 1), day(3, 31))
    assert read(period="today").later() is None


@given(st.dictionaries(st.sampled_from(["period", "from", "to", "compare", "match"]), st.text(max_size=12)))
def test_nothing_in_an_address_breaks_it(said: dict[str, str]) -> None:
    choice = periods.read(said, FRIDAY)
    assert choice.drawn.first <= choice.drawn.last
    assert choice.counted.last <= choice.drawn.last


@given(
    st.dates(day(1, 1, 2020), day(12, 31, 2026)),
    st.dates(day(1, 1, 2020), day(12, 31, 2026)),
    st.sampled_from(list(periods.COMPARISONS)),
    st.sampled_from(list(periods.MATCHES)),
)
def test_what_is_compared_is_as_long_and_earlier(a: dt.date, b: dt.date, compare: str, match: str) -> None:
    said = {"period": "custom", "from": min(a, b).isoformat(), "to": max(a, b).isoformat()}
    choice = periods.read(said | {"compare": compare, "match": match}, FRIDAY)
    assert periods.read(choice.parameters(), FRIDAY) == choice, "an address made from a choice reads as that choice"
    if choice.against and compare == "previous":
        assert choice.against.days == choice.counted.days
        assert choice.against.last < choice.counted.first
        assert match == "date" or choice.against.first.weekday() == choice.counted.first.weekday()
