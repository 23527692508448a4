"""The till inbox: look, decide, match unknown goods with their product, and take back what can be."""

from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from insights.screens import inbox as screens
from insights.screens import inbox_code as codes
from insights.screens import inbox_compare
from inventory.models import Product
from sales import inbox, matching
from sales.matching import MatchRefused
from sales.models import InboxItem
from shop import access
from shop.access import needs
from shop.errors import Refused
from shop.page import page
from shop.roles import Can, may

WITH = ("sale", "branch", "register")
LONGEST = 80
HIGHEST_PRICE = Decimal(1_000_000)


@needs(Can.SEE_SALES)
@require_safe
def inbox_list(request: Any) -> HttpResponse:
    """Everything that waits, by kind, and what was decided lately."""
    return page(request, "insights/inbox.html", {"screen": screens.build(request.GET, request.shop)})


@needs(Can.SEE_SALES)
@require_safe
def inbox_detail(request: Any, pk: int) -> HttpResponse:
    """One item whole, beside what is in the books."""
    item = get_object_or_404(InboxItem.objects.select_related(*WITH), pk=pk)
    if item.kind == InboxItem.Kind.UNMATCHED and item.resolved_at is None:
        return redirect(_code_url(item.code))
    see_customers = may(request.membership.role, Can.SEE_CUSTOMERS)
    screen = inbox_compare.build(item, request.shop, see_customers=see_customers)
    return page(request, "insights/inbox_detail.html", {"screen": screen})


@needs(Can.EDIT_SALES)
@require_POST
def inbox_resolve(request: Any, pk: int) -> HttpResponse:
    """Decide about one item."""
    item = get_object_or_404(InboxItem, pk=pk)
    done = inbox.resolve(item=item, how=request.POST.get("how", ""), by=request.user.email)
    messages.success(request, f"{done.resolution}.")
    return redirect("insights:inbox_list")


@needs(Can.EDIT_SALES)
@require_POST
def inbox_reopen(request: Any, pk: int) -> HttpResponse:
    """Let an item wait again."""
    inbox.reopen(item=get_object_or_404(InboxItem, pk=pk))
    messages.success(request, "It waits in the inbox again.")
    return redirect("insights:inbox_list")


@needs(Can.SEE_SALES)
@require_safe
def inbox_code(request: Any) -> HttpResponse:
    """Unknown goods of one code: what was told of them, and products to choose from."""
    code = _code(request.GET)
    screen = codes.build(code, request.GET.get("q", "").replace("\x00", "").strip()[:100])
    if screen is None:
        messages.info(request, "Nothing waits under this code any more.")
        return redirect("insights:inbox_list")
    return page(request, "insights/inbox_code.html", {"screen": screen})


@needs(Can.EDIT_SALES)
@require_POST
def inbox_match(request: Any) -> HttpResponse:
    """Say which product a code is: one that is there, or a new one with the name and price as told."""
    access.require(request.membership, Can.EDIT_PRODUCTS)
    code, posted, by = _code(request.POST), request.POST, request.user.email
    try:
        if posted.get("make"):
            name = posted.get("name", "").replace("\x00", "").strip()
            product, lines = matching.match_new(code=code, by=by, name=name, price=_price(posted.get("price", "")))
        else:
            product = _product(posted)
            lines = matching.match_code(code=code, product=product, by=by)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return HttpResponseRedirect(_code_url(code))
    messages.success(request, f"{lines:,} line{'s are' if lines != 1 else ' is'} {product.name} now.")
    return redirect("insights:inbox_list")


@needs(Can.EDIT_SALES)
@require_POST
def inbox_unmatch(request: Any) -> HttpResponse:
    """Take a matching back: the lines wait for a product again."""
    access.require(request.membership, Can.EDIT_PRODUCTS)
    lines = matching.unmatch(code=_code(request.POST), product=_product(request.POST), by=request.user.email)
    messages.success(request, f"{lines:,} line{'s wait' if lines != 1 else ' waits'} for a product again.")
    return redirect("insights:inbox_list")


def _product(posted: Any) -> Product:
    found: Product | None = Product.objects.filter(pk=_number(posted.get("product", ""))).first()
    if found is None:
        raise MatchRefused("Choose a product of the list.")
    return found


def _price(text: str) -> Decimal | None:
    """Raises MatchRefused for what is no price; nothing is as told."""
    if not text.strip():
        return None
    try:
        price = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or not 0 <= price <= HIGHEST_PRICE:
        raise MatchRefused("Write a price such as 1.95.")
    return price.quantize(Decimal("0.0001"))


def _code(given: Any) -> str:
    return str(given.get("code", "")).replace("\x00", "")[:LONGEST]


def _code_url(code: str) -> str:
    return f"{reverse('insights:inbox_code')}?{urlencode({'code': code})}"


def _number(text: str) -> int:
    return int(text[:18]) if text.isascii() and text.isdigit() else 0
