"""What a shift took: the X report of an open one, the body of a closed one's Z, what came late, over and short.

Every report is for the chosen shop and costs a fixed number of statements a shift, however many sales are in it.
Amounts in a body are exact decimals as text, times ISO 8601 in UTC: a body is kept as it is and never worked out again.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django.db import connection
from django.db.models import Count, DecimalField, F, Max, Q, Sum
from django.db.models.expressions import Value
from django.db.models.fields.json import KT
from django.db.models.functions import Abs, Cast, Coalesce, NullIf

from sales import shift_sql
from sales.models import CashMovement, Sale, Shift, ShiftCount, ZReport
from sales.shift_links import link_sales
from shop.csvout import amount
from shop.periods import Period
from shop.tenancy import current_shop_id

CASH = "cash"
ZERO = Decimal(0)
BODY_VERSION = 1
# What is in the drawer could be worked out from each of these.
HIDDEN_WHILE_COUNTING = (
    "net",
    "tax",
    "gross",
    "cents",
    "taxes",
    "deposits",
    "discounts",
    "rounding",
    "difference",
    "tenders",
    "refunds",
    "voids",
    "exchanges",
    "over_short",
)
Body = dict[str, Any]
Facts = dict[str, dict[int, list[dict[str, Any]]]]  # rows by name of the statement and shift


@dataclass(frozen=True, slots=True)
class Worked:
    """A shift's body, and the ids of the documents in it."""

    body: Body
    sales: list[int]


@dataclass(frozen=True, slots=True)
class Late:
    """What belongs to a shift and is not in its Z: documents and cash movements that came after it was made.

    `taken_out`: documents in the Z that were voided since. `now` is the reconciliation as it stands.
    """

    sales: list[Sale]
    movements: list[CashMovement]
    taken_out: list[Sale]
    now: Body

    @property
    def gross(self) -> Decimal:
        return sum((sale.total for sale in self.sales if sale.voided_at is None), ZERO)


@dataclass(frozen=True, slots=True)
class OverShort:
    """A cashier's counts: how many shifts, over (+) and short (-) in all, in cash, and the largest one either way."""

    cashier: str
    shifts: int
    total: Decimal
    cash: Decimal
    largest: Decimal


def x_report(shift: Shift, *, blind: bool) -> Body:
    """What a shift took up to now. `blind`: without all amounts that tell what should be in the drawer."""
    link_sales(shift)
    body = work_out([shift.pk])[shift.pk].body
    return (without_amounts(body) if blind else body) | {"blind": blind}


def without_amounts(body: Body) -> Body:
    """A body as somebody may see it who is not to know what should be in the drawer."""
    return {name: value for name, value in body.items() if name not in HIDDEN_WHILE_COUNTING}


def late_arrivals(z: ZReport) -> Late:
    """What came for a shift after its Z was made."""
    link_sales(z.shift)
    known, told = set(z.sales), {entry["id"] for entry in z.body["movements"]}
    sales = Sale.objects.filter(shift=z.shift)
    late = [pk for pk in sales.values_list("pk", flat=True) if pk not in known]
    return Late(
        sales=list(Sale.objects.filter(pk__in=late).order_by("received_at", "pk")),
        movements=[row for row in CashMovement.objects.filter(shift=z.shift) if str(row.uuid) not in told],
        taken_out=[sale for sale in sales.filter(voided_at__gt=z.made_at) if sale.pk in known],
        now=reconcile(z.shift, came=len(known) + len(late)),
    )


def reconcile(shift: Shift, *, came: int) -> Body:
    """What the till said it sold beside what is here: the difference is set aside in the inbox, or missing.

    `reconciled` is None where the till said nothing to compare with.
    """
    missing = _missing(shift)
    aside = _set_aside(shift) if shift.told_sales is not None else 0
    fits = shift.told_sales is None or shift.told_sales == came + aside
    said = shift.told_sales is not None or shift.last_seq is not None
    return {
        "told": shift.told_sales,
        "came": came,
        "set_aside": aside,
        "missing": missing,
        "missing_count": sum(last - first + 1 for first, last in missing),
        "reconciled": (fits and not missing) if said else None,
    }


