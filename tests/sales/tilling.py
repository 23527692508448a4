"""Short words for tests that send documents as a till does, to the door below the API."""

import datetime as dt
import threading
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import connection

from inventory import services as inventory
from inventory.models import Product
from sales import till
from sales.api.contract import SaleIn
from sales.till import Outcome
from sales.told import Told
from shop.devices import Till
from shop.models import Branch, Register, Shop
from shop.tenancy import acting, use_shop

NOW = dt.datetime(2026, 3, 10, 12, 0, tzinfo=dt.UTC)
CHOC = {"sku": "CHOC", "quantity": "2", "unit_price": "2.40"}
MILK = {"sku": "MILK", "quantity": "1", "unit_price": "1.45"}


def till_of(shop: Shop, register: Register | None = None) -> Till:
    """What the key of a device of this register (default: the shop's first) says."""
    with use_shop(shop):
        place = register or Register.objects.order_by("id")[0]
        return Till(shop, place.branch_id, place.pk, 1, "Front")


def document(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A sale as it is sent."""
    return {"id": str(uuid.uuid4()), "sold_at": NOW.isoformat(), "lines": list(lines) or [CHOC]} | more


def back(sale: dict[str, Any], line: int, quantity: str, **more: Any) -> dict[str, Any]:
    """A line that takes a line of that sale back."""
    return {"quantity": quantity, "returns": {"sale": sale["id"], "line": line}} | more


def read(told: dict[str, Any]) -> Told:
    return SaleIn.model_validate(told).told()


def send(device: Till, *told: dict[str, Any], at: dt.datetime = NOW, **more: Any) -> list[Outcome]:
    """Tell these as one batch, at noon of a quiet day in March."""
    with use_shop(device.shop), acting("till Front"):
        return till.book(device, [read(each) for each in told], received_at=at, **more)


def count(shop: Shop, quantity: int = 100, at: dt.datetime = NOW - dt.timedelta(days=1)) -> None:
    """Count all goods at the first branch: they are followed from then on."""
    branch = Branch.objects.order_by("id")[0]
    counted = {pk: Decimal(quantity) for pk in Product.objects.values_list("pk", flat=True)}
    inventory.count_stock(branch=branch, counted=counted, by="alice", at=at)


def together(work: list[Callable[[], Any]]) -> list[Any]:
    """Do these at the same moment, a thread each; what each returned or raised."""
    begin = threading.Barrier(len(work))
    results: list[Any] = [None] * len(work)

    def run(place: int) -> None:
        begin.wait()
        try:
            results[place] = work[place]()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
