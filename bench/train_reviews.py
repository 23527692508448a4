"""Trains the head that reads reviews on this machine, and writes insights/analyses/sentiment/head.json.

Trained on sentences of our own alone: no published set is learnt from, so none can be measured by mistake. How sure it
may be is fitted on the UCI sentences about telephones (CC BY 4.0), of which four numbers remain. The same inputs give
the same file.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from bench._doors import DATA, is_there
from bench.figures import say
from insights.analyses.sentiment import head
from insights.providers.local import MODEL

Floats = NDArray[np.float64]

VERSION = f"{MODEL}, head 2"
HERE = Path(settings.BASE_DIR) / "insights" / "analyses" / "sentiment" / "head.json"
TELEPHONES = DATA / "sentiment_dev" / "uci_amazon_cells_labelled.txt"
NEARNESS, CALM = 3.0, 0.5  # of the tone: how fast likeness fades, and how little a single sentence may say
WIDE, WIDE_CALM = 1.0, 0.3  # of what is spoken of
NEITHER_CALM = 0.7


def main(arguments: list[str]) -> None:
    if not is_there(TELEPHONES):
        return
    lines = head.lines()
    packed = head.pack(head.embed([line.text for line in lines]))
    vectors = head.unpack(packed)
    marks, tones = np.array([line.mark for line in lines]), head.tones(lines)
    near, wide = (head.likeness(vectors, vectors, one) for one in (NEARNESS, WIDE))
    people = marks != "!"
    tone, tone_out = _fit(near, tones, _weights(marks, {"+": 1, "-": 1, "=": 0.5}), CALM, people)
    neither, neither_out = _fit(wide, marks == "=", _weights(marks, {"+": 1, "-": 1, "=": 1.5}), NEITHER_CALM, people)
    orders, orders_out = _fit(
        wide, ~people, _weights(marks, {"+": 1, "-": 1, "=": 1, "!": 1}), WIDE_CALM, people | True
    )
    told = {
        "version": VERSION,
        "embeddings": MODEL,
        "sentences": head.fingerprint(lines),
        "nearness": NEARNESS,
        "wide": WIDE,
        "confidence": _confidence(vectors, tone, tone_out[people], neither_out[people], marks[people]),
        "tone": _short(tone),
        "neither": _short(neither),
        "orders": _short(orders),
        "aspects": [_short(row) for row in _aspects(lines, wide)],
        "provenance": _provenance(len(lines)),
    }
    np.save(HERE.with_name("head.npy"), packed)
    HERE.write_text(json.dumps(told, indent=None, separators=(",", ":")) + "\n", encoding="utf-8")
    sided = people & (tones != 0)
    say("sentences left out in turn, tone on the right side", float(((tone_out > 0) == (tones > 0))[sided].mean()))
    say("sentences left out in turn, to machines found", float((orders_out[~people] > 0.3).mean()))
    say("sentences left out in turn, to people taken for it", float((orders_out[people] > 0.3).mean()))


def _fit(near: Floats, said: Any, weight: Floats, calm: float, rows: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Weights by kernel ridge regression, and what each sentence would be taken for if it were not known."""
    picked = np.flatnonzero(rows)
    mean = weight[picked] / weight[picked].mean()
    inverse = np.linalg.inv(near[np.ix_(picked, picked)] + calm * np.diag(1 / mean))
    weights, left_out = np.zeros(len(near)), np.zeros(len(near))
    known = np.asarray(said, dtype=float)[picked]
    weights[picked] = inverse @ known
    left_out[picked] = known - weights[picked] / np.diag(inverse)
    return weights, left_out


def _weights(marks: NDArray[Any], parts: dict[str, float]) -> Floats:
    """Sentences of one mark weigh the part together."""
    weight = np.zeros(marks.size)
    for mark, part in parts.items():
        weight[marks == mark] = part / max((marks == mark).sum(), 1)
    return weight


def _aspects(lines: list[head.Line], wide: Floats) -> Floats:
    rows = np.array([line.aspects is not None and line.mark != "!" for line in lines])
    columns = []
    for aspect in head.ASPECTS:
        speaks = np.array([line.aspects is not None and aspect in line.aspects for line in lines])
        weight = np.where(speaks, 0.5 / speaks.sum(), 1.5 / (rows & ~speaks).sum())
        columns.append(_fit(wide, speaks, weight, WIDE_CALM, rows)[0])
    return np.column_stack(columns)


def _confidence(
    vectors: Floats, tone: Floats, tone_out: Floats, neither_out: Floats, marks: NDArray[Any]
) -> dict[str, list[float]]:
    """How often a tone of this strength is right: on our sentences, each left out in turn, and on others' about
    telephones, none of which was learnt from."""
    rows = [line.rsplit("\t", 1) for line in TELEPHONES.read_text(encoding="utf-8").split("\n") if line]
    scores = head.likeness(head.embed([text for text, _ in rows]), vectors, NEARNESS) @ tone
    right = (scores > 0) == np.array([label == "1" for _, label in rows])
    own = (tone_out > 0) == (marks == "+")
    return {
        "tone": _logistic(np.abs(np.r_[scores, tone_out]), np.r_[right, own & (marks != "=")]),
        "neither": _logistic(neither_out, marks == "="),
    }


def _logistic(strength: Floats, right: NDArray[np.bool_]) -> list[float]:
    """Start and slope of the chance of being right, by Newton's steps."""
    table, found = np.column_stack([np.ones(strength.size), strength]), np.zeros(2)
    for _ in range(30):
        chance = 1 / (1 + np.exp(-table @ found))
        bend = (table * (chance * (1 - chance))[:, None]).T @ table + 1e-6 * np.eye(2)
        found = found + np.linalg.solve(bend, table.T @ (right - chance))
    return [round(float(one), 4) for one in found]


def _short(weights: Floats) -> list[float]:
    return [round(float(one), 5) for one in weights]


def _provenance(many: int) -> dict[str, Any]:
    own = {name: hashlib.sha256((HERE.parent / name).read_bytes()).hexdigest() for name in ("anchors.txt", "lines.txt")}
    return {
        "made_by": "python -m bench train_reviews",
        "trained_on": {"what": f"{many} sentences written for this project", "licence": "the project's", "sha256": own},
        "confidence_fitted_on": {
            "what": "Sentiment Labelled Sentences, UCI, the file of Amazon sentences about telephones",
            "licence": "CC BY 4.0, Kotzias and others 2015",
            "sha256": {"uci_amazon_cells_labelled.txt": hashlib.sha256(TELEPHONES.read_bytes()).hexdigest()},
            "kept_of_it": "two numbers, a start and a slope",
        },
        "embeddings": "Universal Sentence Encoder multilingual 3, Apache 2.0, from the package",
    }
