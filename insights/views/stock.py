"""Stock on the phone: receive, count, write off, move, and undo."""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from insights.screens import stock_entry, stock_missing, stock_orders
from insights.screens import stock_home as homes
from insights.screens.stock_entry import DESKS, Asked, Desk
from insights.screens.stock_find import Found
from inventory import undoing
from inventory.models import Product, PurchaseOrder, StockMovement
from shop import access
from shop.access import needs
from shop.errors import Refused
from shop.models import Branch
from shop.page import page
from shop.roles import Can

entered = require_http_methods(["GET", "HEAD", "POST"])


@needs(Can.SEE_STOCK)
@require_safe
def stock_home(request: Any) -> HttpResponse:
    """What to do with stock today, and what was entered lately."""
    return page(request, "insights/stock_home.html", {"screen": homes.build(asked(request))})


@needs(Can.EDIT_STOCK)
@entered
def stock_receive(request: Any) -> HttpResponse:
    """Goods that came: orders that are due, or goods without an order."""
    given = asked(request)
    return _entry(request, DESKS["receive"], given, orders=stock_orders.due(given.branch))


@needs(Can.EDIT_STOCK)
@entered
def stock_count(request: Any) -> HttpResponse:
    """What is there, blind: by scanner, by search or along a shelf."""
    return _entry(request, DESKS["count"], asked(request))


@needs(Can.EDIT_STOCK)
@entered
def stock_waste(request: Any) -> HttpResponse:
    """Goods that nobody will buy, and why."""
    return _entry(request, DESKS["waste"], asked(request))


@needs(Can.EDIT_STOCK)
@entered
def stock_transfer(request: Any) -> HttpResponse:
    """Goods that go to another branch."""
    return _entry(request, DESKS["transfer"], asked(request))


@needs(Can.EDIT_STOCK)
@entered
def stock_order(request: Any, pk: int) -> HttpResponse:
    """What came for one order, line by line."""
    order = get_object_or_404(PurchaseOrder.objects.select_related("branch", "supplier"), pk=pk)
    given = asked(request, branch=order.branch)
    form = None
    if request.method == "POST":
        if request.POST.get("do") == "cost":
            access.require(request.membership, Can.EDIT_PRODUCTS)
        try:
            form, then = stock_orders.act(order, given, request.POST)
        except Refused as refused:
            form, then = None, ""
            return _order_page(request, order, given, form, refused.sentence)
        if then:
            return HttpResponseRedirect(then)
    return _order_page(request, order, given, form)


def _order_page(request: Any, order: PurchaseOrder, given: Asked, form: Any, problem: str = "") -> HttpResponse:
    screen = stock_orders.build(order, given, form)
    context = {"screen": screen, "problems": [{"text": problem}] if problem else []}
    return page(request, "insights/stock_order.html", context, status=422 if problem or form else 200)


@needs(Can.EDIT_STOCK)
@require_POST
def stock_undo(request: Any, pk: int) -> HttpResponse:
    """Take an entry back. Doing it twice is as doing it once."""
    undoing.undo_entry(get_object_or_404(StockMovement, pk=pk), by=request.user.email)
    home, back = reverse("insights:stock_home"), request.POST.get("back", "")
    return HttpResponseRedirect(back if back.startswith(home) and "\\" not in back else home)


@needs(Can.EDIT_PRODUCTS)
@entered
def missing_data(request: Any) -> HttpResponse:
    """What is not known of products and suppliers, the most valuable first, to be filled in."""
    asks = stock_missing.read(request.GET, request.shop)
    if request.method == "POST":
        cell = stock_missing.save(request.POST, by=request.user.email)
        if cell is None:
            raise Http404
        if not request.htmx and not cell.error:
            return HttpResponseRedirect(request.get_full_path())
        if request.htmx:
            context = stock_missing.answer(cell, request.shop)
            return page(request, "insights/stock_missing_cell.html", context, status=422 if cell.error else 200)
        context = {"screen": stock_missing.build(asks, request.shop), "problems": [{"text": cell.error}]}
        return page(request, "insights/stock_missing.html", context, status=422)
    return page(request, "insights/stock_missing.html", {"screen": stock_missing.build(asks, request.shop)})


def asked(request: Any, branch: Branch | None = None) -> Asked:
    """Who enters where: the branch of the address, else the one this person was at last, else the first."""
    branches = tuple(Branch.objects.order_by("pk"))
    given, key = (request.POST if request.method == "POST" else request.GET), f"stock_branch_{request.shop.pk}"
    named = given.get("branch", "") or str(request.session.get(key, ""))
    here = branch or next((one for one in branches if str(one.pk) == named), branches[0])
    if request.session.get(key) != here.pk and len(branches) > 1:
        request.session[key] = here.pk
    return Asked(request.shop, request.membership.role, request.user.email, here, branches, given)


def _entry(request: Any, desk: Desk, given: Asked, **more: Any) -> HttpResponse:
    """The page of a desk: find a product, say how much; saved, it leads to the next one."""
    if request.method != "POST":
        found = stock_entry.look_for(given)
        form = stock_entry.blank(desk, given, found)
        return _desk_page(request, desk, given, found, form, more, 200)
    if not given.given.get("product", "").isdecimal():
        return _desk_page(request, desk, given, Found(), None, more, 422)
    product = get_object_or_404(Product, pk=int(given.given["product"][:18]))
    form = desk.form(given, product, request.POST, None)
    if form.is_valid():
        try:
            source = desk.save(given, form)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return HttpResponseRedirect(stock_entry.after(desk, given, form, source))
    return _desk_page(request, desk, given, Found(product=product), form, more, 422)


def _desk_page(
    request: Any, desk: Desk, given: Asked, found: Found, form: Any, more: dict[str, Any], status: int
) -> HttpResponse:
    context = {"screen": stock_entry.build(desk, given, found, form), **more}
    if status == 422 and form is None:
        context["problems"] = [{"text": "Scan or find a product first.", "href": "#q"}]
    return page(request, "insights/stock_entry.html", context, status=status)
