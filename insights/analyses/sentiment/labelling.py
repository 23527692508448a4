"""Lets a model read reviews, some at a time, and believes it only so far.

What customers write may be meant to mislead a model. So each batch holds two sentences whose tone is known: where
they come back wrong, the batch is not used. Texts that look like orders to a model are asked alone, ids cannot be
guessed by who writes a review, and a row that contradicts both the stars and this machine's reading is left out.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from insights.analyses.sentiment.reading import MOST_ASKED, Written
from insights.analyses.sentiment.tone import Heard
from insights.models import Aspect
from insights.providers import gateway
from insights.providers.base import Ask
from insights.providers.gateway import Said

PROMPT_VERSION = "2"
TOGETHER = 20
MOST_ALONE = 20
LONGEST = 600
MOST_HALVED = 12  # questions more, in a night, to find the text that spoils a batch
GIVE_UP_AFTER = 2  # batches in a row without an answer
AGREED, ALONE, OPPOSED = 0.95, 0.8, 0.7  # how sure a model's label is: this machine says the same, mild, the opposite
LABELS = {"positive": 1, "neutral": 0, "negative": -1}
FIRM = 0.3
_SYSTEM = (
    "Each review was written by a customer of a grocery shop. Say for each by itself how it sounds: label is one of"
    " positive, neutral, negative; score goes from -1 (very displeased) to 1 (very pleased); language is its ISO 639-1"
    " code. Irony counts as what is meant. A review with as much praise as blame, or with neither, is neutral."
    " aspects holds what it speaks of, each with its own score, and is empty where it is none of these: freshness (of"
    " food, dates), price (and offers, charges), staff (and service), queue (waiting, tills), range (choice, out of"
    " stock), cleanliness, delivery (and app, online orders), parking. Give every id once."
)
_ASPECT = {
    "type": "object",
    "properties": {"aspect": {"type": "string"}, "score": {"type": "number"}},
    "required": ["aspect", "score"],
}
_ROW = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "label": {"type": "string", "description": "positive, neutral or negative"},
        "score": {"type": "number"},
        "language": {"type": "string"},
        "aspects": {"type": "array", "items": _ASPECT},
    },
    "required": ["id", "label", "score", "language"],
}
_SCHEMA = {
    "type": "object",
    "properties": {"reviews": {"type": "array", "items": _ROW}},
    "required": ["reviews"],
}
_CONTROLS = (
    ("positive", "Lovely fresh bread and very kind people, I am so happy with this shop."),
    ("negative", "The milk was sour, the staff were rude and I want my money back."),
)
_ORDERS = re.compile(
    r"ignore|disregard|forget (all|every|the|your|any)|instruction|prompt|system|assistant|chatgpt|gemini|as an ai"
    r"|language model|json|\bids?\b|\blabels?\b|\bscores?\b|classif|sentiment|override|respond|output|answer with"
    r"|other reviews|all reviews|every review|[{}<>\[\]`|]|base64|\\u",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(r"^[a-z]{2,3}$")


@dataclass(frozen=True, slots=True)
class Labelled:
    """What models said of reviews, by id; `said` tells who, and why others were read here."""

    heard: dict[int, Heard]
    by: dict[int, tuple[str, str]]
    said: Said


def label(
    reviews: Sequence[Written], here: dict[int, Heard], run_key: str, tick: Any = lambda done, total: None
) -> Labelled:
    """Ask for the newest reviews, at most MOST_ASKED. Reviews that are not in the result stay as read `here`."""
    asking = _Asking(here, run_key)
    batches, silent = list(_batches(reviews[:MOST_ASKED], here)), 0
    for place, batch in enumerate(batches):
        was_answered = asking.read(batch)
        tick(place + 1, len(batches))
        silent = 0 if was_answered else silent + 1
        if silent >= GIVE_UP_AFTER:
            break
    return Labelled(asking.heard, asking.by, _who(asking.last, was_used=bool(asking.heard)))


class _Asking:
    """The questions of one run, and what was believed of their answers."""

    def __init__(self, here: dict[int, Heard], run_key: str) -> None:
        self.here, self.run_key = here, run_key
        self.heard: dict[int, Heard] = {}
        self.by: dict[int, tuple[str, str]] = {}
        self.last, self.halved = Said(), 0

    def read(self, batch: Sequence[Written]) -> bool:
        """Ask for a batch; where a sentence of known tone came back wrong, ask for its halves, so that a text which
        misleads the model is left alone in the end. Returns whether there was an answer."""
        said = gateway.ask(_question(batch), run_key=self.run_key)
        self.last = said if said.data is not None or self.last.data is None else self.last
        found = _believed(batch, said.data, self.here)
        if found is None and len(batch) > 1 and self.halved < MOST_HALVED:
            self.halved += 2
            middle = len(batch) // 2
            return any([self.read(batch[:middle]), self.read(batch[middle:])])
        self.heard |= found or {}
        self.by |= dict.fromkeys(found or {}, (said.provider, said.model))
        return said.data is not None


def looks_like_orders(text: str) -> bool:
    """Whether the text might be addressed to a model: such a text is asked alone."""
    return bool(_ORDERS.search(text))


def _who(last: Said, *, was_used: bool) -> Said:
    if was_used or last.data is None:
        return last
    return Said(why_local="The model's answers did not hold.")


def _batches(reviews: Sequence[Written], here: dict[int, Heard]) -> Iterator[list[Written]]:
    alone = [one for one in reviews if looks_like_orders(one.text) or (one.id in here and here[one.id].to_machine)]
    apart = {one.id for one in alone}
    plain = [one for one in reviews if one.id not in apart]
    for start in range(0, len(plain), TOGETHER):
        yield plain[start : start + TOGETHER]
    yield from ([one] for one in alone[:MOST_ALONE])


def _question(batch: Sequence[Written]) -> Ask:
    texts = {_id(one): one.text[:LONGEST] for one in batch}
    texts |= {_control(batch, place): text for place, (_, text) in enumerate(_CONTROLS)}
    return Ask(
        purpose="sentiment",
        prompt_version=PROMPT_VERSION,
        system=_SYSTEM,
        facts={"reviews": [{"id": id, "text": texts[id]} for id in sorted(texts)]},
        schema=_SCHEMA,
        max_tokens=200 + 120 * len(texts),
        names=[one.author for one in batch if one.author],
    )


def _id(one: Written) -> str:
    return hashlib.sha256(f"{one.id}:{one.text_hash}".encode()).hexdigest()[:8]


def _control(batch: Sequence[Written], place: int) -> str:
    """An id like the others', between them by chance."""
    return hashlib.sha256(f"{place}:{[one.text_hash for one in batch]}".encode()).hexdigest()[:8]


