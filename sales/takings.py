"""The takings journal for the accountant: what the tills took, day by day, as debits and credits that balance.

Each Z report is a group of rows of the day of its close. What came after a Z, and what was sold outside any shift, are
groups of their own. A sale of an open shift comes with its Z. docs/takings.md says what each column means.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from sales.models import ZReport
from shop.csvout import Cell, amount
from shop.periods import Period
from shop.tenancy import current_shop_id

COLUMNS = ("date", "branch", "till", "z", "entry", "kind", "detail", "debit", "credit")
ZERO = Decimal(0)
CASH = "cash"


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One line: a debit where `amount` is above 0, a credit below. All of a day, till, Z and entry add up to 0.

    `entry`: z, late or no_shift.
    """

    date: dt.date
    branch: str
    till: str
    z: int | None
    entry: str
    kind: str
    detail: str
    amount: Decimal

    def cells(self) -> tuple[Cell, ...]:
        debit, credit = (max(self.amount, ZERO), max(-self.amount, ZERO))
        where = self.date, self.branch, self.till, self.z, self.entry, self.kind, self.detail
        return *where, amount(debit) if debit else None, amount(credit) if credit else None


def takings_journal(period: Period | None = None) -> Iterator[JournalRow]:
    """The rows of the period's days (default: all), in order."""
    late = [*_of_documents("late", period), *_late_cash(period)]
    found = [*_of_z_reports(period), *late, *_of_documents("no_shift", period)]
    yield from sorted(found, key=lambda row: (row.date, row.branch, row.till, row.entry != "z", row.z or 0, row.entry))


def rows(period: Period | None = None) -> Iterator[tuple[Cell, ...]]:
    """The same as cells of a file."""
    return (row.cells() for row in takings_journal(period))


def _of_z_reports(period: Period | None) -> Iterator[JournalRow]:
    found = ZReport.objects.defer("sales").order_by("business_date", "pk")
    if period is not None:
        found = found.filter(business_date__range=(period.first, period.last))
    for z in found.iterator():
        body = z.body
        for kind, detail, value in _entries(body):
            if value:
                yield JournalRow(z.business_date, body["branch"], body["till"], z.number, "z", kind, detail, value)


def _entries(body: dict[str, Any]) -> Iterator[tuple[str, str, Decimal]]:
    """What a Z's body is in the books: what came into the drawer against what it came from."""
    for row in body["taxes"]:
        yield "net", row["rate"] or "", -Decimal(row["net"])
        yield "tax", row["rate"] or "", -Decimal(row["tax"])
    yield "cents", "", -Decimal(body["cents"])
    yield "rounding", "", -Decimal(body["rounding"])
    yield "difference", "", -Decimal(body["difference"])
    for row in body["tenders"]:
        # What nobody counted is taken to be as expected.
        there = Decimal(row["expected"] if row["counted"] is None else row["counted"])
        yield "tender", row["tender"], there - (Decimal(body["cash"]["float"]) if row["tender"] == CASH else ZERO)
        yield "over_short", row["tender"], -Decimal(row["over_short"] or 0)
    yield "paid_in", "", -Decimal(body["cash"]["paid_in"])
    yield "paid_out", "", Decimal(body["cash"]["paid_out"])
    yield "drop", "", Decimal(body["cash"]["drops"])


def _of_documents(entry: str, period: Period | None) -> Iterator[JournalRow]:
    """Documents that are in no Z, added up by day, branch and till."""
    for row in _run(_DOCUMENTS[entry], period):
        if row[-1]:
            yield JournalRow(*row)


def _late_cash(period: Period | None) -> Iterator[JournalRow]:
    """Cash movements that came after their Z: each against the cash in the drawer."""
    for date, branch, till, number, entry, kind, value in _run(_LATE_CASH, period):
        into = -value if kind == "paid_in" else value
        yield JournalRow(date, branch, till, number, entry, kind, "", into)
        yield JournalRow(date, branch, till, number, entry, "tender", CASH, -into)


def _run(statement: str, period: Period | None) -> list[tuple[Any, ...]]:
    first, last = (period.first, period.last) if period else (dt.date.min, dt.date.max)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"shop": current_shop_id(), "first": first, "last": last})
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


