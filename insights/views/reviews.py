"""What customers say, and what prices do."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from insights.screens import prices, reviews
from insights.views.downloads import download
from shop.access import needs
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_STOCK)
@require_safe
def review_list(request: Any) -> HttpResponse:
    """Reviews with their tone, narrowed by what the address says."""
    role = request.membership.role
    filters = reviews.read(request.GET, request.shop.today())
    if request.GET.get("export") == "csv":
        return download(request, reviews.of_reviews(filters, role))
    return page(request, "insights/review_list.html", {"screen": reviews.build(filters, role), "filters": filters})


@needs(Can.SEE_SALES)
@require_safe
def price_list(request: Any) -> HttpResponse:
    """What ten per cent dearer does to the sales of each product."""
    search = prices.read(request.GET)
    if request.GET.get("export") == "csv":
        return download(request, prices.of_prices(search))
    return page(request, "insights/price_list.html", {"screen": prices.build(search), "search": search})
