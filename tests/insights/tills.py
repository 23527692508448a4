"""Sales for the tests of pages: a till in one line."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from inventory.models import Product
from sales.models import Sale
from sales.services import Line, record_sale
from shop.models import Branch, Shop
from shop.tenancy import use_shop

# A Friday morning in Lisbon, where winter time is UTC.
NOW = dt.datetime(2026, 3, 20, 8, 0, tzinfo=dt.UTC)
TODAY = NOW.date()
YESTERDAY = TODAY - dt.timedelta(days=1)


def sell(
    shop: Shop,
    day: dt.date,
    sku: str = "MILK",
    *,
    hour: int = 10,
    quantity: str = "1",
    branch: Branch | None = None,
    **more: Any,
) -> Sale:
    """One sale of one product at its shelf price; without a SKU, of something the shop does not know."""
    with use_shop(shop):
        product = Product.objects.get(sku=sku) if sku else None
        price = more.pop("price", None)
        line = Line(
            product=product,
            quantity=Decimal(quantity),
            unit_price=Decimal(price) if price else None,
            name="" if product else "Something",
        )
        return record_sale(
            uuid=uuid.uuid4(),
            branch=branch or Branch.objects.order_by("pk").first(),
            lines=[line],
            sold_at=dt.datetime.combine(day, dt.time(hour), dt.UTC),
            source="api",
            by="alice@shops.example",
            **more,
        )


def sell_days(shop: Shop, last: dt.date, days: int, *, each: int = 1, **more: Any) -> None:
    """`each` sales on every one of the days that end on `last`."""
    for back in range(days):
        for _ in range(each):
            sell(shop, last - dt.timedelta(days=back), **more)