def _believed(batch: Sequence[Written], data: Any, here: dict[int, Heard]) -> dict[int, Heard] | None:
    """The rows that can be used: asked for, said once, in range. None where a control came back wrong."""
    if data is None:
        return {}
    rows: dict[str, list[Heard | None]] = {}
    for row in data["reviews"][: 4 * (TOGETHER + len(_CONTROLS))]:
        rows.setdefault(row["id"], []).append(_row(row))
    for place, (expected, _) in enumerate(_CONTROLS):
        control = rows.get(_control(batch, place), [None])
        if any(one is None or one.label != expected for one in control):
            return None
    found = {}
    for one in batch:
        said = rows.get(_id(one), [])
        if len(said) == 1 and said[0] is not None and not _contradicted(said[0], one, here.get(one.id)):
            found[one.id] = _beside(said[0], here.get(one.id))
    return found


def _row(row: dict[str, Any]) -> Heard | None:
    label, score, language = row["label"].strip().lower(), float(row["score"]), row["language"].strip().lower()
    if label not in LABELS or not math.isfinite(score) or not -1 <= score <= 1 or score * LABELS[label] < 0:
        return None
    aspects = _aspects(row.get("aspects", []))
    return Heard(label, round(score, 3), language if _LANGUAGE.match(language) else "", aspects=aspects)


def _aspects(rows: list[dict[str, Any]]) -> dict[Aspect, float]:
    """Those that are known and said once, in range."""
    found: dict[Aspect, float] = {}
    for row in rows[: 2 * len(Aspect)]:
        name, score = row["aspect"].strip().lower(), float(row["score"])
        if name in Aspect.values and math.isfinite(score) and -1 <= score <= 1:
            found.setdefault(Aspect(name), round(score, 3))
    return found


def _beside(said: Heard, here: Heard | None) -> Heard:
    """What a model said, with what this machine knows of the text, and how sure both make it."""
    if here is None:
        return replace(said, confidence=ALONE)
    opposed = LABELS[said.label] * LABELS[here.label] < 0
    sure = AGREED if said.label == here.label else OPPOSED if opposed else ALONE
    return replace(said, confidence=sure, meaning=here.meaning, to_machine=here.to_machine)


def _contradicted(said: Heard, one: Written, here: Heard | None) -> bool:
    """The stars and this machine agree firmly on the opposite."""
    side = LABELS[said.label]
    if not side or one.stars is None or here is None:
        return False
    return (one.stars - 3) * side <= -1 and here.score * side < -FIRM
