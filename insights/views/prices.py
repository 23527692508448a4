"""Prices: what is advised, what they do, and batches of new ones from draft to label and back."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from insights.downloads import File
from insights.screens import price_batches as batches
from insights.screens import price_labels as labels
from insights.screens import price_response, prices
from insights.screens.product_price import read_price
from insights.views.downloads import download
from insights.views.price_forms import PlanForm
from inventory import exports, price_batches
from inventory.models import PriceBatch
from inventory.services import PriceRefused
from shop import access
from shop.access import needs
from shop.errors import Refused
from shop.page import page
from shop.roles import Can

NEW = "New prices"


@needs(Can.SEE_COST)
@require_safe
def price_list(request: Any) -> HttpResponse:
    """What to charge, as the last run advises it."""
    search = prices.read(request.GET)
    if request.GET.get("export") == "csv":
        return download(request, prices.of_advice(search))
    if request.GET.get("export") == "till":
        return download(request, File("prices", exports.COLUMNS, exports.price_rows()))
    return _advised(request)


@needs(Can.SEE_SALES)
@require_safe
def price_effects(request: Any) -> HttpResponse:
    """What a price does to the units sold."""
    search = price_response.read(request.GET)
    if request.GET.get("export") == "csv":
        return download(request, price_response.of_prices(search))
    return page(request, "insights/price_effects.html", {"screen": price_response.build(search), "search": search})


@needs(Can.EDIT_PRODUCTS)
@require_POST
def price_put(request: Any) -> HttpResponse:
    """Put one product at a price, or chosen ones at their advised prices, into a draft; made where none is named."""
    try:
        with transaction.atomic():
            wanted = _wanted(request)
            batch = _chosen_draft(request)
            many = _put(request, batch, wanted)
    except Refused as refused:
        return _advised(request, refused.sentence)
    messages.success(request, "1 price is in the batch." if many == 1 else f"{many} prices are in the batch.")
    return redirect("insights:price_batch_detail", batch)


@needs(Can.SEE_STOCK)
@require_safe
def price_batch_list(request: Any) -> HttpResponse:
    """Every batch, newest first."""
    return page(request, "insights/price_batch_list.html", {"screen": batches.listed(request.GET)})


@needs(Can.EDIT_PRODUCTS)
@require_http_methods(["GET", "HEAD", "POST"])
def price_batch_new(request: Any) -> HttpResponse:
    """Begin a batch."""
    form = PlanForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            return _to(price_batches.draft_batch(by=request.user.email, **form.cleaned_data).pk)
        except Refused as refused:
            form.add_error(None, refused.sentence)
    return page(request, "insights/price_batch_new.html", {"form": form}, status=422 if form.is_bound else 200)


@needs(Can.SEE_STOCK)
@require_safe
def price_batch_detail(request: Any, pk: int) -> HttpResponse:
    """One batch: its prices, what they are expected to bring, and what can be done with it."""
    batch = _batch(pk)
    if request.GET.get("export") == "csv":
        return download(request, batches.of_batch(batch))
    return _detail(request, batch)


@needs(Can.EDIT_PRODUCTS)
@require_POST
def price_batch_plan(request: Any, pk: int) -> HttpResponse:
    """Say of a draft what it is called, where it holds and when."""
    form = PlanForm(request.POST)
    if not form.is_valid():
        return _detail(request, _batch(pk), form=form)
    try:
        price_batches.plan(batch=_batch(pk).pk, by=request.user.email, **form.cleaned_data)
    except Refused as refused:
        form.add_error(None, refused.sentence)
        return _detail(request, _batch(pk), form=form)
    return _to(pk)


@needs(Can.EDIT_PRODUCTS)
@require_POST
def price_batch_line(request: Any, pk: int) -> HttpResponse:
    """Give a product of a draft another price, put it in, or take it out."""
    batch = _batch(pk)
    try:
        product = _number(request.POST.get("product"))
        if request.POST.get("do") == "out":
            price_batches.take_out(batch=batch.pk, product=product, by=request.user.email)
        else:
            _put(request, batch.pk, {product: _price(request)})
    except Refused as refused:
        return _detail(request, batch, refused.sentence)
    return _to(pk)


@needs(Can.DECIDE)
@require_POST
def price_batch_approve(request: Any, pk: int) -> HttpResponse:
    """Let a draft's prices hold, from its start."""
    return _decide(request, pk, "approve")


