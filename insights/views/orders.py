"""Orders to suppliers: look, fill, approve, send. Receiving is in `views.stock`."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from insights.screens import orders as screens
from insights.views.downloads import download
from inventory import orders
from inventory.models import Product, PurchaseOrder, PurchaseOrderLine
from inventory.orders import OrderRefused
from shop.access import needs
from shop.errors import Refused
from shop.models import Branch
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_STOCK)
@require_safe
def order_list(request: Any) -> HttpResponse:
    """To approve before the cut-off first, then what is on the way."""
    if request.GET.get("export") == "csv":
        return download(request, screens.as_file(request.GET, request.membership.role))
    return _list(request)


@needs(Can.SEE_STOCK)
@require_safe
def order_detail(request: Any, pk: int) -> HttpResponse:
    """One order: its lines, its supplier's terms, and what can be done with it."""
    order = _order(pk)
    if request.GET.get("export") == "csv":
        return download(request, screens.order_file(order))
    return _detail(request, order)


@needs(Can.DECIDE)
@require_POST
def order_start(request: Any) -> HttpResponse:
    """Put a product on the draft of its supplier, making the draft where there is none."""
    branch = Branch.objects.filter(pk=_number(request.POST.get("branch"))).first()
    try:
        product = _product(request)
        if branch is None:
            raise OrderRefused("Choose a branch.")
        if product.supplier is None:
            raise OrderRefused(f"{product.name} has no supplier yet. Choose one on its page first.")
        line = orders.add_line(
            branch=branch, supplier=product.supplier, product=product, **_asked(request), by=request.user.email
        )
    except Refused as refused:
        return _list(request, refused.sentence)
    return _to(line.order_id)


@needs(Can.DECIDE)
@require_POST
def order_add(request: Any, pk: int) -> HttpResponse:
    """Put one more product on a draft."""
    order = _order(pk)
    try:
        product = _product(request)
        if order.state != PurchaseOrder.State.DRAFT:
            raise OrderRefused(f"{order} can no longer be changed.")
        orders.add_line(
            branch=order.branch, supplier=order.supplier, product=product, **_asked(request), by=request.user.email
        )
    except Refused as refused:
        return _detail(request, order, refused.sentence)
    return _to(pk)


@needs(Can.DECIDE)
@require_POST
def order_line(request: Any, pk: int) -> HttpResponse:
    """Change a draft's line; 0 takes it off."""
    line = get_object_or_404(PurchaseOrderLine, pk=pk)
    try:
        orders.change_line(line=line, quantity=_quantity(request.POST.get("quantity")))
    except Refused as refused:
        return _detail(request, _order(line.order_id), refused.sentence)
    return _to(line.order_id)


@needs(Can.DECIDE)
@require_POST
def order_approve(request: Any, pk: int) -> HttpResponse:
    """Close the order and send it on its way."""
    order = _order(pk)
    try:
        orders.approve(order=order, by=request.user.email, below_minimum="below_minimum" in request.POST)
    except Refused as refused:
        return _detail(request, order, refused.sentence)
    return _to(pk)


@needs(Can.DECIDE)
@require_POST
def order_send(request: Any, pk: int) -> HttpResponse:
    """Mail an approved order again, or note that it was sent by hand."""
    order = _order(pk)
    try:
        if request.POST.get("do") == "by_hand":
            orders.mark_sent(order=order)
        else:
            orders.mail_again(order=order, by=request.user.email)
    except Refused as refused:
        return _detail(request, order, refused.sentence)
    return _to(pk)


@needs(Can.DECIDE)
@require_POST
def order_cancel(request: Any, pk: int) -> HttpResponse:
    """Drop an order of which nothing has come."""
    order = _order(pk)
    try:
        orders.cancel(order=order)
    except Refused as refused:
        return _detail(request, order, refused.sentence)
    return _to(pk)


def _order(pk: int) -> PurchaseOrder:
    rows = PurchaseOrder.objects.select_related("branch", "supplier", "shop")
    return get_object_or_404(rows, pk=pk)  # type: ignore[no-any-return]


def _list(request: Any, problem: str = "") -> HttpResponse:
    given = request.GET if request.method in ("GET", "HEAD") else request.POST
    context = {
        "screen": screens.build(given, request.shop, request.membership.role),
        "problems": [{"text": problem}] if problem else [],
    }
    return page(request, "insights/order_list.html", context, status=422 if problem else 200)


def _detail(request: Any, order: PurchaseOrder, problem: str = "") -> HttpResponse:
    context = {
        "screen": screens.detail(order, request.GET, request.shop, request.membership.role),
        "problems": [{"text": problem}] if problem else [],
    }
    return page(request, "insights/order_detail.html", context, status=422 if problem else 200)


def _to(pk: int) -> HttpResponseRedirect:
    return redirect("insights:order_detail", pk)


def _product(request: Any) -> Product:
    products = Product.objects.active().select_related("supplier")
    found: Product | None = products.filter(pk=_number(request.POST.get("product"))).first()
    if found is None:
        raise OrderRefused("Choose a product that is on sale.")
    return found


def _asked(request: Any) -> dict[str, Any]:
    """The quantity, and the form's own name: pressing twice adds once."""
    entry = request.POST.get("entry", "")[:36]
    return {
        "quantity": _quantity(request.POST.get("quantity")),
        "source": f"hand:{request.user.pk}:{entry}" if entry else "",
    }


def _quantity(text: str | None) -> Decimal:
    try:
        value = Decimal((text or "").strip().replace(",", "."))
    except InvalidOperation:
        raise OrderRefused("Write the quantity as a number.") from None
    if not value.is_finite():
        raise OrderRefused("Write the quantity as a number.")
    return value


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else 0
