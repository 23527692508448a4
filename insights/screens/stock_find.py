"""Finding a product by scanner or by hand."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from inventory.models import Barcode, Product

MOST = 20
LEAST_DIGITS = 6  # a number this long that nobody knows is a code, not a search


@dataclass(frozen=True, slots=True)
class Found:
    """What a scan or a search found: one product and how much of it one scan means, or several to choose from."""

    words: str = ""
    product: Product | None = None
    times: Decimal = Decimal(1)
    several: tuple[Product, ...] = ()
    more: bool = False

    @property
    def is_unknown_code(self) -> bool:
        return self.nothing and self.words.isdecimal() and len(self.words) >= LEAST_DIGITS

    @property
    def nothing(self) -> bool:
        return bool(self.words) and not self.product and not self.several


def find(words: str) -> Found:
    """A barcode first, then a SKU or PLU as a whole, then words of the name; the only one found is the one meant."""
    words = words.replace("\x00", "").strip()[:100]
    if not words:
        return Found()
    if scanned := _by_code(words):
        return Found(words, scanned.product, scanned.pack_quantity)
    exact = Product.objects.filter(sku__iexact=words)[:2] or Product.objects.active().filter(plu=words)[:2]
    if len(exact) == 1:
        return Found(words, exact[0].standing)
    some = tuple(Product.objects.active().matching(words).order_by("name", "pk")[: MOST + 1])
    if len(some) == 1:
        return Found(words, some[0])
    return Found(words, several=some[:MOST], more=len(some) > MOST)


def _by_code(words: str) -> Barcode | None:
    """Scanners differ in the zeros before a code: an American code of 12 digits is a European one of 13."""
    same = [words]
    if words.isdecimal() and len(words) >= LEAST_DIGITS:
        bare = words.lstrip("0")
        same += [bare.zfill(size) for size in (8, 12, 13, 14)]
    found = {row.code: row for row in Barcode.objects.filter(code__in=same).select_related("product")}
    return next((found[code] for code in same if code in found), None)
