"""Which days of which till have come in, further back than the panel on the imports shows."""

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from insights.screens import coverage as screens
from insights.views.downloads import download
from shop.access import needs
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_SALES)
@require_safe
def coverage(request: Any) -> HttpResponse | StreamingHttpResponse:
    if request.GET.get("download"):
        return download(request, screens.as_file(request.shop))
    strip = screens.build(request.shop, days=screens.MOST_DAYS)
    return page(request, "insights/coverage.html", {"strip": strip, "days": screens.MOST_DAYS})
