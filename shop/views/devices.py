"""Settings, Tills: which tills there are, what is connected to them, and what holds at all of them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from shop import devices, reports, services
from shop.access import needs
from shop.forms import TillAdd, TillRules
from shop.models import Branch, Device, Register
from shop.page import page
from shop.roles import Can
from shop.services import ShopRefused


@needs(Can.CHANGE_SETTINGS)
@require_safe
def till_list(request: Any) -> HttpResponse:
    return _page(request)


@needs(Can.CHANGE_SETTINGS)
@require_POST
def till_add(request: Any) -> HttpResponse:
    form = TillAdd(request.POST, branches=Branch.objects.all())
    if form.is_valid():
        try:
            till = devices.add_till(Branch.objects.get(pk=form.cleaned_data["branch"]), form.cleaned_data["name"])
            messages.success(request, f"{till.name} is there. Connect a device to it.")
            return redirect("shop:till_list")
        except devices.TillNotAdded as refusal:
            form.add_error("name", refusal.sentence)
    return _page(request, add=form)


@needs(Can.CHANGE_SETTINGS)
@require_POST
def till_rules(request: Any) -> HttpResponse:
    form = TillRules(request.POST, shop=request.shop)
    if form.is_valid():
        try:
            services.change_settings(shop=request.shop, by=request.user.email, **form.cleaned_data)
            messages.success(request, "Saved.")
            return redirect("shop:till_list")
        except ShopRefused as refusal:
            form.add_error(refusal.field or None, refusal.plain)
    return _page(request, rules=form)


@needs(Can.CHANGE_SETTINGS)
@require_POST
def till_connect(request: Any, pk: int) -> HttpResponse:
    """The answer holds the code: it is shown this once."""
    register = get_object_or_404(Register.objects.select_related("branch"), pk=pk)
    context = {"till": register, "code": devices.make_enrolment(register, by=request.user.email)}
    return page(request, "shop/till_connect.html", context)


@needs(Can.CHANGE_SETTINGS)
@require_POST
def device_key(request: Any, pk: int) -> HttpResponse:
    """The answer holds the new key: it is shown this once."""
    device = get_object_or_404(Device.objects.select_related("register__branch"), pk=pk)
    key, ends_at = devices.rotate(device.pk)
    return page(request, "shop/device_key.html", {"device": device, "key": key, "ends_at": ends_at})


@needs(Can.CHANGE_SETTINGS)
@require_POST
def device_end(request: Any, pk: int) -> HttpResponse:
    device = get_object_or_404(Device, pk=pk)
    devices.revoke(device.pk, by=request.user.email)
    messages.success(request, f"{device.name} is disconnected. Its key opens nothing any more.")
    return redirect("shop:till_list")


def _page(request: Any, add: TillAdd | None = None, rules: TillRules | None = None) -> HttpResponse:
    context = {
        "places": reports.tills(),
        "ended": reports.ended_devices(),
        "add": add or TillAdd(branches=Branch.objects.all()),
        "rules": rules or TillRules(shop=request.shop),
        "wrong": add or rules,
    }
    return page(request, "shop/till_list.html", context, status=422 if add or rules else 200)
