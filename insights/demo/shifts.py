"""The demo's last weeks at the tills: two shifts a day at each, cash taken to the safe, counts and their Z reports.

Everything comes after the sales, whose receipts say when each cashier was there. Nobody at Hollins & Daughter counts
without a slip, and none of them takes anything.
"""

import datetime as dt
import itertools
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from insights.demo.branches import ZONE
from insights.demo.chance import stream
from insights.demo.grocer import Demo
from sales import shift_reports
from sales.models import CashMovement, Sale, Shift, ShiftCount, ZReport
from shop.tenancy import current_shop_id

WEEKS = 6
FLOAT = Decimal("150.00")
HANDOVER = dt.time(14)
SAFE_FROM = Decimal(300)  # what is in the drawer beyond the change and this goes to the safe at the handover
EVEN = 0.62
COUNTED = "demo"
Seen = tuple[int, dt.datetime, str]


@dataclass(frozen=True)
class Stint:
    """A cashier's half day at a till: the sales of it, and when it began and ended."""

    register: int
    day: dt.date
    opened_at: dt.datetime
    closed_at: dt.datetime
    cashier: str
    sales: tuple[int, ...]


Pair = tuple[Shift, Stint]


def write_shifts(demo: Demo) -> None:
    """The shifts of the last weeks, all counted but the last one, which is still open."""
    stints = sorted(_stints(demo), key=lambda stint: (stint.closed_at, stint.register))
    if not stints:
        return
    shifts = [_shift(stint) for stint in stints]
    Shift.objects.bulk_create(shifts)
    pairs = list(zip(shifts, stints, strict=True))
    _link(pairs)
    _take_to_the_safe(pairs[:-1])
    _count(pairs[:-1])
    _make_z_reports(pairs[:-1])


def _stints(demo: Demo) -> Iterator[Stint]:
    first = demo.today - dt.timedelta(weeks=WEEKS)
    sales = Sale.objects.filter(business_date__gte=first, register__isnull=False).order_by("register", "sold_at", "pk")
    zone = ZoneInfo(ZONE)
    halves: dict[tuple[int, dt.date, bool], list[Seen]] = defaultdict(list)
    for pk, register, day, at, who in sales.values_list("pk", "register_id", "business_date", "sold_at", "cashier"):
        halves[register, day, at.astimezone(zone).time() > HANDOVER].append((pk, at, who))
    for (register, day, late), seen in halves.items():
        handover = dt.datetime.combine(day, HANDOVER, zone)
        shared = (register, day, not late) in halves
        opened = handover if late and shared else seen[0][1] - dt.timedelta(minutes=12)
        closed = handover if not late and shared else seen[-1][1] + dt.timedelta(minutes=15)
        yield Stint(register, day, opened, closed, seen[0][2], tuple(pk for pk, _, _ in seen))


def _shift(stint: Stint) -> Shift:
    key = f"{stint.register} {stint.day} {stint.opened_at.isoformat()}"
    return Shift(
        uuid=uuid.uuid5(uuid.NAMESPACE_OID, f"{current_shop_id()} {key}"),
        register_id=stint.register,
        opened_at=stint.opened_at,
        cashier=stint.cashier,
        opening_float=FLOAT,
        opening_fingerprint=COUNTED,
        closed_at=stint.closed_at,
        closed_by=stint.cashier,
        told_sales=len(stint.sales),
        closing_fingerprint=COUNTED,
    )


def _link(pairs: list[Pair]) -> None:
    sales: list[int] = []
    into: list[int] = []
    for shift, stint in pairs:
        sales += stint.sales
        into += itertools.repeat(shift.pk, len(stint.sales))
    with connection.cursor() as cursor:
        cursor.execute(_LINK, {"shop": current_shop_id(), "sales": sales, "shifts": into})
    last = Shift.objects.filter(pk=max(into))
    last.update(closed_at=None, closed_by="", closing_fingerprint="", told_sales=None)


def _take_to_the_safe(pairs: list[Pair]) -> None:
    """Round amounts at the end of a busy half day, and once a week the window cleaner from the first till."""
    moved, cleaned = [], set()
    found = shift_reports.work_out([shift.pk for shift, _ in pairs])
    for shift, stint in pairs:
        body = found[shift.pk].body
        cash = Decimal(body["tenders"][0]["takings"])
        beyond = int((cash - SAFE_FROM) // 50) * 50
        if beyond > 0:
            moved.append(_movement(shift, stint, "drop", Decimal(beyond), "", 10))
        if (
            stint.day.weekday() == 2
            and cash > 40
            and body["till"] == "Till 1"
            and (stint.register, stint.day) not in cleaned
        ):
            cleaned.add((stint.register, stint.day))
            moved.append(_movement(shift, stint, "paid_out", Decimal("18.00"), "Window cleaner", 60))
    CashMovement.objects.bulk_create(moved)


def _movement(shift: Shift, stint: Stint, kind: str, amount: Decimal, reason: str, minutes: int) -> CashMovement:
    at = max(stint.closed_at - dt.timedelta(minutes=minutes), stint.opened_at)
    return CashMovement(
        uuid=uuid.uuid5(shift.uuid, kind),
        shift=shift,
        kind=kind,
        amount=amount,
        reason=reason,
        cashier=shift.cashier,
        moved_at=at,
        received_at=at,
        fingerprint=COUNTED,
    )


def _count(pairs: list[Pair]) -> None:
    """Most come out even; the others are off by a coin or two, and now and then by a note."""
    draw = stream("counts")
    counts = []
    found = shift_reports.work_out([shift.pk for shift, _ in pairs])
    for shift, _ in pairs:
        even, size, note = draw.random(3)
        pence = 0 if even < EVEN else int(np.round((size - 0.53) * 9 * 20)) * 5
        pence += (-1000 if size < 0.5 else 500) if note < 0.012 else 0
        for row in found[shift.pk].body["tenders"]:
            off = Decimal(pence) / 100 if row["tender"] == shift_reports.CASH else Decimal(0)
            counts.append(ShiftCount(shift=shift, tender=row["tender"], amount=Decimal(row["expected"]) + off))
    ShiftCount.objects.bulk_create(counts)


def _make_z_reports(pairs: list[Pair]) -> None:
    found = shift_reports.work_out([shift.pk for shift, _ in pairs])
    numbers: dict[int, Iterator[int]] = defaultdict(lambda: itertools.count(1))
    ZReport.objects.bulk_create(
        ZReport(
            shift=shift,
            register_id=stint.register,
            number=next(numbers[stint.register]),
            business_date=stint.day,
            body=found[shift.pk].body,
            sales=found[shift.pk].sales,
            made_at=stint.closed_at,
        )
        for shift, stint in pairs
    )


_LINK = """
update sales_sale s set shift_id = d.shift
from unnest(%(sales)s::bigint[], %(shifts)s::bigint[]) as d (sale, shift)
where s.shop_id = %(shop)s and s.id = d.sale
"""
