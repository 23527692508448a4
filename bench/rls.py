"""The price of the second wall: six standard queries with and without row-level security."""

import argparse
import datetime as dt
import statistics
from collections import defaultdict
from typing import Any

from django.db import connection, transaction

from bench import scratch
from bench.figures import milliseconds, say
from sales.models import Sale
from shop.db.postgresql.base import as_owner
from shop.tenancy import use_shop

TABLES = ("sales_sale", "sales_saleline", "inventory_product")
# Each runs this often in one timing: short queries need it to be told from the clock's noise.
QUERIES = {
    "one row by its key": (300, "select total from sales_sale where shop_id = %(shop)s and id = %(id)s"),
    "one row by its uuid": (300, "select total from sales_sale where shop_id = %(shop)s and uuid = %(uuid)s"),
    "sum of 30 days": (
        10,
        "select sum(total) from sales_sale where shop_id = %(shop)s and business_date between %(month)s and %(last)s",
    ),
    "90 days by day": (
        3,
        "select s.business_date, sum(l.net) from sales_sale s join sales_saleline l on l.shop_id = s.shop_id"
        " and l.sale_id = s.id where s.shop_id = %(shop)s and l.shop_id = %(shop)s"
        " and s.business_date between %(quarter)s and %(last)s group by 1",
    ),
    "top products": (
        3,
        "select p.name, sum(l.net) from sales_saleline l join inventory_product p on p.shop_id = l.shop_id"
        " and p.id = l.product_id where l.shop_id = %(shop)s and p.shop_id = %(shop)s"
        " group by 1 order by 2 desc limit 20",
    ),
    "last 50 sales": (
        100,
        "select * from sales_sale where shop_id = %(shop)s order by business_date desc, id desc limit 50",
    ),
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench rls")
    parser.add_argument("--shops", type=int, default=20, help="Shops of 50,000 lines each (default 20).")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args(arguments)
    with scratch.database():
        with scratch.without_link_checks():
            shops = [scratch.filled_shop(f"shop-{number}", times=1) for number in range(options.shops)]
        with use_shop(shops[len(shops) // 2]):
            _measure(options.rounds)


def _measure(rounds: int) -> None:
    values = _values(Sale.objects.order_by("id")[1000])
    times: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for turn in range(rounds * 2):
        walled = turn % 2 == 0
        _switch_wall(on=walled)
        for name, (repeats, query) in QUERIES.items():
            with transaction.atomic(), connection.cursor() as cursor:
                _run(cursor, query, values, 1)
                times[name, walled].append(
                    milliseconds(lambda c=cursor, q=query, n=repeats: _run(c, q, values, n)) / repeats
                )
    for name in QUERIES:
        say(f"{name}, milliseconds", *(statistics.median(times[name, walled]) for walled in (True, False)))


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


def _run(cursor: Any, query: str, values: dict[str, Any], repeats: int) -> None:
    for _ in range(repeats):
        cursor.execute(query, values)
        cursor.fetchall()


def _switch_wall(*, on: bool) -> None:
    with as_owner(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"alter table {table} {'enable' if on else 'disable'} row level security")