def over_short_by_cashier(period: Period, *, branch: int | None = None, register: int | None = None) -> list[OverShort]:
    """Over and short of the Z reports of the period by who had the drawer, the largest sum either way first."""
    money = DecimalField(max_digits=16, decimal_places=2)
    rows = (
        z_reports(period, branch=branch, register=register)
        .annotate(
            who=Coalesce(NullIf(F("shift__cashier"), Value("")), F("shift__closed_by")),
            off=Cast(KT("body__over_short"), money),
            cash=Cast(KT("body__cash__over_short"), money),
        )
        .order_by()
        .values("who")
        .annotate(shifts=Count("pk"), total=Sum("off"), in_cash=Sum("cash"), largest=Max(Abs("off")))
    )
    found = [
        OverShort(row["who"], row["shifts"], row["total"] or ZERO, row["in_cash"] or ZERO, row["largest"] or ZERO)
        for row in rows
    ]
    return sorted(found, key=lambda row: (-abs(row.total), row.cashier))


def z_reports(period: Period | None = None, *, branch: int | None = None, register: int | None = None) -> Any:
    """The Z reports of the period, the newest first, with shift, till and branch."""
    found = ZReport.objects.defer("sales").select_related("shift", "register__branch")
    if period is not None:
        found = found.filter(business_date__range=(period.first, period.last))
    if branch is not None:
        found = found.filter(register__branch=branch)
    if register is not None:
        found = found.filter(register=register)
    return found.order_by("-business_date", "-made_at", "-pk")


def uncounted() -> Any:
    """Shifts that ended without a count, the oldest first: somebody should count them."""
    missing = Q(closing_fingerprint="", closed_at__isnull=False, opened_at__isnull=False)
    return Shift.objects.filter(missing).select_related("register__branch").order_by("opened_at", "pk")


def work_out(shifts: Iterable[int]) -> dict[int, Worked]:
    """The bodies of these shifts, as they stand at this moment."""
    ids = list(shifts)
    rows = Shift.objects.filter(pk__in=ids).select_related("register__branch")
    facts = _facts(ids)
    counts: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for count in ShiftCount.objects.filter(shift__in=ids):
        counts[count.shift_id][count.tender] = count.amount
    moved: dict[int, list[CashMovement]] = defaultdict(list)
    for movement in CashMovement.objects.filter(shift__in=ids):
        moved[movement.shift_id].append(movement)
    return {shift.pk: _worked(shift, facts, counts[shift.pk], moved[shift.pk]) for shift in rows}


def _facts(ids: list[int]) -> Facts:
    """What the documents of the shifts add up to."""
    found: Facts = {}
    with connection.cursor() as cursor:
        for name, statement in shift_sql.FACTS.items():
            cursor.execute(statement, {"shop": current_shop_id(), "shifts": ids})
            columns = [column.name for column in cursor.description]
            by_shift = defaultdict(list)
            for row in cursor.fetchall():
                by_shift[row[0]].append(dict(zip(columns, row, strict=True)))
            found[name] = by_shift
    return found


def _worked(shift: Shift, facts: Facts, counts: dict[str, Decimal], moved: list[CashMovement]) -> Worked:
    documents = (facts["documents"].get(shift.pk) or [shift_sql.NO_DOCUMENTS])[0]
    rates, paid = facts["lines"].get(shift.pk, []), facts["payments"].get(shift.pk, [])
    net, tax = (sum((row[name] for row in rates), ZERO) for name in ("net", "tax"))
    taken = sum((row["taken"] for row in paid), ZERO)
    in_drawer = _cash_moved(moved)
    tenders = _tenders(shift, paid, in_drawer, counts)
    body = _about(shift) | _documents(documents) | {
        "net": _money(net),
        "tax": _money(tax),
        "gross": _money(documents["total"]),
        # Receipts are paid to the cent, weighed lines are worked out finer.
        "cents": _money(documents["total"] - net - tax),
        "taxes": [{"rate": _rate(row["rate"]), "net": _money(row["net"]), "tax": _money(row["tax"])} for row in rates],
        "discounts": _money(sum((row["discount"] for row in rates), ZERO)),
        "deposits": _money(sum((row["deposits"] for row in rates), ZERO)),
        "rounding": _money(documents["rounding"]),
        # What was paid beyond the receipts and their rounding: a till whose amounts did not add up.
        "difference": _money(taken - documents["total"] - documents["rounding"]),
        "tenders": tenders,
        "over_short": _money(sum((Decimal(row["over_short"] or 0) for row in tenders), ZERO)),
        "cash": _cash(shift, in_drawer, tenders),
        "movements": [_movement(row) for row in moved],
        "reconciliation": reconcile(shift, came=documents["came"]),
    }  # fmt: skip
    return Worked(body, documents["ids"])


