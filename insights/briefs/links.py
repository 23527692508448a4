"""The links in a brief. Each is one person's, for one decision and one amount, works once and not for long.

Opening one shows the decision; only a POST takes it, since scanners of mail follow every link. The token says which
row of which shop; everything that counts is in the row and is looked at anew: who the person is now, what the
suggestion says now, whether it was used.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils import timezone

from insights.decisions import deciding
from insights.models import DecisionLink, Suggestion
from shop import doors
from shop.errors import Refused
from shop.models import Membership
from shop.roles import Can, may

SALT, OFF_SALT = "aisle.decision-link", "aisle.brief-off"
LONGEST = dt.timedelta(hours=24)
OFF_LONGEST = dt.timedelta(days=90)


class LinkRefused(Refused):
    code = "link_invalid"


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that may be used now, by this member."""

    link: DecisionLink
    suggestion: Suggestion
    membership: Membership


def make(suggestion: Suggestion, email: str, now: dt.datetime | None = None) -> str:
    """A token for this person and the decision as it stands. A newer token for both ends the older one."""
    now = now or timezone.now()
    until = min(suggestion.deadline_at or now + LONGEST, now + LONGEST)
    old = DecisionLink.objects.filter(suggestion=suggestion, email=email).first()
    if old and old.expires_at == until:
        until -= dt.timedelta(seconds=1)  # the moment is part of the token: the older one must not match
    link, _ = DecisionLink.objects.update_or_create(
        suggestion=suggestion,
        email=email,
        defaults={
            "quantity": suggestion.quantity,
            "outlay": suggestion.outlay,
            "expires_at": until,
            "used_at": None,
            "made_at": now,
        },
    )
    return signing.dumps({"s": link.shop_id, "l": link.pk, "e": link.expires_at.isoformat()}, salt=SALT)


def shop_of(token: str) -> int:
    """The shop a whole token is of. Raises LinkRefused for any other text."""
    return int(_read(token, SALT, LONGEST)["s"])


def look(token: str) -> Opened:
    """What the link would do, its shop chosen. Raises LinkRefused, with a sentence, where it can do nothing."""
    return _check(_read(token, SALT, LONGEST), DecisionLink.objects.all())


@transaction.atomic
def use(token: str) -> Suggestion:
    """Take the decision as the member it was mailed to. Of two presses at once one acts. Raises LinkRefused, and
    what taking it may refuse; then the link stays unused."""
    opened = _check(_read(token, SALT, LONGEST), DecisionLink.objects.select_for_update(of=("self",)))
    done = deciding.accept(pk=opened.suggestion.pk, by=opened.membership.user.email, quantity=opened.link.quantity)
    opened.link.used_at = timezone.now()
    opened.link.save(update_fields=["used_at"])
    return done


def _check(said: dict[str, Any], rows: Any) -> Opened:
    link = rows.filter(pk=said["l"]).first()
    if link is None or link.expires_at.isoformat() != said["e"]:
        raise LinkRefused("A newer mail has taken the place of this link.")
    if link.used_at:
        raise LinkRefused("This link has been used.")
    if link.expires_at <= timezone.now():
        raise LinkRefused("This link has ended: the time to decide is over, or the mail is older than a day.")
    membership = doors.member_by_email(link.shop_id, link.email)
    if membership is None or not may(membership.role, Can.DECIDE):
        raise LinkRefused("Your role in this shop does not decide any more.")
    return Opened(link, _suggestion(link), membership)


def _suggestion(link: DecisionLink) -> Suggestion:
    found: Suggestion = Suggestion.objects.select_related("product", "branch", "supplier").get(pk=link.suggestion_id)
    if found.state != Suggestion.State.OPEN:
        by = f" by {found.decided_by}" if found.decided_by else ""
        raise LinkRefused(f"This is {found.get_state_display().lower()} already{by}.")
    if (found.quantity, found.outlay) != (link.quantity, link.outlay):
        raise LinkRefused("The suggestion has changed since the mail was sent.")
    return found


def _read(token: str, salt: str, longest: dt.timedelta) -> dict[str, Any]:
    try:
        said: dict[str, Any] = signing.loads(token, salt=salt, max_age=longest)
    except signing.SignatureExpired:
        raise LinkRefused("This link has ended: the mail is too old.") from None
    except signing.BadSignature:
        raise LinkRefused("This link is not whole. Open it from the mail again.") from None
    return said


# --- No more mail --------------------------------------------------------------------------------------------------


def make_off(membership: Membership) -> str:
    """A token with which this person can end their briefs from this shop, without signing in."""
    return signing.dumps({"s": membership.shop_id, "m": membership.pk}, salt=OFF_SALT)


def reader_of(token: str) -> Membership:
    """The person of such a token. Raises LinkRefused where the token is not whole or the person has left."""
    said = _read(token, OFF_SALT, OFF_LONGEST)
    found = doors.member_by_id(said["s"], said["m"])
    if found is None:
        raise LinkRefused("You are not in this shop any more, so no brief is sent.")
    return found
