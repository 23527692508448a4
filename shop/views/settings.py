"""A shop's settings."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from shop import reports, schedules, services
from shop.access import needs
from shop.forms import ShopSettings
from shop.models import Branch
from shop.page import page
from shop.roles import Can, may
from shop.services import ShopRefused


@needs(Can.CHANGE_SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def shop_settings(request: Any) -> HttpResponse:
    """The settings to read and change. A GET with `country` offers that country's regions."""
    form = ShopSettings(request.POST or None, shop=request.shop, country=request.GET.get("country", ""))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_settings(shop=request.shop, by=request.user.email, **form.cleaned_data)
            messages.success(request, "Settings saved.")
            return redirect("shop:shop_settings")
        except ShopRefused as refusal:
            form.add_error(refusal.field or None, refusal.plain)
    context = {
        "form": form,
        "places": Branch.objects.prefetch_related("registers"),
        "scheduled": schedules.listed(),
        "changes": reports.latest_changes() if may(request.membership.role, Can.SEE_HISTORY) else [],
    }
    return page(request, "shop/shop_settings.html", context, status=422 if form.errors else 200)
