"""Finding anything from one box."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from insights.screens import search as screens
from shop.access import needs
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_PRODUCTS)
@require_safe
def search(request: Any) -> HttpResponse:
    """What answers to the words typed, as far as the role may see it; a few of each for the palette."""
    most = screens.PALETTE if request.htmx.target == "palette-found" else screens.WHOLE
    found = screens.build(request.GET.get("q", ""), request.shop, request.membership.role, most)
    return page(request, "insights/search.html", {"found": found})
