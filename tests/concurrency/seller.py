"""Somebody who sells all the time, for tests of what must not get in his way."""

import threading
import time
import uuid
from decimal import Decimal

from django.db import connection

from inventory.models import Product
from sales import services
from shop.models import Branch
from shop.tenancy import use_shop
from tests.factories import Cast, at


class Seller(threading.Thread):
    """Sells one thing after the other and notes the longest that any sale took."""

    def __init__(self, cast: Cast) -> None:
        super().__init__()
        self.cast, self.sold, self.longest = cast, 0, 0.0
        self.problems: list[Exception] = []
        self.sells, self._ended = threading.Event(), threading.Event()

    def run(self) -> None:
        try:
            with use_shop(self.cast.green):
                while not self._ended.is_set():
                    self._sell()
                    self.sells.set()
        except Exception as error:
            self.problems.append(error)
        finally:
            connection.close()

    def _sell(self) -> None:
        began = time.monotonic()
        lines = [services.Line(product=Product.objects.get(sku="MILK"), quantity=Decimal(1))]
        services.record_sale(
            uuid=uuid.uuid4(),
            branch=Branch.objects.order_by("id")[0],
            lines=lines,
            sold_at=at("2026-03-10T12:00"),
            source="till",
            by="till 1",
        )
        self.longest, self.sold = max(self.longest, time.monotonic() - began), self.sold + 1

    def end(self) -> None:
        self._ended.set()
        self.join()
