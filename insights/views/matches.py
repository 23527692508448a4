"""Products that may be one: the desk, merging two that a person chooses, and taking a merge back."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from insights.merging import bulk
from insights.merging import job as work
from insights.screens import matches as screens
from insights.screens import merges
from insights.views.downloads import download
from inventory import merging
from inventory.merging import pairs
from inventory.models import Product, ProductMerge, ProductPair
from shop.access import needs
from shop.errors import Refused
from shop.models import Job
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_STOCK)
@require_safe
def match_list(request: Any) -> HttpResponse | StreamingHttpResponse:
    """Pairs of products that may be one, side by side."""
    asked = screens.read(request.GET)
    if request.GET.get("export") == "csv":
        return download(request, screens.as_file(asked))
    screen = screens.build(asked, request.membership.role, request.shop.today())
    return page(request, "insights/match_list.html", {"screen": screen, "asked": asked, "bulk_key": uuid.uuid4()})


@needs(Can.EDIT_PRODUCTS)
@require_POST
def match_decide(request: Any, pk: int) -> HttpResponse:
    """A person's word on a pair: one product, two products, later, or asked again."""
    pair = get_object_or_404(ProductPair.objects.select_related("first", "second"), pk=pk)
    do, by = request.POST.get("do", ""), request.user.email
    if do == "one":
        kept = merges.chosen(request.POST.get("keep", ""))
        pairs.is_one(pair=pair, kept=kept or pair.first, by=by)
    elif do == "two":
        pairs.are_two(pair=pair, by=by)
    elif do == "later":
        pairs.put_off(pair=pair)
    else:
        pairs.ask_again(pair=pair)
    if request.htmx:
        fresh = ProductPair.objects.select_related("first", "second").get(pk=pk)
        row = screens.rows_of([fresh], request.membership.role, request.shop.today())[0]
        return page(request, "insights/match_done.html", {"row": row, "do": do})
    return redirect(_back(request, reverse("insights:match_list")))


@needs(Can.EDIT_PRODUCTS)
@require_POST
def match_sure(request: Any) -> HttpResponse:
    """Merge every pair that is sure."""
    shown, key = request.POST.get("shown", ""), request.POST.get("key", "")
    many = int(shown[:6]) if shown.isascii() and shown.isdigit() else 0
    job = bulk.ask(by=request.user.email, key=_uuid(key), shown=many)
    return redirect("insights:match_wait", job.pk)


@needs(Can.EDIT_PRODUCTS)
@require_POST
def match_look(request: Any) -> HttpResponse:
    """Look for pairs now."""
    return redirect("insights:match_wait", work.ask(by=request.user.email).pk)


@needs(Can.SEE_STOCK)
@require_safe
def match_wait(request: Any, pk: int) -> HttpResponse:
    """How far the looking, or the merging of many, is."""
    job = get_object_or_404(Job, pk=pk, kind__in=[work.JOB_KIND, bulk.JOB_KIND])
    return page(request, "insights/match_wait.html", {"job": job, "merging": job.kind == bulk.JOB_KIND})


@needs(Can.EDIT_PRODUCTS)
@require_http_methods(["GET", "HEAD", "POST"])
def merge_product(request: Any, pk: int) -> HttpResponse:
    """Choose another product that is the same, see what merging does, and say so."""
    product = get_object_or_404(Product, pk=pk)
    if product.merged_into_id:
        return redirect("insights:product_detail", pk)
    given = request.POST if request.method == "POST" else request.GET
    screen = merges.build(product, given, request.membership.role)
    problem = ""
    if request.method == "POST" and screen.plan:
        try:
            made = merging.merge(kept=screen.plan.kept, gone=screen.plan.gone, by=request.user.email)
        except Refused as refused:
            problem = refused.sentence
        else:
            messages.success(request, f"{made.gone.name} ({made.gone.sku}) is one product with this one now.")
            return redirect("insights:product_detail", made.kept_id)
    elif request.method == "POST":
        problem = "Choose the other product first."
    context = {"screen": screen, "product": product, "problem": problem}
    return page(request, "insights/merge_product.html", context, status=422 if problem else 200)


@needs(Can.SEE_STOCK)
@require_safe
def merge_list(request: Any) -> HttpResponse:
    """What was merged, and what undoing each would do."""
    return page(request, "insights/merge_list.html", {"screen": merges.listed(request.GET)})


@needs(Can.EDIT_PRODUCTS)
@require_POST
def merge_undo(request: Any, pk: int) -> HttpResponse:
    """Make two products of them again."""
    done = merging.undo(merge=get_object_or_404(ProductMerge, pk=pk), by=request.user.email)
    words = f"{done.gone.name} ({done.gone.sku}) is a product of its own again. What came since stays with the other."
    messages.success(request, words)
    return HttpResponseRedirect(reverse("insights:merge_list"))


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()


def _back(request: Any, home: str) -> str:
    back = request.POST.get("back", "")
    return back if back.startswith(home) and "\\" not in back else home
