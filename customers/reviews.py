"""Adding what a customer wrote: by a till or website, or typed in by hand from a card."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus

from django.db import IntegrityError, transaction

from customers.models import Review
from inventory.models import Product
from shop.errors import Refused

LONGEST_TEXT = 10_000
LONGEST = {"title": 200, "author": 120, "source": 40}
_SAID = ("author", "rating", "title", "text")


class ReviewRefused(Refused):
    code = "review_invalid"


class ReviewConflict(Refused):
    """Another review has this number."""

    code = "review_conflict"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class Words:
    """A review as it was told. `product` and `branch` are ids of the shop's rows; None: about none in particular."""

    text: str
    title: str = ""
    rating: Decimal | None = None
    author: str = ""
    source: str = ""
    written_on: dt.date | None = None
    product: int | None = None
    branch: int | None = None


def add_review(*, words: Words, today: dt.date, number: uuid.UUID | None = None) -> tuple[Review, bool]:
    """The review of this number, and whether it is new. Told again it changes nothing, also after a person edited
    what it is about. Raises ReviewRefused, and ReviewConflict where other words came under the number."""
    told = _checked(words, today)
    code = str(number or uuid.uuid4())
    if known := _known(code, told):
        return known, False
    fields = {name: getattr(told, name) for name in ("text", "title", "rating", "author", "source", "written_on")}
    review = Review(code=code, product_id=told.product, branch_id=told.branch, **fields)
    try:
        with transaction.atomic():
            review.save()
    except IntegrityError:  # the same came twice at once
        if known := _known(code, told):
            return known, False
        raise
    return review, True


def _known(code: str, told: Words) -> Review | None:
    found: Review | None = Review.objects.filter(code=code).order_by("pk").first()
    if found is None:
        return None
    if any(getattr(found, name) != getattr(told, name) for name in _SAID):
        raise ReviewConflict("Another review was sent under this number. Nothing was changed.")
    return found


def _checked(words: Words, today: dt.date) -> Words:
    told = Words(
        text=_plain(words.text),
        title=_plain(words.title),
        rating=None if words.rating is None else round(words.rating, 1),
        author=_plain(words.author),
        source=_plain(words.source),
        written_on=words.written_on or today,
        product=words.product,
        branch=words.branch,
    )
    if not told.text:
        raise ReviewRefused("Write what the customer said.")
    if len(told.text) > LONGEST_TEXT:
        raise ReviewRefused(f"Keep the review under {LONGEST_TEXT:,} letters.")
    if told.rating is not None and not 1 <= told.rating <= 5:
        raise ReviewRefused("Stars go from 1 to 5.")
    if told.written_on and told.written_on > today + dt.timedelta(days=1):
        raise ReviewRefused("That day has not come yet.")
    for name, longest in LONGEST.items():
        if len(getattr(told, name)) > longest:
            raise ReviewRefused(f"Keep the {name} under {longest} letters.")
    if told.product is not None and not Product.objects.filter(pk=told.product).exists():
        raise ReviewRefused("There is no such product.")
    return told


def _plain(text: str) -> str:
    return text.replace("\0", "").strip()
