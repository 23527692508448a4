"""Which products may be one: by the makers' numbers, the shop's own codes, suppliers' articles, and names.

Several reasons add up. Sizes, selling units and numbers in names are rules: 1 L is never 2 L, however alike the names.
Bounded: some 5 kB a product, a few pairs each, MOST pairs in all.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction

from insights.matching.words import Floats
from insights.merging import codes
from insights.merging.names import AT_ONCE, Article, Names
from insights.models import SearchEntry
from insights.models.search import DIMENSION
from insights.search import meaning
from inventory.competitors import sizes
from inventory.competitors.sizes import Compared
from inventory.models import Barcode, Product, SupplierItem

MOST = 5_000
MOST_EACH = 3
LEAST = 0.4  # below it nobody need look
SURE = 0.95  # from here on many may be merged with one word of a person
SAME_NUMBER, SAME_ARTICLE, SAME_CODE, SAME_END = 0.97, 0.95, 0.6, 0.3
LEAST_BY_CODE = 0.1  # how alike names must be for a code of the shop's own to count
MOST_BY_NAME = 0.9  # names alone are never sure
OTHER_SIZE, OTHER_PACK, UNLIKE = 0.5, 0.6, 0.8  # what is left of a reason where sizes, packs or names speak against it
MANY = 6  # products that share a code: then it says nothing
_BATCH = 1_000

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Found:
    """A pair by ids, the lower first: why, and how sure each reason makes it."""

    first: int
    second: int
    reasons: list[str] = field(default_factory=list)
    chances: list[float] = field(default_factory=list)

    @property
    def score(self) -> float:
        """Each reason leaves less doubt."""
        doubt = 1.0
        for chance in self.chances:
            doubt *= 1 - chance
        return round(1 - doubt, 4)

    def add(self, chance: float, reason: str) -> None:
        self.chances.append(chance)
        self.reasons.append(reason)


class Pairs:
    """What was found so far, by pair."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.articles = {article.id: article for article in names.articles}
        self.places = {article.id: place for place, article in enumerate(names.articles)}
        self.found: dict[tuple[int, int], Found] = {}

    def add(self, one: int, other: int, chance: float, reason: str) -> None:
        """Note a reason. Products that are sold in another way (by the piece, by weight) are never one."""
        mine, theirs = self.articles.get(one), self.articles.get(other)
        if one == other or mine is None or theirs is None or mine.unit != theirs.unit:
            return
        first, second = sorted((one, other))
        self.found.setdefault((first, second), Found(first, second)).add(chance, reason)

    def add_code(self, one: int, other: int, chance: float, reason: str, *, other_pack: bool = False) -> None:
        """Note that codes are the same, with what speaks against it."""
        if one not in self.articles or other not in self.articles:
            return
        mine, theirs = self.articles[one], self.articles[other]
        against = [
            ("another number in the pack", OTHER_PACK) if other_pack else None,
            ("another size", OTHER_SIZE) if sizes.compare(mine.size, theirs.size) == Compared.OTHER else None,
            ("names that are unlike", UNLIKE) if self.names.unlike(self.places[one], self.places[other]) else None,
        ]
        for share in (found[1] for found in against if found):
            chance *= share
        words = " and ".join(found[0] for found in against if found)
        self.add(one, other, chance, f"{reason}, but {words}." if words else f"{reason}.")

    def best(self) -> list[Found]:
        """The surest ones, at most MOST_EACH a product and MOST in all."""
        many: dict[int, int] = defaultdict(int)
        kept: list[Found] = []
        for pair in sorted(self.found.values(), key=lambda pair: (-pair.score, pair.first, pair.second)):
            if pair.score < LEAST or len(kept) == MOST:
                break
            if max(many[pair.first], many[pair.second]) < MOST_EACH:
                many[pair.first] += 1
                many[pair.second] += 1
                kept.append(pair)
        return kept


def find(progress: Progress = lambda done, total: None) -> list[Found]:
    """Every pair of products on sale that may be one, the surest first. Changes nothing."""
    articles = _articles()
    if len(articles) < 2:
        return []
    pairs = Pairs(Names(articles, _meanings(articles)))
    _by_number(pairs)
    _by_supplier(pairs)
    _by_code(pairs, _by_name(pairs, progress))
    return pairs.best()


def _articles() -> list[Article]:
    with transaction.atomic():
        rows = Product.objects.active().standing().order_by("pk")
        return [Article(row.pk, row.name, row.unit, sizes.of_product(row), row.price) for row in rows.iterator(_BATCH)]


