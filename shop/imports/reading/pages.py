"""Code pages: how a text is written that is no Unicode. Which one it is nothing in the file says, so it stays a choice.

Each is scored by what its letters would be: lower case among lower case, signs between words and beside numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from shop.imports.reading.layout import Choice

NAMES = {
    "cp1252": "Western European",
    "cp1250": "Central European",
    "cp1251": "Cyrillic",
    "cp1253": "Greek",
    "cp1254": "Turkish",
    "cp1255": "Hebrew",
    "cp1256": "Arabic",
    "cp1257": "Baltic",
    "cp1258": "Vietnamese",
    "cp874": "Thai",
    "cp850": "Western European, DOS",
    "cp852": "Central European, DOS",
    "cp866": "Cyrillic, DOS",
    "cp737": "Greek, DOS",
    "cp857": "Turkish, DOS",
    "cp437": "American, DOS",
    "mac_roman": "Western European, older Mac",
    "cp932": "Japanese",
    "gb18030": "Chinese",
    "big5hkscs": "Chinese, traditional",
    "cp949": "Korean",
    "koi8_r": "Russian, KOI8",
}
_WEST = ("cp1252", "cp850", "mac_roman", "cp437")
_BY_COUNTRY = {
    "AL BA CZ HR HU ME PL RO RS SI SK": ("cp1250", "cp852"),
    "BG BY KG KZ MK MN RU TJ UA UZ": ("cp1251", "cp866", "koi8_r"),
    "CY GR": ("cp1253", "cp737"),
    "AZ TR": ("cp1254", "cp857"),
    "IL": ("cp1255",),
    "AE BH DZ EG IQ IR JO KW LB LY MA OM PK QA SA SD SY TN YE": ("cp1256",),
    "EE LT LV": ("cp1257",),
    "VN": ("cp1258",),
    "TH": ("cp874",),
    "JP": ("cp932",),
    "CN SG": ("gb18030",),
    "HK MO TW": ("big5hkscs",),
    "KR": ("cp949",),
}
_SEVERAL_BYTES = {"cp932", "gb18030", "big5hkscs", "cp949"}
_ABOVE = re.compile(rb"[\x80-\xff]")
_APART = re.compile(rb"[^\w .'&/\x80-\xff-]")
_AROUND = 14
_QUOTES_AND_DASHES = "‘’‚“”„–—…•"
_SIGNS = "£€¥$°%§©®™«»½¼¾²³ºªµ±×"
_CHOICES = 4
_NO_WORDS = -0.7


def of_country(country: str) -> tuple[str, ...]:
    """The code pages of a country's computers, the likeliest first; Western ones follow everywhere."""
    own = next((pages for countries, pages in _BY_COUNTRY.items() if country in countries.split()), ())
    return (*own, *(page for page in _WEST if page not in own))


def examples(block: bytes, most: int = 60) -> list[bytes]:
    """Words with bytes above ASCII, each once."""
    found: dict[bytes, None] = {}
    place = 0
    while len(found) < most and (match := _ABOVE.search(block, place)):
        before = _APART.split(block[max(0, match.start() - _AROUND) : match.start()])[-1]
        after = _APART.split(block[match.start() : match.start() + 2 * _AROUND])[0]
        found[(before + after).strip()] = None
        place = match.start() + len(after)
    return list(found)


def can_be(page: str, words: Iterable[bytes]) -> bool:
    """Whether every byte means something in the page."""
    try:
        for word in words:
            word.decode(page)
    except UnicodeDecodeError:
        # Words of several bytes a letter may be cut in the middle; only whole blocks prove those.
        return page in _SEVERAL_BYTES
    return True


def ranked(words: Sequence[bytes], pages: Sequence[str]) -> list[str]:
    """The pages by how much their letters look like words, the likeliest first; none where none makes words of them.
    Nearly equal ones keep their order."""
    scores = {page: _score(page, words) - 0.1 * min(place, 3) for place, page in enumerate(pages)}
    found = sorted(pages, key=lambda page: -scores[page])
    return found if found and scores[found[0]] > _NO_WORDS else []


def _score(page: str, words: Sequence[bytes]) -> float:
    points = [point for word in words for point in _points(word.decode(page, "replace"))]
    return sum(points) / len(points) if points else 0.0


def _points(text: str) -> Iterable[float]:
    """-2 to 1 for each letter above ASCII, by its neighbours."""
    for place, letter in enumerate(text):
        if letter < "\x80":
            continue
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if unicodedata.category(letter)[0] == "C" or letter == "\ufffd":
            yield -2.0
        elif letter.isalpha():
            yield _letter_points(letter, before, after)
        elif letter in _QUOTES_AND_DASHES or letter == "\u00a0":
            yield 0.5
        elif letter in _SIGNS:
            yield -1.0 if before.isalpha() and after.isalpha() else 0.6
        else:
            yield -1.0


def _letter_points(letter: str, before: str, after: str) -> float:
    """A capital after a small letter, or a letter beside a figure, is a rare thing in words."""
    if letter in "ªºµƒ":
        return -0.5 if before.isalpha() or after.isalpha() else 0.3
    if letter.isupper() and before.islower():
        return -1.0
    if letter.islower() and before.isupper() and after.isupper():
        return -1.0
    if before.isdigit() or after.isdigit():
        return -0.5
    return 1.0 if before.isalpha() or after.isalpha() else 0.2


def choices(words: Sequence[bytes], pages: Sequence[str]) -> tuple[Choice, ...]:
    """The pages that read the words differently, with words on which they differ."""
    best = pages[0]
    told = sorted(words, key=lambda word: -_differences(word, pages))[:3] or list(words[:3])
    found: dict[str, Choice] = {}
    for page in pages:
        text = ", ".join(word.decode(page, "replace").strip() for word in told)
        if "\ufffd" not in text and (page == best or text not in {choice.words for choice in found.values()}):
            found[page] = Choice(page, NAMES[page], text)
    return tuple(found.values())[:_CHOICES]


def _differences(word: bytes, pages: Sequence[str]) -> int:
    return len({word.decode(page, "replace") for page in pages})
