"""Every model's answer to one panel."""

from collections.abc import Collection

import numpy as np

from insights.analyses.forecast import classic, effects, levels, sparse, trees
from insights.analyses.forecast.drivers import levels_around
from insights.analyses.forecast.panel import Floats, Ints, Panel

GLOBAL = ("effects", "trees", "season", "like last year")


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
    if "effects" in wanted or "season" in wanted:
        found["effects"] = level[:, None] * np.exp(learned.log[:, ahead], dtype=np.float64)
    if "trees" in wanted:
        log = trees.improve(panel, learned)
        if log is not None:
            found["trees"] = levels.level(panel, log)[:, None] * np.exp(log[:, ahead], dtype=np.float64)
    if "season" in wanted or "like last year" in wanted:
        found |= _seasons(panel, learned, found.get("effects"))
    for name in classic.MODELS:
        if name in wanted:
            rows = np.arange(panel.count) if only is None or name not in only else only[name]
            found[name] = np.full((panel.count, panel.horizon), np.nan)
            found[name][rows] = classic.forecast(panel.only(rows), _of(learned, rows), name)
    shut = panel.shut[:, ahead]
    return {name: np.where(shut, 0.0, np.maximum(of, 0.0)) for name, of in found.items()}


def _of(learned: effects.Effects, rows: Ints) -> effects.Effects:
    return effects.Effects(learned.calendar[rows], learned.special[rows], learned.own[rows], learned.level[rows])


def _seasons(panel: Panel, learned: effects.Effects, base: Floats | None) -> dict[str, Floats]:
    """The effects with last year's drift of the level, and last year's steps at the level of now."""
    back = 364 // panel.step
    width = 14 // panel.step
    if panel.steps < back + 4 * width:
        return {}
    at = panel.steps - back
    near = levels_around(panel, panel.usable, width)
    then = near[:, max(0, at - 4 * width) : at].mean(axis=1)
    ahead = np.minimum(np.arange(at, at + panel.horizon), panel.steps - 1)
    known = (then > 0) & (near[:, panel.steps - 4 * width :].mean(axis=1) > 0)
    drift = np.where(known[:, None], near[:, ahead] / np.where(known, then, 1)[:, None], 1)
    drift = np.clip(drift, 0.3, 3)
    found = {}
    if base is not None:
        found["season"] = base * drift**0.5
    if panel.step == 7:
        found["like last year"] = _like_last_year(panel, near, base)
    return found


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
    return found if base is None else np.where(both.any(axis=1)[:, None], found, base)
