"""A till's shifts: opened with a float, cash moved in and out, closed with a count.

Nothing a till tells is refused for its order: a close or a payment out may come before the opening, an opening while
another shift is still open.

The till's own ids are identities for ever: the same id with the same content changes nothing, with other content is a
ShiftConflict. Everything a call changes is one transaction; the calls of one register take turns.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from sales import shift_reports
from sales.models import CashMovement, Shift, ShiftCount, ZReport
from sales.shift_links import link_sales
from shop.errors import Refused
from shop.models import Register

ZERO = Decimal(0)
MOST = Decimal(10) ** 9
OLDEST = dt.timedelta(days=400)
AHEAD = dt.timedelta(minutes=5)
RIGHT = dt.timedelta(0)
NEAR = dt.timedelta(minutes=2)
MOST_TENDERS = 50


class ShiftRefused(Refused):
    code = "shift_invalid"


class ShiftConflict(Refused):
    """The id is known with other content; what came first stands."""

    code = "shift_id_reused"
    status = HTTPStatus.CONFLICT


class ShiftUnknown(Refused):
    code = "shift_unknown"
    status = HTTPStatus.NOT_FOUND


class ShiftOpen(Refused):
    """The till has an open shift, and the person who asks can close it."""

    code = "shift_open"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class Opening:
    """How a shift began. Without `opened_at` it begins now."""

    cashier: str = ""
    opening_float: Decimal = ZERO
    opened_at: dt.datetime | None = None
    epoch: int | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """How a shift ended: what was counted of each tender, and how many documents the till made, from which to which.

    Without `closed_at` it ends now.
    """

    counted: Mapping[str, Decimal] = field(default_factory=dict)
    cashier: str = ""
    closed_at: dt.datetime | None = None
    sales: int | None = None
    first_seq: int | None = None
    last_seq: int | None = None
    epoch: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Moving:
    """Cash into or out of the drawer without a sale. Without `moved_at` it is now."""

    kind: str
    amount: Decimal
    reason: str = ""
    cashier: str = ""
    moved_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A shift as it is after it was told of. `repeated`: nothing was new. `z` is there once both its ends are known."""

    shift: Shift
    repeated: bool = False
    z: ZReport | None = None


@transaction.atomic
def open_shift(
    *, uuid: UUID, register: Register, told: Opening, alone: bool = False, clock_offset: dt.timedelta = RIGHT
) -> Told:
    """Begin a register's shift. An earlier one that is still open ends here, not counted, until its own close comes.

    `alone`: raises ShiftOpen instead, for a person who can close the other first. `clock_offset`: what the till's clock
    lacks. Raises ShiftConflict for a known id
    with other content, ShiftRefused for an amount or a time that cannot be.
    """
    _check_amount(told.opening_float, least=ZERO)
    mark = _fingerprint(register, told)
    _take_turn(register)
    shift = _kept(uuid, register)
    if shift.opened_at is not None:
        return _repeated(shift, same=shift.opening_fingerprint == mark)
    if alone and (other := Shift.objects.open().filter(register=register).first()):
        raise ShiftOpen(f"{register.name} has an open shift{_since(other)}. Close it first.")
    shift.opened_at = _moment(told.opened_at, clock_offset)
    shift.cashier, shift.opening_float, shift.opening_fingerprint = told.cashier, told.opening_float, mark
    shift.epoch = shift.epoch if told.epoch is None else told.epoch
    _end_in_order(shift, shift.opened_at)
    shift.save()
    link_sales(shift)
    return Told(shift, z=_make_z(shift))


@transaction.atomic
def close_shift(*, uuid: UUID, register: Register, told: Closing, clock_offset: dt.timedelta = RIGHT) -> Told:
    """End a register's shift with its count and make its Z report, once its opening is known too.

    Nothing is refused for documents that are open or missing: they are named in the Z and come when they come. Raises
    ShiftConflict for a shift counted before with another count, ShiftRefused for what cannot be counted.
    """
    counted = _by_tender(told.counted)
    mark = _fingerprint(register, told)
    _take_turn(register)
    shift = _kept(uuid, register)
    if shift.closing_fingerprint:
        return _repeated(shift, same=shift.closing_fingerprint == mark)
    at = _moment(told.closed_at, clock_offset)
    # A till whose clock was put back in between did not close before it opened.
    shift.closed_at = max(at, shift.opened_at) if shift.opened_at else at
    shift.closed_by, shift.note, shift.closing_fingerprint = told.cashier, told.note, mark
    shift.told_sales, shift.first_seq, shift.last_seq = told.sales, told.first_seq, told.last_seq
    shift.epoch = shift.epoch if told.epoch is None else told.epoch
    shift.save()
    ShiftCount.objects.bulk_create(ShiftCount(shift=shift, tender=name, amount=of) for name, of in counted.items())
    link_sales(shift)
    return Told(shift, z=_make_z(shift))


