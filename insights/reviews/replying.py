"""Answering a review: drafted, worded and approved by a person, sent by hand where it was written, marked as sent.

Nothing is ever sent from here. Each call locks the review, and may be repeated. Raises ReplyRefused in words.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from customers.models import Review
from insights.decisions import deciding
from insights.models import ReviewAspect, ReviewReply, Suggestion
from insights.reviews import drafting
from insights.reviews.drafting import Drafted, Heard
from insights.reviews.standing import standing
from shop.errors import Refused
from shop.tenancy import acting

LONGEST = 2000
KIND = "reply"
State = ReviewReply.State


class ReplyRefused(Refused):
    code = "reply_invalid"


def key_of(review: int) -> str:
    """The key of a suggestion to answer this review."""
    return f"{KIND}:{review}"


def of(review: Review) -> ReviewReply | None:
    found: ReviewReply | None = ReviewReply.objects.filter(review=review).first()
    return found


def draft(*, review: Review, shop_name: str, by: str, anew: bool = False) -> ReviewReply:
    """The reply as a draft to word: what the night suggested, else a fresh one. One that stands is kept, unless
    another is asked for `anew` and it is still a draft. May wait for a vendor: not for inside a transaction."""
    before = of(review)
    if before is not None and not (anew and before.state == State.DRAFT):
        return before
    suggested = None if anew else _suggested(review)
    drafted = suggested or drafting.draft(review, heard(review), shop_name)
    return _keep(review, drafted, by)


def heard(review: Review) -> Heard:
    """What is known of it: tone and language as they stand, and its aspects, worst first."""
    row = standing(Review.objects.filter(pk=review.pk)).get()
    found = list(ReviewAspect.objects.filter(review=review).order_by("score").values_list("aspect", "score"))
    good = [aspect for aspect, score in reversed(found) if score > 0]
    return Heard(row.tone, row.language, good, [aspect for aspect, score in found if score < 0])


@transaction.atomic
def _keep(review: Review, drafted: Drafted, by: str) -> ReviewReply:
    found = _locked(review) or ReviewReply(review=review)
    if found.state != State.DRAFT:
        return found
    found.drafted = found.text = drafted.text
    found.provider, found.model, found.prompt_version = drafted.provider, drafted.model[:80], drafted.prompt_version
    with acting(by):
        found.save()
    return found


@transaction.atomic
def approve(*, review: Review, text: str, by: str) -> ReviewReply:
    """Approve these words, also without a draft, and so accept the suggestion that waits for it."""
    words = checked(text)
    found = _locked(review) or ReviewReply(review=review, drafted=_drafted(review), provider="person")
    if found.state in (State.APPROVED, State.REPLIED):
        if found.text == words:
            return found
        raise ReplyRefused("It is approved already. Undo that first, to word it anew.")
    found.text, found.state = words, State.DRAFT
    with acting(by):
        found.save()
    if waiting := _waiting(review):
        deciding.accept(pk=waiting.pk, by=by)
        return ReviewReply.objects.get(pk=found.pk)  # type: ignore[no-any-return]
    return _set(found, State.APPROVED, by)


@transaction.atomic
def accept_suggested(suggestion: Suggestion, *, by: str) -> ReviewReply:
    """What accepting a suggestion does: the draft, as it is worded by now, is approved. Repeating is harmless."""
    review = _review(suggestion)
    found = _locked(review)
    if found is None or (found.state == State.DROPPED and not found.text):
        drafted = _read(suggestion)
        if drafted is None:
            raise ReplyRefused("There is no draft yet. Open the review and write one.")
        found = found or ReviewReply(review=review)
        found.drafted = found.text = drafted.text
        found.provider, found.model, found.prompt_version = drafted.provider, drafted.model, drafted.prompt_version
    return found if found.state in (State.APPROVED, State.REPLIED) else _set(found, State.APPROVED, by)


def words_of(suggestion: Suggestion) -> tuple[str, Review] | None:
    """The words that accepting it would approve, as they stand now, and the review; None where there are none."""
    try:
        review = _review(suggestion)
    except ReplyRefused:
        return None
    found, drafted = of(review), _read(suggestion)
    text = found.text if found and found.text else drafted.text if drafted else ""
    return (text, review) if text else None


@transaction.atomic
def take_back_suggested(suggestion: Suggestion, *, by: str) -> None:
    """What undoing it does: the reply is a draft again."""
    found = _locked(_review(suggestion))
    if found is not None and found.state == State.REPLIED:
        raise ReplyRefused("This reply is marked as sent. Undo that on the review first.")
    if found is not None:
        _set(found, State.DRAFT, by)


@transaction.atomic
def mark_replied(*, review: Review, by: str) -> ReviewReply:
    """Say that the approved words were sent by hand, where the review was written."""
    found = _locked(review)
    if found is None or found.state not in (State.APPROVED, State.REPLIED):
        raise ReplyRefused("Approve a reply first.")
    if found.state == State.REPLIED:
        return found
    found.replied_at = timezone.now()
    return _set(found, State.REPLIED, by)


@transaction.atomic
def drop(*, review: Review, by: str) -> ReviewReply:
    """Say that no reply is needed; the suggestion to reply goes with it."""
    found = _locked(review) or ReviewReply(review=review)
    if found.state in (State.APPROVED, State.REPLIED):
        raise ReplyRefused("A reply is approved already. Undo that first.")
    if waiting := _waiting(review):
        deciding.dismiss(pk=waiting.pk, by=by)
    return found if found.state == State.DROPPED else _set(found, State.DROPPED, by)


@transaction.atomic
def undo(*, review: Review, by: str) -> ReviewReply | None:
    """One step back: sent, approved, draft; or no reply needed, draft. None where nothing is left of it."""
    found = _locked(review)
    if found is None or found.state == State.DRAFT:
        return found
    if found.state == State.REPLIED:
        found.replied_at = None
        return _set(found, State.APPROVED, by)
    was = Suggestion.State.ACCEPTED if found.state == State.APPROVED else Suggestion.State.DISMISSED
    _reopen(review, was, by)
    found = ReviewReply.objects.get(pk=found.pk)
    if not found.text:
        with acting(by):
            found.delete()
        return None
    return found if found.state == State.DRAFT else _set(found, State.DRAFT, by)


def checked(text: str) -> str:
    words = "\n".join(line.rstrip() for line in text.replace("\0", "").strip().splitlines())
    if not words:
        raise ReplyRefused("Write the reply first.")
    if len(words) > LONGEST:
        raise ReplyRefused(f"Keep the reply under {LONGEST:,} letters.")
    return words


def _locked(review: Review) -> ReviewReply | None:
    Review.objects.select_for_update().get(pk=review.pk)
    return of(review)


def _set(found: ReviewReply, state: str, by: str) -> ReviewReply:
    found.state = state
    decided = state != State.DRAFT
    found.decided_by, found.decided_at = (by, timezone.now()) if decided else ("", None)
    with acting(by):
        found.save()
    return found


def _waiting(review: Review) -> Suggestion | None:
    now = timezone.now()
    found = Suggestion.objects.filter(key=key_of(review.pk), state=Suggestion.State.OPEN)
    waiting: Suggestion | None = found.exclude(deadline_at__lte=now).first()
    return waiting


def _reopen(review: Review, was: str, by: str) -> None:
    """The decision goes back with the reply, unless a newer suggestion stands open."""
    found = Suggestion.objects.filter(key=key_of(review.pk))
    last = found.filter(state=was).order_by("-decided_at", "-pk").first()
    if last is not None and not found.filter(state=Suggestion.State.OPEN).exists():
        deciding.undo(pk=last.pk, by=by)


def _review(suggestion: Suggestion) -> Review:
    number = suggestion.key.removeprefix(f"{KIND}:")
    found = Review.objects.filter(pk=int(number)).first() if number.isdigit() else None
    if found is None:
        raise ReplyRefused("The review is no longer there.")
    return found  # type: ignore[no-any-return]


def _suggested(review: Review) -> Drafted | None:
    waiting = _waiting(review)
    return _read(waiting) if waiting else None


def _drafted(review: Review) -> str:
    suggested = _suggested(review)
    return suggested.text if suggested else ""


def _read(suggestion: Suggestion) -> Drafted | None:
    """The draft a suggestion carries, with who wrote it where it says so."""
    given = suggestion.evidence if isinstance(suggestion.evidence, Mapping) else {}
    text, provider, model, version = (
        str(given.get(name) or "").replace("\0", "").strip()
        for name in ("draft", "provider", "model", "prompt_version")
    )
    return Drafted(text[:LONGEST], provider[:20] or "local", model[:80], version[:20]) if text else None
