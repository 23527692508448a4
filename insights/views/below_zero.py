"""What was sold before it was there."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from insights.screens import below_zero as screens
from insights.views.downloads import download
from shop.access import needs
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_STOCK)
@require_safe
def below_zero(request: Any) -> HttpResponse:
    """Products below zero, and the costs that receipts have settled."""
    role = request.membership.role
    if request.GET.get("export") == "csv":
        return download(request, screens.as_file(request.GET, role))
    return page(request, "insights/below_zero.html", {"screen": screens.build(request.GET, request.shop, role)})
