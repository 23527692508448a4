"""Takes persons out of what leaves the house: emails, phone and card numbers, accounts, and names given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){13,18}(?![\d.]?\d)")
_PHONE = re.compile(
    r"(?<![\w.,])(?:"
    r"\+\d{1,3}(?:[ ./-]?\(?\d{1,4}\)?){2,6}"  # +44 20 7946 0958
    r"|\(?0\d{1,4}\)?(?:[ /-]?\d{2,5}){2,5}"  # 020 7946 0958, (0161) 496 0000
    r"|0\d(?:\.\d\d){4}"  # 06.12.34.56.78
    r"|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}"  # 555-123-4567
    r")(?![\w]|[.,]\d)"
)


def mask(value: Any, names: Sequence[str] = ()) -> Any:
    """The value with every text in it masked, names of fields too. Numbers stay: they are figures, not texts."""
    if isinstance(value, str):
        return _mask_text(value, names)
    if isinstance(value, dict):
        return {_mask_text(str(key), names): mask(part, names) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [mask(part, names) for part in value]
    return value


def _mask_text(text: str, names: Sequence[str]) -> str:
    text = _EMAIL.sub("(email)", text)
    text = _IBAN.sub("(account)", text)
    text = _CARD.sub(lambda found: "(card)" if _luhn(found[0]) else found[0], text)
    text = _PHONE.sub(lambda found: "(phone)" if 8 <= _digits(found[0]) <= 15 else found[0], text)
    folded = text.casefold()
    meant = sorted({name for name in names if len(name) > 1 and name.casefold() in folded}, key=len, reverse=True)
    if meant:
        text = re.sub(rf"(?<!\w)(?:{'|'.join(map(re.escape, meant))})(?!\w)", "(name)", text, flags=re.IGNORECASE)
    return text


def _digits(text: str) -> int:
    return sum(letter.isdigit() for letter in text)


def _luhn(text: str) -> bool:
    digits = [int(letter) for letter in reversed(text) if letter.isdigit()]
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
