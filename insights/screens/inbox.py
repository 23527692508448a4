"""The till inbox: what tills sent that a person should look at, in a shopkeeper's words, with what can be done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from insights.screens import inbox_tills
from sales import inbox, money
from sales.inbox import Figures, Kind, Unknown
from sales.models import InboxItem
from shop import formats
from shop.models import Shop

FEW, ROWS, LATELY = 8, 25, 12


@dataclass(frozen=True, slots=True)
class Words:
    """How a kind is spoken of."""

    title: str
    about: str
    icon: str


KINDS: dict[str, Words] = {
    Kind.CONFLICT: Words(
        "Two sales under one number",
        "A till sent another sale under a number it had used. The first is in the books, the other waits for you.",
        "git-compare",
    ),
    Kind.PARKED: Words("Set aside", "These sales are not in the books until you book them.", "pause"),
    Kind.REFUSED: Words(
        "Could not be read", "The till still has these sales. Whoever looks after it should see this.", "circle-x"
    ),
    Kind.UNMATCHED: Words(
        "Unknown products",
        "The money is in the books. Say what was sold, and stock and margin follow for all its lines.",
        "scan-barcode",
    ),
    Kind.OVER_REFUND: Words(
        "More given back than sold", "Booked as the till told it. Look at who gave what back.", "undo-2"
    ),
    Kind.MISMATCH: Words(
        "Amounts that do not add up", "Booked as the till told it: the money in the drawer counts.", "calculator"
    ),
    Kind.CLOCK: Words("A till's clock is wrong", "Its sales are on the day we believe. Set the till's clock.", "clock"),
    Kind.SEQ_REUSED: Words(
        "A till's count used twice", "Two different sales carry one number of the till. Both are booked.", "copy"
    ),
}
BUTTONS = {
    inbox.KEEP: "Keep the first",
    inbox.ANOTHER: "Book as another sale",
    inbox.BOOK: "Book it",
    inbox.ASIDE: "Set aside",
    inbox.SEEN: "Seen",
    inbox.LEAVE: "Leave without a product",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One item: what happened, where, and what can be done about it."""

    pk: int
    title: str
    text: str
    where: str
    received_at: dt.datetime
    url: str
    link: str
    buttons: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Section:
    kind: str
    words: Words
    count: int
    rows: list[Row]
    unknown: list[Unknown]
    page: Page[Any] | None

    @property
    def more(self) -> int:
        return 0 if self.page else self.count - len(self.rows) - len(self.unknown)


@dataclass(frozen=True, slots=True)
class Done:
    """Something decided lately, and whether it can be taken back."""

    item: InboxItem
    title: str
    unmatch: bool
    reopen: bool


@dataclass(frozen=True, slots=True)
class InboxScreen:
    lead: str
    kind: str
    sections: list[Section]
    done: list[Done]
    tills: list[inbox_tills.TillRow]
    count: int


@transaction.atomic
def build(given: Mapping[str, str], shop: Shop) -> InboxScreen:
    """What waits, all kinds or one of them; a fixed number of queries however much waits."""
    counts = inbox.open_counts()
    only = given.get("kind", "") if given.get("kind", "") in KINDS else ""
    wanted = [only] if only else [kind for kind in KINDS if counts.get(kind)]
    return InboxScreen(
        lead=_lead(counts),
        kind=only,
        sections=[_section(kind, counts.get(kind, 0), shop, given.get("page", "1") if only else "") for kind in wanted],
        done=[_done(item) for item in inbox.decided(LATELY)],
        tills=inbox_tills.rows(shop, timezone.now()),
        count=sum(counts.values()),
    )


def title_of(item: InboxItem, figures: Figures | None, currency: str) -> str:
    """What happened, in a line."""
    till = item.register.name if item.register else "A till"
    receipt = f"Receipt {item.sale.receipt}" if item.sale and item.sale.receipt else "A sale"
    if item.kind == Kind.CONFLICT:
        first = formats.money(item.sale.total, currency) if item.sale else "a sale"
        return f"{till}: first {first}, then {written_total(item.payload, currency)}"
    if item.kind == Kind.PARKED:
        total = told_total(item.payload)
        return f"{till}: {'a sale without prices' if total is None else f'a sale of {formats.money(total, currency)}'}"
    if item.kind == Kind.REFUSED:
        return f"{till} sent a sale that could not be read"
    if item.kind == Kind.OVER_REFUND:
        return f"{receipt} gave back more than was sold"
    if item.kind == Kind.MISMATCH:
        return f"{receipt}{_figures(figures, currency)}"
    if item.kind == Kind.CLOCK:
        return f"The clock of {till} is wrong"
    return f"{till}: {item.sale.seq if item.sale and item.sale.seq is not None else 'a number'} was used twice"


