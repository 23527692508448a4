"""What a person decides: see it, take it, leave it, take it back. A plain form works everywhere; htmx swaps the row."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from insights.decisions import deciding, queue
from insights.decisions.deciding import DecisionRefused
from insights.downloads import File
from insights.models import Suggestion
from insights.screens import decisions as screens
from insights.screens import insights, suggestions
from insights.views.downloads import download
from shop.access import needs
from shop.errors import Refused
from shop.page import page
from shop.roles import Can

WITH = ("branch", "product", "supplier", "run")


@needs(Can.SEE_SALES)
@require_safe
def decision_list(request: Any) -> HttpResponse:
    """All decisions in one state, to read, decide, take back or download."""
    filters, now = screens.read(request.GET), timezone.now()
    if request.GET.get("export") == "csv":
        return download(request, File("decisions", suggestions.COLUMNS, suggestions.rows(screens.found(filters, now))))
    shop, role = request.shop, request.membership.role
    screen = screens.build(filters, shop, role, now, after=lambda found: insights.after(found, shop, role, now))
    return page(request, "insights/decision_list.html", {"screen": screen, "month": insights.month(shop, role, now)})


@needs(Can.SEE_SALES)
@require_safe
def decision_detail(request: Any, pk: int) -> HttpResponse:
    """One decision whole, with plain forms for everything that can be done."""
    return page(request, "insights/decision_detail.html", _shown(request, pk))


@needs(Can.SEE_SALES)
@require_safe
def decision_evidence(request: Any, pk: int) -> HttpResponse:
    """Why it is offered, as a piece of its row."""
    return page(request, "insights/decision_evidence.html", _shown(request, pk))


def _shown(request: Any, pk: int) -> dict[str, Any]:
    found = get_object_or_404(Suggestion.objects.select_related(*WITH).defer("run__findings"), pk=pk)
    shop, role, now = request.shop, request.membership.role, timezone.now()
    followed = insights.followed(found, shop, role, now)
    screen = screens.detail(found, shop, role, now)
    return {"screen": screen, "followed": followed, "reasons": Suggestion.Reason.choices}


@needs(Can.DECIDE)
@require_POST
def decision_accept(request: Any, pk: int) -> HttpResponse:
    """Carry it out with the quantity and price given."""

    def act() -> Suggestion:
        quantity, price = _quantity(request.POST.get("quantity")), _price(request.POST.get("price"))
        return deciding.accept(pk=pk, by=request.user.email, quantity=quantity, price=price)

    return _act(request, pk, act)


@needs(Can.DECIDE)
@require_POST
def decision_dismiss(request: Any, pk: int) -> HttpResponse:
    reason = request.POST.get("reason", "")
    return _act(request, pk, lambda: deciding.dismiss(pk=pk, by=request.user.email, reason=reason))


@needs(Can.DECIDE)
@require_POST
def decision_snooze(request: Any, pk: int) -> HttpResponse:
    until = request.POST.get("until", "")
    return _act(request, pk, lambda: deciding.snooze(pk=pk, by=request.user.email, until=_moment(until)))


@needs(Can.DECIDE)
@require_POST
def decision_undo(request: Any, pk: int) -> HttpResponse:
    return _act(request, pk, lambda: deciding.undo(pk=pk, by=request.user.email))


def _act(request: Any, pk: int, act: Callable[[], Suggestion]) -> HttpResponse:
    """Do it, and answer with the row as it stands then; to a plain form with the decision's own page."""
    get_object_or_404(Suggestion.objects.only("pk"), pk=pk)
    try:
        act()
    except Refused as refusal:
        if not request.htmx:
            raise
        return _row(request, pk, refused=refusal.sentence)
    return _row(request, pk) if request.htmx else redirect("insights:decision_detail", pk)


def _row(request: Any, pk: int, refused: str = "") -> HttpResponse:
    now = timezone.now()
    found = Suggestion.objects.select_related("branch", "product", "supplier").get(pk=pk)
    context = {
        "row": screens.row(found, request.shop, request.membership.role, now),
        "refused": refused,
        "reasons": Suggestion.Reason.choices,
        "waiting": queue.waiting(now).count,
    }
    response = render(request, "insights/decision_swap.html", context, status=422 if refused else 200)
    response["Cache-Control"] = "private, no-store"
    return response


def _quantity(typed: str | None) -> Decimal | None:
    return _amount(typed, 3, "Write the quantity as a number, such as 48.")


def _price(typed: str | None) -> Decimal | None:
    return _amount(typed, 4, "Write the price as a number, such as 1.49.")


def _amount(typed: str | None, places: int, sentence: str) -> Decimal | None:
    """None where nothing was typed. Raises DecisionRefused with the sentence for what is no amount."""
    text = (typed or "").strip().replace(",", ".")
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= 10**8 or value != round(value, places):
        raise DecisionRefused(sentence)
    return value


def _moment(typed: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(typed)
    except ValueError:
        raise DecisionRefused("Choose one of the times.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.get_current_timezone())