def _about(shift: Shift) -> Body:
    register = shift.register
    return {
        "version": BODY_VERSION,
        "shift": str(shift.uuid),
        "branch": register.branch.name,
        "till": register.name,
        "opened_at": _moment(shift.opened_at),
        "closed_at": _moment(shift.closed_at),
        "opened_by": shift.cashier,
        "closed_by": shift.closed_by,
        "note": shift.note,
    }


def _documents(row: Mapping[str, Any]) -> Body:
    groups = {
        name: {"count": row[f"{name}_count"], "amount": _money(row[f"{name}_amount"])}
        for name in ("refunds", "voids", "exchanges")
    }
    return groups | {
        "documents": row["documents"],
        "baskets": row["baskets"],
        "cashiers": row["cashiers"],
        "first_receipt": row["first_receipt"],
        "last_receipt": row["last_receipt"],
        "first_seq": row["first_seq"],
        "last_seq": row["last_seq"],
    }


def _cash_moved(moved: list[CashMovement]) -> dict[str, Decimal]:
    sums = dict.fromkeys(CashMovement.Kind.values, ZERO)
    for row in moved:
        sums[row.kind] += row.amount
    return sums


def _tenders(
    shift: Shift, paid: list[dict[str, Any]], moved: dict[str, Decimal], counts: dict[str, Decimal]
) -> list[Body]:
    """Every tender taken or counted, cash first. What nobody counted is neither over nor short."""
    taken = {row["tender"]: row for row in paid}
    names = sorted({CASH, *taken, *counts}, key=lambda name: (name != CASH, name))
    found = []
    for name in names:
        expected = taken[name]["taken"] if name in taken else ZERO
        given_back = taken[name]["given_back"] if name in taken else ZERO
        takings = expected
        if name == CASH:
            expected += shift.opening_float + moved["paid_in"] - moved["paid_out"] - moved["drop"]
        counted = counts.get(name)
        found.append(
            {
                "tender": name,
                "takings": _money(takings),
                "given_back": _money(given_back),
                "expected": _money(expected),
                "counted": None if counted is None else _money(counted),
                "over_short": None if counted is None else _money(counted - expected),
            }
        )
    return found


def _cash(shift: Shift, moved: dict[str, Decimal], tenders: list[Body]) -> Body:
    """The drawer: what was put in and taken out besides sales."""
    return {
        "float": _money(shift.opening_float),
        "paid_in": _money(moved["paid_in"]),
        "paid_out": _money(moved["paid_out"]),
        "drops": _money(moved["drop"]),
        "over_short": tenders[0]["over_short"],
    }


def _movement(row: CashMovement) -> Body:
    return {
        "id": str(row.uuid),
        "kind": row.kind,
        "amount": _money(row.amount),
        "reason": row.reason,
        "cashier": row.cashier,
        "moved_at": _moment(row.moved_at),
    }


def _missing(shift: Shift) -> list[list[int]]:
    """The numbers between the first and the last the till told that are neither booked nor set aside, as ranges."""
    if shift.first_seq is None or shift.last_seq is None or shift.last_seq < shift.first_seq:
        return []
    told: dict[str, int | None] = {
        "shop": current_shop_id(),
        "register": shift.register_id,
        "epoch": shift.epoch,
        "first": shift.first_seq,
        "last": shift.last_seq,
    }
    with connection.cursor() as cursor:
        cursor.execute(shift_sql.MISSING, told)
        return [list(row) for row in cursor.fetchall()]


def _set_aside(shift: Shift) -> int:
    """Documents of the shift that were parked and are not decided on: they came, but are not booked."""
    with connection.cursor() as cursor:
        told: dict[str, int | str] = {
            "shop": current_shop_id(),
            "register": shift.register_id,
            "shift": str(shift.uuid),
        }
        cursor.execute(shift_sql.SET_ASIDE, told)
        return int(cursor.fetchone()[0])


def _money(value: Decimal) -> str:
    """As it is, with at least two decimals."""
    return format(cast(Decimal, amount(value)), "f")


def _rate(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize() + 0, "f")


def _moment(value: dt.datetime | None) -> str | None:
    return value.astimezone(dt.UTC).isoformat() if value else None
