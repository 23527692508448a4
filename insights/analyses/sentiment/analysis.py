"""How customers' reviews sound, what they speak of, and whether that changes; and replies to those nobody answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from insights.analyses.protocol import Analysis, Asked, Figure, Tick
from insights.analyses.sentiment import facts, hearing, labelling, reading, replies, storing, themes, tone, trends
from insights.analyses.sentiment.hearing import Result
from insights.analyses.sentiment.reading import Inputs
from insights.analyses.sentiment.replies import Unanswered
from insights.analyses.sentiment.standing import readings
from insights.decisions.drafts import Draft
from insights.models import Aspect, Run

if TYPE_CHECKING:
    from insights.providers.gateway import Said

_MOST_SENTENCES = 3


class Sentiment(Analysis):
    name = "sentiment"
    title = "Reviews"
    version = tone.VERSION
    prompt_version = f"{labelling.PROMPT_VERSION}, {themes.PROMPT_VERSION}"
    suggests = (replies.KIND,)

    def inputs(self, asked: Asked) -> Inputs:
        return reading.read(asked.shop, asked.as_of)

    def inputs_hash(self, inputs: Inputs) -> str:
        return reading.digest(inputs)

    def compute(self, inputs: Inputs, tick: Tick) -> Result:
        """Every unread text is read on this machine, whether or not a model is asked too."""
        return hearing.hear(inputs, tick)

    def enrich(self, result: Result, asked: Asked, tick: Tick) -> Said | None:
        """Models read texts, name themes and word replies; what is said of them is who read the texts."""
        said = self._labelled(result, asked, tick)
        result.themes, _ = themes.named(themes.gather(hearing.spoken(result)), asked.run_key)
        result.answers = replies.draft(_unanswered(result), asked.as_of, asked.shop.name, asked.run_key)
        return said

    def _labelled(self, result: Result, asked: Asked, tick: Tick) -> Said | None:
        reviews = result.to_ask()
        if not reviews:
            return None
        labelled = labelling.label(reviews, result.heard, asked.run_key, tick)
        result.heard |= labelled.heard
        result.by |= labelled.by
        left = len(reviews) - len(labelled.heard)
        if labelled.heard and left:
            one = "1 review was" if left == 1 else f"{left:,} reviews were"
            return replace(labelled.said, why_local=f"{one} read on this machine.")
        return labelled.said

    def findings(self, result: Result) -> dict[str, Any]:
        inputs = result.inputs
        found = facts.facts(readings(result), inputs.as_of, inputs.products, inputs.branches)
        return found | {"read_now": len(result.read_now()), "replies": len(result.answers)}

    def words(self, findings: dict[str, Any], said: Said | None) -> list[str]:
        if not findings["reviews"]:
            return ["There are no reviews yet."]
        whole = "1 review" if findings["reviews"] == 1 else f"{findings['reviews']:,} reviews"
        sentences = [
            f"Of {whole}, {findings['positive']:,} sound pleased, {findings['negative']:,} displeased "
            f"and {findings['neutral']:,} neither."
        ]
        lately, before = findings["lately"], findings["before"]
        if lately["reviews"]:
            change = "more than chance explains" if findings["is_change"] else "too little to call it a change"
            than = f", after {before['negative']:,} of {before['reviews']:,} in the four before: {change}"
            sentences.append(
                f"In the last four weeks {lately['negative']:,} of {lately['reviews']:,} were displeased"
                f"{than if before['reviews'] else ''}."
            )
        if findings["products"]:
            worst = findings["products"][0]
            sentences.append(
                f"Most complaints in half a year are about {worst['name']}: "
                f"{worst['negative']:,} of {worst['reviews']:,} reviews."
            )
        changed = [row for row in findings.get("trends", []) if row["is_change"]]
        sentences += [trends.sentence(row) for row in changed[:_MOST_SENTENCES]]
        if findings.get("spam"):
            are = "1 more is" if findings["spam"] == 1 else f"{findings['spam']:,} more are"
            sentences.append(f"{are} taken for spam and counted nowhere.")
        return sentences

    def scores(self, result: Result) -> dict[str, Any]:
        return {"read_now": len(result.read_now()), "by_model": len(result.by)}

    def series(self, result: Result) -> int:
        return len(result.inputs.unread) + int(result.inputs.known.id.size)

    def figures(self, findings: dict[str, Any]) -> list[Figure]:
        return [
            Figure("Reviews", findings.get("reviews")),
            Figure("Displeased", findings.get("negative")),
            Figure("Mean score", findings.get("mean"), "number"),
            Figure("Newly read", findings.get("read_now")),
        ]

    def store(self, run: Run, result: Result) -> None:
        storing.store(run, result)

    def suggest(self, run: Run, result: Result) -> list[Draft]:
        return replies.suggestions(result.answers)


def _unanswered(result: Result) -> list[Unanswered]:
    """Every displeased review that counts, new and known, as it stands; not those that might speak to a model."""
    known, aspects = result.inputs.known, result.inputs.aspects
    now = {one.id: one for one in result.read_now()}
    of: dict[int, dict[Aspect, float]] = {}
    for review, aspect, score in aspects:
        of.setdefault(review, {})[Aspect(aspect)] = score
    recent = {one.id: one for one in result.inputs.recent}
    found = []
    for id, day, label, score, spam in zip(
        *(column.tolist() for column in (known.id, known.day, known.label, known.score, known.spam)), strict=True
    ):
        if label < 0 and not spam and id in recent and id not in now:
            is_plain = not labelling.looks_like_orders(recent[id].text)
            found.append(Unanswered(id, day, score, result.recent[id].language, of.get(id, {}), is_plain))
    for one in now.values():
        if result.stands(one) == "negative" and not result.is_spam(one):
            heard = result.heard[one.id]
            is_plain = not (heard.to_machine or labelling.looks_like_orders(one.text))
            found.append(Unanswered(one.id, one.day, heard.score, heard.language, heard.aspects, is_plain))
    return found
