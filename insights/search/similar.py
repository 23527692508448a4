"""Products that mean nearly the same, by the vectors of one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from insights.models import SearchEntry
from insights.search import meaning, weighing
from insights.search.everyday import Unit
from insights.search.folding import fold, without_size
from insights.search.scan import MOST_WORDS, PRODUCT, scan
from inventory.models import Product

MOST_CANDIDATES = 5
_ALIKE = 0.55


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that a text may be; `score` is up to about 2, of which words make one half and meaning the other."""

    product: int
    name: str
    score: float


def similar_products(product: Product, most: int = 6) -> list[Product]:
    """The shop's products closest in meaning, nearest first; none while the product's own meaning is not made."""
    own = SearchEntry.objects.filter(product=product, model=meaning.MODEL).values_list("vector", flat=True).first()
    if own is None:
        return []
    found = scan(PRODUCT, [], np.array(own, np.float32), most=4 * most)
    near = sorted(found.rows, key=lambda row: (-(row.meaning or 0), row.pk))
    close = [row.pk for row in near if row.pk != product.pk and (row.meaning or 0) >= _ALIKE]
    rows = Product.objects.active().select_related("category").in_bulk(close)
    return sorted(rows.values(), key=lambda row: close.index(row.pk))[:most]


def nearest_products(texts: Sequence[str], most: int = MOST_CANDIDATES) -> list[list[Candidate]]:
    """For each text the shop's products it may name, best first. Loads the encoder if need be: for jobs, not pages."""
    found = []
    for text, vector in zip(texts, meaning.of_texts([without_size(text) for text in texts]), strict=True):
        parts = [Unit((word,)) for word in fold(text).split()[:MOST_WORDS]]
        words = [word for unit in parts for word in unit.words]
        found.append(weighing.rank(scan(PRODUCT, words, vector), parts)[:most])
    names = dict(Product.objects.filter(pk__in={pk for row in found for _, pk in row}).values_list("pk", "name"))
    return [[Candidate(pk, names[pk], score) for score, pk in row if pk in names] for row in found]