_PLACES = """
join shop_branch b on b.shop_id = %(shop)s and b.id = d.branch_id
left join shop_register t on t.shop_id = %(shop)s and t.id = d.register_id
"""

# A day's file that was handed over never changes: what is late counts for the day on which it came.
_DAY_IT_CAME = """
    (({0}.received_at at time zone o.zone) - make_interval(hours => o.day_starts_at_hour))::date
"""

# A document was late if it is not in the Z; one that came long before the Z was made cannot be.
_LATE = f"""
    select {_DAY_IT_CAME.format("s")} as date, s.branch_id, s.register_id, z.number, s.id, s.total, s.rounding
    from sales_zreport z
    join shop_shop o on o.id = z.shop_id
    join sales_sale s on s.shop_id = z.shop_id and s.shift_id = z.shift_id and s.voided_at is null
        and s.received_at > z.made_at - interval '1 hour' and not (s.id = any(z.sales))
    where z.shop_id = %(shop)s
"""
_NO_SHIFT = """
    select s.business_date as date, s.branch_id, s.register_id, null::int as number, s.id, s.total, s.rounding
    from sales_sale s
    where s.shop_id = %(shop)s and s.business_date between %(first)s and %(last)s and s.voided_at is null
        and s.shift_id is null
"""


def _statement(entry: str, documents: str) -> str:
    """Net and tax by rate, cents, rounding and tenders of these documents, and what is left to explain between them."""
    return f"""
with d as materialized (
    select * from ({documents}) found where date between %(first)s and %(last)s
),
lines as (
    select d.date, d.branch_id, d.register_id, d.number, l.tax_rate, sum(l.net) as net, sum(l.tax) as tax
    from d join sales_saleline l on l.shop_id = %(shop)s and l.sale_id = d.id group by 1, 2, 3, 4, 5
),
parts as (
    select date, branch_id, register_id, number, 'net' as kind,
        coalesce(trim_scale(tax_rate)::text, '') as detail, -net as value from lines
    union all
    select date, branch_id, register_id, number, 'tax', coalesce(trim_scale(tax_rate)::text, ''), -tax from lines
    union all
    select date, branch_id, register_id, number, 'cents', '', -sum(value) from (
        select date, branch_id, register_id, number, total as value from d
        union all
        select date, branch_id, register_id, number, -net - tax from lines
    ) finer group by 1, 2, 3, 4
    union all
    select date, branch_id, register_id, number, 'rounding', '', -sum(rounding) from d group by 1, 2, 3, 4
    union all
    select d.date, d.branch_id, d.register_id, d.number, 'tender', lower(trim(p.tender)), sum(p.amount)
    from d join sales_payment p on p.shop_id = %(shop)s and p.sale_id = d.id group by 1, 2, 3, 4, lower(trim(p.tender))
),
whole as (
    select * from parts
    union all
    select date, branch_id, register_id, number, 'difference', '', -sum(value) from parts group by 1, 2, 3, 4
)
select d.date, b.name, coalesce(t.name, ''), d.number, '{entry}', d.kind, d.detail, d.value from whole d {_PLACES}
order by d.date, b.name, t.name, d.number, d.kind, d.detail
"""


_DOCUMENTS = {"late": _statement("late", _LATE), "no_shift": _statement("no_shift", _NO_SHIFT)}
_LATE_CASH = f"""
select d.date, b.name, t.name, d.number, 'late', d.kind, d.amount from (
    select {_DAY_IT_CAME.format("m")} as date, r.branch_id, z.register_id, z.number, m.kind, m.amount
    from sales_zreport z
    join shop_shop o on o.id = z.shop_id
    join shop_register r on r.shop_id = z.shop_id and r.id = z.register_id
    join sales_cashmovement m on m.shop_id = z.shop_id and m.shift_id = z.shift_id
    where z.shop_id = %(shop)s
        and not z.body -> 'movements' @> jsonb_build_array(jsonb_build_object('id', m.uuid::text))
) d {_PLACES} where d.date between %(first)s and %(last)s
order by d.date, b.name, t.name
"""
