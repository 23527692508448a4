"""A night's forecast of 3,000 products at two branches over two years, from the database to the database."""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

from django.conf import settings
from django.db import connection, connections, transaction

from bench import scratch
from bench.figures import say
from inventory.models import Category, Product
from shop.models import Shop
from shop.services import create_shop
from shop.tenancy import use_shop

MOST_SECONDS, MOST_MEGABYTES = 600, 1500
CATEGORIES, LEDGER_DAYS, PROMOTIONS = 60, 182, 6


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench night")
    parser.add_argument("--products", type=int, default=3000)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--run", metavar="DATABASE", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.run:
        _run(options.run)
        return
    with scratch.database():
        _fill(options.products, options.days)
        _forecast()


def _forecast() -> None:
    """In a process of its own, as a worker is: its memory is the run's alone."""
    name = connections["default"].settings_dict["NAME"]
    connections.close_all()
    started = time.perf_counter()
    command = [sys.executable, "-m", "bench", "night", "--run", name]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "2"}
    )
    figures = json.loads(done.stdout.splitlines()[-1])
    say("from the database to the database, seconds", time.perf_counter() - started, MOST_SECONDS)
    say("most memory, MB", figures.pop("megabytes"), MOST_MEGABYTES)
    print(json.dumps(figures))


def _run(database: str) -> None:
    from insights.analyses.engine import ask_run
    from shop import jobs

    settings.DATABASES["default"]["NAME"] = connections["default"].settings_dict["NAME"] = database
    with use_shop(Shop.objects.get(slug="night")):
        job = ask_run(name="forecast", by="bench", as_of=scratch.LAST_DAY, hint=False)
        jobs.run(job.pk)
        job.refresh_from_db()
    if job.status != "done":
        raise SystemExit(job.error)
    print(json.dumps({"megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, **job.result}))


def _fill(products: int, days: int) -> None:
    """Sales as a grocer has them: few products sell a lot, most hardly; half a year of ledger, some promotions."""
    shop = create_shop(slug="night", zone="Europe/London", country="GB", branches=["North", "South"])
    with scratch.without_link_checks(**dict.fromkeys(_LARGE, ("branch_id", "product_id"))), use_shop(shop):
        made = Category.objects.bulk_create(Category(name=f"Category {number}") for number in range(CATEGORIES))
        Product.objects.bulk_create(
            Product(sku=f"P{number:04d}", name=f"Product {number}", category=made[number % CATEGORIES], price=2, cost=1)
            for number in range(products)
        )
        values = {"shop": shop.pk, "last": scratch.LAST_DAY, "days": days, "ledger": LEDGER_DAYS, "offers": PROMOTIONS}
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in (_SEED, _OFFERS, _DAYS, _HOURS, _MOVES, _LEVELS):
                cursor.execute(statement, values)


_LARGE = ("sales_productday", "inventory_stockmovement")
_SEED = "select setseed(0.5)"
_OFFERS = """
insert into sales_promotion (shop_id, name, product_id, first_date, last_date, share_off)
select distinct on (p.id, d.day) p.shop_id, '', p.id, d.day, d.day + 6, 0.2
from inventory_product p
cross join lateral (
    select %(last)s::date + 14 - 7 * (random() * (%(days)s::int / 7) + p.id * 0)::int as day
    from generate_series(1, %(offers)s)
) d
where p.shop_id = %(shop)s and p.id %% 4 = 0
"""
_DAYS = """
insert into sales_productday (shop_id, branch_id, business_date, product_id, net, tax, discount, units, costed_net,
    cost, costed_lines, lines)
select %(shop)s, b.id, d.day, p.id, 2 * u.units, 0, 0, u.units, 2 * u.units, u.units, 1, 1
from (
    select id, exp(1.3 * random_normal() - 0.7) as rate from inventory_product where shop_id = %(shop)s offset 0
) p
cross join shop_branch b
cross join (
    select %(last)s::date - back as day, (array[1.1, 0.9, 0.9, 1, 1.1, 1.3, 0.8])
        [extract(isodow from %(last)s::date - back)::int] * (1 + 0.2 * cos(back / 58.1)) as pull
    from generate_series(0, %(days)s - 1) back
) d
left join sales_promotion o on o.shop_id = %(shop)s and o.product_id = p.id
    and d.day between o.first_date and o.last_date
cross join lateral (
    select floor(p.rate * d.pull * case when o.id is null then 1 else 1.8 end * exp(0.4 * random_normal())
        + random() + 0 * b.id) as units
) u
where b.shop_id = %(shop)s and u.units > 0
order by d.day, b.id, p.id
on conflict do nothing
"""
_HOURS = """
insert into sales_branchhour (shop_id, branch_id, business_date, net, tax, discount, units, costed_net, cost,
    costed_lines, lines, baskets, basket_net)
select shop_id, branch_id, business_date, sum(net), 0, 0, sum(units), sum(net), sum(cost), count(*), count(*), 0, 0
from sales_productday where shop_id = %(shop)s group by shop_id, branch_id, business_date
"""
# Every sale is a move, and once a week what sold comes in again, a little less of it now and then.
_MOVES = """
insert into inventory_stockmovement (shop_id, branch_id, product_id, kind, quantity, occurred_at, source, note, actor)
select shop_id, branch_id, product_id, 'sale', -units, business_date + time '12:00',
    'sale:' || branch_id || ':' || product_id || ':' || business_date, '', ''
from sales_productday where shop_id = %(shop)s and business_date > %(last)s::date - %(ledger)s
union all
select shop_id, branch_id, product_id, 'receipt', ceil(sum(units) * (0.9 + 0.2 * random())),
    min(business_date) + time '06:00', 'in:' || branch_id || ':' || product_id || ':' || min(business_date), '', ''
from sales_productday where shop_id = %(shop)s and business_date > %(last)s::date - %(ledger)s
group by shop_id, branch_id, product_id, date_trunc('week', business_date)
"""
_LEVELS = """
insert into inventory_stocklevel (shop_id, branch_id, product_id, quantity, tracked_from)
select shop_id, branch_id, product_id, sum(quantity), min(occurred_at)
from inventory_stockmovement where shop_id = %(shop)s group by shop_id, branch_id, product_id
"""
