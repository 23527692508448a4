"""Tills ask: what is in the books of a sale, what may come back of it, and whether all of their count has come."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.response import Response

from sales import returns, sync
from sales.api.contract import DocumentSaid, RefundableSaid, SyncStateSaid
from sales.models import Payment, Sale, SaleLine
from shop.api.types import plain
from shop.api.views import DeviceView, TillRequest


class SaleDocument(DeviceView):
    """A document as it is in the books, of whichever of the shop's tills."""

    @extend_schema(operation_id="sale", responses={200: DocumentSaid})
    def get(self, request: TillRequest, uuid: UUID) -> Response:
        return _answer(DocumentSaid, _document(returns.find(uuid)))


class SaleRefundable(DeviceView):
    """What may still come back of a sale, and what it is worth to the cent."""

    @extend_schema(operation_id="refundable", responses={200: RefundableSaid})
    def get(self, request: TillRequest, uuid: UUID) -> Response:
        found = returns.refundable(uuid)
        said = _texts(asdict(found))
        for line in said["lines"]:
            for name in ("sold", "returned", "left"):
                line[name] = plain(Decimal(line[name]).normalize() + 0)
        said["tenders"] = [{"tender": tender, "amount": amount} for tender, amount in said["tenders"].items()]
        return _answer(RefundableSaid, said)


class SyncState(DeviceView):
    """What has come of this till's own count."""

    @extend_schema(operation_id="sync_state", responses={200: SyncStateSaid})
    def get(self, request: TillRequest) -> Response:
        return _answer(SyncStateSaid, asdict(sync.sync_state(request.device)))


def _answer(shape: type[BaseModel], said: dict[str, Any]) -> Response:
    return Response(shape.model_validate(said).model_dump(mode="json"))


def _document(sale: Sale) -> dict[str, Any]:
    lines = SaleLine.objects.filter(sale=sale).order_by("number", "pk")
    return {
        "id": str(sale.uuid),
        "status": "created",
        "warnings": sale.flags,
        "refund_of": sale.refund_of and str(sale.refund_of.uuid),
        "lines": [_line(row.number or place, row) for place, row in enumerate(lines, start=1)],
        "payments": [
            {"tender": paid.tender, "amount": plain(paid.amount)} for paid in Payment.objects.filter(sale=sale)
        ],
        **_texts({name: getattr(sale, name) for name in _OF_SALE}),
    }


_OF_SALE = (
    "kind",
    "channel",
    "receipt",
    "sold_at",
    "business_date",
    "epoch",
    "seq",
    "cashier",
    "total",
    "rounding",
)
_OF_LINE = (
    "name",
    "barcode",
    "quantity",
    "unit_price",
    "discount",
    "net",
    "tax",
    "tax_rate",
    "deposit_of",
)


def _line(number: int, row: SaleLine) -> dict[str, Any]:
    returned = {"sale": str(row.returns_sale), "line": row.returns_line} if row.returns_sale else None
    said = _texts({name: getattr(row, name) for name in _OF_LINE})
    return {"line": number, "product": row.product_id, "returns": returned, **said}


def _texts(value: Any) -> Any:
    """Decimals and ids as text, however deep."""
    if isinstance(value, dict):
        return {name: _texts(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_texts(each) for each in value]
    if isinstance(value, Decimal):
        return plain(value)
    return str(value) if isinstance(value, UUID) else value
