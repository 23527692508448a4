"""What the cells of a column look like: dates, amounts, barcodes with right check digits, texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shop.imports.kinds import As

_DATE = re.compile(
    r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ]{1,2}\d{1,2}[-/. ]{1,2}\d{2,4}|(19|20)\d{6}"
    r"|\d{1,2}\.?[-/ ](de )?[^\W\d_]{3,}\.?,?[-/ ](de )?\d{2,4}|[^\W\d_]{3,}\.? \d{1,2},? \d{4})(?=$|\D)"
)
_TIME = re.compile(r"^\d{1,2}[:.h]\d{2}([:.]\d{2})?( ?[ap]\.?m\.?)?$", re.IGNORECASE)
_NUMBER = re.compile(r"^[-+(]?\s*([A-Z]{3}|[€£¥$]|kr|zł)?\s*-?[\d.,'’\s\u00a0]*\d[)-]?\s*([A-Z]{3}|[€£¥$%]|kr|zł)?$")
_EMAIL = re.compile(r"^\S+@\S+\.\S+$")


@dataclass(frozen=True)
class Look:
    """Shares of the filled cells, of which there are `count`; `filled` of all. `length` is the mean one, `largest` the
    greatest number."""

    count: int = 0
    filled: float = 0.0
    different: float = 0.0
    dates: float = 0.0
    timed: float = 0.0
    times: float = 0.0
    numbers: float = 0.0
    whole: float = 0.0
    epochs: float = 0.0
    barcodes: float = 0.0
    emails: float = 0.0
    letters: float = 0.0
    length: float = 0.0
    largest: float = 0.0


def look(cells: Sequence[str]) -> Look:
    """What the cells look like; a column without any says nothing."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return Look()

    def share(test: object) -> float:
        return sum(map(bool, map(test, filled))) / len(filled)  # type: ignore[call-overload]

    sizes = [float(cell) for cell in filled if re.fullmatch(r"\d{1,15}(\.\d+)?", cell)]
    return Look(
        count=len(filled),
        filled=len(filled) / len(cells),
        different=len(set(filled)) / len(filled),
        dates=share(_DATE.match),
        timed=share(re.compile(r"[ T]\d{1,2}[:.h]\d{2}").search),
        times=share(_TIME.match),
        numbers=share(_NUMBER.match),
        whole=share(re.compile(r"^-?\d+(\.0+)?$").match),
        epochs=share(re.compile(r"^1[0-9]{9}(\d{3})?$").match),
        barcodes=share(is_barcode),
        emails=share(_EMAIL.match),
        letters=share(re.compile(r"[^\W\d_]").search),
        length=sum(map(len, filled)) / len(filled),
        largest=max(sizes, default=0.0),
    )


def is_barcode(text: str) -> bool:
    """Whether the last digit is what the others of a barcode make it, leading zeros left off or not."""
    if not 7 <= len(text) <= 14 or not (text.isascii() and text.isdigit()):
        return False
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(text)))
    return total % 10 == 0 and int(text) > 0


def fit(reads: As, look: Look) -> float:
    """How well such cells can be read so: 1 fits, near 0 cannot be. Empty columns fit everything a little less."""
    if not look.filled:
        return 0.7
    if reads in (As.MONEY, As.QUANTITY):
        return (1.0 if look.numbers > 0.8 else 0.15) * (0.3 if look.largest >= 1e9 or look.dates > 0.8 else 1.0)
    if reads is As.WHOLE:
        return 1.0 if look.whole > 0.8 and look.largest < 1e9 else 0.15
    if reads in (As.DATE, As.MOMENT):
        if look.dates > 0.8 or look.epochs > 0.8:
            return 1.0
        return 0.7 if reads is As.MOMENT and look.times > 0.8 else 0.7 if _day_numbers(look) else 0.1
    if reads is As.CODE:
        return 0.4 if look.length > 60 else 0.8 if look.dates > 0.8 else 1.0
    return 1.0


def _day_numbers(look: Look) -> bool:
    return look.whole > 0.9 and look.length == 5 and 20_000 <= look.largest < 80_000
