"""Near-date markdowns: the list, marking lots down, taking it back, and the stickers."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from insights import markdown_acts
from insights.screens import markdown as screens
from insights.screens import markdown_stickers as stickers
from insights.views.downloads import download
from inventory.lot_prices import LotPriceRefused
from inventory.models import LotPrice
from shop.access import needs
from shop.errors import Refused
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_STOCK)
@require_safe
def markdown_list(request: Any) -> HttpResponse:
    """Lots near their date by what is to be done with them."""
    now, role = timezone.now(), request.membership.role
    if request.GET.get("export") == "csv":
        return download(request, screens.of_lots(request.GET, request.shop, role, now))
    screen = screens.build(request.GET, request.shop, role, now)
    return page(request, "insights/markdown_list.html", {"screen": screen})


@needs(Can.SEE_STOCK)
@require_safe
def markdown_stickers(request: Any) -> HttpResponse:
    """The stickers named, ready to print."""
    screen = stickers.build(request.GET.getlist("sticker"), request.GET, request.shop)
    return page(request, "insights/markdown_stickers.html", {"screen": screen})


@needs(Can.DECIDE)
@require_POST
def markdown_mark(request: Any) -> HttpResponse:
    """Mark one lot down at a price: as suggested or by hand."""
    lot, given = request.POST.get("lot", ""), request.POST
    return _done(
        request,
        lambda: markdown_acts.mark(
            lot=int(lot) if lot.isascii() and lot.isdigit() and len(lot) < 19 else 0,
            price=_number(given.get("price")),
            quantity=_number(given.get("quantity")),
            by=request.user.email,
        ),
        "Marked down. Print the stickers and put them on.",
    )


@needs(Can.DECIDE)
@require_POST
def markdown_mark_all(request: Any) -> HttpResponse:
    """Mark down everything advised, of a branch or of all."""
    branch = request.POST.get("branch", "")
    at = int(branch) if branch.isascii() and branch.isdigit() and len(branch) < 19 else None
    return _done(
        request,
        lambda: markdown_acts.mark_all(branch=at, by=request.user.email),
        "Marked down. Print the stickers and put them on.",
    )


@needs(Can.DECIDE)
@require_POST
def markdown_back(request: Any, pk: int) -> HttpResponse:
    """Take a markdown back."""
    get_object_or_404(LotPrice.objects.only("pk"), pk=pk)
    return _done(
        request,
        lambda: markdown_acts.take_back(lot_price=pk, by=request.user.email),
        "Taken back. Take the stickers off what is left.",
    )


def _done(request: Any, act: Any, said: str) -> HttpResponse:
    """Do it, say what came of it, and show the list again."""
    try:
        act()
        messages.success(request, said)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    branch = request.POST.get("branch", "")
    query = f"?branch={branch}" if branch.isascii() and branch.isdigit() else ""
    return redirect(reverse("insights:markdown_list") + query)


def _number(typed: str | None) -> Decimal:
    """Raises LotPriceRefused for what is no amount."""
    try:
        value = Decimal((typed or "").strip().replace(",", "."))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= 10**7:
        raise LotPriceRefused("Write price and quantity as numbers, such as 1.20 and 6.")
    return value
