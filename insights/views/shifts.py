"""Shifts at the tills: look, open, move cash, count and close. Every form sent twice does its work once."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from insights.screens import shifts as screens
from insights.screens.shift_forms import CountShift, MoveCash, OpenShift
from insights.screens.shifts import Who
from insights.views.downloads import download
from sales import shifts
from sales.models import Shift
from sales.shifts import Closing, Moving, Opening
from shop import access
from shop.access import needs
from shop.errors import Refused
from shop.models import Register
from shop.page import page
from shop.roles import Can

entered = require_http_methods(["GET", "HEAD", "POST"])


@needs(Can.SEE_SHIFTS)
@require_safe
def shift_list(request: Any) -> HttpResponse:
    """The open tills, what is still to count, and the Z reports of some days."""
    filters = screens.read(request.GET, request.shop.today())
    if wanted := request.GET.get("export"):
        access.require(request.membership, Can.SEE_SALES)
        file = screens.journal(filters) if wanted == "takings" else screens.as_file(filters)
        return download(request, file, filters.period)
    return page(request, "insights/shift_list.html", {"screen": screens.build(filters, request.shop, _who(request))})


@needs(Can.SEE_SHIFTS)
@require_safe
def shift_detail(request: Any, pk: int) -> HttpResponse:
    """One shift: its X while it is open, its Z and what came late once it was counted."""
    return _detail(request, _shift(pk))


@needs(Can.USE_TILL)
@entered
def shift_open(request: Any) -> HttpResponse:
    """Begin a shift at a till."""
    tills = screens.free_tills()
    asked = request.POST.get("till", "") if request.method == "POST" else request.GET.get("till", "")
    # A till that was taken meanwhile is refused in words by the service, not by the list.
    form = OpenShift(request.POST or None, tills=_with(tills, asked), till=asked)
    if request.method == "POST" and form.is_valid():
        till = get_object_or_404(Register.objects.select_related("branch__shop"), pk=form.cleaned_data["till"])
        told = Opening(cashier=_who(request).name, opening_float=form.cleaned_data["opening_float"])
        try:
            done = shifts.open_shift(uuid=form.cleaned_data["entry"], register=till, told=told, alone=True)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, f"{till.name} is open.")
            return redirect("insights:shift_detail", done.shift.pk)
    status = 422 if form.errors else 200
    return page(request, "insights/shift_open.html", {"form": form, "tills": tills}, status=status)


@needs(Can.USE_TILL)
@entered
def shift_close(request: Any, pk: int) -> HttpResponse:
    """Count a shift, blind, and close it. One that is counted already leads to what it came to."""
    shift = _shift(pk)
    if shift.closing_fingerprint and request.method != "POST":
        return redirect("insights:shift_detail", pk)
    form = CountShift(request.POST or None, tenders=screens.tenders_of(shift), currency=request.shop.currency)
    if request.method == "POST" and form.is_valid():
        told = Closing(counted=form.counted(), cashier=_who(request).name, note=form.cleaned_data["note"])
        try:
            shifts.close_shift(uuid=shift.uuid, register=shift.register, told=told)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return redirect("insights:shift_detail", pk)
    status = 422 if form.errors else 200
    context = {"shift": shift, "form": form, "state": screens.state(shift)}
    return page(request, "insights/shift_close.html", context, status=status)


@needs(Can.USE_TILL)
@require_POST
def shift_cash(request: Any, pk: int) -> HttpResponse:
    """Cash into or out of the drawer of an open shift."""
    shift, form = _shift(pk), MoveCash(request.POST)
    if screens.state(shift) != "open":
        form.add_error(None, "This shift is closed: cash moved now belongs to the next one.")
    if form.is_valid():
        fields = form.cleaned_data
        told = Moving(fields["kind"], fields["amount"], fields["reason"], _who(request).name)
        try:
            _, repeated = shifts.move_cash(uuid=fields["entry"], shift=shift.uuid, register=shift.register, told=told)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            if not repeated:
                messages.success(request, "It is noted.")
            return redirect("insights:shift_detail", pk)
    return _detail(request, shift, form)


def _detail(request: Any, shift: Shift, form: MoveCash | None = None) -> HttpResponse:
    screen = screens.detail(shift, request.GET, _who(request))
    context = {"screen": screen, "form": form or MoveCash()}
    return page(request, "insights/shift_detail.html", context, status=422 if form else 200)


def _shift(pk: int) -> Shift:
    found: Shift = get_object_or_404(Shift.objects.select_related("register__branch__shop"), pk=pk)
    return found


def _who(request: Any) -> Who:
    return Who(request.membership.role, request.user.name or request.user.email)


def _with(tills: list[Register], asked: str) -> list[Register]:
    """The tills, and the one asked for."""
    known = any(str(one.pk) == asked for one in tills)
    if known or not (asked.isascii() and asked.isdigit() and len(asked) < 18):
        return tills
    return [*tills, *Register.objects.filter(pk=int(asked)).select_related("branch")]
