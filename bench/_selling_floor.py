"""The floor of `bench selling`: plain psycopg writing the rows of a sale, with nothing asked, checked or worked out.

One prepared statement and one transaction a sale, four connections, as the app's role behind both walls, into the same
tables with all their constraints.
"""

import datetime as dt
import multiprocessing
import random
import time
import uuid
from typing import Any

import psycopg

CONNECTIONS = 4
_SALE = """
with held as materialized (
    select product_id from inventory_stocklevel
    where shop_id = %(shop)s and branch_id = %(branch)s and product_id = any(%(products)s::bigint[])
    order by product_id for update
),
line as (
    select * from unnest(%(products)s::bigint[], %(quantities)s::numeric[], %(prices)s::numeric[]) with ordinality
        as l (product, quantity, price, number)
),
sale as (
    insert into sales_sale (shop_id, uuid, kind, channel, source, branch_id, register_id, receipt, epoch, seq, sold_at,
        business_date, cashier, total, line_count, fingerprint, received_at)
    values (%(shop)s, %(uuid)s::uuid, 'sale', 'till', 'api', %(branch)s, %(register)s, %(receipt)s, 1, %(seq)s,
        %(at)s, %(day)s, 'Ana', %(total)s::numeric, 8, %(fingerprint)s, now())
    returning id, uuid
),
lines as (
    insert into sales_saleline (shop_id, sale_id, number, product_id, name, barcode, quantity, unit_price, discount,
        net, tax, tax_rate, cost)
    select %(shop)s, s.id, l.number, l.product, 'Product', '', l.quantity, l.price, 0, l.price, 0, 0, l.price
    from sale s, line l
),
payments as (
    insert into sales_payment (shop_id, sale_id, tender, amount)
    select %(shop)s, s.id, p.tender, p.amount from sale s,
        (values ('cash', 1.00), ('card', %(total)s::numeric - 1)) as p (tender, amount)
),
movements as (
    insert into inventory_stockmovement (shop_id, branch_id, product_id, kind, quantity, unit_cost, occurred_at, source,
        note, actor)
    select %(shop)s, %(branch)s, l.product, 'sale', -l.quantity, l.price, %(at)s, 'sale:' || s.uuid || ':' || l.number,
        '', 'floor'
    from sale s, line l
),
levels as (
    update inventory_stocklevel v set quantity = v.quantity - l.quantity from line l, held h
    where v.shop_id = %(shop)s and v.branch_id = %(branch)s and v.product_id = l.product and h.product_id = l.product
)
insert into sales_dirtyday (shop_id, branch_id, business_date) select %(shop)s, %(branch)s, %(day)s from sale
"""


def sales_a_second(url: str, stage: Any, *, sales: int, lines: int = 8) -> float:
    """How many sales a second four connections write together."""
    started, done = multiprocessing.Barrier(CONNECTIONS + 1), multiprocessing.Barrier(CONNECTIONS + 1)
    share = sales // CONNECTIONS
    work = [
        multiprocessing.Process(target=_write, args=(url, stage, number, share, lines, started, done), daemon=True)
        for number in range(CONNECTIONS)
    ]
    for process in work:
        process.start()
    started.wait(60)
    start = time.perf_counter()
    done.wait(300)
    spent = time.perf_counter() - start
    for process in work:
        process.join()
    return share * CONNECTIONS / spent


def _write(url: str, stage: Any, number: int, sales: int, lines: int, started: Any, done: Any) -> None:
    chance, till = random.Random(uuid.uuid4().int), stage.tills[number % len(stage.tills)]
    told = [_values(stage, till, chance, lines) for _ in range(sales)]
    with psycopg.connect(url, prepare_threshold=0) as connection:
        connection.execute("set plan_cache_mode = force_generic_plan")
        connection.commit()
        _one(connection, stage, _values(stage, till, chance, lines))  # planned now
        started.wait()
        for values in told:
            _one(connection, stage, values)
        done.wait()


def _one(connection: Any, stage: Any, values: dict[str, Any]) -> None:
    with connection.pipeline():
        connection.execute("select set_config('app.shop_id', %s, true)", [str(stage.shop)])
        connection.execute(_SALE, values)
        connection.commit()


def _values(stage: Any, till: Any, chance: random.Random, lines: int) -> dict[str, Any]:
    goods = chance.sample(stage.products, lines)
    at = dt.datetime.fromisoformat(stage.counted_at) + dt.timedelta(hours=chance.uniform(1, 60))
    return {
        "shop": stage.shop,
        "branch": till.branch,
        "register": till.register,
        "uuid": uuid.uuid4(),
        "receipt": "floor",
        "seq": chance.getrandbits(60),
        "at": at,
        "day": at.date(),
        "total": "24.00",
        "fingerprint": f"{chance.getrandbits(256):064x}",
        "products": [number for number, _, _ in goods],
        "quantities": [str(chance.randint(1, 3)) for _ in goods],
        "prices": [price for _, _, price in goods],
    }
