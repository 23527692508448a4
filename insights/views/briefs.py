"""A person's own morning brief: on or off, and the last ones that were sent."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from insights.models import Brief
from shop import services
from shop.access import needs
from shop.page import page
from shop.roles import Can

SHOWN = 7


@needs(Can.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def brief(request: Any) -> HttpResponse:
    """Whether it comes, and what the last ones said; only one's own."""
    if request.method == "POST":
        wanted = request.POST.get("gets_brief") == "on"
        services.switch_brief(shop_id=request.shop.pk, user_id=request.user.pk, gets_brief=wanted)
        messages.success(request, "The morning brief comes by mail." if wanted else "No more morning briefs by mail.")
        return redirect("insights:brief")
    briefs = Brief.objects.filter(email=request.user.email)[:SHOWN]
    return page(
        request, "insights/brief_settings.html", {"briefs": briefs, "gets_brief": request.membership.gets_brief}
    )
