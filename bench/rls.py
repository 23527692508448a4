"""The price of the second wall: six standard queries with and without row-level security."""

import argparse
import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from bench import scratch
from bench.figures import milliseconds, say
from sales.models import Sale
from shop.db.postgresql.base import as_owner
from shop.tenancy import use_shop

TABLES = ("sales_sale", "sales_saleline", "inventory_product")


def _rows(query: str) -> Callable[[dict[str, Any]], Any]:
    def run(values: dict[str, Any]) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    return run


def _days(values: dict[str, Any]) -> Any:
    return Sale.objects.between(values["month"], values["last"]).aggregate(sum=Sum("total"))


# As the product asks them, and how often in one timing: short ones need it to be told from the clock's noise.
QUERIES: dict[str, tuple[int, Callable[[dict[str, Any]], Any]]] = {
    "one row by its key": (100, lambda values: Sale.objects.get(pk=values["id"])),
    "one row by its uuid": (100, lambda values: Sale.objects.get(uuid=values["uuid"])),
    "sum of 30 days": (10, _days),
    "90 days by day": (
        1,
        _rows(
            "select s.business_date, sum(l.net) from sales_sale s join sales_saleline l on l.shop_id = s.shop_id"
            " and l.sale_id = s.id where s.shop_id = %(shop)s and l.shop_id = %(shop)s"
            " and s.business_date between %(quarter)s and %(last)s group by 1"
        ),
    ),
    "top products": (
        1,
        _rows(
            "select p.name, sum(l.net) from sales_saleline l join inventory_product p on p.shop_id = l.shop_id"
            " and p.id = l.product_id where l.shop_id = %(shop)s and p.shop_id = %(shop)s"
            " group by 1 order by 2 desc limit 20"
        ),
    ),
    "last 50 sales": (10, lambda _: list(Sale.objects.order_by("-business_date", "-id")[:50])),
}
# The server's side of the shortest alone: what the policy adds to planning a query that does next to nothing.
BARE = {
    "one row by its key, SQL alone": (
        100,
        _rows("select total from sales_sale where shop_id = %(shop)s and id = %(id)s"),
    )
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench rls")
    parser.add_argument("--shops", type=int, default=20, help="Shops of 50,000 lines each (default 20).")
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args(arguments)
    with scratch.database():
        with scratch.without_link_checks():
            shops = [scratch.filled_shop(f"shop-{number}", times=1) for number in range(options.shops)]
        with use_shop(shops[len(shops) // 2]):
            _measure(options.rounds)


def _measure(rounds: int) -> None:
    values = _values(Sale.objects.order_by("id")[1000])
    times: dict[tuple[str, bool], list[float]] = defaultdict(list)
    asked = QUERIES | BARE
    for turn in range(rounds * 2):
        walled = turn % 2 == 0
        _switch_wall(on=walled)
        for name, (repeats, ask) in asked.items():
            with transaction.atomic():
                ask(values)
                times[name, walled].append(_timed(ask, values, repeats))
    for name in asked:
        # The best of many turns: a machine that others use too is slow for a while, never fast for a while.
        say(f"{name}, ms", *(min(times[name, walled]) for walled in (True, False)))


def _timed(ask: Callable[[dict[str, Any]], Any], values: dict[str, Any], repeats: int) -> float:
    def run() -> None:
        for _ in range(repeats):
            ask(values)

    return milliseconds(run) / repeats


def _values(sale: Sale) -> dict[str, Any]:
    last, day = scratch.LAST_DAY, dt.timedelta(1)
    return {
        "shop": sale.shop_id,
        "id": sale.pk,
        "uuid": sale.uuid,
        "last": last,
        "month": last - 29 * day,
        "quarter": last - 89 * day,
    }


def _switch_wall(*, on: bool) -> None:
    with as_owner(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"alter table {table} {'enable' if on else 'disable'} row level security")