@transaction.atomic
def move_cash(
    *, uuid: UUID, shift: UUID, register: Register, told: Moving, clock_offset: dt.timedelta = RIGHT
) -> tuple[CashMovement, bool]:
    """Book cash that went into or out of a shift's drawer; also whether this had been told before.

    One that comes after the shift's Z is booked all the same and listed beside it. Raises ShiftConflict for a known id
    with other content, ShiftRefused for an amount that is not above 0 or a kind nobody knows.
    """
    _check_amount(told.amount, least=Decimal("0.01"))
    if told.kind not in CashMovement.Kind.values:
        raise ShiftRefused("Say whether cash was paid in, paid out or dropped.")
    mark = _fingerprint(register, told, shift=str(shift))
    _take_turn(register)
    if known := CashMovement.objects.filter(uuid=uuid).first():
        if known.fingerprint != mark:
            raise ShiftConflict("This id was used before for another cash movement. The first one stands.")
        return known, True
    made = CashMovement.objects.create(
        uuid=uuid,
        shift=_kept(shift, register),
        kind=told.kind,
        amount=told.amount,
        reason=told.reason,
        cashier=told.cashier,
        moved_at=_moment(told.moved_at, clock_offset),
        fingerprint=mark,
    )
    return made, False


def find_shift(uuid: UUID, register: int) -> Shift:
    """A register's own shift. Raises ShiftUnknown for all others."""
    found: Shift | None = Shift.objects.filter(uuid=uuid, register=register).select_related("register__branch").first()
    if found is None:
        raise ShiftUnknown("This till has no such shift.")
    return found


def _take_turn(register: Register) -> None:
    """One after the other at a register: its shifts end in order and its Z reports are numbered without a gap.

    The lock lets sales through, which only need the register to stay.
    """
    Register.objects.select_for_update(no_key=True).get(pk=register.pk)


def _kept(uuid: UUID, register: Register) -> Shift:
    """The shift of this id, made with its id alone where nothing was told of it before."""
    shift, _ = Shift.objects.get_or_create(uuid=uuid, defaults={"register": register})
    if shift.register_id != register.pk:
        raise ShiftConflict("This id belongs to a shift of another till.")
    found: Shift = shift
    return found


def _repeated(shift: Shift, *, same: bool) -> Told:
    if not same:
        raise ShiftConflict("This was told before with other content. The first one stands.")
    return Told(shift, repeated=True, z=ZReport.objects.filter(shift=shift).first())


def _end_in_order(shift: Shift, opened_at: dt.datetime) -> None:
    """Only the shift opened last stays open: earlier ones end as it begins, and it ends where a later one began."""
    others = Shift.objects.filter(register=shift.register_id).exclude(pk=shift.pk)
    others.open().filter(opened_at__lte=opened_at).update(closed_at=opened_at)
    if shift.closed_at is None:
        later = others.filter(opened_at__gt=opened_at).order_by("opened_at").first()
        shift.closed_at = later.opened_at if later else None
    else:
        shift.closed_at = max(shift.closed_at, opened_at)


def _make_z(shift: Shift) -> ZReport | None:
    """The Z report of a shift that was opened and counted: numbered, whole, for ever."""
    if shift.opened_at is None or not shift.closing_fingerprint or shift.closed_at is None:
        return None
    # No sale of this shift is committed while it is added up: one that is being booked waits, and came after the Z.
    Shift.objects.select_for_update().get(pk=shift.pk)
    last = ZReport.objects.filter(register=shift.register_id).aggregate(last=Max("number"))["last"] or 0
    found = shift_reports.work_out([shift.pk])[shift.pk]
    z: ZReport = ZReport.objects.create(
        shift=shift,
        register_id=shift.register_id,
        number=last + 1,
        business_date=shift.register.branch.shop.business_date(shift.closed_at),
        body=found.body,
        sales=found.sales,
        made_at=timezone.now(),
    )
    return z


def _moment(told: dt.datetime | None, clock_offset: dt.timedelta) -> dt.datetime:
    """The moment told by a clock that lacks so much; now where none was told or what comes out cannot be."""
    now = timezone.now()
    if told is None:
        return now
    if told.tzinfo is None:
        raise ShiftRefused("A time needs its offset, such as 2026-11-20T18:00:00+01:00.")
    at = told + clock_offset if abs(clock_offset) > NEAR else told
    return at if now - OLDEST <= at <= now + AHEAD else now


def _by_tender(counted: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Counts by tender in lower case. Raises ShiftRefused for a tender without a name or counted twice."""
    found: dict[str, Decimal] = {}
    for name, amount in counted.items():
        tender = name.strip().lower()
        if not tender or len(tender) > 40 or "\x00" in tender or len(counted) > MOST_TENDERS:
            raise ShiftRefused("Name each tender that was counted, such as cash or card.")
        if tender in found:
            raise ShiftRefused(f"“{tender}” was counted twice.")
        _check_amount(amount, least=-MOST)
        found[tender] = amount
    return found


def _check_amount(amount: Decimal, *, least: Decimal) -> None:
    if not isinstance(amount, Decimal) or not amount.is_finite() or amount != round(amount, 2):
        raise ShiftRefused("An amount of money is a number with at most two decimals.")
    if not least <= amount < MOST:
        raise ShiftRefused("This amount of money cannot be.")


def _since(shift: Shift) -> str:
    return f" since {timezone.localtime(shift.opened_at):%H:%M}" if shift.opened_at else ""


def _fingerprint(register: Register, told: Opening | Closing | Moving, **more: str) -> str:
    """A hash of what was told, not of what was made of it."""
    content = {one.name: _plain(getattr(told, one.name)) for one in fields(told)}
    content |= {"register": register.pk, "version": 1, **more}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize() + 0, "f")
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, Mapping):
        return {str(name).strip().lower(): _plain(amount) for name, amount in value.items()}
    return value
