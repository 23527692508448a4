"""The lines behind the numbers, and one receipt."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from insights import downloads
from insights.screens import lines as screens
from insights.views.downloads import download
from sales.models import Sale
from shop.access import needs
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_SALES)
@require_safe
def line_list(request: Any) -> HttpResponse:
    """The lines of some days, newest first, narrowed by what the address says."""
    filters = screens.read(request.GET, request.shop.today())
    if request.GET.get("export") == "csv":
        return download(request, downloads.of_lines(filters, request.shop), filters.choice.drawn)
    return page(
        request, "insights/line_list.html", {"screen": screens.build(filters, request.shop), "filters": filters}
    )


@needs(Can.SEE_SALES)
@require_safe
def sale_detail(request: Any, pk: int) -> HttpResponse:
    """One receipt, as the till told it."""
    links = "branch", "register", "customer", "refund_of", "imported__file"
    sale = get_object_or_404(Sale.objects.select_related(*links), pk=pk)
    receipt = screens.receipt(sale, role=request.membership.role)
    return page(request, "insights/sale_detail.html", {"receipt": receipt})
