"""Suggestions for the tests of pages, made as an analysis makes them."""

import datetime as dt
from decimal import Decimal
from typing import Any

from insights.models import Run, Suggestion
from inventory.models import Product, Supplier
from shop.models import Branch, Shop
from shop.tenancy import use_shop

EVIDENCE = {
    "facts": [
        {"label": "In stock", "value": 31, "unit": "units"},
        {"label": "Expected a day", "value": "21 (17 to 26)"},
        {"label": "Cost of a case", "value": "7.20", "unit": "money", "cost": True},
    ],
    "projection": {
        "first_date": "2026-03-20",
        "stock": [31, 10, -11],
        "low": [31, 5, -20],
        "high": [31, 16, 0],
        "delivery_date": "2026-03-22",
    },
}


def forecast_run(shop: Shop, as_of: dt.date, **more: Any) -> Run:
    """A finished run of the forecast. Within a chosen shop or not."""
    with use_shop(shop):
        made: Run = Run.objects.create(
            analysis="forecast", as_of_date=as_of, **{"status": "done", "ended_at": dt.datetime.now(dt.UTC)} | more
        )
        return made


def suggest(shop: Shop, key: str = "a", *, sku: str = "MILK", hours: float | None = None, **more: Any) -> Suggestion:
    """An open suggestion to reorder; `hours` until its deadline."""
    with use_shop(shop):
        product = Product.objects.get(sku=sku)
        fields: dict[str, Any] = {
            "kind": "reorder",
            "key": key,
            "title": f"Order 48 {product.name}",
            "why": "Runs out about noon tomorrow.",
            "evidence": EVIDENCE,
            "branch": Branch.objects.order_by("pk").first(),
            "product": product,
            "supplier": Supplier.objects.first(),
            "quantity": Decimal(48),
            "value": Decimal("61.00"),
            "value_low": Decimal(40),
            "value_high": Decimal(80),
            "outlay": Decimal("52.80"),
        }
        if hours is not None:
            fields["deadline_at"] = dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)
        made: Suggestion = Suggestion.objects.create(**fields | more)
        return made
