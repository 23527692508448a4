"""Models fitted series by series, by statsforecast, on demand cleaned of what promotions and events did to it.

Their answer is given those effects back, so that each knows of promotions and holidays ahead. Only workers import it.
"""

from typing import Any

import numpy as np

from insights.analyses.forecast.effects import Effects
from insights.analyses.forecast.panel import Floats, Panel, Singles

MODELS = ("ets", "theta", "croston", "imapa")
FOR_GAPS = ("croston", "imapa")
_LONGEST = {1: 400, 7: 160}


def forecast(panel: Panel, effects: Effects, name: str) -> Floats:
    """n x H means of one model; where it fails on a series, the level of that series."""
    known = effects.special if panel.step == 1 else effects.log
    start = max(0, panel.steps - _LONGEST[panel.step])
    clean = _clean(panel, effects, known)[:, start:]
    model, fallback = _made(name, panel.step), clean[:, -28 // panel.step * 2 :].mean(axis=1)
    found = np.empty((panel.count, panel.horizon))
    for row, series in enumerate(clean):
        found[row] = _one(model, series, panel.horizon, fallback[row])
    most = np.maximum(clean.max(axis=1, keepdims=True), 0)
    return np.asarray(np.clip(found, 0, 3 * most) * np.exp(known[:, panel.steps :]))


def _clean(panel: Panel, effects: Effects, known: Singles) -> Floats:
    """Sold over what is known, with what the effects expect where sales tell nothing."""
    past = slice(0, panel.steps)
    sold = np.where(panel.usable, np.nan_to_num(panel.history), 0) / np.exp(known[:, past])
    usual = effects.level * np.exp(effects.log[:, past] - known[:, past])
    return np.asarray(np.where(panel.usable, sold, usual), dtype=np.float64)


def _made(name: str, step: int) -> Any:
    from statsforecast import models

    season = 7 if step == 1 else 1
    if name == "ets":
        return models.AutoETS(season_length=season, model="ANA" if step == 1 else "ZZN")
    if name == "theta":
        return models.DynamicOptimizedTheta(season_length=season)
    return models.CrostonSBA() if name == "croston" else models.IMAPA()


def _one(model: Any, series: Floats, horizon: int, fallback: float) -> Floats:
    some = series[np.argmax(series > 0) :]
    if some.size < 21 or np.ptp(some) == 0:
        return np.full(horizon, fallback)
    scale = some.mean()
    try:
        with np.errstate(all="ignore"):
            found = model.forecast(y=some / scale, h=horizon)["mean"] * scale
    except Exception:  # a series it cannot fit must not cost the others theirs
        return np.full(horizon, fallback)
    return np.where(np.isfinite(found), found, fallback)
