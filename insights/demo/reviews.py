"""What customers of the demo shop write: made up of the sentences of said.txt, with the tone behind each hidden.

Two stories are in it: one branch's queues grow over its last six weeks, and one much loved product turns bad for a
month. Whoever reads the reviews should find both.
"""

import datetime as dt
import functools
from dataclasses import dataclass
from importlib import resources

import numpy as np

from insights.demo.branches import Branch
from insights.demo.catalogue import Product
from insights.demo.chance import Floats, stream
from insights.demo.customers import names

A_WEEK = 3.2
TONES = (("positive", 0.62), ("negative", 0.24), ("neutral", 0.14))
MARKS = {"positive": "+", "negative": "-", "neutral": "="}
STARS = {"positive": (4, 5, 5, 5, 3), "negative": (1, 1, 2, 2, 3), "neutral": (3, 3, 3, 4, 2)}
SOURCES = (("Google", 0.5), ("Card in the shop", 0.3), ("App", 0.2))
ABOUT_PRODUCTS, FOREIGN, WITH_STARS, TORN = 0.55, 0.12, 0.8, 0.4
QUEUES_DAYS, BAD_PRODUCT_DAYS, MORE = 42, 30, 2.5


@dataclass(frozen=True)
class Review:
    """One review; `product` and `branch` are None where it is about none. `label` is the tone it was made with."""

    code: str
    source: str
    product: int | None
    branch: str | None
    rating: int | None
    text: str
    author: str
    day: dt.date
    label: str
    language: str


@dataclass(frozen=True)
class Stories:
    """What is hidden: the branch whose queues grow, the product that turns bad, and from when."""

    queues_at: str
    queues_from: dt.date
    bad_product: int
    bad_from: dt.date


def stories(products: tuple[Product, ...], branches: tuple[Branch, ...], days: tuple[dt.date, ...]) -> Stories:
    loved = max(
        range(len(products)), key=lambda place: (products[place].category.life == 8, products[place].popularity)
    )
    return Stories(
        branches[-1].name,
        days[-1] - dt.timedelta(days=QUEUES_DAYS - 1),
        loved,
        days[-1] - dt.timedelta(days=BAD_PRODUCT_DAYS - 1),
    )


def reviews(products: tuple[Product, ...], branches: tuple[Branch, ...], days: tuple[dt.date, ...]) -> list[Review]:
    """Every review, oldest first. The same days give the same reviews."""
    told, writer = stories(products, branches, days), _Writer(products, branches)
    chance = stream("reviews").random(len(days))
    found: list[Review] = []
    for day, luck in zip(days, chance.tolist(), strict=True):
        if luck < A_WEEK / 7:
            found.append(writer.write(day, len(found)))
        if day >= told.queues_from and luck > 1 - MORE / 7:
            found.append(writer.write(day, len(found), branch=told.queues_at, words="line|[Qq]ueue|serving"))
        if day >= told.bad_from and 0.5 < luck < 0.5 + MORE / 7:
            found.append(writer.write(day, len(found), product=told.bad_product))
    return found


class _Writer:
    def __init__(self, products: tuple[Product, ...], branches: tuple[Branch, ...]) -> None:
        self.products, self.branches = products, branches
        self.draw = stream("reviews", "words")
        self.given, self.family = names()
        liked: Floats = np.cumsum([item.popularity for item in products])
        self.liked = liked / liked[-1]

    def write(
        self, day: dt.date, number: int, *, product: int | None = None, branch: str | None = None, words: str = ""
    ) -> Review:
        """A review of chance; about a given product or branch it is a complaint."""
        luck: list[float] = self.draw.random(12).tolist()
        label = "negative" if product is not None or branch else _pick(TONES, luck[0])
        about = "shop" if branch or (product is None and luck[1] > ABOUT_PRODUCTS) else "product"
        if about == "product" and product is None:
            product = int(np.searchsorted(self.liked, luck[2]))
        branch = branch or self.branches[int(luck[3] * len(self.branches))].name
        language = self._language(luck[4]) if about == "shop" and not words else "en"
        text = self._text(about, language, label, words, luck)
        filled = text.format(product=self.products[product].name if product is not None else "", branch=branch)
        stars = STARS[label][int(luck[5] * 5)] if luck[6] < WITH_STARS else None
        author = f"{self.given[int(luck[7] * len(self.given))]} {self.family[int(luck[8] * len(self.family))][0]}."
        source = _pick(SOURCES, luck[9])
        return Review(f"R{number + 1:04d}", source, product, branch, stars, filled, author, day, label, language)

    def _language(self, luck: float) -> str:
        others = sorted({language for about, language, _ in said() if language != "en"})
        return others[int(luck / FOREIGN * len(others))] if luck < FOREIGN else "en"

    def _text(self, about: str, language: str, label: str, words: str, luck: list[float]) -> str:
        marks = [MARKS[label]] * (1 + int(luck[10] * 1.9))
        if label == "neutral":
            marks = ["+", "-"] if luck[10] < TORN and language == "en" else ["="]
        chosen: list[str] = []
        for mark in marks:
            lines = [
                line for line in said()[about, language, mark] if not words or any(w in line for w in words.split("|"))
            ]
            lines = [line for line in lines if line not in chosen] or lines
            chosen.append(lines[int(self.draw.random() * len(lines))])
        return " ".join(chosen)


def _pick(shares: tuple[tuple[str, float], ...], luck: float) -> str:
    reached = np.cumsum([share for _, share in shares])
    return shares[min(int(np.searchsorted(reached, luck)), len(shares) - 1)][0]


@functools.cache
def said() -> dict[tuple[str, str, str], tuple[str, ...]]:
    """The sentences by (about, language, mark)."""
    found: dict[tuple[str, str, str], list[str]] = {}
    about = language = ""
    text = resources.files("insights.demo").joinpath("said.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("== "):
            _, about, language = line.split()
        elif line[:2] in ("+ ", "- ", "= "):
            found.setdefault((about, language, line[0]), []).append(line[2:].strip())
    return {key: tuple(lines) for key, lines in found.items()}
