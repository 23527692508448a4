"""One product: what every tab of its page shows above, and the tab that is open. Each tab only for roles that may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.urls import reverse

from insights import downloads
from insights.downloads import File
from insights.screens import product_price, product_reviews, product_tabs
from inventory import reports as stock
from inventory.models import Product
from inventory.pricing import margin
from inventory.reports import ComparablePrice
from shop.models import Shop
from shop.roles import Can, may

MOST_MERGED = 20
Build = Callable[[Product, Shop, str, Mapping[str, str]], Any]


@dataclass(frozen=True, slots=True)
class Tab:
    """`key` is in the address (?tab=); `template` is given what `build` returns as `content`."""

    key: str
    title: str
    sees: Can
    template: str
    build: Build
    current: bool = False


TABS = (
    Tab("", "Overview", Can.SEE_PRODUCTS, "insights/product_overview.html", product_tabs.overview),
    Tab("demand", "Demand", Can.SEE_SALES, "insights/product_demand.html", product_tabs.demand_of),
    Tab("price", "Price", Can.SEE_PRODUCTS, "insights/product_price.html", product_price.build),
    Tab("stock", "Stock", Can.SEE_STOCK, "insights/product_stock.html", product_tabs.stock_of),
    Tab("reviews", "Reviews", Can.SEE_STOCK, "insights/product_reviews.html", product_reviews.build),
    Tab("history", "History", Can.SEE_HISTORY, "insights/product_history.html", product_tabs.history_of),
)


@dataclass(frozen=True, slots=True)
class ProductScreen:
    product: Product
    margin: Decimal | None
    comparable: ComparablePrice | None
    tabs: list[Tab]
    tab: Tab
    content: Any
    lines_url: str
    edit_url: str
    merged: tuple[Product, ...]  # those that turned out to be this one


@transaction.atomic
def build(product: Product, shop: Shop, role: str, given: Mapping[str, str]) -> ProductScreen:
    """The product with the tab asked for; an unknown tab, and one the role may not see, is the overview."""
    tabs = [tab for tab in TABS if may(role, tab.sees)]
    tab = next((one for one in tabs if one.key == given.get("tab", "")), tabs[0])
    return ProductScreen(
        product=product,
        margin=_margin(product, shop) if may(role, Can.SEE_COST) else None,
        comparable=stock.comparable_price(product),
        tabs=tabs,
        tab=tab,
        content=tab.build(product, shop, role, given),
        lines_url=_lines(product) if may(role, Can.SEE_SALES) else "",
        edit_url=reverse("admin:inventory_product_change", args=[product.pk]) if may(role, Can.EDIT_PRODUCTS) else "",
        merged=tuple(Product.objects.filter(merged_into=product).order_by("name", "pk")[:MOST_MERGED]),
    )


def file(screen: ProductScreen, name: str) -> File | None:
    """A table of the open tab; None where it has none of this name."""
    content = screen.content
    if name == "demand" and isinstance(content, product_tabs.Demand) and content.forecast.content:
        return downloads.of_demand(content.forecast.content.chart)
    if name == "curve" and isinstance(content, product_price.PriceTab):
        return product_price.file(content)
    return None


def _margin(product: Product, shop: Shop) -> Decimal | None:
    rate = product.tax_rate.rate if product.tax_rate else None
    return margin(product.price, product.cost, rate, prices_include_tax=shop.prices_include_tax)


def _lines(product: Product) -> str:
    return f"{reverse('insights:line_list')}?{urlencode({'period': '12w', 'product': product.pk})}"
