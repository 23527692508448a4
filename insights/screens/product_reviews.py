"""The reviews tab of a product."""

from __future__ import annotations

from collections.abc import Mapping

from inventory.models import Product
from shop.models import Shop


def build(product: Product, shop: Shop, role: str, given: Mapping[str, str]) -> None:
    return None
