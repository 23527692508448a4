"""Every endpoint of the till API, written down by hand: an unlisted one fails the build."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contracts.shelf import Shelf

DEVICE, ANYBODY = "a till's key", "anybody"


@dataclass(frozen=True)
class Endpoint:
    """How an endpoint is called so that it answers with what is asked for, and which row of a shop it names."""

    method: str = "get"
    needs: str = DEVICE
    row: Callable[[Shelf], Any] | None = None  # the argument of its address
    query: Callable[[Shelf], dict[str, str]] | None = None
    body: Callable[[Shelf], Any] | None = None
    answers: tuple[int, ...] = (200,)
    of_nobody: int = 404  # what is answered for a row that is not


def now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()


def a_sale(shelf: Shelf) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "sold_at": now(),
        "lines": [{"sku": shelf.product.sku, "quantity": "1", "unit_price": "1.45"}],
        "payments": [{"tender": "cash", "amount": "1.45"}],
    }


def a_shift(shelf: Shelf) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "opened_at": now(), "cashier": "Sam", "float": "100.00"}


def a_close(shelf: Shelf) -> dict[str, Any]:
    return {"closed_at": now(), "cashier": "Sam", "counted": {"cash": "100.00"}}


def some_cash(shelf: Shelf) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "kind": "paid_out", "amount": "4.00", "reason": "Milk", "moved_at": now()}


def a_review(shelf: Shelf) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "text": "Always fresh.", "stars": 5}


API: dict[str, Endpoint] = {
    "api:openapi": Endpoint(needs=ANYBODY),
    "api:docs": Endpoint(needs=ANYBODY),
    "api:redoc": Endpoint(needs=ANYBODY),
    "api:enrol": Endpoint("post", ANYBODY, body=lambda shelf: {"code": "AAAA-AAAA-AAAA", "name": "x"}, answers=(422,)),
    "api:device": Endpoint(),
    "api:device_rotate": Endpoint("post", answers=(201,)),
    # the shelf and the customers
    "api:catalogue": Endpoint(),
    "api:lookup": Endpoint(query=lambda shelf: {"code": shelf.product.sku}),
    "api:stock": Endpoint(query=lambda shelf: {"sku": shelf.product.sku}),
    "api:customers": Endpoint(query=lambda shelf: {"code": "C1"}),
    "api:reviews": Endpoint("post", body=a_review, answers=(201,)),
    # sales
    "api:sale_documents": Endpoint("post", body=a_sale, answers=(201,)),
    "api:sale_batch": Endpoint("post", body=lambda shelf: {"sales": [a_sale(shelf)]}),
    "api:sale_document": Endpoint(row=lambda shelf: shelf.sale.uuid),
    "api:sale_refundable": Endpoint(row=lambda shelf: shelf.sale.uuid),
    "api:sync_state": Endpoint(),
    # shifts; a till's shift may be told of in any order, so an id nobody knows is a new shift
    "api:shifts": Endpoint("post", body=a_shift, answers=(201,)),
    "api:shift_current": Endpoint(),
    "api:shift_close": Endpoint(
        "post", row=lambda shelf: shelf.selling.shift.uuid, body=a_close, answers=(200, 201, 409), of_nobody=201
    ),
    "api:shift_cash": Endpoint(
        "post", row=lambda s: s.selling.shift.uuid, body=some_cash, answers=(201,), of_nobody=201
    ),
    "api:shift_x": Endpoint(row=lambda shelf: shelf.selling.shift.uuid),
    "api:shift_z": Endpoint(row=lambda shelf: shelf.selling.shift.uuid),
}
