"""Tills open, count and close their shifts, and ask for the reports."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.response import Response

from sales import shift_reports, shifts
from sales.api.shift_contract import (
    CashIn,
    CashSaid,
    ClosedSaid,
    CloseIn,
    CurrentSaid,
    Reconciliation,
    ShiftIn,
    ShiftSaid,
    XSaid,
    ZMade,
    ZSaid,
)
from sales.models import Shift, ZReport
from shop.api import bodies
from shop.api.bodies import BodyRefused
from shop.api.views import DeviceView, TillRequest
from shop.models import Register


class NoZ(shifts.ShiftUnknown):
    code = "z_unknown"


class Shifts(DeviceView):
    """Begin a shift. A till has one open: an earlier one ends where the next begins, until its own close comes."""

    @extend_schema(operation_id="open_shift", request=ShiftIn, responses={201: ShiftSaid, 200: ShiftSaid})
    def post(self, request: TillRequest) -> Response:
        told = bodies.read(request, ShiftIn)
        _check_key(request, told.id)
        offset = _clock_offset(request)
        done = shifts.open_shift(uuid=told.id, register=_register(request), told=told.told(), clock_offset=offset)
        return _answer(_shift(done.shift), repeated=done.repeated)


class ShiftCurrent(DeviceView):
    """The till's open shift."""

    @extend_schema(operation_id="current_shift", responses={200: CurrentSaid})
    def get(self, request: TillRequest) -> Response:
        shift = Shift.objects.open().filter(register=request.device.register_id).first()
        return _answer(CurrentSaid(shift=_shift(shift) if shift else None), repeated=None)


class ShiftClose(DeviceView):
    """End a shift with its count. The answer has its Z report, with what was expected."""

    @extend_schema(operation_id="close_shift", request=CloseIn, responses={201: ClosedSaid, 200: ClosedSaid})
    def post(self, request: TillRequest, uuid: UUID) -> Response:
        told = bodies.read(request, CloseIn).told()
        offset = _clock_offset(request)
        done = shifts.close_shift(uuid=uuid, register=_register(request), told=told, clock_offset=offset)
        said = ClosedSaid(id=done.shift.uuid, closed_at=done.shift.closed_at, z=_z(done.z) if done.z else None)
        return _answer(said, repeated=done.repeated)


class ShiftCash(DeviceView):
    """Cash into or out of the drawer without a sale."""

    @extend_schema(operation_id="move_cash", request=CashIn, responses={201: CashSaid, 200: CashSaid})
    def post(self, request: TillRequest, uuid: UUID) -> Response:
        told = bodies.read(request, CashIn)
        _check_key(request, told.id)
        moved, repeated = shifts.move_cash(
            uuid=told.id,
            shift=uuid,
            register=_register(request),
            told=told.told(),
            clock_offset=_clock_offset(request),
        )
        return _answer(CashSaid(id=moved.uuid, kind=moved.kind, amount=moved.amount), repeated=repeated)


class ShiftX(DeviceView):
    """What a shift took so far."""

    @extend_schema(operation_id="x_report", responses={200: XSaid})
    def get(self, request: TillRequest, uuid: UUID) -> Response:
        shift = shifts.find_shift(uuid, request.device.register_id)
        blind = request.device.shop.blind_counts and not shift.closing_fingerprint
        report = shift_reports.x_report(shift, blind=blind)
        del report["blind"]
        return _answer(XSaid(blind=blind, report=report), repeated=None)


class ShiftZ(DeviceView):
    """What a closed shift came to, and what came after its close."""

    @extend_schema(operation_id="z_report", responses={200: ZSaid})
    def get(self, request: TillRequest, uuid: UUID) -> Response:
        shift = shifts.find_shift(uuid, request.device.register_id)
        z = ZReport.objects.filter(shift=shift).select_related("shift").first()
        if z is None:
            raise NoZ("This shift has no Z report yet: it is made when both its opening and its close are known.")
        late = shift_reports.late_arrivals(z)
        said = ZSaid(
            **_z(z).model_dump(),
            late_sales=[sale.uuid for sale in late.sales],
            late_cash=[row.uuid for row in late.movements],
            now=Reconciliation(**late.now),
        )
        return _answer(said, repeated=None)


def _register(request: TillRequest) -> Register:
    found: Register = Register.objects.select_related("branch__shop").get(pk=request.device.register_id)
    return found


def _shift(shift: Shift) -> ShiftSaid:
    about: dict[str, Any] = {"id": shift.uuid, "opened_at": shift.opened_at, "cashier": shift.cashier}
    return ShiftSaid(**about, float=shift.opening_float, epoch=shift.epoch)


def _z(z: ZReport) -> ZMade:
    return ZMade(number=z.number, business_date=z.business_date, made_at=z.made_at, report=z.body)


def _answer(said: BaseModel, *, repeated: bool | None) -> Response:
    """201 where it is new, 200 where it was told before (or was only asked for)."""
    answer = Response(said.model_dump(mode="json", by_alias=True), status=201 if repeated is False else 200)
    if repeated:
        answer["Idempotency-Replayed"] = "true"
    return answer


def _check_key(request: TillRequest, id: UUID) -> None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and key.strip('"').lower() != str(id):
        raise BodyRefused("The Idempotency-Key header is not the id in the body. Leave it out, or send the id.")


def _clock_offset(request: TillRequest) -> dt.timedelta:
    """What the till's clock lacks by its own word; a header that is no time says nothing."""
    try:
        return timezone.now() - dt.datetime.fromisoformat(request.headers.get("X-Client-Time", ""))
    except (ValueError, TypeError, OverflowError):
        return shifts.RIGHT