def written_total(payload: Any, currency: str) -> str:
    """What a document as it was sent comes to, as far as it says."""
    total = told_total(payload)
    return "a sale without prices" if total is None else formats.money(total, currency)


def told_total(payload: Any) -> Decimal | None:
    """The total as told, else what its lines come to; None where prices were left out."""
    if not isinstance(payload, dict):
        return None
    if payload.get("total") is not None:
        return Decimal(payload["total"])
    amounts = [line_amount(line) for line in payload.get("lines", [])]
    return None if None in amounts else money.cents(sum((one for one in amounts if one is not None), Decimal(0)))


def line_amount(line: Mapping[str, Any]) -> Decimal | None:
    """What was paid for a line as it was sent; None where it left its price out."""
    if line.get("net") is not None and line.get("tax") is not None:
        return Decimal(line["net"]) + Decimal(line["tax"])
    if line.get("unit_price") is None:
        return None
    quantity, discount = Decimal(line["quantity"]), Decimal(line.get("discount", 0))
    return Decimal(line["unit_price"]) * quantity - (-abs(discount) if quantity < 0 else discount)


def _lead(counts: Mapping[str, int]) -> str:
    many = sum(counts.values())
    if not many:
        return "Nothing waits. What tills send is in the books."
    outside = inbox.not_in_the_books(counts)
    things = "One thing waits" if many == 1 else f"{many:,} things wait"
    if not outside:
        return f"{things} for a look. All money is in the books."
    return f"{things} for a look. {outside:,} {'is' if outside == 1 else 'are'} not in the books yet."


def _section(kind: str, count: int, shop: Shop, number: str) -> Section:
    """The first few of a kind, or a page of it."""
    page = Paginator(range(count), ROWS).get_page(number) if number else None
    first, most = (max(page.start_index() - 1, 0), ROWS) if page else (0, FEW)
    if kind == Kind.UNMATCHED:
        return Section(kind, KINDS[kind], count, [], inbox.unknown_goods(first=first, most=most), page)
    items = list(inbox.open_items(kind)[first : first + most])
    sales = [item.sale_id for item in items if item.sale_id]
    figures = inbox.figures(sales) if kind == Kind.MISMATCH else {}
    return Section(kind, KINDS[kind], count, [_row(item, figures, shop) for item in items], [], page)


def _row(item: InboxItem, figures: Mapping[int, Figures], shop: Shop) -> Row:
    compares = item.kind in (Kind.CONFLICT, Kind.PARKED)
    url = reverse("insights:inbox_detail", args=[item.pk])
    if item.sale_id and not compares:
        url = reverse("insights:sale_detail", args=[item.sale_id])
    return Row(
        pk=item.pk,
        title=title_of(item, figures.get(item.sale_id or 0), shop.currency),
        text="" if item.kind == Kind.CONFLICT else item.reason,  # the section says it
        where=item.branch.name if item.branch else "",
        received_at=item.received_at,
        url=url,
        link="Compare them" if item.kind == Kind.CONFLICT else "Open" if compares or not item.sale_id else "Receipt",
        buttons=[(how, BUTTONS[how]) for how in inbox.CHOICES[item.kind]],
    )


def _figures(figures: Figures | None, currency: str) -> str:
    if figures is None:
        return " does not add up"
    said = f": lines {formats.money(figures.lines, currency)}, total {formats.money(figures.total, currency)}"
    return said if figures.paid is None else f"{said}, paid {formats.money(figures.paid, currency)}"


def _done(item: InboxItem) -> Done:
    title = item.name or item.code if item.kind == Kind.UNMATCHED else KINDS[item.kind].title
    return Done(item, title, unmatch=item.product_id is not None, reopen=inbox.may_reopen(item))
