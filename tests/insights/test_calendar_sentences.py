"""What a sentence means without any model: days, names, and what it does to sales."""

import csv
import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.calendar.dates import easter_sunday, find_days
from insights.calendar.sentences import LONGEST_NAME, read

SATURDAY = dt.date(2026, 11, 21)
SENTENCES = Path(__file__).parents[2] / "bench" / "calendar_sentences.csv"


@pytest.mark.parametrize(
    ("said", "today", "first", "last"),
    [
        ("street fair Friday", "2026-11-18", "2026-11-20", "2026-11-20"),
        ("street fair next Friday", "2026-11-18", "2026-11-27", "2026-11-27"),
        ("fair today", "2026-11-18", "2026-11-18", "2026-11-18"),
        ("fair this week", "2026-11-18", "2026-11-18", "2026-11-22"),
        ("fair this weekend", "2026-11-22", "2026-11-22", "2026-11-22"),
        ("road works 28 December to 2 January", "2026-11-18", "2026-12-28", "2027-01-02"),
        ("fair on 3 March", "2026-11-18", "2027-03-03", "2027-03-03"),
        ("fair March 3, 2027", "2026-11-18", "2027-03-03", "2027-03-03"),
        ("feira no sábado", "2026-11-18", "2026-11-21", "2026-11-21"),
        ("obras de segunda a quarta", "2026-11-18", "2026-11-23", "2026-11-25"),
        ("Straßenfest am 5. Dezember", "2026-11-18", "2026-12-05", "2026-12-05"),
        ("fair in two weeks", "2026-11-18", "2026-12-02", "2026-12-02"),
        ("fair Monday to 27 November", "2026-11-18", "2026-11-23", "2026-11-27"),
        ("leap day party 29 February 2028", "2026-11-18", "2028-02-29", "2028-02-29"),
    ],
)
def test_days_are_the_next_of_their_name(said: str, today: str, first: str, last: str) -> None:
    found = find_days(said, dt.date.fromisoformat(today))
    assert found is not None
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)


def test_a_slash_date_is_read_as_the_country_writes_it() -> None:
    assert read("fair on 4/12", SATURDAY, country="GB").first == dt.date(2026, 12, 4)
    assert read("fair on 12/4", SATURDAY, country="US").first == dt.date(2026, 12, 4)


@pytest.mark.parametrize(
    "said", ["", "what should I order", "how was Monday?", "hello", "fair on 31 February", "fair on 99/99", "x" * 9000]
)
def test_what_names_no_day_or_asks_is_no_event(said: str) -> None:
    assert read(said, SATURDAY) is None


@pytest.mark.parametrize(
    ("said", "change", "shut"),
    [
        ("street fair Saturday", 1, False),
        ("road works next week", -1, False),
        ("we are closed on Tuesday", -1, True),
        ("we close early on Tuesday", -1, False),
        ("the street is closed on Tuesday", -1, False),
        ("expect 20% fewer on Tuesday", -1, False),
        ("school closed on Tuesday", 0, False),
    ],
)
def test_a_sentence_implies_a_change_with_room_around_it(said: str, change: int, shut: bool) -> None:
    found = read(said, SATURDAY)
    assert found is not None and found.is_closed == shut
    if not change:
        assert found.effect is found.low is found.high is None
    else:
        assert found.effect is not None and (found.effect > 0) == (change > 0)
        assert found.low <= found.effect <= found.high


def test_the_name_is_the_sentence_without_its_days() -> None:
    assert read("there will be a street fair on Saturday 28 November", SATURDAY).name == "Street fair"
    assert read("Saturday", SATURDAY).name == "Saturday"


def test_easter_falls_where_the_church_says() -> None:
    known = {2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2027: (3, 28), 2038: (4, 25)}
    assert {year: (easter_sunday(year).month, easter_sunday(year).day) for year in known} == known


@given(st.text(max_size=300))
def test_any_text_is_read_or_left_without_trouble(text: str) -> None:
    found = read(text, SATURDAY)
    if found is not None:
        assert SATURDAY <= found.first <= found.last
        assert 0 < len(found.name) <= LONGEST_NAME


def test_the_sentences_of_the_bench_are_read() -> None:
    """A floor, so that a change of the rules is noticed; the bench says the figure."""
    rows = list(csv.DictReader(SENTENCES.read_text(encoding="utf-8").splitlines()))
    right = 0
    for row in rows:
        found = read(row["said"], SATURDAY, country="GB")
        days = (found.first.isoformat(), found.last.isoformat()) if found else ("", "")
        right += days == (row["first"], row["last"])
    assert right >= 0.9 * len(rows)
