"""Closing a till after a very long day, and the accountant's journal of a year of such shifts."""

import argparse
import datetime as dt
import statistics
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from bench import scratch
from bench.figures import milliseconds, say
from sales import shift_reports, shifts, takings
from sales.models import ZReport
from shop.models import Branch, Register, Shop
from shop.services import create_shop
from shop.tenancy import use_shop

SALES, LINES_A_SALE, ROUNDS = 5_000, 8, 5
CLOSE_LIMIT, JOURNAL_LIMIT = 500, 5_000  # milliseconds


def run(sales: int = SALES, rounds: int = ROUNDS) -> Iterator[dict[str, Any]]:
    """Figures over a shop of its own; each shift has `sales` documents of 8 lines and two payments."""
    with scratch.database():
        shop = create_shop(slug="long-day", zone="Europe/Lisbon", branches=["North"])
        yield from figures(shop, sales, rounds)


def figures(shop: Shop, sales: int = SALES, rounds: int = ROUNDS) -> Iterator[dict[str, Any]]:
    """The same in a shop that is there: closes `rounds` shifts, the median counts."""
    with use_shop(shop):
        till = Register.objects.create(branch=Branch.objects.order_by("pk").first(), name="Till of the bench")
        closes = [_close(till, number, sales) for number in range(rounds)]
        z = ZReport.objects.order_by("-number").select_related("shift").first()
        assert z.body["documents"] == sales and z.body["reconciliation"]["reconciled"] is True, "every sale is in the Z"
        median = statistics.median(closes)
        yield _figure(f"Z close of {sales:,} sales, ms", median, CLOSE_LIMIT) | {"slowest": round(max(closes), 1)}
        late = milliseconds(lambda: shift_reports.late_arrivals(z))
        yield _figure("the same shift's late arrivals, ms", late, CLOSE_LIMIT)
        journal = milliseconds(lambda: list(takings.takings_journal()))
        yield _figure(f"takings journal of {rounds * sales:,} sales, ms", journal, JOURNAL_LIMIT)


def _figure(name: str, value: float, limit: float) -> dict[str, Any]:
    return {"figure": name, "value": value, "limit": limit, "ok": value < limit}


def _close(till: Register, number: int, sales: int) -> float:
    """Milliseconds from a till's close to its Z, with nothing of it read before."""
    key, now = uuid.uuid4(), timezone.now()
    opened = now - dt.timedelta(hours=20 * (ROUNDS + 1 - number))
    told = shifts.Opening("Sam", Decimal(100), opened, epoch=1)
    shift = shifts.open_shift(uuid=key, register=till, told=told).shift
    first = number * sales
    with transaction.atomic(), connection.cursor() as cursor:
        values: dict[str, Any] = {
            "shop": till.shop_id, "branch": till.branch_id, "register": till.pk, "shift": shift.pk, "key": key,
            "first": first, "sales": sales, "lines": LINES_A_SALE, "at": opened,
        }  # fmt: skip
        for statement in (_SALES, _LINES, _PAYMENTS):
            cursor.execute(statement, values)
    counted = {"cash": Decimal(100), "card": Decimal(0)}
    ended = shifts.Closing(
        counted, "Sam", opened + dt.timedelta(hours=19), sales, first_seq=first + 1, last_seq=first + sales, epoch=1
    )
    return milliseconds(lambda: shifts.close_shift(uuid=key, register=till, told=ended))


_SALES = """
insert into sales_sale (shop_id, uuid, kind, source, branch_id, register_id, shift_id, shift_key, epoch, seq, receipt,
    sold_at, business_date, cashier, total, line_count, fingerprint, received_at)
select %(shop)s, gen_random_uuid(), case when n %% 50 = 0 then 'refund' else 'sale' end, 'api', %(branch)s,
    %(register)s, %(shift)s, %(key)s, 1, %(first)s + n, '1-' || n, %(at)s::timestamptz + n * interval '10 seconds',
    %(at)s::date, 'Sam', 9.60, %(lines)s, md5(%(key)s || n::text), now()
from generate_series(1, %(sales)s) n
"""
_LINES = """
insert into sales_saleline (shop_id, sale_id, number, name, barcode, quantity, unit_price, discount, net, tax, tax_rate)
select s.shop_id, s.id, n, 'Goods', '', 1, 1.20, 0, 1.00, 0.20, case when n %% 2 = 0 then 0.2 else 0.05 end
from sales_sale s, generate_series(1, %(lines)s) n where s.shop_id = %(shop)s and s.shift_id = %(shift)s
"""
_PAYMENTS = """
insert into sales_payment (shop_id, sale_id, tender, amount)
select s.shop_id, s.id, tender, 4.80 from sales_sale s, unnest(array['cash', 'card']) tender
where s.shop_id = %(shop)s and s.shift_id = %(shift)s
"""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench takings")
    parser.add_argument("--sales", type=int, default=SALES)
    for line in run(parser.parse_args(arguments).sales):
        say(**line)