def _by_number(pairs: Pairs) -> None:
    """The same maker's number, in whatever length, as barcode, SKU or a supplier's barcode."""
    known: dict[str, dict[int, tuple[str, Decimal | None]]] = defaultdict(dict)
    with transaction.atomic():
        for product, code, pack in Barcode.objects.order_by("pk").values_list("product_id", "code", "pack_quantity"):
            if number := codes.gtin(code):
                known[number].setdefault(product, ("barcode", pack))
        for product, sku in Product.objects.order_by("pk").values_list("pk", "sku"):
            if number := codes.gtin(sku):
                known[number].setdefault(product, ("SKU", None))
        items = SupplierItem.objects.exclude(product=None).exclude(barcode="").order_by("pk")
        for product, code in items.values_list("product_id", "barcode"):
            if number := codes.gtin(code):
                known[number].setdefault(product, ("supplier's barcode", None))
    for number, products in known.items():
        for one, other in _twos(products):
            (how, pack), (other_how, other_pack) = products[one], products[other]
            words = f"The same {how}" if how == other_how else f"The {how} of one is the {other_how} of the other"
            packs = bool(pack and other_pack and pack != other_pack)
            pairs.add_code(one, other, SAME_NUMBER, f"{words}: {_shown(number)}", other_pack=packs)


def _by_supplier(pairs: Pairs) -> None:
    """The same article of one supplier, its code typed in two ways."""
    known: dict[Hashable, set[int]] = defaultdict(set)
    names: dict[Hashable, str] = {}
    rows = SupplierItem.objects.exclude(product=None).order_by("pk")
    with transaction.atomic():
        for product, supplier, name, code in rows.values_list("product_id", "supplier_id", "supplier__name", "code"):
            if signs := codes.own(code):
                known[supplier, signs].add(product)
                names[supplier, signs] = f"{name} {code}"
    for key, products in known.items():
        for one, other in _twos(products):
            pairs.add_code(one, other, SAME_ARTICLE, f"The same supplier's article: {names[key]}")


def _by_name(pairs: Pairs, progress: Progress) -> dict[tuple[int, int], float]:
    """Names that mean and read the same. Returns how alike all that were looked at are."""
    likeness: dict[tuple[int, int], float] = {}
    articles = pairs.names.articles
    for start in range(0, len(articles), AT_ONCE):
        progress(start, len(articles))
        for alike in pairs.names.look(start):
            one, other = articles[alike.one].id, articles[alike.other].id
            if alike.score > likeness.get((one, other), 0.0):
                likeness[one, other] = alike.score
                if alike.score >= LEAST_BY_CODE:
                    _name_reason(pairs, one, other, min(alike.score, MOST_BY_NAME), alike.why)
    return likeness


def _name_reason(pairs: Pairs, one: int, other: int, score: float, why: str) -> None:
    """A pair is looked at from both sides; the better look counts."""
    said = f"Names: {why}."
    pair = pairs.found.get((one, other))
    place = next((at for at, reason in enumerate(pair.reasons) if reason.startswith("Names: ")), None) if pair else None
    if pair and place is not None:
        pair.chances[place], pair.reasons[place] = score, said
    else:
        pairs.add(one, other, score, said)


def _by_code(pairs: Pairs, likeness: dict[tuple[int, int], float]) -> None:
    """SKUs that are one but for case, zeros or letters before them; only where the names do not speak against it."""
    whole: dict[str, set[int]] = defaultdict(set)
    ends: dict[str, set[int]] = defaultdict(set)
    with transaction.atomic():
        skus = list(Product.objects.active().standing().order_by("pk").values_list("pk", "sku"))
    for product, sku in skus:
        if signs := codes.own(sku):
            whole[signs].add(product)
        ends[codes.without_letters(sku) or codes.own(sku)].add(product)
    named = dict(skus)
    said = (whole, SAME_CODE, "The same SKU but for how it is typed"), (ends, SAME_END, "SKUs that end alike")
    for by, chance, words in said:
        for one, other in (two for code, products in by.items() if code for two in _twos(products)):
            again = by is ends and codes.own(named[one]) == codes.own(named[other])
            if not again and likeness.get((one, other), 0.0) >= LEAST_BY_CODE:
                pairs.add(one, other, chance, f"{words}: {named[one]} and {named[other]}.")


def _twos(products: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Every two of them; none where so many share it that it says nothing."""
    known = sorted(products)
    return itertools.combinations(known, 2) if len(known) < MANY else iter(())


def _meanings(articles: list[Article]) -> Floats:
    """The search's vectors, a row an article; of what has none yet, zeros: letters alone speak for it."""
    places = {article.id: place for place, article in enumerate(articles)}
    found = np.zeros((len(articles), DIMENSION), np.float32)
    rows: Any = SearchEntry.objects.filter(model=meaning.MODEL, product__isnull=False)
    with transaction.atomic():
        for product, vector in rows.order_by("pk").values_list("product_id", "vector").iterator(_BATCH):
            if product in places:
                found[places[product]] = np.array(vector, np.float32)
    return meaning.unit(found)


def _shown(number: str) -> str:
    """As it stands on the pack: 13 digits, unless it says more."""
    return number[1:] if number[0] == "0" else number
