"""How customers' reviews sound, and whether that changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils import timezone

from customers.models import Review
from insights.analyses.protocol import Analysis, Asked, Figure, Tick
from insights.analyses.sentiment import facts, labelling, reading, tone
from insights.analyses.sentiment.facts import Readings
from insights.analyses.sentiment.reading import Inputs, Written
from insights.analyses.sentiment.tone import Heard
from insights.models import ReviewReading, Run

if TYPE_CHECKING:
    from insights.providers.gateway import Said

_AT_ONCE = 256
_ROWS_AT_ONCE = 1000
HERE = ("local", tone.VERSION)


@dataclass(slots=True)
class Result:
    """What was read in this run; `by` says who read a review, where it was not this machine."""

    inputs: Inputs
    heard: dict[int, Heard]
    by: dict[int, tuple[str, str]]

    def read_now(self) -> list[Written]:
        """The new and changed reviews, and those a model has now read instead of this machine."""
        return [*self.inputs.unread, *(one for one in self.inputs.again if one.id in self.by)]


class Sentiment(Analysis):
    name = "sentiment"
    title = "Reviews"
    version = tone.VERSION
    prompt_version = labelling.PROMPT_VERSION

    def inputs(self, asked: Asked) -> Inputs:
        return reading.read(asked.shop, asked.as_of)

    def inputs_hash(self, inputs: Inputs) -> str:
        return reading.digest(inputs)

    def compute(self, inputs: Inputs, tick: Tick) -> Result:
        """Every unread text is read on this machine, whether or not a model is asked too."""
        texts = [*inputs.unread, *inputs.again]
        heard: dict[int, Heard] = {}
        for start in range(0, len(texts), _AT_ONCE):
            piece = texts[start : start + _AT_ONCE]
            found = tone.listen([one.text for one in piece], [one.stars for one in piece])
            heard |= {one.id: said for one, said in zip(piece, found, strict=True)}
            tick(start + len(piece), len(texts))
        return Result(inputs, heard, {})

    def enrich(self, result: Result, asked: Asked, tick: Tick) -> Said | None:
        reviews = [*result.inputs.unread, *result.inputs.again]
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
        found = facts.facts(_all(result), result.inputs.as_of, result.inputs.products)
        return found | {"read_now": len(result.read_now())}

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
        """One reading a review; a review deleted meanwhile gets none."""
        written = {one.id: one for one in result.read_now()}
        here = set(Review.objects.select_for_update().filter(pk__in=written).values_list("pk", flat=True))
        ReviewReading.objects.bulk_create(
            [_reading(run, result, one) for one in written.values() if one.id in here],
            batch_size=_ROWS_AT_ONCE,
            update_conflicts=True,
            unique_fields=["shop", "review"],
            update_fields=["run", "label", "score", "language", "provider", "model", "text_hash", "read_at"],
        )


def _reading(run: Run, result: Result, one: Written) -> ReviewReading:
    heard = result.heard[one.id]
    provider, model = result.by.get(one.id, HERE)
    return ReviewReading(
        run=run,
        review_id=one.id,
        label=heard.label,
        score=Decimal(str(heard.score)),
        language=heard.language,
        provider=provider,
        model=model[:80],
        text_hash=one.text_hash,
        read_at=timezone.now(),
    )


def _all(result: Result) -> Readings:
    """The known readings, those of this run in their place."""
    known, now = result.inputs.known, result.read_now()
    kept = ~np.isin(known.id, [one.id for one in now])
    label = [labelling.LABELS[result.heard[one.id].label] for one in now]
    return Readings(
        np.concatenate([known.product[kept], np.array([one.product for one in now], dtype=np.int64)]),
        np.concatenate([known.day[kept], np.array([one.day for one in now], dtype=np.int64)]),
        np.concatenate([known.label[kept], np.array(label, dtype=np.int64)]),
        np.concatenate([known.score[kept], np.array([result.heard[one.id].score for one in now], dtype=np.float64)]),
        np.concatenate([known.by_model[kept], np.array([one.id in result.by for one in now], dtype=bool)]),
    )
