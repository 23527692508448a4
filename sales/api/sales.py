"""Tills send their sales and ask about them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from pydantic import ValidationError

from sales import till
from sales.api.contract import MOST_SALES, BatchIn, BatchSaid, SaleBooked, SaleIn
from sales.till import Interrupted, Outcome, Unread
from sales.told import Told
from shop.api.bodies import BodyRefused, read_json
from shop.api.problems import Invalid, pointed, problem
from shop.api.views import DeviceView, TillRequest
from shop.devices import Till
from shop.models import Branch, Register

Errors = list[dict[str, str]]


class SaleDocuments(DeviceView):
    """One sale, refund, exchange or void."""

    repeats = False  # `sales.till` does, sale by sale

    @extend_schema(operation_id="send_sale", request=SaleIn, responses={201: SaleBooked, 200: SaleBooked})
    def post(self, request: TillRequest) -> HttpResponse:
        raw = read_json(request)
        _check_key(request, raw)
        told, errors = _read(raw, request.device)
        try:
            (outcome,) = till.book(request.device, [told], **_when(request))
        except Interrupted as trouble:
            raise trouble.__cause__ or trouble from None
        return _single(request, outcome, errors)


class SaleBatch(DeviceView):
    """Up to a hundred, in order, each for itself: always an answer for every one that was looked at."""

    repeats = False

    @extend_schema(operation_id="send_sales", request=BatchIn, responses={200: BatchSaid})
    def post(self, request: TillRequest) -> HttpResponse:
        read = [_read(each, request.device) for each in _many(read_json(request))]
        errors = [each for _, each in read]
        try:
            outcomes = till.book(request.device, [told for told, _ in read], **_when(request))
        except Interrupted as trouble:
            results = [_said(*pair) for pair in zip(trouble.done, errors, strict=False)]
            detail = "The books are out of reach for a moment. Send all of it again."
            return problem(request, 503, "try_again", detail, headers={"Retry-After": "1"}, results=results)
        return _json({"results": [_said(*pair) for pair in zip(outcomes, errors, strict=True)]})


def _many(raw: Any) -> list[Any]:
    sales = raw.get("sales") if isinstance(raw, dict) else None
    if not isinstance(sales, list) or not 1 <= len(sales) <= MOST_SALES:
        raise Invalid([{"pointer": "/sales", "detail": f"This is a list of 1 to {MOST_SALES} sales."}])
    return sales


def _check_key(request: TillRequest, raw: Any) -> None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and isinstance(raw, dict) and key.strip('"').lower() != str(raw.get("id")).lower():
        raise BodyRefused("The Idempotency-Key header is not the sale's id. Leave it out, or send the id.")


def _when(request: TillRequest) -> dict[str, Any]:
    """When it came, and what the till's clock lacks by its own word; a header that is no time says nothing."""
    now = timezone.now()
    try:
        told = dt.datetime.fromisoformat(request.headers.get("X-Client-Time", ""))
        return {"received_at": now, "clock_offset": now - told}
    except (ValueError, TypeError, OverflowError):
        return {"received_at": now}


def _read(raw: Any, device: Till) -> tuple[Told | Unread, Errors]:
    """The document, or why it is none, with pointers into it."""
    try:
        sale = SaleIn.model_validate(raw)
    except ValidationError as error:
        errors = pointed(error)
        return _unread(raw, "invalid", f"{errors[0]['pointer'] or 'The sale'}: {errors[0]['detail']}"), errors
    if foreign := _foreign(sale, device):
        errors = [{"pointer": f"/{foreign}", "detail": f"This key is for another {foreign}."}]
        return _unread(raw, "forbidden", errors[0]["detail"]), errors
    return sale.told(), []


def _foreign(sale: SaleIn, device: Till) -> str:
    """What the sale names that the key is not for: told by our id or by name."""
    for what, told, mine, model in (
        ("branch", sale.branch, device.branch_id, Branch),
        ("register", sale.register_, device.register_id, Register),
    ):
        if told is not None and str(told) != str(mine):
            name = model.objects.values_list("name", flat=True).get(pk=mine)
            if str(told).casefold() != name.casefold():
                return what
    return ""


def _unread(raw: Any, status: str, reason: str) -> Unread:
    id = raw.get("id") if isinstance(raw, dict) else None
    try:
        text = json.dumps(raw, sort_keys=True)
    except RecursionError:
        text = "deep"
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    return Unread(id[:80] if isinstance(id, str) else "", fingerprint, status, reason)


# --- Answers --------------------------------------------------------------------------------------------------
_PROBLEMS = {"conflict": (409, "sale_id_reused"), "parked": (202, "parked"), "forbidden": (403, "not_this_till")}


def _single(request: TillRequest, outcome: Outcome, errors: Errors) -> HttpResponse:
    if outcome.status == "invalid":
        return problem(request, 422, "invalid_sale", "This is no sale that we can read.", errors=errors)
    if outcome.status in _PROBLEMS:
        status, code = _PROBLEMS[outcome.status]
        return problem(request, status, code, outcome.reason, errors=errors or None, id=outcome.id)
    replayed = outcome.status == "duplicate"
    # A repeat is answered as the first time was, so that a till needs to understand one answer only.
    answer = _json({**_said(outcome, []), "status": "created"}, 200 if replayed else 201)
    if replayed:
        answer["Idempotency-Replayed"] = "true"
    return answer


def _said(outcome: Outcome, errors: Errors) -> dict[str, Any]:
    if outcome.business_date is None or outcome.total is None:
        said: dict[str, Any] = {"id": outcome.id, "status": outcome.status, "detail": outcome.reason}
        return said | ({"errors": errors} if errors else {})
    return {
        "id": outcome.id,
        "status": outcome.status,
        "receipt": outcome.receipt,
        "business_date": outcome.business_date.isoformat(),
        "total": f"{outcome.total:f}",
        "warnings": outcome.warnings,
    }


def _json(body: dict[str, Any], status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(body), status=status, content_type="application/json")
