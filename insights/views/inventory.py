"""What is in stock, and what to do about it."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from insights.screens import inventory as screens
from insights.screens import inventory_files
from insights.views.downloads import download
from shop.access import needs
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_STOCK)
@require_safe
def inventory(request: Any) -> HttpResponse:
    """Cover, expiring, dead stock or counts."""
    asked, role = screens.read(request.GET), request.membership.role
    if request.GET.get("export") == "csv":
        return download(request, inventory_files.of_inventory(asked, request.shop.today(), role))
    return page(request, "insights/inventory.html", {"screen": screens.build(asked, request.shop, role)})
