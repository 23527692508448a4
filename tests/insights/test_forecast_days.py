"""When a branch trades, and what the ledger says about empty shelves: over arrays alone."""

import datetime as dt

import numpy as np
import pytest

from insights.analyses.forecast import days, grids

FIRST = dt.date(2024, 1, 1)  # a Monday


def dates(count: int, first: dt.date = FIRST) -> list[dt.date]:
    return [first + dt.timedelta(days=number) for number in range(count)]


def open_days(sold: np.ndarray, ahead: int = 14, named: dict[dt.date, str] | None = None, closures=()):
    past = dates(sold.shape[1])
    coming = dates(ahead, past[-1] + dt.timedelta(days=1))
    return days.open_days(sold, past, coming, named or {}, list(closures))


def busy(count: int) -> np.ndarray:
    """Monday to Saturday."""
    return np.array([[day.weekday() != 6 for day in dates(count)]])


def test_a_branch_is_shut_on_the_weekday_it_never_trades_on() -> None:
    found = open_days(busy(70))
    assert found[0, :70].tolist() == busy(70)[0].tolist()
    assert found[0, 70:].tolist() == [day.weekday() != 6 for day in dates(14)]


def test_one_day_without_a_sale_at_a_busy_branch_was_a_day_shut() -> None:
    sold = busy(70)
    sold[0, 30] = False
    assert not open_days(sold)[0, 30]


def test_a_quiet_branch_was_open_on_days_without_a_sale() -> None:
    draw = np.random.default_rng(1)
    sold = (draw.random((1, 140)) < 0.5) & busy(140)
    sold[0, [0, 139]] = True
    found = open_days(sold)
    weekdays = np.array([day.weekday() for day in dates(140)])
    assert found[0, :139][weekdays[:139] != 6].all()
    assert not found[0, :139][weekdays[:139] == 6].any()


def test_before_the_first_sale_and_in_a_long_gap_a_branch_was_shut() -> None:
    sold = busy(140)
    sold[0, :20] = sold[0, 60:90] = False
    found = open_days(sold)
    assert not found[0, :20].any()
    assert not found[0, 60:90].any()


def test_a_branch_without_a_sale_for_four_weeks_is_expected_shut() -> None:
    sold = busy(140)
    sold[0, -28:] = False
    assert not open_days(sold)[0, 140:].any()
    sold[0, -28] = True
    assert open_days(sold)[0, 140:].any()


def test_a_holiday_on_which_it_always_was_shut_comes_again() -> None:
    count = 400
    sold, past = busy(count), dates(400)
    named = {day: "Harvest" if day.month == 2 else "Founders" for day in past + dates(60, past[-1]) if day.day == 6}
    for place, day in enumerate(past):
        if named.get(day) == "Harvest":
            sold[0, place] = False
    found = open_days(sold, ahead=60, named=named)
    coming = dict(zip(dates(60, past[-1] + dt.timedelta(days=1)), found[0, count:], strict=True))
    assert not coming[dt.date(2025, 2, 6)]
    assert coming[dt.date(2025, 3, 6)]


def test_a_holiday_not_seen_yet_goes_by_the_others() -> None:
    sold, past = busy(120), dates(120)
    ahead = past[-1] + dt.timedelta(days=2)
    named = {past[10]: "One", past[31]: "Two", ahead: "New"}
    assert open_days(sold, named=named)[0, 121]
    sold[0, [10, 31]] = False
    assert not open_days(sold, named=named)[0, 121]


def test_a_day_a_person_said_is_shut_is_shut_at_its_branch() -> None:
    sold = np.vstack([busy(70), busy(70)])
    day = dates(75)[-1]
    found = open_days(sold, closures=[days.Closure(1, day, day)])
    assert found[:, 74].tolist() == [True, False]


