"""Today and Sales at 5 million lines and at 50 thousand with the same products and days, asked for as by a browser."""

import argparse
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench import scratch
from bench.figures import milliseconds, say, side_by_side
from sales import reports, rollups
from shop.models import Membership, Shop, User
from shop.periods import Period
from shop.roles import Role
from shop.tenancy import use_shop

PAGES = {
    "Today": "today/",
    "Sales, 28 days": "sales/",
    "Sales, 12 weeks against the period before": "sales/?period=12w&compare=previous",
    "Sales, 12 months against the usual": "sales/?period=12m",
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench pages")
    parser.add_argument("--lines", type=int, default=5_000_000, help="Lines of the large shop (default 5,000,000).")
    parser.add_argument("--rounds", type=int, default=25)
    options = parser.parse_args(arguments)
    # Addresses of static files without a collected manifest.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    today = timezone.now().date()
    with scratch.database():
        with scratch.without_link_checks():
            small = scratch.filled_shop("small", times=1, last_day=today)
            large = scratch.filled_shop("large", times=options.lines // scratch.LINES_ONCE, last_day=today)
        _compare_refreshes(small, large, Period(today, today), options.rounds)
        _compare_pages(small, large, options.rounds)


def _compare_refreshes(small: Shop, large: Shop, today: Period, rounds: int) -> None:
    whole = [milliseconds(_in(shop, rollups.refresh)) / 1000 for shop in (large, small)]
    say("all days rebuilt, seconds", *whole)
    reading = [_in(shop, lambda: reports.by_product(Period.ending(today.last, days=200))) for shop in (large, small)]
    say("200 days by product, ms", *side_by_side(reading[0], reading[1], rounds=rounds))


def _compare_pages(small: Shop, large: Shop, rounds: int) -> None:
    client = _signed_in(small, large)
    for name, path in PAGES.items():
        asks = [_asking(client, f"/s/{slug}/{path}") for slug in ("large", "small")]
        say(f"{name}, ms", *side_by_side(asks[0], asks[1], rounds=rounds))
        say(f"{name}, queries", *(_queries(ask) for ask in asks))


def _signed_in(*shops: Shop) -> Client:
    user = User.objects.create_user("bench@aisle.example")
    Membership.objects.bulk_create(Membership(shop=shop, user=user, role=Role.OWNER) for shop in shops)
    client = Client(HTTP_HOST="localhost")
    client.force_login(user)
    return client


def _asking(client: Client, path: str) -> Callable[[], Any]:
    def ask() -> None:
        assert client.get(path).status_code == 200, path

    return ask


def _in(shop: Shop, work: Callable[[], Any]) -> Callable[[], None]:
    def run() -> None:
        with use_shop(shop):
            work()

    return run


def _queries(ask: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        ask()
    return len(captured)
