"""A shop with a past in which prices were changed, for the tests of what decisions did."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from insights.models import Suggestion
from inventory.models import Category, PriceChange, Product
from sales import rollups
from sales.models import Sale, SaleLine
from shop.models import Branch, Shop
from shop.tenancy import use_shop
from tests.factories import make_product

DAYS, SISTERS = 130, 18
OLD, NEW, COST = Decimal("2.00"), Decimal("2.20"), Decimal("1.20")
BY = "alice@shops.example"


def grocer(shop: Shop, *, started: int = 35, factor: float = 1.0, steady: bool = False) -> Product:
    """Eighteen products sold for 130 days up to yesterday, and one more whose price went up `started` days before
    today (unless `steady`), its sales times `factor` from then on."""
    with use_shop(shop):
        tea = Category.objects.create(name="Tea")
        goods = [make_product(sku=f"T{n}", price="2.00", cost="1.20", category=tea) for n in range(SISTERS + 1)]
        book(shop, goods, started=0 if steady else started, factor=factor)
        return goods[-1]


def book(shop: Shop, goods: list[Product], *, started: int, factor: float) -> None:
    draw = np.random.default_rng(5)
    branch = Branch.objects.order_by("pk").first()
    first = shop.today() - dt.timedelta(days=DAYS)
    sales, lines = [], []
    for number in range(DAYS):
        day = first + dt.timedelta(days=number)
        busy = (1.0, 0.9, 1.0, 1.1, 1.3, 1.5, 0.8)[day.weekday()] * float(np.exp(0.1 * draw.standard_normal()))
        sale = _summary(branch, day)
        sales.append(sale)
        for place, product in enumerate(goods):
            treated = place == len(goods) - 1 and number >= DAYS - started
            units = int(draw.poisson((6 + place) * busy * (factor if treated else 1.0)))
            if units:
                lines.append(_line(sale, product, units, NEW if treated else OLD))
    Sale.objects.bulk_create(sales)
    SaleLine.objects.bulk_create(lines)
    rollups.mark_dirty((sale.branch_id, sale.business_date) for sale in sales)


def _summary(branch: Any, day: dt.date) -> Sale:
    noon = dt.datetime.combine(day, dt.time(12), dt.UTC)
    return Sale(
        uuid=uuid.uuid4(), kind=Sale.Kind.SUMMARY, source="test", branch=branch, sold_at=noon, business_date=day,
        total=Decimal(0), line_count=1, fingerprint="", received_at=noon,
    ).stamp_shop()  # fmt: skip


def _line(sale: Sale, product: Product, units: int, price: Decimal) -> SaleLine:
    return SaleLine(
        sale=sale, product=product, name=product.name, quantity=units, unit_price=price, net=units * price,
        cost=units * COST,
    ).stamp_shop()  # fmt: skip


def decided(shop: Shop, product: Product | None, ago: int, **more: Any) -> Suggestion:
    """A price advised and accepted so many days before today, in the morning of the day before it held."""
    at = dt.datetime.combine(shop.today() - dt.timedelta(days=ago), dt.time(8), dt.UTC)
    with use_shop(shop):
        fields: dict[str, Any] = {
            "kind": "price", "key": f"price:{product.pk if product else 0}", "product": product,
            "title": f"Change {product.name if product else 'it'} to 2.20", "value": Decimal(40),
            "value_low": Decimal(20), "value_high": Decimal(60), "value_days": 28, "advised_price": NEW,
            "decided_price": NEW, "state": "accepted", "decided_at": at, "decided_by": BY, "made_at": at,
        }  # fmt: skip
        made: Suggestion = Suggestion.objects.create(**fields | more)
        return made


def put_up(shop: Shop, product: Product, ago: int, price: Decimal = NEW, before: Decimal | None = OLD) -> None:
    """Its price history says: this price from the beginning of the day so many days before today on."""
    with use_shop(shop):
        day, time = shop.today() - dt.timedelta(days=ago), dt.time(shop.day_starts_at_hour)
        begin = dt.datetime.combine(day, time, ZoneInfo(shop.zone))
        if before is not None:
            long_ago = begin - dt.timedelta(days=300)
            PriceChange.objects.create(product=product, price=before, cost=COST, effective_at=long_ago)
        PriceChange.objects.create(product=product, price=price, cost=COST, effective_at=begin)
