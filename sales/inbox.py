"""What tills sent that a person should look at, and what they decide about it.

Open items are grouped by kind, unknown goods by code. A decision is taken once: whoever comes second is told what was
decided. What was only looked at or set aside can be opened again; what was booked stays in the books.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from sales.models import InboxItem, Payment, Sale, SaleLine
from shop.errors import Refused
from shop.tenancy import current_shop_id

Kind = InboxItem.Kind
RECENT = dt.timedelta(days=30)

# What may be decided about an item of a kind, and how it is remembered.
KEEP, ANOTHER, BOOK, ASIDE, SEEN, LEAVE = "keep", "another", "book", "aside", "seen", "leave"
WORDS = {
    KEEP: "Kept the first",
    ANOTHER: "Booked as another sale",
    BOOK: "Booked",
    ASIDE: "Set aside",
    SEEN: "Seen",
    LEAVE: "Left without a product",
}
CHOICES: dict[str, tuple[str, ...]] = {
    Kind.CONFLICT: (KEEP, ANOTHER),
    Kind.PARKED: (BOOK, ASIDE),
    Kind.REFUSED: (SEEN,),
    Kind.UNMATCHED: (LEAVE,),
    Kind.OVER_REFUND: (SEEN,),
    Kind.MISMATCH: (SEEN,),
    Kind.CLOCK: (SEEN,),
    Kind.SEQ_REUSED: (SEEN,),
}
# In the order one deals with them: what is not in the books, what has no product, what is only odd.
KINDS = tuple(CHOICES)
_BOOKS = {ANOTHER, BOOK}


class InboxRefused(Refused):
    code = "inbox_refused"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Goods nobody knows, by the code the till told: how many lines of how many sales, for how much, since when."""

    code: str
    name: str
    lines: int
    units: Decimal
    paid: Decimal
    price: Decimal
    since: dt.datetime
    last: dt.datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """What a sale's lines, its total and its payments come to. They should agree; `rounding` is the cash rounding."""

    lines: Decimal
    total: Decimal
    rounding: Decimal
    paid: Decimal | None


def open_counts() -> dict[str, int]:
    """How many things wait, by kind; of unknown goods each code counts once."""
    rows = InboxItem.objects.open().order_by().values_list("kind")
    return {kind: codes if kind == Kind.UNMATCHED else items for kind, items, codes in rows.annotate(
        items=Count("pk"), codes=Count("code", distinct=True)
    )}  # fmt: skip


def not_in_the_books(counts: Mapping[str, int]) -> int:
    """How many of these wait to be booked or not."""
    return counts.get(Kind.CONFLICT, 0) + counts.get(Kind.PARKED, 0)


def open_items(kind: str) -> Any:
    """The open items of a kind, the newest first."""
    return InboxItem.objects.open().filter(kind=kind).select_related("sale", "register", "branch")


def decided(most: int) -> list[InboxItem]:
    """What was decided within the last 30 days, the latest first; of unknown goods one item a code."""
    found = InboxItem.objects.filter(resolved_at__gte=timezone.now() - RECENT).order_by("-resolved_at", "-pk")
    with connection.cursor() as cursor:
        cursor.execute(_DECIDED, [current_shop_id(), timezone.now() - RECENT, most])
        return list(found.filter(pk__in=[pk for (pk,) in cursor.fetchall()]).select_related("sale", "product"))


def unknown_goods(*, code: str | None = None, first: int = 0, most: int | None = None) -> list[Unknown]:
    """Unknown goods that wait for a product, those that took most money first; one code only if given."""
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, {"shop": current_shop_id(), "code": code, "first": first, "most": most})
        return [Unknown(*row) for row in cursor.fetchall()]


def figures(sales: Sequence[int]) -> dict[int, Figures]:
    """Lines, total and payments of these sales; two queries and one more however many."""
    lines = dict(_sums(SaleLine, sales, Sum("net") + Sum("tax")))
    paid = dict(_sums(Payment, sales, Sum("amount")))
    found = Sale.objects.filter(pk__in=sales).values_list("pk", "total", "rounding")
    return {pk: Figures(lines[pk], total, rounding, paid.get(pk)) for pk, total, rounding in found}


