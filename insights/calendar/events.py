"""Events of the calendar: proposed, approved, changed, left out. Only approved ones reach the forecast."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from insights.calendar import asking
from insights.calendar.asking import LEAST, MOST
from insights.calendar.sentences import LONGEST_SENTENCE
from insights.models import CalendarEvent
from inventory.models import Category
from shop.errors import Refused
from shop.models import Branch, Shop
from shop.tenancy import acting

State = CalendarEvent.State
LONGEST = dt.timedelta(days=366)


class EventRefused(Refused):
    code = "event_invalid"


@dataclass(frozen=True, slots=True)
class Fields:
    """What a person says of an event. Changes are shares of sales; empty is not known."""

    name: str
    first_date: dt.date
    last_date: dt.date
    branch: Branch | None = None
    category: Category | None = None
    is_closed: bool = False
    effect: Decimal | None = None
    effect_low: Decimal | None = None
    effect_high: Decimal | None = None


def propose(*, sentence: str, shop: Shop, by: str) -> CalendarEvent:
    """Read a sentence and put the event in it up for approval. A model may be asked, so no transaction is held.

    Raises EventRefused where no day can be found in it.
    """
    said = " ".join(sentence.replace("\x00", "").split())
    if not said or len(said) > LONGEST_SENTENCE:
        raise EventRefused(f"Write one sentence of up to {LONGEST_SENTENCE} letters.")
    read = asking.read(said, shop)
    found = read.proposal
    if found is None:
        raise EventRefused("No day is named in that. Say what happens and when, such as “street fair on Saturday”.")
    with acting(by, "Said in a sentence"):
        return CalendarEvent.objects.create(  # type: ignore[no-any-return]
            name=found.name,
            first_date=found.first,
            last_date=found.last,
            is_closed=found.is_closed,
            effect=found.effect,
            effect_low=found.low,
            effect_high=found.high,
            said=said,
            read_by=read.read_by[:20],
        )


def add(*, fields: Fields, by: str) -> CalendarEvent:
    """Put an event into the forecast's calendar. Raises EventRefused for days or changes that cannot be."""
    _check(fields)
    with acting(by):
        event = CalendarEvent(state=State.APPROVED, decided_by=by)
        return _filled(event, fields)


@transaction.atomic
def approve(*, pk: int, by: str, fields: Fields | None = None) -> CalendarEvent:
    """Let an event into the forecast, as it stands or as the person changes it. Raises EventRefused."""
    event = _locked(pk)
    if fields is not None:
        _check(fields)
    event.state, event.decided_by = State.APPROVED, by
    with acting(by):
        if fields is not None:
            return _filled(event, fields)
        event.save()
    return event


@transaction.atomic
def dismiss(*, pk: int, by: str) -> CalendarEvent:
    """Leave an event out of the forecast. It stays in the list and may be approved again."""
    event = _locked(pk)
    if event.state != State.DISMISSED:
        event.state, event.decided_by = State.DISMISSED, by
        with acting(by):
            event.save()
    return event


def _locked(pk: int) -> CalendarEvent:
    event: CalendarEvent | None = CalendarEvent.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if event is None:
        raise EventRefused("There is no such event.")
    return event


def _filled(event: CalendarEvent, fields: Fields) -> CalendarEvent:
    for name in Fields.__slots__:
        setattr(event, name, getattr(fields, name))
    if fields.is_closed:
        event.effect = event.effect_low = event.effect_high = LEAST
    event.save()
    return event


def _check(fields: Fields) -> None:
    if fields.last_date < fields.first_date:
        raise EventRefused("The last day is before the first.")
    if fields.last_date - fields.first_date > LONGEST:
        raise EventRefused("An event lasts a year at most.")
    known = [value for value in (fields.effect_low, fields.effect, fields.effect_high) if value is not None]
    if any(not LEAST <= value <= MOST for value in known):
        raise EventRefused("A change in sales lies between 100% less and 300% more.")
    if known != sorted(known) or (known and fields.effect is None):
        raise EventRefused("Write the change you expect, and a range around it.")