@needs(Can.DECIDE)
@require_POST
def price_batch_undo(request: Any, pk: int) -> HttpResponse:
    """Put the prices before back."""
    return _decide(request, pk, "undo")


@needs(Can.EDIT_PRODUCTS)
@require_POST
def price_batch_discard(request: Any, pk: int) -> HttpResponse:
    """Put a draft away."""
    return _decide(request, pk, "discard")


@needs(Can.SEE_STOCK)
@require_safe
def price_labels(request: Any, pk: int) -> HttpResponse:
    """Shelf labels of a batch, to print."""
    return page(request, "insights/price_labels.html", {"screen": labels.build(_batch(pk), request.shop, request.GET)})


def _decide(request: Any, pk: int, what: str) -> HttpResponse:
    access.require(request.membership, Can.EDIT_PRODUCTS)
    batch, by = _batch(pk), request.user.email
    try:
        if what == "approve":
            price_batches.approve(batch=pk, by=by)
        elif what == "discard":
            price_batches.discard(batch=pk, by=by)
        elif left := price_batches.undo(batch=pk, by=by).left:
            messages.warning(request, f"Left as they are, since a later price stands: {', '.join(left)}.")
    except Refused as refused:
        return _detail(request, batch, refused.sentence)
    return _to(pk)


def _put(request: Any, batch: int, wanted: dict[int, Decimal]) -> int:
    many = price_batches.put(batch=batch, prices=wanted, by=request.user.email)
    if not many:
        raise PriceRefused("There is no such product. Nothing was put in.")
    return many


def _wanted(request: Any) -> dict[int, Decimal]:
    products = [_number(one) for one in request.POST.getlist("product")][: price_batches.MOST]
    if request.POST.get("price"):
        return {products[0]: _price(request)} if products else {}
    wanted = prices.advised(products)
    if not wanted:
        raise PriceRefused("Choose at least one product whose price should change.")
    return wanted


def _price(request: Any) -> Decimal:
    price = read_price(request.POST.get("price", ""))
    if price is None:
        raise PriceRefused("Type a price above 0, such as 2.05.")
    return price


def _chosen_draft(request: Any) -> int:
    if chosen := _number(request.POST.get("batch")):
        return chosen
    return int(price_batches.open_draft(name=NEW, by=request.user.email).pk)


def _number(text: str | None) -> int:
    """An id as posted; 0 for what is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


def _batch(pk: int) -> PriceBatch:
    return get_object_or_404(PriceBatch.objects.select_related("branch"), pk=pk)  # type: ignore[no-any-return]


def _to(pk: int) -> HttpResponseRedirect:
    return redirect("insights:price_batch_detail", pk)


def _advised(request: Any, problem: str = "") -> HttpResponse:
    search = prices.read(request.GET)
    context = {"screen": prices.build(search), "search": search, "problems": [{"text": problem}] if problem else []}
    return page(request, "insights/price_list.html", context, status=422 if problem else 200)


def _detail(request: Any, batch: PriceBatch, problem: str = "", form: PlanForm | None = None) -> HttpResponse:
    context = {
        "screen": batches.build(batch, request.shop, request.membership.role, request.GET),
        "form": form or PlanForm(batch=batch),
        "problems": [{"text": problem}] if problem else [],
    }
    return page(request, "insights/price_batch_detail.html", context, status=422 if problem or form else 200)
