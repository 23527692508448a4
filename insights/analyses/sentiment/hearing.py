"""Reads the texts of a run on this machine: tone, spam, what is named, and what many are about. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from insights.analyses.protocol import Tick
from insights.analyses.sentiment import labelling, learning, mentions, spam, tone
from insights.analyses.sentiment.learning import Learned
from insights.analyses.sentiment.reading import Inputs, Written
from insights.analyses.sentiment.replies import Answer
from insights.analyses.sentiment.themes import Spoken, Theme
from insights.analyses.sentiment.tone import Heard
from insights.models import Aspect

_AT_ONCE = 256
BY_PERSON = "A person says so."


@dataclass(slots=True)
class Result:
    """What was read in this run; `by` says who read a review, where it was not this machine.

    `spam` holds the reason of each text that is taken for it; `product` and `supplier` what a text names.
    """

    inputs: Inputs
    heard: dict[int, Heard]
    spam: dict[int, str]
    product: dict[int, int]
    supplier: dict[int, int]
    recent: dict[int, Heard]
    learned: Learned
    by: dict[int, tuple[str, str]] = field(default_factory=dict)
    themes: list[Theme] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def read_now(self) -> list[Written]:
        """The new and changed reviews, and those a model has now read instead of this machine."""
        return [*self.inputs.unread, *(one for one in self.inputs.again if one.id in self.by)]

    def to_ask(self) -> list[Written]:
        """Those a model may read: not what is taken for spam, nor what says the same as a corrected text."""
        every = [*self.inputs.unread, *self.inputs.again]
        return [one for one in every if one.id not in self.spam and not self.learned.says(self.heard[one.id])]

    def stands(self, one: Written) -> str:
        """The label a review counts with."""
        return one.said or self.heard[one.id].label

    def days(self) -> dict[int, int]:
        """The day of every review that counts, by its id."""
        known = self.inputs.known
        found = dict(zip(known.id[~known.spam].tolist(), known.day[~known.spam].tolist(), strict=True))
        now = {one.id: one for one in self.read_now()}
        kept = {id: day for id, day in found.items() if id not in now}
        return kept | {one.id: one.day for one in now.values() if not self.is_spam(one)}

    def is_spam(self, one: Written) -> bool:
        return one.id in self.spam if one.said_spam is None else one.said_spam


def hear(inputs: Inputs, tick: Tick) -> Result:
    """Every unread text is read on this machine, whether or not a model is asked too."""
    texts = [*inputs.unread, *inputs.again]
    whole = len(texts) + len(inputs.recent) + len(inputs.corrected)
    recent = _listen(inputs.recent, tick, 0, whole)
    corrected = _listen([replace(one, stars=None) for one in inputs.corrected], tick, len(recent), whole)
    learned = learning.learn([corrected[one.id] for one in inputs.corrected], [one.said for one in inputs.corrected])
    heard = _listen(texts, tick, len(recent) + len(corrected), whole)
    products, suppliers = mentions.of_products(inputs.products), mentions.of_suppliers(inputs.suppliers)
    return Result(
        inputs,
        {id: learned.apply(one) for id, one in heard.items()},
        _spam(texts, inputs, heard),
        {one.id: named for one in texts if not one.product and (named := products.named_in(one.text))},
        {one.id: named for one in texts if (named := suppliers.named_in(one.text))},
        recent,
        learned,
    )


def _listen(texts: Sequence[Written], tick: Tick, before: int, whole: int) -> dict[int, Heard]:
    heard: dict[int, Heard] = {}
    for start in range(0, len(texts), _AT_ONCE):
        piece = texts[start : start + _AT_ONCE]
        found = tone.listen([one.text for one in piece], [one.stars for one in piece])
        heard |= {one.id: said for one, said in zip(piece, found, strict=True)}
        tick(before + start + len(piece), max(whole, 1))
    return heard


def _spam(texts: Sequence[Written], inputs: Inputs, heard: dict[int, Heard]) -> dict[int, str]:
    reasons = {
        one.id: reason
        for one in texts
        if (reason := spam.why(one.text, stars=one.stars, to_machine=_is_order(one, heard[one.id])))
    }
    read = {one.id for one in texts}
    before = [one.text for one in inputs.recent if one.id not in read]
    copies = spam.sent_again([(one.id, one.text) for one in texts], before)
    return dict.fromkeys(copies, spam.SENT_AGAIN) | reasons


def _is_order(one: Written, heard: Heard) -> bool:
    return heard.to_machine and labelling.looks_like_orders(one.text)


def spoken(result: Result) -> list[Spoken]:
    """The recent reviews that themes are made of: none taken for spam, none that might speak to a model."""
    known = result.inputs.known
    scores = dict(zip(known.id.tolist(), known.score.tolist(), strict=True))
    spam_before = set(known.id[known.spam].tolist())
    aspects: dict[int, set[Aspect]] = {}
    for review, aspect, _ in result.inputs.aspects:
        aspects.setdefault(review, set()).add(Aspect(aspect))
    found = {one.id: one for one in result.inputs.recent if one.id not in spam_before}
    found |= {one.id: one for one in result.inputs.unread if not result.is_spam(one)}
    rows = []
    for one in sorted(found.values(), key=lambda one: one.id):
        heard = result.heard.get(one.id) or result.recent[one.id]
        if heard.meaning is None or not one.text.strip() or labelling.looks_like_orders(one.text):
            continue
        said = set(heard.aspects) if one.id in result.heard else aspects.get(one.id, set())
        score = result.heard[one.id].score if one.id in result.heard else scores.get(one.id, 0.0)
        rows.append(Spoken(one.id, one.day, one.text, heard.meaning, score, frozenset(said)))
    return rows
