"""A database of the bench's own, with both walls, and shops filled by SQL."""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, connections, transaction
from django.test.utils import setup_databases, teardown_databases

from inventory.models import Category, Product
from shop.db.postgresql.base import as_owner
from shop.models import Shop
from shop.services import create_shop
from shop.tenancy import use_shop
from shop.walls import raise_walls

PRODUCTS, DAYS, LINES_A_SALE = 125, 200, 5
LAST_DAY = dt.date(2026, 10, 31)
LINES_ONCE = PRODUCTS * DAYS * 2


@contextmanager
def database() -> Iterator[None]:
    """A new, empty, migrated database for this block; dropped after it. The usual database is left alone."""
    name = "aisle_bench"
    settings.DATABASES["default"]["TEST"] = connections["default"].settings_dict["TEST"] = {
        **connections["default"].settings_dict["TEST"],
        "NAME": name,
    }
    if template := os.environ.get("TEST_TEMPLATE"):  # a migrated database to copy
        connections["default"].settings_dict["TEST"]["TEMPLATE"] = template
    with as_owner():
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=())
    try:
        yield
    finally:
        with as_owner():
            teardown_databases(made, verbosity=0)


def filled_shop(slug: str, *, times: int, last_day: dt.date = LAST_DAY) -> Shop:
    """A shop whose every product is sold so many times on each of 200 days at each of two branches.

    So shops differ in lines only: products, days and hours are the same.
    """
    shop = create_shop(slug=slug, zone="Europe/Lisbon", branches=["North", "South"])
    with use_shop(shop):
        categories = Category.objects.bulk_create(Category(name=f"Category {number}") for number in range(10))
        Product.objects.bulk_create(
            Product(sku=f"P{number:03d}", name=f"Product {number}", category=categories[number % 10], price=2, cost=1)
            for number in range(PRODUCTS)
        )
        step = max(1, 500_000 // (PRODUCTS * 2 * times))
        for first in range(0, DAYS, step):
            _sell(shop, times, range(first, min(first + step, DAYS)), last_day)
    return shop


def _sell(shop: Shop, times: int, days_ago: range, last_day: dt.date) -> None:
    values = {"shop": shop.pk, "sales": PRODUCTS * times // LINES_A_SALE, "products": PRODUCTS, "last_day": last_day}
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (_SALES, _LINES, _MARKS):
            cursor.execute(statement, {**values, "first": days_ago[0], "last": days_ago[-1]})


@contextmanager
def without_link_checks(**links: tuple[str, ...]) -> Iterator[None]:
    """Rows are written in this block without their links being checked one by one; they are checked at its end.

    `links` are columns by table; by default those of sale lines.
    """
    with as_owner():
        for table, columns in (links or {"sales_saleline": ("sale_id", "product_id")}).items():
            for column in columns:
                _as_owner(f"alter table {table} drop constraint {table}_{column}_in_shop")
    yield
    with as_owner():
        raise_walls()
        _as_owner("vacuum analyze")


def _as_owner(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


# The receipt holds the sale's number of the day: it says which products its lines are of.
_SALES = """
insert into sales_sale (shop_id, uuid, kind, source, branch_id, receipt, sold_at, business_date, cashier, total,
    line_count, fingerprint, received_at)
select %(shop)s, gen_random_uuid(), 'sale', 'bench', b.id, k::text,
    (%(last_day)s::date - d) + interval '8 hours' + (k %% 12) * interval '1 hour', %(last_day)s::date - d, '', 12, 5,
    '', now()
from shop_branch b, generate_series(%(first)s::int, %(last)s::int) d, generate_series(0, %(sales)s::int - 1) k
where b.shop_id = %(shop)s order by d desc, k
"""
_LINES = """
insert into sales_saleline (shop_id, sale_id, product_id, name, barcode, quantity, unit_price, discount, net, tax, cost)
select %(shop)s, s.id, p.id, p.name, '', 1, 2.4, 0, 2, 0.4, 1
from sales_sale s
cross join generate_series(0, 4) j
join (
    select id, name, row_number() over (order by id) - 1 as number from inventory_product where shop_id = %(shop)s
) p on p.number = (s.receipt::int * 5 + j) %% %(products)s::int
where s.shop_id = %(shop)s
    and s.business_date between %(last_day)s::date - %(last)s::int and %(last_day)s::date - %(first)s::int
order by s.id, j
"""
_MARKS = """
insert into sales_dirtyday (shop_id, branch_id, business_date)
select distinct %(shop)s::bigint, branch_id, business_date from sales_sale where shop_id = %(shop)s
    and business_date between %(last_day)s::date - %(last)s::int and %(last_day)s::date - %(first)s::int
"""
