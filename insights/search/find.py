"""Finding: by code, by words, past slips, and by meaning in any of sixteen languages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Q
from django.db.models.functions import Coalesce

from customers.models import Review
from insights.models import SearchEntry
from insights.search import everyday, meaning, weighing
from insights.search.everyday import Unit
from insights.search.folding import closeness, fold
from insights.search.scan import MOST_WORDS, PRODUCT, REVIEW, scan
from inventory.models import Barcode, Category, Product, Supplier

SUPPLIER, CATEGORY = "supplier", "category"
KINDS = (PRODUCT, CATEGORY, SUPPLIER, REVIEW)
MOST_LETTERS = 200
CODE, _NOT_ON_SALE = 9.0, 0.8  # a whole code is beyond doubt
_NAMED_ALIKE, _MOST_NAMES = 0.55, 2_000


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found. `row` is the product, review, supplier or category; the higher the score, the closer."""

    kind: str
    pk: int
    title: str
    row: Any
    score: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed, and what it may mean. `newest` is the newest product with an entry."""

    words: str
    folded: tuple[str, ...]
    parts: tuple[Unit, ...]
    vector: meaning.Vector | None
    newest: int

    @property
    def others(self) -> list[tuple[str, ...]]:
        return [name for unit in self.parts for name in unit.others]


def find(words: str, *, kinds: Collection[str] = (PRODUCT,), most: int = 20) -> list[Hit]:
    """What of the chosen shop answers to these words, best first, `most` of each kind. Empty words find nothing.

    A whole SKU, PLU or barcode comes first. While the encoder is still loading, letters alone decide.
    """
    words = clean(words)
    if not words:
        return []
    return answer(ask(words), kinds=kinds, most=most)


def answer(asked: Asked, *, kinds: Collection[str], most: int) -> list[Hit]:
    """`find` for words that were read before."""
    hits = [hit for kind in KINDS if kind in kinds for hit in _OF_KIND[kind](asked, most)]
    return sorted(hits, key=lambda hit: -hit.score)


def ask(words: str) -> Asked:
    """What was typed, read once for all kinds of rows."""
    folded = [part for word in fold(words).split() for part in everyday.apart(word)][:MOST_WORDS]
    newest = SearchEntry.objects.aggregate(newest=Max("product_id"))["newest"] or 0
    parts = everyday.units(folded, everyday.vocabulary(newest)) if folded else []
    return Asked(words, tuple(folded), tuple(parts), None if _is_code(folded) else _meant(words, parts), newest)


def _is_code(folded: Sequence[str]) -> bool:
    """Digits alone mean nothing."""
    return all(word.isdecimal() for word in folded)


def _meant(words: str, parts: Sequence[Unit]) -> meaning.Vector | None:
    """The meaning of the words as typed; where the shop has another name for a thing, half by that name."""
    own = meaning.of_query(words)
    if own is None or not any(unit.others for unit in parts):
        return own
    named = " ".join(" ".join(unit.others[0] if unit.others else unit.words) for unit in parts)
    other = meaning.of_query(named)
    return own if other is None else meaning.unit(own + other)


def clean(words: str) -> str:
    """What somebody typed, as far as it is looked at."""
    kept = "".join(sign if sign.isprintable() else " " for sign in words[:MOST_LETTERS])
    return " ".join(kept.encode(errors="ignore").decode().split())


def _products(asked: Asked, most: int) -> list[Hit]:
    scores = dict.fromkeys(_by_code(asked.words), CODE)
    for score, pk in _ranked(PRODUCT, asked):
        scores.setdefault(pk, score)
    for pk in _not_yet_known(asked):
        scores.setdefault(pk, 1.0)
    rows = Product.objects.standing().select_related("category").in_bulk(_first(scores, most))
    off = {pk: 1.0 if row.is_active else _NOT_ON_SALE for pk, row in rows.items()}
    return [Hit(PRODUCT, pk, row.name, row, off[pk] * scores[pk]) for pk, row in rows.items()]


def _ranked(kind: str, asked: Asked) -> list[tuple[float, int]]:
    if not asked.folded:
        return []
    return weighing.rank(scan(kind, asked.folded, asked.vector, others=asked.others), asked.parts)


def _by_code(words: str) -> list[int]:
    """Products whose SKU, PLU or barcode this is as a whole."""
    barcodes = Barcode.objects.filter(code__in=_same_code(words)).values("product_id")
    same = Q(sku__in={words, words.upper(), words.lower()}) | Q(plu=words) | Q(pk__in=barcodes)
    found = Product.objects.filter(same).order_by("pk").values_list(Coalesce("merged_into_id", "pk"), flat=True)
    return list(dict.fromkeys(found[:5]))


def _same_code(words: str) -> list[str]:
    """Scanners differ in the zeros before a code."""
    if not words.isdecimal() or len(words) < 6:
        return [words]
    bare = words.lstrip("0")
    return [words, *(bare.zfill(size) for size in (8, 12, 13, 14))]


def _not_yet_known(asked: Asked) -> list[int]:
    """Products newer than the newest entry, whose name has every word: what an import has just brought."""
    rows = Product.objects.filter(pk__gt=asked.newest)
    for word in asked.words.split()[:MOST_WORDS]:
        rows = rows.filter(name__icontains=word)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:20])


def _reviews(asked: Asked, most: int) -> list[Hit]:
    scores = {pk: score for score, pk in _ranked(REVIEW, asked)}
    rows = Review.objects.select_related("product").in_bulk(_first(scores, most))
    return [Hit(REVIEW, pk, row.title or row.text[:80], row, scores[pk]) for pk, row in rows.items()]


Find = Callable[[Asked, int], list[Hit]]


def _named(kind: str, model: Any) -> Find:
    """Finding rows that have little but a name."""

    def find_named(asked: Asked, most: int) -> list[Hit]:
        scores = {}
        for pk, name in model.objects.order_by("pk").values_list("pk", "name")[:_MOST_NAMES] if asked.folded else ():
            if (score := alike(asked.folded, name)) >= _NAMED_ALIKE:
                scores[pk] = score
        rows = model.objects.in_bulk(_first(scores, most))
        return [Hit(kind, pk, row.name, row, scores[pk]) for pk, row in rows.items()]

    return find_named


def alike(folded: Sequence[str], name: str) -> float:
    """From 0 to 1: how much of what was asked stands in a name."""
    words = fold(name).split()
    best = [max((closeness(asked, word) for word in words), default=0.0) for asked in folded]
    return sum(one * one for one in best) / len(best) if best else 0.0


def _first(scores: dict[int, float], most: int) -> list[int]:
    return sorted(scores, key=lambda pk: (-scores[pk], pk))[:most]


_OF_KIND: dict[str, Find] = {
    PRODUCT: _products,
    REVIEW: _reviews,
    SUPPLIER: _named(SUPPLIER, Supplier),
    CATEGORY: _named(CATEGORY, Category),
}
