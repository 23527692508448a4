"""The lines behind any number, newest first, and one receipt.

The roll-ups say on which days the wanted lines are, so a page reads the lines of some days only, however many
there are: 5 million lines cost what 50 thousand do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, Sum
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay
from django.urls import reverse

from insights import periods
from insights.periods import Choice
from insights.screens import came_with
from insights.screens.asked import NO_CATEGORY, branch_in
from insights.screens.came_with import Came
from inventory.models import Category, Product
from sales import rollups
from sales.models import BranchHour, CategoryDay, Payment, ProductDay, Sale, SaleLine
from shop import formats
from shop.models import Branch, Shop
from shop.roles import Can, may

ROWS = 50
# Two filters together leave fewer lines of a day than the roll-ups of one of them say.
SPARE = 8
MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to. Ids are strings of digits, or "none" for what has none."""

    choice: Choice
    branches: tuple[Branch, ...]
    branch: Branch | None
    category: str = ""
    product: str = ""
    hour: int | None = None
    weekday: int | None = None
    before: tuple[dt.date, int, int] | None = None
    problems: tuple[str, ...] = ()

    def parameters(self) -> dict[str, str]:
        said = {
            **({"period": "custom"} | periods.dates(self.choice.drawn)),
            "branch": str(self.branch.pk) if self.branch else "",
            "category": self.category,
            "product": self.product,
            "hour": "" if self.hour is None else str(self.hour),
            "weekday": "" if self.weekday is None else str(self.weekday),
        }
        return {name: value for name, value in said.items() if value}

    def url(self, **changes: str) -> str:
        said = {name: value for name, value in (self.parameters() | changes).items() if value}
        return f"{reverse('insights:line_list')}?{urlencode(said)}"


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, and the address without it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class LinesScreen:
    filters: Filters
    chips: list[Chip]
    lines: list[SaleLine]
    older_url: str
    newest_url: str
    clear_url: str
    export_url: str


def read(given: Mapping[str, str], today: dt.date) -> Filters:
    """Read an address. `day` is one day; `from` and `to` are chosen dates."""
    given = dict(given.items())
    if day := given.get("day"):
        given |= {"from": day, "to": day}
    if given.get("from") or given.get("to"):
        given["period"] = "custom"
    choice, branches = periods.read(given, today), tuple(Branch.objects.order_by("name"))
    problems = [choice.problem] if choice.problem else []
    return Filters(
        choice=choice,
        branches=branches,
        branch=branch_in(given, branches, problems),
        category=_id(given.get("category", "")),
        product=_id(given.get("product", "")),
        hour=_whole(given.get("hour", ""), 0, 23),
        weekday=_whole(given.get("weekday", ""), 1, 7),
        before=_cursor(given.get("before", "")),
        problems=tuple(problems),
    )


def _id(value: str) -> str:
    return value if value == NO_CATEGORY or (value.isascii() and value.isdigit() and len(value) < 18) else ""


def _whole(value: str, least: int, most: int) -> int | None:
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 4 else -1
    return number if least <= number <= most else None


def _cursor(value: str) -> tuple[dt.date, int, int] | None:
    """The line the page begins after: its day, sale and line."""
    try:
        day, sale, line = value.split("_")
        return dt.date.fromisoformat(day), int(sale[:18]), int(line[:18])
    except ValueError:
        return None


@transaction.atomic
def build(filters: Filters, shop: Shop) -> LinesScreen:
    """One page of lines. Never counts them all: it looks one line further to know whether there are older ones."""
    rollups.refresh(filters.choice.drawn)
    days, more_days = _days(filters)
    found = list(_lines(filters, days, shop)[: ROWS + 1]) if days else []
    lines, older = found[:ROWS], ""
    if len(found) > ROWS:
        last = lines[-1]
        older = filters.url(before=f"{last.sale.business_date}_{last.sale_id}_{last.pk}")
    elif more_days:
        older = filters.url(before=f"{min(days)}_0_0")
    newest = filters.url() if filters.before else ""
    clear = filters.url(category="", product="", hour="", weekday="")
    return LinesScreen(filters, _chips(filters), lines, older, newest, clear, filters.url(export="csv"))


def every(filters: Filters, shop: Shop) -> Iterator[SaleLine]:
    """All lines of the list, read day by day as they are asked for."""
    rollups.refresh(filters.choice.drawn)
    days = _rollup(filters).order_by("-business_date").values_list("business_date", flat=True).distinct()
    for day in list(days):
        yield from _lines(filters, [day], shop).iterator(chunk_size=2000)


def at_most(filters: Filters) -> int:
    """No more lines than this are in the list, by the roll-ups."""
    rollups.refresh(filters.choice.drawn)
    return _rollup(filters).aggregate(many=Sum("lines"))["many"] or 0


def _days(filters: Filters) -> tuple[list[dt.date], bool]:
    """The newest days that hold the next page, from the roll-ups; and whether older days hold more."""
    known = _rollup(filters)
    if filters.before:
        known = known.filter(business_date__lte=filters.before[0])
    by_day = known.order_by("-business_date").values("business_date").annotate(many=Sum("lines"))
    wanted = (ROWS + 1) * (SPARE if _combined(filters) else 1)
    days: list[dt.date] = []
    lines = 0
    for day, many in by_day.values_list("business_date", "many")[: MOST_DAYS + 1]:
        if len(days) == MOST_DAYS or lines >= wanted:
            return days, True
        days.append(day)
        # The cursor's own day is partly behind us.
        lines += 0 if filters.before and day == filters.before[0] else many
    return days, False


