"""Codes as they are compared: one number in all its lengths, and a shop's own codes however they are typed. Pure."""

from __future__ import annotations

import re

from inventory.codes import GTIN_LENGTHS, good_check_digit

LEAST_SIGNS = 3  # of a code of the shop's own: shorter ones are the same by chance
LEAST_DIGITS = 4  # behind letters that are left out
_NOT_SIGNS = re.compile(r"[\W_]+")
_LETTERS_FIRST = re.compile(r"[a-z]{1,4}(?=\d)")
# Numbers that shops, not makers, give: scales, own packs, coupons.
_IN_STORE_13 = ("2", "02", "04", "05", "98", "99")
_IN_STORE_8 = ("0", "2")


def gtin(code: str) -> str | None:
    """The maker's number on a pack in 14 digits; None for what is none, or was given in a shop."""
    digits = code.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) in GTIN_LENGTHS) or not good_check_digit(digits):
        return None
    number = digits.zfill(14)
    if number.startswith("000000"):
        in_store = number[6:].startswith(_IN_STORE_8)
    else:
        in_store = number[0] == "0" and number[1:].startswith(_IN_STORE_13)
    return None if in_store else number


def own(code: str) -> str:
    """A shop's own code without what is typed now so, now otherwise: case, dashes, blanks, zeros before it."""
    signs = _NOT_SIGNS.sub("", code.casefold()).lstrip("0")
    return signs if len(signs) >= LEAST_SIGNS else ""


def without_letters(code: str) -> str:
    """The number behind a few letters: SUP-1042 is 1042. Empty where there are no letters, or little behind them."""
    signs = own(code)
    rest = _LETTERS_FIRST.sub("", signs, count=1).lstrip("0")
    return rest if rest != signs and rest.isdigit() and len(rest) >= LEAST_DIGITS else ""
