"""The one door for what tills tell: every document that comes in is booked once, or put where a person sees it.

Nothing that happened is refused: unknown goods, stock below zero, odd times and sums that do not add up are booked as
told and flagged. Each document is a transaction of its own, in the order sent. The answer tells the till that it may
forget the document.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.db.utils import DataError, InterfaceError, OperationalError
from django.utils import timezone

from inventory.prices import prices_at
from sales import aside, booking, lookups, returns, working
from sales import told as telling
from sales.lookups import Kept, Known, Sticker
from sales.models import InboxItem, Sale
from sales.returns import Original, SoldLine
from sales.told import Told, ToldLine
from sales.working import CannotBook, Clock, Line
from shop.devices import Till
from shop.errors import Refused
from shop.models import Shop

PASSING = (OperationalError, InterfaceError)
Done = TypeVar("Done")


class BookingRefused(Refused):
    """A document that was set aside cannot be booked as it is."""

    code = "cannot_be_booked"


@dataclass(frozen=True, slots=True)
class Unread:
    """A document that was not understood (invalid) or is not this till's to send (forbidden): the till keeps it."""

    id: str
    fingerprint: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a document: created, duplicate, conflict, parked, invalid or forbidden."""

    id: str
    status: str
    receipt: str = ""
    business_date: dt.date | None = None
    total: Decimal | None = None
    warnings: list[str] = field(default_factory=list)
    reason: str = ""


class Interrupted(Exception):
    """The database went away in the middle; `done` is in the books, the rest is not known."""

    def __init__(self, done: list[Outcome]) -> None:
        super().__init__()
        self.done = done


def book(
    till: Till, told: Sequence[Told | Unread], *, received_at: dt.datetime, clock_offset: dt.timedelta = dt.timedelta(0)
) -> list[Outcome]:
    """Book these documents in order, each for itself; one outcome each. `clock_offset`: what the till's clock lacks.

    Raises Interrupted where the database failed twice on one of them.
    """
    done: list[Outcome] = []
    clock = Clock(received_at, clock_offset)
    try:
        known = _twice(lambda: lookups.know([each for each in told if isinstance(each, Told)]))
        for each in told:
            done.append(_twice(lambda each=each: _one(till, each, known, clock)))  # type: ignore[misc]
    except PASSING as error:
        raise Interrupted(done) from error
    return done


def book_parked(item: InboxItem, by: str) -> Outcome:
    """Book a document that was set aside, because somebody says so; doing it again changes nothing.

    Where its till's number is taken by the same content, it is booked without. Raises BookingRefused where it cannot be
    booked: it takes back a sale that is not here and has no prices, or the books have no room for its amounts.
    """
    return _book_anyway(item, UUID(item.told_id), by, "Booked")


def book_as_another(item: InboxItem, by: str) -> Outcome:
    """Book what came under a known id as a sale of its own, under an id made from the item; once, however often asked.

    Raises BookingRefused as `book_parked` does.
    """
    return _book_anyway(
        item, uuid.uuid5(uuid.NAMESPACE_OID, f"aisle:{item.shop_id}:{item.pk}"), by, "Booked as another sale"
    )


def _twice(work: Callable[[], Done]) -> Done:
    """Once more after trouble that passes, such as a restart of the database: all that is done here may be repeated."""
    try:
        return work()
    except PASSING:
        if connection.in_atomic_block:
            raise
        connection.close()
        return work()


def _one(till: Till, told: Told | Unread, known: Known, clock: Clock) -> Outcome:
    if isinstance(told, Unread):
        aside.refused(till, told.id, told.fingerprint, told.reason, clock)
        return Outcome(told.id, told.status, reason=told.reason)
    fingerprint = told.fingerprint()
    if found := known.sales.get(told.id):
        return _again(till, told, found, fingerprint, clock)
    return _book_or_park(till, told, known, fingerprint, clock) or _found_there(till, told, fingerprint, clock)


def _book_or_park(till: Till, told: Told, known: Known, fingerprint: str, clock: Clock) -> Outcome | None:
    """Book it or set it aside; None where its id, or its till's number, is booked already."""
    if not told.originals():
        return _decide(till, told, known, {}, fingerprint, clock)
    with transaction.atomic():
        # Held, so that nobody takes the same goods back meanwhile, nor comes the sale between looking and parking.
        booking.lock([told.id, *told.originals()])
        return _decide(till, told, known, returns.originals(told.originals()), fingerprint, clock)


