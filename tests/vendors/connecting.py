"""Connects a shop to the test's vendor."""

from decimal import Decimal
from typing import Any

from insights.models import ModelAccess
from insights.providers import services
from shop.models import Shop
from shop.scope import use_shop
from tests.vendors.server import Vendor

KEY = "test-key-of-a-shop-1234"


def connect(shop: Shop, vendor: Vendor, kind: str = "gemini", **fields: Any) -> ModelAccess:
    """A model of this kind at the vendor, at 1 and 4 dollars a million tokens."""
    url = vendor.url if kind == "gemini" else vendor.openai_url
    given = {
        "key": KEY,
        "model": "test-model",
        "base_url": url,
        "price_in": Decimal(1),
        "price_out": Decimal(4),
        "name": {"gemini": "Gemini", "openai": "Groq"}[kind],
    }
    with use_shop(shop):
        return services.connect(kind=kind, **(given | fields))
