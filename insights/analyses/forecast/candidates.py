"""Every model's answer to one panel."""

from collections.abc import Collection

import numpy as np

from insights.analyses.forecast import classic, effects, levels, sparse, trees
from insights.analyses.forecast.drivers import levels_around
from insights.analyses.forecast.panel import Floats, Ints, Panel

_BELIEVED, _OF_ITS_OWN = 0.8, 0.6  # of last year's drift; of it, the series' own beside its category's


def parts(model: str) -> list[str]:
    """The models whose mean the model is: "effects+trees" is that of two."""
    return model.split("+")


def answers(panel: Panel, wanted: Collection[str], only: dict[str, Ints] | None = None) -> dict[str, Floats]:
    """n x H means by model, shut steps 0. A model that cannot answer this panel is left out.

    `only` names the rows that a model fitted series by series is wanted for; its other rows are NaN.
    """
    found = {"naive": sparse.naive(panel)}
    learned = effects.learn(panel)
    level = levels.level(panel, learned.log)
    ahead = slice(panel.steps, None)
    if {"effects", "season"} & set(wanted):
        found["effects"] = level[:, None] * np.exp(learned.log[:, ahead], dtype=np.float64)
    if {"trees", "trees by season"} & set(wanted):
        log = trees.improve(panel, learned)
        if log is not None:
            found["trees"] = levels.level(panel, log)[:, None] * np.exp(log[:, ahead], dtype=np.float64)
    drift = _drift(panel, learned) if {"season", "trees by season"} & set(wanted) else None
    if drift is not None:
        found["season"] = found["effects"] * drift
        if "trees" in found:
            found["trees by season"] = found["trees"] * drift
    if "like last year" in wanted and panel.step == 7 and panel.steps >= 60:
        near = levels_around(panel, panel.usable, 2)
        found["like last year"] = _like_last_year(panel, near, found.get("effects"))
    for name in classic.MODELS:
        if name in wanted:
            rows = np.arange(panel.count) if only is None or name not in only else only[name]
            found[name] = np.full((panel.count, panel.horizon), np.nan)
            found[name][rows] = classic.forecast(panel.only(rows), _of(learned, rows), name)
    shut = panel.shut[:, ahead]
    return {name: np.where(shut, 0.0, np.maximum(of, 0.0)) for name, of in found.items()}


def _of(learned: effects.Effects, rows: Ints) -> effects.Effects:
    return effects.Effects(learned.calendar[rows], learned.special[rows], learned.own[rows], learned.level[rows])


def _drift(panel: Panel, learned: effects.Effects) -> Floats | None:
    """n x H: how last year's level, less what calendar and promotions explain, moved on from this time of the year.

    Between the series' own drift and the middle one of its category; None where the past is too short.
    """
    back, side, settled = 364 // panel.step, 14 // panel.step, 56 // panel.step
    at = panel.steps - back
    if at < settled:
        return None
    near = _explained_level(panel, learned, side)
    then = near[:, at - settled : at].mean(axis=1)
    ahead = np.minimum(np.arange(at, at + panel.horizon), panel.steps - 1)
    known = (then > 0)[:, None] & (near[:, ahead] > 0)
    own = np.log(np.where(known, near[:, ahead], 1) / np.where(known, then[:, None], 1))
    own = np.clip(own, -1, 1)
    category = panel.group("category")
    like = np.zeros_like(own)
    for group in np.unique(category):
        of = category == group
        like[of] = np.median(own[of], axis=0)
    return np.asarray(np.exp(_BELIEVED * (_OF_ITS_OWN * own + (1 - _OF_ITS_OWN) * like)))


def _explained_level(panel: Panel, learned: effects.Effects, side: int) -> Floats:
    """n x T: sold over explained in the steps around each; 0 where nothing is known."""
    sold = np.where(panel.usable, np.nan_to_num(panel.history), 0)
    explained = np.where(panel.usable, np.exp(learned.log[:, : panel.steps]), 0)
    steps = np.arange(panel.steps)
    low, high = np.maximum(steps - side, 0), np.minimum(steps + side + 1, panel.steps)

    def window(of: Floats) -> Floats:
        total = np.concatenate([np.zeros((of.shape[0], 1)), np.cumsum(of, axis=1, dtype=np.float64)], axis=1)
        return np.asarray(total[:, high] - total[:, low])

    return np.asarray(window(sold) / np.maximum(window(explained), 1e-9))


def _like_last_year(panel: Panel, near: Floats, base: Floats | None) -> Floats:
    """Last year's week times how the last twelve weeks compare with the same weeks then (four weeks count most)."""
    y, back = panel.history, 52
    at = panel.steps - back
    ahead = np.minimum(np.arange(at, at + panel.horizon), panel.steps - 1)
    weight = 0.85 ** np.arange(26)[::-1]
    first = max(0, at - 26)
    now, then = y[:, first + back : panel.steps], y[:, first:at]
    both = np.isfinite(now) & np.isfinite(then)
    weights = np.where(both, weight[-both.shape[1] :], 0)
    scale = (np.nan_to_num(now) * weights).sum(axis=1) / np.maximum((np.nan_to_num(then) * weights).sum(axis=1), 1e-9)
    week = y[:, ahead]
    week = np.where(np.isfinite(week), week, near[:, ahead])
    found = week * np.clip(scale, 0, 5)[:, None]
    return found if base is None else np.where(np.asarray(both.any(axis=1))[:, None], found, base)