def _decide(
    till: Till, told: Told, known: Known, originals: Mapping[UUID, Original], fingerprint: str, clock: Clock
) -> Outcome | None:
    try:
        working.check_believable(told, till.shop.currency)
        return _book(till, told, known, originals, fingerprint, clock)
    except CannotBook as odd:
        aside.parked(till, told, fingerprint, clock, odd.reason, odd.waits_for)
        return Outcome(str(told.id), "parked", reason=odd.reason)


def _book(
    till: Till, told: Told, known: Known, originals: Mapping[UUID, Original], fingerprint: str, clock: Clock
) -> Outcome | None:
    lines, odd = _lines(till, told, known, originals, clock)
    document, at = working.document(till, told, lines, clock, fingerprint=fingerprint, odd=odd)
    customer = told.customer if told.customer and told.customer.code not in known.customers else None
    booked = booking.write(document, branch=till.branch_id, at=at, customer=customer)
    if booked is None:
        return None
    if booked.is_awaited:
        _bring_in(till, told.id)
    day, total = dt.date.fromisoformat(document["business_date"]), Decimal(document["total"])
    return Outcome(str(told.id), "created", told.receipt, day, total, booked.flags)


def _lines(
    till: Till, told: Told, known: Known, originals: Mapping[UUID, Original], clock: Clock
) -> tuple[list[Line], dict[str, list[int]]]:
    """The lines as they are booked, and the numbers of those that are odd, by flag."""
    prices = _prices(till, told, known, clock)
    included, whole = till.shop.prices_include_tax, told.kind == Sale.Kind.VOID
    lines: list[Line] = []
    odd: dict[str, list[int]] = {}
    for number, line in enumerate(told.lines, start=1):
        sold, flag = _taken_back(line, originals)
        goods = known.product_of(line)
        if sold is None:
            sticker = known.sticker_of(line)
            price = sticker.price if sticker else prices.get(goods.id) if goods else None
            lines.append(working.sold_line(line, number, goods, price, included=included))
            if sticker and _take_lot(lines[-1], sticker, till, told, clock):
                odd.setdefault("sticker_over", []).append(number)
        else:
            lines.append(working.returned_line(line, number, sold, goods, included=included, whole=whole))
            sold.returned -= line.quantity
        if flag:
            odd.setdefault(flag, []).append(number)
    return lines, odd


def _taken_back(line: ToldLine, originals: Mapping[UUID, Original]) -> tuple[SoldLine | None, str]:
    """The line that this one takes back, and what is odd about it. Raises CannotBook where only the original knows
    its price and is not here."""
    if line.returns_sale is None:
        return None, ""
    original = originals.get(line.returns_sale)
    if original is None:
        if not line.is_priced:
            raise CannotBook("It takes back a sale that has not come yet, and has no prices.", line.returns_sale)
        return None, "pending_original"
    if line.returns_line is None:
        return None, ""
    sold = original.lines.get(line.returns_line)
    if sold is None or sold.row.quantity <= 0:
        return None, "over_refund"
    return sold, "over_refund" if -line.quantity > sold.left else ""


def _take_lot(line: Line, sticker: Sticker, till: Till, told: Told, clock: Clock) -> bool:
    """What was scanned by a sticker leaves its own lot; returns whether the sticker no longer held."""
    if sticker.branch == till.branch_id:
        line.lot = sticker.lot
    return sticker.is_over(till.branch_id, clock.reckon(told.sold_at)[0])