@pytest.mark.parametrize(
    ("country", "region"), [("DE", "NW"), ("PT", ""), ("GB", "ENG"), ("US", "nowhere"), ("ZZ", "")]
)
def test_holidays_have_names_and_unknown_countries_none_but_easter(country: str, region: str) -> None:
    year = dates(366)
    found = days.public_holidays(country, region, year)
    assert "Easter" in found[dt.date(2024, 3, 31)]
    assert (len(found) > 5) == (country != "ZZ")
    assert set(days.school_holidays(country, region, year)) <= set(year)


def shelf(moves: list[tuple[int, float, float]], units: list[float], before: int = 0) -> list[int]:
    """Days out of stock, of moves (day, lowest level after a move, change)."""
    day, lowest, change = (np.array(column) for column in zip(*moves, strict=True))
    grid = np.array(units, dtype=np.float32)
    return np.flatnonzero(grids.empty_shelf(day.astype(np.int32), lowest, change, grid, before)).tolist()


def test_a_shelf_that_ran_out_and_one_that_stayed_empty_are_told() -> None:
    # 5 come in on day 0; 2 are sold on day 1, 3 on day 2; nothing until 10 come on day 5.
    moves = [(0, 5, 5), (1, 3, -2), (2, 0, -3), (5, 10, 10), (6, 8, -2)]
    assert shelf(moves, [0, 2, 3, 0, 0, 0, 2, 0]) == [2, 3, 4]


def test_before_the_first_count_nothing_is_known() -> None:
    assert shelf([(3, 5, 5), (4, 4, -1)], [1, 1, 0, 1, 1, 1]) == []
    assert shelf([(-4, 5, 5), (-2, 0, -5)], [0, 0, 0], before=4) == [0, 1, 2]


def test_a_ledger_that_knows_less_than_was_sold_is_not_believed() -> None:
    moves = [(0, 5, 5), (1, 0, -5), (2, -3, -3), (3, -6, -3), (4, -9, -3)]
    assert shelf(moves, [0, 5, 3, 3, 3, 0, 0]) == []


def test_weeks_are_told_from_days() -> None:
    weekly = [FIRST + dt.timedelta(days=4 + 7 * number) for number in range(30)]
    assert grids.weekly_weekday([weekly, weekly]) == 4
    assert grids.weekly_weekday([weekly[:10] + weekly[12:]]) == 4
    assert grids.weekly_weekday([dates(60)]) is None
    assert grids.weekly_weekday([weekly[:5]]) is None
    assert grids.weekly_weekday([]) is None


def test_weeks_end_on_their_day_and_a_part_of_a_week_is_left_out() -> None:
    grid = np.arange(1, 17, dtype=np.float32)[None]
    sums, ends = grids.by_week(grid, FIRST, 2)  # weeks end on Wednesday: 3 days, then 7, then a part
    assert sums.tolist() == [[6.0, sum(range(4, 11))]] if len(ends) == 2 else False
    assert ends[0] == dt.date(2024, 1, 3)


def test_a_price_holds_until_the_next_and_the_first_holds_before_it() -> None:
    assert grids.step_function([(-3, 1.0), (2, 2.0)], 4).tolist() == [1, 1, 2, 2]
    assert grids.step_function([(2, 2.0)], 4).tolist() == [2, 2, 2, 2]
    assert np.isnan(grids.step_function([], 2)).all()


def test_a_branch_keeps_the_regional_holidays_on_which_it_was_shut() -> None:
    elsewhere = {"Harvest": {FIRST + dt.timedelta(days=10), FIRST + dt.timedelta(days=45)}, "Sunday": {FIRST}}
    sold = np.vstack([busy(70)] * 3)
    sold[0, [10, 45]] = False
    sold[1, 10] = False
    found = days.kept_holidays(elsewhere, sold, dates(70))
    assert {name: flags.tolist() for name, flags in found.items()} == {"Harvest": [True, False, False]}


def test_regional_holidays_are_told_by_name() -> None:
    found = days.holidays_elsewhere("DE", dates(366))
    assert dt.date(2024, 5, 30) in found["Corpus Christi"]
    assert not any(dt.date(2024, 5, 1) in of for of in found.values()), "the first of May is kept everywhere"
    assert days.holidays_elsewhere("ZZ", dates(3)) == {}
