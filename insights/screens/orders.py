"""Orders to suppliers: what waits to be approved before its cut-off, what is on the way, and one order in full."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from insights.downloads import File
from insights.models import Suggestion
from insights.ordering.next_needed import Next, next_needed
from insights.screens.decisions import when
from inventory import order_mail, orders
from inventory.models import DeliveryLine, Product, PurchaseOrder, PurchaseOrderLine
from shop import formats
from shop.csvout import Cell, amount
from shop.models import Branch, Shop
from shop.roles import Can, may

State, Mail = PurchaseOrder.State, PurchaseOrder.Mail
SHOWS = {"": "Open", "received": "Received", "cancelled": "Cancelled", "all": "All"}
ROWS, FOUND = 40, 12
SOON = dt.timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Row:
    """An order in the list. `worth` is empty for roles that may not see costs."""

    order: PurchaseOrder
    lines: int
    open_lines: int
    worth: str
    cutoff: str
    urgent: bool
    late: bool


@dataclass(frozen=True, slots=True)
class ListScreen:
    drafts: list[Row]
    coming: list[Row]
    past: list[Row]
    page: Page[Any] | None
    show: str
    shows: Mapping[str, str]
    words: str
    found: list[Found]
    branches: list[Branch]
    cash: str
    entry: str


@dataclass(frozen=True, slots=True)
class Found:
    """A product that a search found, to be ordered: one case unless told otherwise."""

    product: Product
    quantity: str
    step: str


@dataclass(frozen=True, slots=True)
class Line:
    row: PurchaseOrderLine
    amount: str
    cost: str
    total: str
    came: str
    new_cost: str
    reasons: list[Suggestion]
    step: str
    typed: str


@dataclass(frozen=True, slots=True)
class DetailScreen:
    order: PurchaseOrder
    lines: list[Line]
    total: str
    least: str
    reached: int
    below: bool
    cutoff: str
    missed_cutoff: bool
    cash: str
    words: str
    found: list[Found]
    next: list[Next]
    is_draft: bool
    can_receive: bool
    entry: str  # names the forms of this showing: pressing one twice adds once


def read_words(given: Mapping[str, str]) -> str:
    return given.get("q", "").replace("\x00", "").strip()[:100]


@transaction.atomic
def build(given: Mapping[str, str], shop: Shop, role: str) -> ListScreen:
    """Orders by what is to be done with them; a fixed number of queries."""
    show = given.get("show", "")
    show = show if show in SHOWS else ""
    now, see_cost, words = timezone.now(), may(role, Can.SEE_COST), read_words(given)
    if show:
        page = Paginator(_orders(show), ROWS).get_page(given.get("page", "1"))
        rows = {"past": [_row(one, shop, now, see_cost=see_cost) for one in page], "drafts": [], "coming": []}
    else:
        page = None
        live = [_row(one, shop, now, see_cost=see_cost) for one in _orders("")[:200]]
        drafts = [one for one in live if one.order.state == State.DRAFT]
        drafts.sort(key=lambda one: (one.order.cutoff_at is None, one.order.cutoff_at or now))
        rows = {"past": [], "drafts": drafts, "coming": [one for one in live if one.order.state != State.DRAFT]}
    branches = list(Branch.objects.all())
    found = _found(words) if may(role, Can.DECIDE) else []
    return ListScreen(
        **rows, page=page, show=show, shows=SHOWS, words=words, found=found, branches=branches,
        cash=_cash(shop) if see_cost else "", entry=uuid.uuid4().hex,
    )  # fmt: skip


def _orders(show: str) -> Any:
    """Drafts that lost their last line are shown nowhere but under All."""
    still = Q(lines__is_closed=False, lines__received__lt=F("lines__quantity"))
    worth = Sum(F("lines__quantity") * F("lines__unit_cost"))
    rows = PurchaseOrder.objects.select_related("branch", "supplier")
    rows = rows.annotate(all_lines=Count("lines"), open_lines=Count("lines", filter=still), worth=worth)
    if show == "":
        order = F("expected_on").asc(nulls_last=True), "pk"
        return rows.filter(state__in=PurchaseOrder.ON_THE_WAY, all_lines__gt=0).order_by(*order)
    return rows.order_by("-pk") if show == "all" else rows.filter(state=show).order_by("-pk")


def _row(order: Any, shop: Shop, now: dt.datetime, *, see_cost: bool) -> Row:
    left = order.cutoff_at - now if order.cutoff_at else None
    today = timezone.localtime(now).date()
    return Row(
        order=order,
        lines=order.all_lines,
        open_lines=order.open_lines,
        worth=formats.money(order.worth or Decimal(0), shop.currency) if see_cost else "",
        cutoff=_until(order.cutoff_at, shop, now) if order.state == State.DRAFT else "",
        urgent=left is not None and left < SOON,
        late=order.state in {State.APPROVED, State.PART} and bool(order.expected_on and order.expected_on < today),
    )


def _until(cutoff: dt.datetime | None, shop: Shop, now: dt.datetime) -> str:
    """A cut-off in words; midnight is the end of the day before. Empty where there is none."""
    if cutoff is None:
        return ""
    local, today = timezone.localtime(cutoff), timezone.localtime(now).date()
    if local.time() != dt.time(0):
        return when(cutoff, shop, now)
    day = local.date() - dt.timedelta(days=1)
    return "the end of today" if day == today else f"the end of {formats.day(day, today)}"


def _cash(shop: Shop) -> str:
    """What is left of the week's money for orders; empty without a limit."""
    if shop.weekly_cash is None:
        return ""
    from insights.ordering.inputs import spent

    left = shop.weekly_cash - spent(timezone.localdate(), shop)
    of = formats.money(shop.weekly_cash, shop.currency)
    if left < 0:
        return f"{formats.money(-left, shop.currency)} over this week's limit of {of} for orders"
    return f"{formats.money(left, shop.currency)} left of this week's {of} for orders"


