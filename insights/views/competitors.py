"""Competitors: their prices beside ours, the desk where their items are matched, and prices typed in on the way."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from insights.matching import job as work
from insights.screens import competitor_items as desks
from insights.screens import competitors as screens
from insights.screens.stock_find import find
from insights.views.competitor_form import SeenPrice
from insights.views.downloads import download
from inventory.competitors import entering, matching
from inventory.competitors.entering import CompetitorRefused
from inventory.models import Competitor, CompetitorItem, CompetitorPrice, Product
from shop.access import needs
from shop.errors import Refused
from shop.models import Job
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_SALES)
@require_safe
def competitor_list(request: Any) -> HttpResponse:
    """The price index, and every product beside what others ask for it."""
    search = screens.read(request.GET)
    if request.GET.get("export") == "csv":
        return download(request, screens.as_file(search, request.shop.today()))
    screen = screens.build(search, request.shop)
    return page(request, "insights/competitor_list.html", {"screen": screen, "search": search})


@needs(Can.SEE_SALES)
@require_safe
def competitor_items(request: Any) -> HttpResponse:
    """The desk: what competitors' items may be, to confirm, and what was decided."""
    return page(request, "insights/competitor_items.html", {"screen": desks.build(request.GET, request.shop)})


@needs(Can.SEE_SALES)
@require_safe
def competitor_item(request: Any, pk: int) -> HttpResponse:
    """One item: what it may be, any product found by words, and the prices seen."""
    item = get_object_or_404(CompetitorItem.objects.select_related("competitor", "product"), pk=pk)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    screen = desks.detail(item, words, request.shop.today())
    return page(request, "insights/competitor_item.html", {"screen": screen, "row": screen.row, "words": words})


@needs(Can.EDIT_PRODUCTS)
@require_POST
def competitor_decide(request: Any, pk: int) -> HttpResponse:
    """Say what an item is: a product of ours, none, or not decided any more."""
    item = get_object_or_404(CompetitorItem, pk=pk)
    do, by = request.POST.get("do", ""), request.user.email
    if do == "none":
        matching.deny(item=item, by=by)
    elif do == "undo":
        matching.undo(item=item, by=by)
    else:
        number = request.POST.get("product", "")
        known = int(number[:18]) if number.isascii() and number.isdigit() else 0
        matching.confirm(item=item, product=get_object_or_404(Product, pk=known), by=by)
    if request.htmx:
        item = CompetitorItem.objects.select_related("competitor", "product").get(pk=pk)
        row = desks.rows_of([item], request.shop.today())[0]
        return page(request, "insights/competitor_item_row.html", {"row": row, "fresh": True})
    return redirect(_back(request, reverse("insights:competitor_item", args=[pk])))


@needs(Can.EDIT_PRODUCTS)
@require_http_methods(["GET", "HEAD", "POST"])
def competitor_add(request: Any) -> HttpResponse:
    """A price seen at a competitor's: scan or find it, say the price. Made for the phone."""
    key, today = f"competitor_{request.shop.pk}", request.shop.today()
    given = request.GET.get("competitor", "").replace("\x00", "")[:120] or request.session.get(key, "")
    found = find(request.GET.get("q", ""))
    form = SeenPrice(request.POST, today=today) if request.method == "POST" else _blank(found, given, today)
    if request.method == "POST" and form.is_valid():
        try:
            seen = entering.note_price(**form.cleaned_data, by=request.user.email, today=today)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            request.session[key] = seen.item.competitor.name
            return HttpResponseRedirect(f"{request.path}?{urlencode({'saved': seen.pk})}")
    context = {
        "form": form,
        "found": found,
        "product": form.cleaned_data.get("product")
        if form.is_bound and hasattr(form, "cleaned_data")
        else found.product,
        "competitors": Competitor.objects.filter(is_active=True),
        "competitor": given,
        "saved": _saved(request.GET.get("saved", "")),
    }
    return page(request, "insights/competitor_add.html", context, status=422 if form.errors else 200)


@needs(Can.EDIT_PRODUCTS)
@require_POST
def competitor_forget(request: Any, pk: int) -> HttpResponse:
    """Take a price back that was just noted."""
    price = CompetitorPrice.objects.filter(pk=pk).first()
    if price is None:
        raise CompetitorRefused("This price is not there any more.")
    entering.forget_price(price=price, by=request.user.email)
    messages.success(request, "The price was taken back.")
    return redirect(_back(request, reverse("insights:competitor_add")))


@needs(Can.EDIT_PRODUCTS)
@require_POST
def competitor_match(request: Any) -> HttpResponse:
    """Look again for what all undecided items may be."""
    return redirect("insights:competitor_wait", work.ask(by=request.user.email, every=True).pk)


@needs(Can.SEE_SALES)
@require_safe
def competitor_wait(request: Any, pk: int) -> HttpResponse:
    """How far the matching is."""
    job = get_object_or_404(Job, pk=pk, kind=work.JOB_KIND)
    return page(request, "insights/competitor_wait.html", {"job": job})


def _blank(found: Any, competitor: str, today: Any) -> SeenPrice:
    """The form for what was found; words that nothing has are the name or code of something we may not sell."""
    code = found.words if found.words.isdecimal() and len(found.words) >= 8 else ""
    name = "" if found.product or code else found.words
    return SeenPrice(today=today, competitor=competitor, product=found.product, barcode=code, name=name)


def _saved(number: str) -> CompetitorPrice | None:
    """The price noted last, to be shown and taken back."""
    if not (number.isascii() and number.isdigit()):
        return None
    rows = CompetitorPrice.objects.select_related("item__competitor", "item__product")
    found: CompetitorPrice | None = rows.filter(pk=int(number[:18])).first()
    return found


def _back(request: Any, home: str) -> str:
    back = request.POST.get("back", "")
    inside = reverse("insights:competitor_list")
    return back if back.startswith(inside) and "\\" not in back else home
