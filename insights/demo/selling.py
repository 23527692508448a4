"""What the demo's tills know besides the files: deposits, ages, vouchers, scale labels, two special prices."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

from insights.demo.branches import ZONE
from insights.demo.grocer import Demo
from inventory.models import BarcodeRule, Product, ShelfPrice, TaxRate
from shop.models import Branch

DEPOSIT = "DEP-001"
WITH_DEPOSIT, FOR_ADULTS, WITH_VOUCHER = ("SOF", "WAT"), ("BEE", "WIN"), ("FRU", "VEG", "MLK")
BOTTLES = 12
RULES = (("Scale label, weight", "21IIIIIVVVVVC", "weight", 3), ("Counter label, price", "22IIIIIVVVVVC", "price", 2))


def write_till_facts(demo: Demo) -> None:
    """A deposit on some bottles, 18 for alcohol, a voucher for fruit and milk; scale labels and special prices."""
    deposit = Product.objects.create(
        sku=DEPOSIT,
        name="Bottle deposit",
        price=Decimal("0.20"),
        cost=Decimal("0.20"),
        tax_rate=TaxRate.objects.get(rate=0),
        category=Product.objects.filter(sku__startswith=WITH_DEPOSIT[0]).first().category,
    )
    drinks = _skus(demo, FOR_ADULTS)
    Product.objects.filter(sku__in=_skus(demo, WITH_DEPOSIT)[:BOTTLES]).update(deposit=deposit)
    Product.objects.filter(sku__in=drinks).update(minimum_age=18)
    Product.objects.filter(sku__in=_skus(demo, WITH_VOUCHER)).update(eligible_tenders=["healthy_start"])
    BarcodeRule.objects.bulk_create(
        BarcodeRule(name=name, pattern=pattern, holds=holds, decimals=decimals)
        for name, pattern, holds, decimals in RULES
    )
    _special_prices(demo, drinks)


def _skus(demo: Demo, categories: tuple[str, ...]) -> list[str]:
    return [product.sku for product in demo.products if product.category.code in categories]


def _special_prices(demo: Demo, drinks: list[str]) -> None:
    """From the day the shop is opened: a week's offer everywhere, and what costs more at the last branch."""
    today = demo.calendar.days[-1] + dt.timedelta(days=1)
    starts_at, ends_at = (
        dt.datetime.combine(day, hour, ZoneInfo(ZONE))
        for day, hour in ((today, dt.time(8)), (today + dt.timedelta(days=7), dt.time(20)))
    )
    offered, dearer = (Product.objects.get(sku=sku) for sku in drinks[:2])
    ShelfPrice.objects.create(
        product=offered,
        price=(offered.price * Decimal("0.8")).quantize(Decimal("0.01")),
        starts_at=starts_at,
        ends_at=ends_at,
        reason="Offer of the week",
    )
    ShelfPrice.objects.create(
        product=dearer,
        branch=Branch.objects.order_by("pk").last(),
        price=dearer.price + Decimal("0.10"),
        reason="Dearer to bring there",
    )