def _found(words: str, order: PurchaseOrder | None = None) -> list[Found]:
    """Products on sale that match; of an order's supplier, or without one, where an order is given."""
    if not words:
        return []
    products = Product.objects.active().matching(words).select_related("supplier").order_by("name", "pk")
    if order is not None:
        products = products.filter(Q(supplier=order.supplier_id) | Q(supplier=None))
    return [Found(one, *_case(one)) for one in products[:FOUND]]


def _case(product: Product) -> tuple[str, str]:
    step = str(product.pack_size or 1)
    return step, step


@transaction.atomic
def detail(order: PurchaseOrder, given: Mapping[str, str], shop: Shop, role: str) -> DetailScreen:
    """One order with everything that is asked before approving it; costs for roles that may see them."""
    now, see_cost, words = timezone.now(), may(role, Can.SEE_COST), read_words(given)
    rows, is_draft = order_mail.lines_of(order), order.state == State.DRAFT
    total, least = orders.worth(rows), order.supplier.minimum_order
    below, decides = is_draft and least is not None and total < least, may(role, Can.DECIDE)
    return DetailScreen(
        order=order,
        lines=_lines(order, rows, shop, see_cost=see_cost),
        total=formats.money(total, shop.currency) if see_cost else "",
        least=formats.money(least, shop.currency) if see_cost and least else "",
        reached=min(100, int(total / least * 100)) if least else 100,
        below=below,
        cutoff=_until(order.cutoff_at, shop, now),
        missed_cutoff=is_draft and order.cutoff_at is not None and order.cutoff_at <= now,
        cash=_cash(shop) if see_cost else "",
        words=words,
        found=_found(words, order) if is_draft and decides else [],
        next=next_needed(order) if below and decides else [],
        is_draft=is_draft,
        entry=uuid.uuid4().hex,
        can_receive=order.state in {State.APPROVED, State.PART} and may(role, Can.EDIT_STOCK),
    )


def _lines(order: PurchaseOrder, rows: list[PurchaseOrderLine], shop: Shop, *, see_cost: bool) -> list[Line]:
    came: dict[int, list[DeliveryLine]] = {}
    for one in DeliveryLine.objects.filter(order_line__order=order, undone_at=None):
        came.setdefault(one.order_line_id, []).append(one)
    reasons = _reasons(rows)
    return [_line(row, came.get(row.pk, []), reasons, shop, see_cost=see_cost) for row in rows]


def _reasons(rows: list[PurchaseOrderLine]) -> dict[str, Suggestion]:
    """The suggestions that put lines here, by the name they left on the line."""
    names = [name for row in rows for name in row.sources if name.startswith("suggestion:")]
    wanted = [int(name.partition(":")[2]) for name in names if name.partition(":")[2].isdecimal()]
    return {f"suggestion:{one.pk}": one for one in Suggestion.objects.filter(pk__in=wanted)}


def _line(
    row: PurchaseOrderLine,
    came: list[DeliveryLine],
    reasons: Mapping[str, Suggestion],
    shop: Shop,
    *,
    see_cost: bool,
) -> Line:
    money = shop.currency
    costs = {one.unit_cost for one in came if one.product_id == row.product_id and one.unit_cost is not None}
    each = row.unit_cost if see_cost else None
    step, _ = _case(row.product)
    return Line(
        row=row,
        amount=order_mail.in_cases(row),
        cost=formats.money(each, money) if each is not None else "",
        total=formats.money(row.quantity * each, money) if each is not None else "",
        came=_came(row),
        new_cost=", ".join(formats.money(cost, money) for cost in sorted(costs - {row.unit_cost})) if see_cost else "",
        reasons=[reasons[name] for name in row.sources if name in reasons],
        step=step if row.quantity % Decimal(step) == 0 else "1",
        typed=f"{row.quantity.normalize():f}",
    )


def _came(row: PurchaseOrderLine) -> str:
    if not row.received:
        return "Nothing more will come" if row.is_closed else ""
    said = f"{formats.units(row.received)} came"
    more = row.received - row.quantity
    if more > 0:
        return f"{said}, {formats.units(more)} more than ordered"
    return f"{said}, nothing more will" if row.is_closed and more < 0 else said


def as_file(given: Mapping[str, str], role: str) -> File:
    """The list as shown, every order of it."""
    show = given.get("show", "")
    cost = ("worth",) if may(role, Can.SEE_COST) else ()
    header = ("order", "branch", "supplier", "state", "cut_off", "delivery_day", "lines", "lines_open", "mail", *cost)
    return File("orders", header, _cells(_orders(show if show in SHOWS else ""), cost=bool(cost)))


def _cells(rows: Any, *, cost: bool) -> Iterator[tuple[Cell, ...]]:
    for one in rows.iterator():
        what = one.number, one.branch.name, one.supplier.name, one.state, one.cutoff_at, one.expected_on
        yield *what, one.all_lines, one.open_lines, one.mail, *((amount(one.worth or Decimal(0)),) if cost else ())


def order_file(order: PurchaseOrder) -> File:
    """The order's lines, as its supplier gets them."""
    return File(f"order_{order.number}", order_mail.COLUMNS, order_mail.rows_of(order, order_mail.lines_of(order)))
