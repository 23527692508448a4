"""What a model adds to the reading of reviews: recorded answers of a large one, played by the tests' vendor over HTTP.

The product asks its own questions and believes the answers as far as it does at night. The same reviews are read on
this machine alone, for comparison.
"""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from bench import _labelled as labelled
from bench._labelled import Labelled
from bench.figures import say
from customers.models import Review
from insights.analyses.sentiment.tone import Heard
from insights.models import Aspect, ReviewAspect, ReviewReading
from shop.services import create_shop
from shop.tenancy import use_shop
from tests.vendors.connecting import connect
from tests.vendors.faults import answer
from tests.vendors.server import Handler, Vendor

RECORDED = Path(__file__).parent / "recorded" / "reviews.json"
TODAY = dt.date(2026, 11, 20)
CONTROLS = {"Lovely fresh bread": ("positive", 0.9), "The milk was sour": ("negative", -0.9)}


class Playing(Handler):
    """Answers the product's questions about reviews from the record; anything else as plainly as its schema takes."""

    answers: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))["answers"]

    def answer_well(self, *, data: Any = None, words: str = "Plain words.", usage: tuple[int, int] = (12, 34)) -> None:
        try:
            facts = json.loads(self.body["contents"][0]["parts"][0]["text"])
        except (KeyError, ValueError):
            facts = {}
        if "reviews" not in facts:
            super().answer_well(data=data, words=words, usage=usage)
        else:
            answer(self, json.dumps({"reviews": [self._row(row) for row in facts["reviews"]]}), usage)

    def _row(self, row: dict[str, str]) -> dict[str, Any]:
        for start, (label, score) in CONTROLS.items():
            if row["text"].startswith(start):
                return {"id": row["id"], "label": label, "score": score, "language": "en", "aspects": []}
        return {"id": row["id"], **self.answers[row["text"]]}


def measure(found: list[Labelled], here: dict[str, Heard]) -> None:
    asked = [one for one in found if one.text in Playing.answers]
    _tell("on this machine", [(one, here[one.text]) for one in asked])
    _tell("with recorded answers of a large model", _read(asked))


def _read(asked: list[Labelled]) -> list[tuple[Labelled, Heard]]:
    """Through the product's own doors: a shop, a connected model, a night's run."""
    from insights.analyses.engine import ask_run
    from shop import jobs

    settings.MODELS_ALLOW_LOCAL, settings.MODELS_SECONDS = True, 30
    shop = create_shop(slug="reviewed", name="Reviewed", owner=None, branches=["Only"], country="GB")
    vendor = Vendor()
    vendor._server.RequestHandlerClass = type("PlayingHandler", (Playing,), {"vendor": vendor})
    try:
        connect(shop, vendor)
        with use_shop(shop):
            Review.objects.bulk_create(
                [Review(code=str(n), text=one.text, written_on=TODAY) for n, one in enumerate(asked)]
            )
            jobs.run(ask_run(name="sentiment", by="bench", as_of=TODAY, hint=False).pk)
            return _heard(asked)
    finally:
        vendor.close()


def _heard(asked: list[Labelled]) -> list[tuple[Labelled, Heard]]:
    aspects: dict[str, dict[Aspect, float]] = {}
    for row in ReviewAspect.objects.select_related("review"):
        aspects.setdefault(row.review.code, {})[Aspect(row.aspect)] = float(row.score)
    rows = {row.review.code: row for row in ReviewReading.objects.select_related("review")}
    say("of the reviews asked, read by the model", float(np.mean([row.provider != "local" for row in rows.values()])))
    return [
        (one, Heard(rows[str(n)].label, float(rows[str(n)].score), rows[str(n)].language,
                    float(rows[str(n)].confidence or 0), aspects.get(str(n), {})))
        for n, one in enumerate(asked)
    ]  # fmt: skip


def _tell(how: str, pairs: list[tuple[Labelled, Heard]]) -> None:
    say(f"label of three, {how}", float(np.mean([said.label == one.label for one, said in pairs])), reviews=len(pairs))
    say(f"language, {how}", float(np.mean([said.language == one.language for one, said in pairs])))
    say(f"aspects, F1, {how}", labelled.f1(pairs))
    say(f"aspects, their tone on the right side, {how}", labelled.sides(pairs))
    sure = float(np.mean([said.confidence for _, said in pairs]))
    say(f"sure on average, {how}", sure, float(np.mean([said.label == one.label for one, said in pairs])))
