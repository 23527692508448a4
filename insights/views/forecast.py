"""How good the forecast is."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from insights.downloads import File
from insights.screens import forecast as screens
from insights.views.downloads import download
from shop.access import needs
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_SALES)
@require_safe
def forecast_quality(request: Any) -> HttpResponse:
    """The last forecast's test beside repeating last week."""
    if request.GET.get("export") == "csv":
        return download(request, File("forecast_quality", screens.COLUMNS, screens.rows()))
    return page(request, "insights/forecast_quality.html", {"screen": screens.build(request.shop)})
