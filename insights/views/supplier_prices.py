"""Suppliers' new prices: what they do to margins; the cost taken over, new shelf prices drafted, or put aside."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from insights.screens import supplier_prices as screens
from insights.screens.stock_find import find
from insights.views.downloads import download
from inventory import price_batches, supplier_prices
from inventory.services import PriceRefused
from inventory.supplier_prices import SupplierPriceRefused
from shop import access
from shop.access import needs
from shop.errors import Refused
from shop.page import page
from shop.roles import Can

DRAFT = "After new costs"


@needs(Can.SEE_COST)
@require_safe
def price_costs(request: Any) -> HttpResponse | StreamingHttpResponse:
    """What suppliers ask now, beside what we pay and earn."""
    search = screens.read(request.GET)
    if request.GET.get("export") == "csv":
        return download(request, screens.as_file(search, request.shop))
    return _costs(request)


@needs(Can.EDIT_PRODUCTS)
@require_POST
def price_costs_decide(request: Any) -> HttpResponse:
    """Take the costs of the chosen prices over, draft the shelf prices that keep the margins, or put them aside."""
    access.require(request.membership, Can.SEE_COST)
    chosen, by, do = _chosen(request), request.user.email, request.POST.get("do", "")
    try:
        if not chosen:
            raise SupplierPriceRefused("Choose at least one price.")
        if do in ("batch", "both"):
            return _draft(request, chosen, also_take=do == "both")
        acts = {"take": supplier_prices.take, "aside": supplier_prices.put_aside, "again": supplier_prices.look_again}
        if do not in acts:
            raise SupplierPriceRefused("Say what to make of the prices.")
        many = acts[do](prices=chosen, by=by)
    except Refused as refused:
        return _costs(request, refused.sentence)
    words = {"take": "taken over", "aside": "put aside", "again": "to look at again"}
    messages.success(request, f"{many} price{'' if many == 1 else 's'} {words[do]}.")
    return redirect("insights:price_costs")


@needs(Can.EDIT_PRODUCTS)
@require_POST
def price_costs_match(request: Any, pk: int) -> HttpResponse:
    """Say which product of ours a supplier's article is, by SKU, barcode or name."""
    access.require(request.membership, Can.SEE_COST)
    found = find(request.POST.get("q", ""))
    try:
        if found.product is None:
            raise SupplierPriceRefused("No one product has this code or name. Type its SKU or barcode.")
        item = supplier_prices.match(item=pk, product=found.product, by=request.user.email)
    except Refused as refused:
        return _costs(request, refused.sentence)
    messages.success(request, f"{item} is {found.product}.")
    return redirect("insights:price_costs")


@transaction.atomic
def _draft(request: Any, chosen: list[int], *, also_take: bool) -> HttpResponse:
    wanted = screens.prices_that_keep(chosen, request.shop)
    taken = supplier_prices.take(prices=chosen, by=request.user.email) if also_take else 0
    if not wanted and taken:
        messages.success(request, "The costs are taken over. No price must change to keep its margin.")
        return redirect("insights:price_costs")
    if not wanted:
        raise PriceRefused("None of these needs another price to keep its margin.")
    batch = price_batches.open_draft(name=DRAFT, by=request.user.email)
    many = price_batches.put(batch=batch.pk, prices=wanted, by=request.user.email, note="Keeps the margin")
    messages.success(request, f"{many} price{'' if many == 1 else 's'} {'is' if many == 1 else 'are'} in the batch.")
    return redirect("insights:price_batch_detail", batch.pk)


def _chosen(request: Any) -> list[int]:
    given = request.POST.getlist("price")[: price_batches.MOST]
    return [int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 19]


def _costs(request: Any, problem: str = "") -> HttpResponse:
    search = screens.read(request.GET)
    context = {
        "screen": screens.build(search, request.shop),
        "search": search,
        "problems": [{"text": problem}] if problem else [],
    }
    return page(request, "insights/price_costs.html", context, status=422 if problem else 200)
