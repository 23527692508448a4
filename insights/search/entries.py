"""What the search keeps of a product and of a review: its folded words, and the texts whose meaning stands for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from customers.models import Review
from insights.models import SearchEntry
from insights.search.folding import fold, signature, without_size
from inventory.models import Product

_MOST_OF_A_REVIEW = 600
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """The entry that a row should have. `text` is its name's words, and on a second line those it is found by too."""

    product: int | None
    review: int | None
    text: str
    means: tuple[str, ...]

    @property
    def hash(self) -> str:
        """Of everything the entry is made from: another one, and the entry is made anew."""
        return hashlib.sha256(json.dumps([self.text, self.means]).encode()).hexdigest()

    def entry(self) -> SearchEntry:
        """A new entry, its meaning still to be made."""
        return SearchEntry(
            product_id=self.product,
            review_id=self.review,
            text=self.text,
            text_hash=self.hash,
            grams=signature(self.text.split()),
        )


def wanted_products(of: Q | None = None) -> Iterator[Wanted]:
    """What the shop's products should be found by, by their number."""
    names = ("pk", "name", "sku", "category__name", "category__parent__name", "supplier__name")
    for pk, name, sku, category, parent, supplier in _by_number(Product.objects.filter(of or Q()), names):
        also = fold(" ".join(filter(None, [category, parent, sku, supplier])))
        yield Wanted(pk, None, f"{fold(name)}\n{also}", _meanings(name, category or ""))


def wanted_reviews(of: Q | None = None) -> Iterator[Wanted]:
    """What the shop's reviews should be found by: what they say, never who wrote them."""
    for pk, title, text in _by_number(Review.objects.filter(of or Q()), ("pk", "title", "text")):
        said = f"{title}. {text}" if title else text
        yield Wanted(None, pk, f"{fold(title)}\n{fold(text)}", (said[:_MOST_OF_A_REVIEW],))


def wanted_of(entries: Sequence[SearchEntry]) -> dict[int, Wanted]:
    """What these entries should be today, by their id; those whose row is gone are left out."""
    products = {one.product: one for one in wanted_products(Q(pk__in=[e.product_id for e in entries if e.product_id]))}
    reviews = {one.review: one for one in wanted_reviews(Q(pk__in=[e.review_id for e in entries if e.review_id]))}
    found = {e.pk: products.get(e.product_id) if e.product_id else reviews.get(e.review_id) for e in entries}
    return {pk: one for pk, one in found.items() if one}


def _meanings(name: str, category: str) -> tuple[str, ...]:
    """The name without its size, beside its category; and without its first word, which is so often a brand."""
    plain = without_size(name)
    first, _, rest = plain.partition(" ")
    return (f"{plain}, {category}" if category else plain, rest if " " in rest else plain)


def _by_number(rows: QuerySet[Any], names: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    """The rows in batches, so that a large shop is never held whole."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk").values_list(*names)[:_AT_ONCE]):
        yield from batch
        last = batch[-1][0]