@transaction.atomic
def resolve(*, item: InboxItem, how: str, by: str) -> InboxItem:
    """Decide about an item, for all lines of its code where it is of unknown goods. The same again changes nothing.

    Booking puts what was kept into the books, in the same transaction. Raises InboxRefused for what cannot be decided
    about its kind, and where somebody decided otherwise.
    """
    if how not in CHOICES[item.kind]:
        raise InboxRefused("This cannot be done with it. Choose one of the buttons.")
    found: InboxItem = InboxItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if found.resolved_at:
        if found.resolution == WORDS[how]:
            return found
        raise InboxRefused(f"{found.resolved_by or 'Somebody'} was first: {found.resolution.lower()}.")
    if how in _BOOKS:
        found.sale = _book(found, how, by)
        found.save(update_fields=["sale"])
    same = InboxItem.objects.open().filter(pk=found.pk)
    if found.kind == Kind.UNMATCHED:
        same = InboxItem.objects.open().filter(kind=found.kind, code=found.code)
    same.update(resolved_at=timezone.now(), resolved_by=by, resolution=WORDS[how])
    found.refresh_from_db()
    return found


def may_reopen(item: InboxItem) -> bool:
    """Whether a decision changed nothing in the books: a matching is taken back by `matching.unmatch` instead."""
    changed = {WORDS[how] for how in _BOOKS}
    return item.resolved_at is not None and item.product_id is None and item.resolution not in changed


@transaction.atomic
def reopen(*, item: InboxItem) -> None:
    """Let an item wait again, with all of its code that were left with it. Twice is as once.

    Raises InboxRefused for what was booked or matched.
    """
    found: InboxItem = InboxItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if found.resolved_at is None:
        return
    if not may_reopen(found):
        raise InboxRefused("This is in the books now. Give it back at the till, or void the sale.")
    same = InboxItem.objects.filter(pk=found.pk)
    if found.kind == Kind.UNMATCHED:
        same = InboxItem.objects.filter(kind=found.kind, code=found.code, product=None)
    same.update(resolved_at=None, resolved_by="", resolution="")


def _book(item: InboxItem, how: str, by: str) -> Sale:
    from sales import till  # the door of the tills writes inbox items itself

    outcome = till.book_as_another(item, by) if how == ANOTHER else till.book_parked(item, by)
    return Sale.objects.get(uuid=outcome.id)  # type: ignore[no-any-return]


def _sums(model: Any, sales: Sequence[int], amount: Any) -> Any:
    return model.objects.filter(sale__in=sales).order_by().values_list("sale").annotate(amount=amount)


_UNKNOWN = """
select i.code, max(i.name), count(*)::int, coalesce(sum(l.quantity), 0), coalesce(sum(l.net + l.tax), 0),
    coalesce((array_agg(l.unit_price order by s.sold_at desc))[1], 0), min(i.received_at), max(i.received_at)
from sales_inboxitem i
left join sales_sale s on s.shop_id = i.shop_id and s.id = i.sale_id
left join lateral (
    select sum(l.quantity) as quantity, sum(l.net) as net, sum(l.tax) as tax, max(l.unit_price) as unit_price
    from sales_saleline l where l.shop_id = i.shop_id and l.sale_id = i.sale_id and l.number = i.line_number
) l on true
where i.shop_id = %(shop)s and i.kind = 'unmatched' and i.resolved_at is null
    and (%(code)s::text is null or i.code = %(code)s)
group by i.code order by 5 desc, i.code offset %(first)s limit %(most)s
"""

_DECIDED = """
select id from (
    select distinct on (case when kind = 'unmatched' then 'code ' || code else id::text end) id, resolved_at
    from sales_inboxitem where shop_id = %s and resolved_at >= %s
    order by case when kind = 'unmatched' then 'code ' || code else id::text end, resolved_at desc, id desc
) one order by resolved_at desc, id desc limit %s
"""
