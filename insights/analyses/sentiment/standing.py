"""The known readings with those of this run in their place, as arrays: what facts are computed from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from insights.analyses.sentiment.facts import Bools, Readings
from insights.analyses.sentiment.head import ASPECTS
from insights.analyses.sentiment.hearing import Result
from insights.analyses.sentiment.labelling import LABELS
from insights.analyses.sentiment.learning import MEANT
from insights.analyses.sentiment.reading import Written
from insights.models import Aspect


def readings(result: Result) -> Readings:
    known, now = result.inputs.known, result.read_now()
    kept = ~np.isin(known.id, [one.id for one in now])
    ids = np.concatenate([known.id[kept], np.array([one.id for one in now], dtype=np.int64)])
    complains, speaks = _by_aspect(result, ids)
    return Readings(
        _joined(known.product[kept], [one.product or result.product.get(one.id, 0) for one in now]),
        _joined(known.branch[kept], [one.branch for one in now]),
        _joined(known.day[kept], [one.day for one in now]),
        _joined(known.label[kept], [LABELS[result.stands(one)] for one in now]),
        _joined(known.score[kept], [_score(result, one) for one in now]),
        _joined(known.by_model[kept], [one.id in result.by for one in now]),
        _joined(known.spam[kept], [result.is_spam(one) for one in now]),
        complains,
        speaks,
    )


def _joined(known: Any, now: Sequence[Any]) -> Any:
    return np.concatenate([known, np.array(now, dtype=known.dtype)])


def _score(result: Result, one: Written) -> float:
    heard = result.heard[one.id]
    return heard.score if one.said in ("", heard.label) else MEANT[one.said]


def _by_aspect(result: Result, ids: Any) -> tuple[dict[Aspect, Bools], dict[Aspect, Bools]]:
    """Which of the reviews complain of each aspect, and which speak of it."""
    now = {one.id for one in result.read_now()}
    rows = [(review, Aspect(aspect), score) for review, aspect, score in result.inputs.aspects if review not in now]
    rows += [(id, aspect, score) for id in now for aspect, score in result.heard[id].aspects.items()]
    bad: dict[Aspect, list[int]] = {aspect: [] for aspect in ASPECTS}
    every: dict[Aspect, list[int]] = {aspect: [] for aspect in ASPECTS}
    for review, aspect, score in rows:
        every[aspect].append(review)
        if score < 0:
            bad[aspect].append(review)
    return (
        {aspect: np.isin(ids, found) for aspect, found in bad.items()},
        {aspect: np.isin(ids, found) for aspect, found in every.items()},
    )
