"""What a cell looks like: a number, a date, a word. Only the look; values are typed by SQL when they are imported."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

NUMBER, DATE, TIME, LINK, CODE, TEXT, EMPTY = "number", "date", "time", "link", "code", "text", ""
_SIGNS = r"(?:[€£$¥₹%]|[A-Z]{3})"
_PATTERNS = [
    (
        NUMBER,
        re.compile(rf"^{_SIGNS}?\s?[-+−(]?{_SIGNS}?\s?(\d[\d.,' \u00a0]*|\.\d+)([eE][-+]?\d+)?\)?\s?-?{_SIGNS}?$"),
    ),
    (NUMBER, re.compile(r"^(nan|n/?a|null|-)$", re.I)),
    (TIME, re.compile(r"^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[ap]\.?m\.?)?$", re.I)),
    (
        DATE,
        re.compile(
            r"^(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{4}-\d{2}|\d{1,2}[- ][A-Za-z]{3,9}([- ]\d{2,4})?|"
            r"[A-Za-z]{3}[- ]\d{2,4}|[A-Za-z]{3,9} \d{1,2},? \d{4})([T ]\d{1,2}:\d{2}.{0,16})?$"
        ),
    ),
    (LINK, re.compile(r"^(https?://|www\.)\S+$|^[^\s@]+@[^\s@]+\.[a-z]+$", re.I)),
    (CODE, re.compile(r"^(?=.*\d)[\w./-]+$")),
]
# A cell that still holds these was not taken apart by the delimiter and the quotation mark it was written with.
_LEFTOVERS = re.compile(r"""[;\t|]|,\S|\S,|^["']|["']$""")


def look_of(cell: str) -> str:
    """The kind of value a cell looks like."""
    cell = cell[:200].strip()
    if not cell:
        return EMPTY
    if cell.isalpha():
        return NUMBER if cell.lower() in {"nan", "null"} else TEXT
    return next((kind for kind, pattern in _PATTERNS if pattern.match(cell)), TEXT)


def is_plain(cell: str) -> bool:
    """Whether nothing in the cell looks like it should have been taken apart."""
    return not _LEFTOVERS.search(cell) or look_of(cell) in {NUMBER, DATE, LINK}


def shape(cell: str) -> str:
    """Letters and digits as runs: MG-8769 is A-9."""
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "A", cell.strip()))


def usual(looks: Iterable[str], share: float = 0.8) -> str:
    """What nearly all filled cells of a column look like; text where they differ; empty where none is filled."""
    counts = Counter(look for look in looks if look)
    if not counts:
        return EMPTY
    look, count = counts.most_common(1)[0]
    return look if count >= share * counts.total() else TEXT
