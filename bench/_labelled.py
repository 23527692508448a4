"""The short reviews written and labelled for the bench (labelled/), and how a reading of them is scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from insights.analyses.sentiment.head import LETTERS
from insights.analyses.sentiment.tone import Heard
from insights.models import Aspect

LABELS = {"+": "positive", "-": "negative", "=": "neutral"}


@dataclass(frozen=True)
class Labelled:
    """`aspects` says of each aspect spoken of whether it is spoken well of."""

    language: str
    label: str
    aspects: dict[Aspect, bool]
    text: str


def reviews() -> list[Labelled]:
    found, language = [], ""
    for name in ("reviews_en.txt", "reviews_others.txt"):
        for row in (Path(__file__).parent / "labelled" / name).read_text(encoding="utf-8").splitlines():
            head, bar, text = row.partition("|")
            if row.startswith("== "):
                language = row[3:].strip()
            elif bar and row[:1] in LABELS:
                aspects = {LETTERS[mark[0]]: mark[1] == "+" for mark in head[1:].split()}
                found.append(Labelled(language, LABELS[row[0]], aspects, text.strip()))
    return found


def f1(pairs: Sequence[tuple[Labelled, Heard]]) -> float:
    """Of all (review, aspect) pairs, said and true."""
    both = sum(len(one.aspects.keys() & said.aspects.keys()) for one, said in pairs)
    every = sum(len(one.aspects) + len(said.aspects) for one, said in pairs)
    return 2 * both / every if every else 0.0


def sides(pairs: Sequence[tuple[Labelled, Heard]]) -> float:
    """Of the aspects rightly found, the share whose tone is on the right side."""
    found = [(said.aspects[aspect] > 0) == good for one, said in pairs for aspect, good in one.aspects.items()
             if aspect in said.aspects]  # fmt: skip
    return sum(found) / len(found) if found else 0.0
