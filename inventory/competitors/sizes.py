"""How much is in a pack, read from words: “500 g”, “6 x 33cl”, “1,5 L”, “12 pk”. Pure.

Sizes are compared as a rule, never by how alike they look: 500 g is not 1 kg, whatever else is the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from inventory.models import Product

GRAM, MILLILITRE, PIECE = "g", "ml", "piece"
# Labels round: 1.75 pints is a litre, 454 g a pound.
SAME_WITHIN = Decimal("0.025")
_UNITS: dict[str, tuple[str, str]] = {
    "g": (GRAM, "1"), "gr": (GRAM, "1"), "grs": (GRAM, "1"), "gram": (GRAM, "1"), "grams": (GRAM, "1"),
    "gramm": (GRAM, "1"), "kg": (GRAM, "1000"), "kgs": (GRAM, "1000"), "kilo": (GRAM, "1000"), "kilos": (GRAM, "1000"),
    "oz": (GRAM, "28.35"), "lb": (GRAM, "453.6"), "lbs": (GRAM, "453.6"), "ml": (MILLILITRE, "1"),
    "cl": (MILLILITRE, "10"), "dl": (MILLILITRE, "100"), "l": (MILLILITRE, "1000"), "lt": (MILLILITRE, "1000"),
    "ltr": (MILLILITRE, "1000"), "litre": (MILLILITRE, "1000"), "litres": (MILLILITRE, "1000"),
    "liter": (MILLILITRE, "1000"), "liters": (MILLILITRE, "1000"), "litro": (MILLILITRE, "1000"),
    "floz": (MILLILITRE, "29.57"), "pt": (MILLILITRE, "568"), "pint": (MILLILITRE, "568"), "pints": (MILLILITRE, "568"),
    "pack": (PIECE, "1"), "packs": (PIECE, "1"), "pk": (PIECE, "1"), "pce": (PIECE, "1"), "pcs": (PIECE, "1"),
    "pc": (PIECE, "1"), "piece": (PIECE, "1"), "pieces": (PIECE, "1"), "st": (PIECE, "1"), "stk": (PIECE, "1"),
    "stück": (PIECE, "1"), "ud": (PIECE, "1"), "uds": (PIECE, "1"), "bags": (PIECE, "1"), "rolls": (PIECE, "1"),
    "tabs": (PIECE, "1"), "tablets": (PIECE, "1"), "sheets": (PIECE, "1"), "ea": (PIECE, "1"), "each": (PIECE, "1"),
}  # fmt: skip
_NUMBER = r"\d{1,5}(?:[.,]\d{1,3})?"
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_TIMES = re.compile(rf"(?<![\w.,])(\d{{1,3}})\s*(?:x|×|\*)\s*({_NUMBER})\s*(fl\.?\s*oz|{_UNIT})(?![\w])", re.I)
_TIMES_AFTER = re.compile(rf"(?<![\w.,])({_NUMBER})\s*(fl\.?\s*oz|{_UNIT})\s*(?:x|×|\*)\s*(\d{{1,3}})(?![\w.,])", re.I)
_PLAIN = re.compile(rf"(?<![\w.,])({_NUMBER})\s*-?\s*(fl\.?\s*oz|{_UNIT})(?![\w])", re.I)
_OF = re.compile(r"\b(?:pack|box|bag|case|tray|set)\s+of\s+(\d{1,3})\b", re.I)
_BY_WEIGHT = re.compile(r"(?:\bper\b|\bje\b|\bpor\b|\ble\b|/)\s*(?:1\s*)?(kg|kilo)\b|^\s*(kg|kilo)\s*$|\bloose\b", re.I)


class Compared(StrEnum):
    """What comparing two sizes came to."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Size:
    """So many grams, millilitres or pieces."""

    amount: Decimal
    unit: str


def read(text: str) -> Size | None:
    """The size that the words name; None where they name none. A weight goes before a number of pieces."""
    found = [_size(match[1], match[2], match[3]) for match in _TIMES.finditer(text)]
    rest = _TIMES.sub(" ", text)
    found += [_size(match[3], match[1], match[2]) for match in _TIMES_AFTER.finditer(rest)]
    found += [_size("1", match[1], match[2]) for match in _PLAIN.finditer(_TIMES_AFTER.sub(" ", rest))]
    found += [Size(Decimal(match[1]), PIECE) for match in _OF.finditer(text)]
    sizes = [size for size in found if size is not None]
    content = [size for size in sizes if size.unit != PIECE]
    if content:
        return content[-1]
    if sizes:
        return sizes[-1]
    return Size(Decimal(1000), GRAM) if _BY_WEIGHT.search(text) else None


def without_size(text: str) -> str:
    """The words without the size in them."""
    bare = _OF.sub(" ", _PLAIN.sub(" ", _TIMES_AFTER.sub(" ", _TIMES.sub(" ", text))))
    return " ".join(_BY_WEIGHT.sub(" ", bare).split()) or text


def of_product(product: Product) -> Size | None:
    """What our price buys: a kilogram, the content that is noted, or what the name says."""
    if product.unit == Product.Unit.KILOGRAM:
        return Size(Decimal(1000), GRAM)
    if product.content_size:
        return Size(product.content_size, product.content_unit)
    return read(product.name)


def of_item(name: str, content: str) -> Size | None:
    """What a competitor's price buys: the size that is given, else what the name says."""
    return read(content) or read(name)


def share(theirs: Size | None, ours: Size | None) -> Decimal | None:
    """How much of ours is in one of theirs; 1 where a size is not known, None where they cannot be compared."""
    if theirs is None or ours is None:
        return Decimal(1)
    if theirs.unit != ours.unit:
        return Decimal(1) if theirs.amount == ours.amount else None
    ratio = theirs.amount / ours.amount
    if abs(ratio - 1) <= SAME_WITHIN:
        return Decimal(1)
    return ratio.quantize(Decimal("0.000001")) or None


def compare(theirs: Size | None, ours: Size | None) -> Compared:
    """Whether two packs are of one size. Weight against volume cannot be told, unless the numbers are the same."""
    if theirs is None or ours is None:
        return Compared.UNKNOWN
    ratio = share(theirs, ours)
    return Compared.UNKNOWN if ratio is None else Compared.SAME if ratio == 1 else Compared.OTHER


def _size(times: str, number: str, unit: str) -> Size | None:
    kind, factor = _UNITS["floz" if unit.lower().startswith("fl") else unit.lower()]
    amount = Decimal(times) * Decimal(number.replace(",", ".")) * Decimal(factor)
    return Size(amount, kind) if amount > 0 else None
