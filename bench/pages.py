"""What Today and Sales read, at 5 million lines and at 50 thousand with the same products and days."""

import argparse
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import scratch
from bench.figures import milliseconds, say, side_by_side
from sales import reports, rollups
from shop.models import Shop
from shop.periods import Period
from shop.tenancy import use_shop


def today() -> None:
    day = scratch.LAST_DAY
    one, before = Period(day, day), Period.ending(day, days=12)
    reports.freshness()
    reports.totals(one)
    reports.usual(day)
    reports.by_day(before)
    reports.usual_by_day(before)
    reports.by_branch(one)
    reports.contribution(one, one.shifted(days=-7))


def sales() -> None:
    period = Period.ending(scratch.LAST_DAY, days=28)
    reports.freshness()
    reports.first_and_last_day()
    for span in (period, period.previous_matching_weekdays()):
        reports.totals(span)
        reports.by_day(span)
    reports.usual_by_day(period)
    reports.contribution(period, period.previous_matching_weekdays())
    reports.by_weekday_hour(period)
    reports.by_branch(period)
    reports.by_category(period)
    reports.by_product(period)


def half_a_year() -> None:
    period = Period.ending(scratch.LAST_DAY, days=scratch.DAYS)
    reports.by_day(period)
    reports.by_weekday_hour(period)
    reports.by_product(period)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench pages")
    parser.add_argument("--lines", type=int, default=5_000_000, help="Lines of the large shop (default 5,000,000).")
    parser.add_argument("--rounds", type=int, default=25)
    options = parser.parse_args(arguments)
    with scratch.database():
        with scratch.without_link_checks():
            small = scratch.filled_shop("small", times=1)
            large = scratch.filled_shop("large", times=options.lines // scratch.LINES_ONCE)
        for name, shop in (("small", small), ("large", large)):
            say(f"first refresh, {name}, seconds", milliseconds(_in(shop, rollups.refresh)) / 1000)
        for page in (today, sales, half_a_year):
            _compare(page, small, large, options.rounds)


def _compare(page: Callable[[], None], small: Shop, large: Shop, rounds: int) -> None:
    value, floor = side_by_side(_in(large, page), _in(small, page), rounds=rounds)
    say(f"{page.__name__}, milliseconds", value, floor)
    say(f"{page.__name__}, queries", _queries(large, page), _queries(small, page))


def _in(shop: Shop, work: Callable[[], Any]) -> Callable[[], None]:
    def run() -> None:
        with use_shop(shop):
            work()

    return run


def _queries(shop: Shop, page: Callable[[], None]) -> int:
    with CaptureQueriesContext(connection) as captured:
        _in(shop, page)()
    return len(captured)
