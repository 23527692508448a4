"""What is no review of a shop: links, advertising, gibberish, orders to a machine, one text sent many times.

What is taken for spam is shown with its reason and counted nowhere, unless a person says otherwise. Nothing of it is
sent to a model.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from importlib import resources

LINK, ADVERT, GIBBERISH = "It holds a link.", "It advertises something.", "Its letters make no words."
NO_LETTERS, TO_MACHINE = "There are no letters in it.", "It gives orders to a machine."
SENT_AGAIN = "The same text was sent before, in several reviews."
LONG_ENOUGH, OFTEN = 120, 3  # a long text is said once; from the third time on it is a copy

_LINK = re.compile(r"https?:|\bwww\.|\b(?:bit\.ly|t\.me|wa\.me|goo\.gl)\b|\b[a-z0-9-]+\.[a-z]{2,6}/\w", re.IGNORECASE)
_ADVERT = re.compile(
    r"whats\s?app|telegram|promo code|discount code|earn (?:money|cash|\$|up to)|work from home|crypto|bitcoin|casino"
    r"|\bbetting\b|payday|cheap loan|loans?\b.{0,20}\bapproved|viagra|cialis|followers|\bseo\b|backlink|click here"
    r"|visit (?:my|our) (?:site|website|page|channel|shop)|subscribe to (?:my|our)|call (?:now|us|me) (?:on|at)"
    r"|100% free|act now|limited offer|dm me|check out my|congratulations,? you|you have won|inbox me"
    r"|trading signals|passive income",
    re.IGNORECASE,
)
_HIDDEN = re.compile("[\u200b\u2060-\u2064\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[a-zà-ɏ]+", re.IGNORECASE)
_VOWELS = re.compile(r"[aeiouyà-åè-ïò-öù-ýœæøąęıőűěůãõ]", re.IGNORECASE)
_ROWS = ("qwertz", "qwerty", "asdf", "sdfg", "dfgh", "fghj", "ghjk", "hjkl", "zxcv", "yxcv", "uiop")


def why(text: str, *, stars: float | None, to_machine: bool = False) -> str:
    """The reason it is no review; empty where there is none. `to_machine`: its meaning and its words suggest orders."""
    if not any(sign.isalpha() for sign in text):
        has_picture = any(unicodedata.category(sign) == "So" for sign in text)
        return NO_LETTERS if stars is None and not has_picture else ""
    plain = unfolded(text)
    if _HIDDEN.search(text) or to_machine or _orders().search(text) or _orders().search(plain):
        return TO_MACHINE
    if _LINK.search(plain):
        return LINK
    if _ADVERT.search(plain):
        return ADVERT
    return GIBBERISH if _is_gibberish(plain) else ""


@functools.cache
def _orders() -> re.Pattern[str]:
    rows = (
        resources.files("insights.analyses.sentiment").joinpath("orders.txt").read_text(encoding="utf-8").splitlines()
    )
    return re.compile("|".join(f"(?:{row})" for row in rows if row and not row.startswith("# ")), re.I | re.M)


def unfolded(text: str) -> str:
    """Plain letters for those that only look different, and no spaces or dots put between single letters."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", text) if not _HIDDEN.match(sign))
    return re.sub(r"\b(?:\w[ .\-_*]){4,}\w\b", lambda found: re.sub(r"[ .\-_*]", "", found[0]), plain)


def _is_gibberish(text: str) -> bool:
    letters = [sign for sign in text.lower() if sign.isalpha()]
    if len(letters) >= 8 and max(letters.count(sign) for sign in set(letters)) > 0.6 * len(letters):
        return True
    words = [word for word in _LATIN.findall(text) if len(word) >= 4]
    if not words or len("".join(words)) < 0.5 * len(letters):
        return False
    odd = [word for word in words if _is_odd(word.lower())]
    return 2 * sum(map(len, odd)) > len(letters)


def _is_odd(word: str) -> bool:
    vowels = len(_VOWELS.findall(word))
    return vowels == 0 or any(row in word for row in _ROWS) or (len(word) >= 8 and vowels < 0.15 * len(word))


def sent_again(texts: Sequence[tuple[int, str]], before: Iterable[str]) -> set[int]:
    """The ids of long texts said word for word at least twice before; the first ones stay what they are."""
    seen: dict[str, int] = {}
    for text in before:
        key = _key(text)
        seen[key] = seen.get(key, 0) + 1
    again = set()
    for id, text in sorted(texts):
        key = _key(text)
        if len(key) >= LONG_ENOUGH and seen.get(key, 0) >= OFTEN - 1:
            again.add(id)
        seen[key] = seen.get(key, 0) + 1
    return again


def _key(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))
