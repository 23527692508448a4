"""Which of our products a competitor's barcode is. Only codes that mean the same pack everywhere count."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from inventory.codes import GTIN_LENGTHS, Reading, good_check_digit, read_codes, with_check_digit


def canonical(code: str) -> str:
    """A barcode as it is kept: without spaces and dashes."""
    return "".join(sign for sign in code if sign.isalnum())[:48]


def same(code: str) -> list[str]:
    """The ways to write one number: with and without zeros before it."""
    bare = code.lstrip("0") or code
    return sorted({code, bare, *(bare.zfill(length) for length in GTIN_LENGTHS)})


def is_global(code: str) -> bool:
    """Whether it is a whole, valid number that no other shop gives to other goods."""
    if not (code.isascii() and code.isdigit() and len(code) in GTIN_LENGTHS and good_check_digit(code)):
        return False
    return not _in_store(code)


def readings(codes: Collection[str]) -> dict[str, Reading]:
    """Our product of each code, where a barcode of ours says so. A few queries, however many.

    Lists of prices often lack the check digit: a number that is none as it stands is tried with it.
    """
    forms = {code: _forms(code) for code in codes}
    found = read_codes({form for several in forms.values() for form in several})
    by_barcode = {form: reading for form, reading in found.items() if reading.how == "barcode"}
    first = ((code, _first(several, by_barcode)) for code, several in forms.items())
    return {code: reading for code, reading in first if reading is not None}


def _first(forms: Iterable[str], found: dict[str, Reading]) -> Reading | None:
    return next((found[form] for form in forms if form in found), None)


def _forms(code: str) -> list[str]:
    """As it stands, with the zeros that spreadsheets take away, and with its check digit."""
    bare = canonical(code)
    if not (bare.isascii() and bare.isdigit()):
        return []
    padded = [bare.zfill(length) for length in GTIN_LENGTHS if 0 < length - len(bare) < 3][:1]
    whole = [with_check_digit(bare)] if len(bare) + 1 in GTIN_LENGTHS else []
    return [form for form in (bare, *padded, *whole) if is_global(form)]


def _in_store(code: str) -> bool:
    """Numbers that every shop may give to what it likes: 2..., 02... and 04... among the 13, 0... and 2... of the 8."""
    if len(code) == 8:
        return code[0] in "02"
    return code.zfill(14)[1:].startswith(("2", "02", "04"))
