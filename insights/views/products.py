"""What the shop sells."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from insights import downloads
from insights.screens import product_page
from insights.screens import products as screens
from insights.views.downloads import download
from inventory.models import Product
from shop.access import needs
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_PRODUCTS)
@require_safe
def product_list(request: Any) -> HttpResponse:
    """Products by name, SKU or barcode, with stock and what they sold lately."""
    role = request.membership.role
    search = screens.read(request.GET, role)
    if request.GET.get("export") == "csv":
        return download(request, downloads.of_products(search, role))
    screen = screens.build(search, role, request.shop.today())
    return page(request, "insights/product_list.html", {"screen": screen, "search": search})


@needs(Can.SEE_PRODUCTS)
@require_safe
def product_detail(request: Any, pk: int) -> HttpResponse:
    """One product, by tabs."""
    product = get_object_or_404(
        Product.objects.select_related("category", "supplier", "tax_rate", "merged_into"), pk=pk
    )
    if product.merged_into:
        messages.info(request, f"{product.name} ({product.sku}) turned out to be this product.")
        return redirect("insights:product_detail", product.merged_into_id)
    screen = product_page.build(product, request.shop, request.membership.role, request.GET)
    if request.GET.get("export") and (file := product_page.file(screen, request.GET["export"])):
        return download(request, file)
    if request.htmx.target == "price-preview" and screen.tab.key == "price":
        return page(request, screen.tab.template, {"content": screen.content, "product": product})
    return page(request, "insights/product_detail.html", {"screen": screen, "product": product})