def _prices(till: Till, told: Told, known: Known, clock: Clock) -> Mapping[int, Decimal | None]:
    """The shelf's prices at that moment, where the till left them out."""
    unpriced = [line for line in told.lines if not line.is_priced and known.sticker_of(line) is None]
    products = {goods.id for line in unpriced if (goods := known.product_of(line))}
    at, _ = clock.reckon(told.sold_at)
    return prices_at(till.branch_id, at, products) if products else {}


def _again(till: Till, told: Told, found: Kept, fingerprint: str, clock: Clock) -> Outcome:
    """The id is in the books: the same content is a repeat, other content is kept beside it."""
    if found.fingerprint != fingerprint:
        reason = aside.conflict(till, told, fingerprint, clock, first=found.id)
        return Outcome(str(told.id), "conflict", reason=reason)
    if found.is_awaited:
        _bring_in(till, told.id)
    return Outcome(str(told.id), "duplicate", found.receipt, found.business_date, found.total, found.flags)


def _found_there(till: Till, told: Told, fingerprint: str, clock: Clock) -> Outcome:
    """It could not be booked because it is there: under its own id, or sent before under another."""
    if found := lookups.kept(told.id):
        return _again(till, told, found, fingerprint, clock)
    reason = "The same sale came before under another id."
    aside.parked(till, told, fingerprint, clock, reason)
    return Outcome(str(told.id), "parked", reason=reason)


def _bring_in(till: Till, id: UUID) -> None:
    """A sale has come that others waited for: those that take it back are linked, and booked if they could not be."""
    with transaction.atomic():
        booking.lock([id])
        sale = Sale.objects.get(uuid=id)
        waiting = (
            Sale.objects.filter(lines__returns_sale=id, refund_of=None).exclude(pk=sale.pk).values_list("pk", flat=True)
        )
        Sale.objects.filter(pk__in=list(waiting)).update(refund_of=sale)
    for item in InboxItem.objects.open().filter(kind=InboxItem.Kind.PARKED, code=str(id)).order_by("pk"):
        try:
            _book_anyway(item, UUID(item.told_id), "", "Booked when the sale it takes back came")
        except BookingRefused:
            continue  # it stays set aside, for a person


@transaction.atomic
def _book_anyway(item: InboxItem, id: UUID, by: str, resolution: str) -> Outcome:
    assert item.payload is not None
    assert item.branch_id is not None
    assert item.register_id is not None
    told = telling.read(id, item.payload)
    if item.kind == InboxItem.Kind.CONFLICT:
        told.epoch = told.seq = None  # the first sale's
    till = Till(Shop.objects.get(pk=item.shop_id), item.branch_id, item.register_id, 0, "")
    clock = Clock(item.received_at, dt.timedelta(seconds=item.payload.get("clock_offset", 0)))
    booking.lock([id, *told.originals()])
    known, originals = lookups.know([told]), returns.originals(told.originals())
    outcome: Outcome | None = None
    if found := known.sales.get(id):
        outcome = Outcome(str(id), "duplicate", found.receipt, found.business_date, found.total, found.flags)
    try:
        outcome = outcome or _book(till, told, known, originals, item.fingerprint, clock)
        if outcome is None:
            told.epoch = told.seq = None
            outcome = _book(till, told, known, returns.originals(told.originals()), item.fingerprint, clock)
    except CannotBook as odd:
        raise BookingRefused(odd.reason) from odd
    except (DataError, InvalidOperation) as error:
        raise BookingRefused("The books have no room for amounts as large as these.") from error
    InboxItem.objects.open().filter(pk=item.pk).update(
        resolved_at=timezone.now(), resolved_by=by, resolution=resolution
    )
    assert outcome is not None
    return outcome
