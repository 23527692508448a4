"""What was sold, in numbers."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from insights import downloads
from insights.screens import asked
from insights.screens import sales as screens
from insights.views.downloads import download
from shop.access import needs
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_SALES)
@require_safe
def sales(request: Any) -> HttpResponse:
    """The Sales page, or one of its tables as a file."""
    role = request.membership.role
    ask = asked.read(request.GET, request.shop.today(), role)
    if request.GET.get("export") == "csv":
        return download(request, downloads.of_sales(ask, request.GET.get("table", "days"), role), ask.choice.counted)
    screen = screens.build(ask, request.shop, role)
    context = {
        "screen": screen,
        "ask": ask,
        "choice": ask.choice,
        "said": screens.headline(screen, request.shop.currency),
    }
    return page(request, "insights/sales.html", context | screens.controls(ask))
