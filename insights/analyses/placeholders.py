"""Prose by a model around figures that are ours: what it writes stands only where every figure is a placeholder.

A sentence is kept where it has no digit, no number word, no placeholder but those of its fact, nothing but prose, and
does not say one way for the other. Then the placeholders are filled in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MOST_LETTERS = 300
PLACE = re.compile(r"\{\{\s*([a-z]+[0-9]+\.[a-z]+)\s*\}\}")
_NUMBER_WORDS = re.compile(
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|"
    r"seventy|eighty|ninety|hundreds?|thousands?|millions?|dozens?|half|halves|halved?|thirds?|quarters?|doubl\w*|"
    r"tripl\w*|twice|thrice)\b",
    re.IGNORECASE,
)
UP = re.compile(r"\b(?:ris\w*|rose|grow\w*|grew|increas\w*|more|higher|up|climb\w*|gain\w*)\b", re.IGNORECASE)
DOWN = re.compile(r"\b(?:fall\w*|fell|drop\w*|decreas\w*|declin\w*|less|fewer|lower|down|shrink\w*)\b", re.IGNORECASE)
_NOT_PROSE = re.compile(r"[<>{}\[\]`|\\]|https?:|www\.|@|!|\n")


def place(id: str, name: str) -> str:
    """How a figure of a fact is written in a question and in an answer."""
    return f"{{{{{id}.{name}}}}}"


def filled(
    id: str, shown: Mapping[str, str], text: str, *, never: re.Pattern[str] | None = None, most: int = MOST_LETTERS
) -> str | None:
    """The model's text with the fact's figures filled in; None where it may not stand."""
    places = PLACE.findall(text)
    bare = PLACE.sub("", text)
    if not places or not set(places) <= {f"{id}.{name}" for name in shown} or is_unfit(bare, most):
        return None
    if never and never.search(bare):
        return None
    whole = PLACE.sub(lambda found: str(shown[found[1].split(".")[1]]), text).strip()
    return whole[0].upper() + whole[1:]


def is_unfit(bare: str, most: int = MOST_LETTERS) -> bool:
    """Whether a text without its placeholders holds a figure, or what is no prose."""
    if len(bare) > most or any(letter.isnumeric() for letter in bare) or "%" in bare:
        return True
    return bool(_NUMBER_WORDS.search(bare) or _NOT_PROSE.search(bare))