def _rollup(filters: Filters) -> Any:
    """The roll-up days of the filter that narrows most."""
    period, branch = filters.choice.drawn, filters.branch.pk if filters.branch else None
    if filters.product:
        key = None if filters.product == NO_CATEGORY else int(filters.product)
        days: Any = ProductDay.objects.within(period).at_branch(branch).filter(product_id=key)
    elif filters.category:
        key = None if filters.category == NO_CATEGORY else int(filters.category)
        days = CategoryDay.objects.within(period).at_branch(branch).filter(category_id=key)
    else:
        days = BranchHour.objects.within(period).at_branch(branch)
        if filters.hour is not None:
            days = days.filter(hour=filters.hour)
    if filters.weekday is not None:
        days = days.annotate(weekday=ExtractIsoWeekDay("business_date")).filter(weekday=filters.weekday)
    return days


def _combined(filters: Filters) -> bool:
    return sum([bool(filters.product), bool(filters.category), filters.hour is not None]) > 1


def _lines(filters: Filters, days: list[dt.date], shop: Shop) -> Any:
    lines = SaleLine.objects.filter(sale__business_date__in=days, sale__voided_at=None)
    if filters.branch:
        lines = lines.filter(sale__branch=filters.branch)
    if filters.product:
        lines = lines.filter(product_id=None if filters.product == NO_CATEGORY else int(filters.product))
    if filters.category:
        # Lines without a product have no category either.
        lines = lines.filter(product__category_id=None if filters.category == NO_CATEGORY else int(filters.category))
    if filters.hour is not None:
        local = ExtractHour("sale__sold_at", tzinfo=ZoneInfo(shop.zone))
        lines = lines.annotate(hour=local).filter(hour=filters.hour).exclude(sale__kind=Sale.Kind.SUMMARY)
    if filters.before:
        lines = lines.filter(_after(*filters.before))
    lines = lines.select_related("sale", "sale__branch", "product")
    return lines.order_by("-sale__business_date", "-sale_id", "pk")


def _after(day: dt.date, sale: int, line: int) -> Q:
    """What comes after the cursor in the list's order: days and sales fall, lines of a sale rise."""
    same_day = Q(sale__business_date=day)
    return Q(sale__business_date__lt=day) | same_day & (Q(sale_id__lt=sale) | Q(sale_id=sale, pk__gt=line))


def _chips(filters: Filters) -> list[Chip]:
    found = []
    if filters.category:
        category = None if filters.category == NO_CATEGORY else Category.objects.filter(pk=filters.category).first()
        found.append(Chip(category.name if category else "No category", filters.url(category="")))
    if filters.product:
        product = None if filters.product == NO_CATEGORY else Product.objects.filter(pk=filters.product).first()
        found.append(Chip(product.name if product else "No known product", filters.url(product="")))
    if filters.weekday is not None:
        found.append(Chip(f"{formats.WEEKDAYS[filters.weekday - 1]}s", filters.url(weekday="")))
    if filters.hour is not None:
        found.append(Chip(f"{filters.hour:02}:00 to {filters.hour:02}:59", filters.url(hour="")))
    return found


# --- One receipt ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Receipt:
    """A document as the till told it. `was_charged` of a line is net and tax together."""

    sale: Sale
    title: str
    lines: list[dict[str, Any]]
    payments: list[Payment]
    net: Decimal
    tax: Decimal
    discount: Decimal
    refunds: list[Sale]
    customer: str
    lines_url: str
    came: list[Came]


def receipt(sale: Sale, *, role: str) -> Receipt:
    """The receipt; the customer is only a number for roles that may not see customers by name."""
    lines = list(SaleLine.objects.filter(sale=sale).select_related("product"))
    net, tax, discount = (
        sum((getattr(line, name) for line in lines), Decimal(0)) for name in ("net", "tax", "discount")
    )
    return Receipt(
        sale=sale,
        title=_receipt_title(sale),
        lines=[{"line": line, "paid": line.net + line.tax} for line in lines],
        payments=list(Payment.objects.filter(sale=sale)),
        net=net,
        tax=tax,
        discount=discount,
        refunds=list(Sale.objects.filter(refund_of=sale).order_by("id")),
        customer=_customer(sale, see_customers=may(role, Can.SEE_CUSTOMERS)),
        lines_url=f"{reverse('insights:line_list')}?day={sale.business_date}",
        came=came_with.of_sale(sale, role),
    )


def _receipt_title(sale: Sale) -> str:
    words = "Receipt" if sale.kind == Sale.Kind.SALE else str(Sale.Kind(sale.kind).label)
    return f"{words} {sale.receipt}" if sale.receipt else words


def _customer(sale: Sale, *, see_customers: bool) -> str:
    if sale.customer is None:
        return ""
    return str(sale.customer) if see_customers else "A known customer"
