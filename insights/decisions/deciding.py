"""What a person does with a suggestion. Each call is atomic and may be repeated: the second changes nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from insights.decisions.drafts import act_of
from insights.models import Suggestion
from shop.errors import Refused
from shop.tenancy import acting

State = Suggestion.State
LONGEST_SNOOZE = dt.timedelta(days=31)


class DecisionRefused(Refused):
    code = "decision_invalid"


@transaction.atomic
def accept(*, pk: int, by: str, quantity: Decimal | None = None, price: Decimal | None = None) -> Suggestion:
    """Carry a suggestion out, with the advised quantity and price or the person's own. Locks its row.

    Raises DecisionRefused where it is no longer open, the quantity or price is not above 0, or a price is given and
    none is advised; the act may refuse too.
    """
    found = _locked(pk)
    if found.state == State.ACCEPTED:
        return found
    _must_be_open(found)
    if quantity is not None and quantity <= 0:
        raise DecisionRefused("Choose a quantity above 0, or dismiss the suggestion.")
    if price is not None and (price <= 0 or found.advised_price is None):
        raise DecisionRefused("Choose a price above 0, or dismiss the suggestion.")
    chosen = found.quantity if quantity is None else quantity
    charged = found.advised_price if price is None else price
    act = act_of(found.kind)
    with acting(by, f"Accepted: {found.title}"):
        found.effect = act.accept(found, quantity=chosen, price=charged, by=by) if act else {}
    found.decided_quantity, found.decided_price = chosen, charged
    return _decided(found, State.ACCEPTED, by)


@transaction.atomic
def dismiss(*, pk: int, by: str, reason: str = "") -> Suggestion:
    """Say no. Raises DecisionRefused where it is no longer open, or for an unknown reason."""
    found = _locked(pk)
    if reason and reason not in Suggestion.Reason.values:
        raise DecisionRefused("Choose one of the reasons.")
    if found.state != State.DISMISSED:
        _must_be_open(found)
    found.reason = reason
    return _decided(found, State.DISMISSED, by)


@transaction.atomic
def snooze(*, pk: int, by: str, until: dt.datetime) -> Suggestion:
    """Ask again later. Raises DecisionRefused for a moment in the past, past its deadline or a month away."""
    found = _locked(pk)
    _must_be_open(found)
    if not timezone.now() < until <= timezone.now() + LONGEST_SNOOZE:
        raise DecisionRefused("Choose a time within the next month.")
    if found.deadline_at and until >= found.deadline_at:
        raise DecisionRefused("That is after its deadline. Decide now, or choose an earlier time.")
    found.snoozed_until, found.decided_by = until, by
    found.save(update_fields=["snoozed_until", "decided_by"])
    return found


@transaction.atomic
def undo(*, pk: int, by: str) -> Suggestion:
    """Take a decision or a snooze back. Raises DecisionRefused where it is too late; the act may refuse too."""
    found = _locked(pk)
    if found.state == State.OPEN:
        found.snoozed_until = None
        found.save(update_fields=["snoozed_until"])
        return found
    if found.state not in {State.ACCEPTED, State.DISMISSED}:
        raise DecisionRefused("This suggestion is closed: a newer one stands in its place.")
    if found.outcomes.exists():
        raise DecisionRefused("What it did has been measured, so it stands. Change it back where it took effect.")
    if Suggestion.objects.filter(key=found.key, state=State.OPEN).exists():
        raise DecisionRefused("A newer suggestion about the same stands open. Decide on that one.")
    act = act_of(found.kind)
    if act and found.state == State.ACCEPTED:
        with acting(by, f"Undone: {found.title}"):
            act.undo(found, by=by)
    found.state, found.effect, found.reason = State.OPEN, {}, ""
    found.decided_by, found.decided_at, found.snoozed_until = "", None, None
    found.decided_quantity, found.decided_price = None, None
    found.save()
    return found


def _locked(pk: int) -> Suggestion:
    found: Suggestion | None = Suggestion.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if found is None:
        raise DecisionRefused("There is no such suggestion.")
    return found


def _must_be_open(found: Suggestion) -> None:
    if found.state == State.OPEN and found.deadline_at and found.deadline_at <= timezone.now():
        raise DecisionRefused("Its deadline has passed.")
    if found.state != State.OPEN:
        raise DecisionRefused(
            f"This suggestion is {found.get_state_display().lower()} already. Look at Today for what stands now."
        )


def _decided(found: Suggestion, state: str, by: str) -> Suggestion:
    found.state, found.decided_by, found.decided_at = state, by, timezone.now()
    found.save()
    return found
