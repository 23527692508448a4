"""The rolling-origin backtest: every model forecasts from several earlier days, and each series gets what did best.

Few folds tell little about a single series, so its own result is bent to that of all series together; but a series
on whose own record the seasonal naive did better than the model chosen is served by whatever did best on it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from insights.analyses.forecast import candidates, classic
from insights.analyses.forecast.panel import Floats, Ints, Panel

Tick = Callable[[int, int], object]

SINGLE = ("naive", "effects", "trees", "season", "trees by season", "like last year", *classic.MODELS)
MIXED = (
    "effects+trees",
    "effects+ets",
    "trees+ets",
    "effects+theta",
    "trees+theta",
    "ets+theta",
    "effects+trees+ets",
    "effects+trees+theta",
    "effects+ets+theta",
    "effects+trees+ets+theta",
    "effects+season",
    "trees+season",
    "effects+trees+season",
    "trees+season+ets",
    "season+trees by season",
    "trees by season+ets",
    "trees by season+like last year",
    "season+trees by season+like last year",
    "effects+like last year",
    "season+like last year",
    "trees+like last year",
    "effects+season+like last year",
    "trees+season+like last year",
    "effects+trees+season+like last year",
    "effects+imapa",
)
_SMALL = 200_000  # cells: more folds are cheap
_CLASSIC_MOST = 300  # series that models fitted one by one compete on in a large panel
_TRUST = 30.0  # folds that the result of all series counts for
_FEWEST = {1: 21, 7: 12}
_MIX = 0.97  # what each more model in a mean is worth before anything is known: means rarely disappoint
_LATER = 0.85  # what a fold counts beside the one after it
_NOISE = 1.15  # times the naive's error: less is chance


@dataclass(frozen=True)
class Contest:
    mean: Floats  # folds x n x horizon, of the models chosen
    naive: Floats
    actual: Floats  # NaN where it tells nothing of demand
    model: tuple[str, ...]
    usual: str
    wape: dict[str, float]


def origins(panel: Panel) -> tuple[list[int], int]:
    """The steps to forecast from, the latest first, and how many steps ahead.

    The last is a year before now, where the past allows it: what suits this time of the year shows best then.
    """
    ahead = max(1, min(panel.horizon, panel.steps // 4))
    small = panel.count * panel.steps <= _SMALL
    most = 6 if small else 3
    earliest = max(panel.steps // 2, _FEWEST[panel.step])
    apart = ahead if (panel.steps - earliest) // ahead >= min(most, 4) else max(1, ahead // 2)
    starts = list(range(panel.steps - ahead, earliest - 1, -apart))[:most]
    year = 364 // panel.step
    if small and panel.steps > 2.2 * year and panel.steps - year not in starts:
        starts = [*starts[: most - 1], panel.steps - year]
    return starts, ahead


def run(panel: Panel, tick: Tick | None = None) -> Contest | None:
    """None where the past is too short for a single fold."""
    starts, ahead = origins(panel)
    if not starts or not panel.count:
        return None
    only = _sampled(panel)
    wanted = set(SINGLE)
    folds: list[dict[str, Floats]] = []
    for done, start in enumerate(starts):
        found = candidates.answers(panel.until(start, ahead), wanted, only)
        folds.append({name: of.astype(np.float32) for name, of in found.items()})
        if tick is not None:
            tick(done + 1, len(starts))
    actual = np.where(panel.usable, panel.history, np.nan)
    return _decide(*_comparable(folds, np.stack([actual[:, start : start + ahead] for start in starts])))


def _comparable(folds: list[dict[str, Floats]], actual: Floats) -> tuple[list[dict[str, Floats]], Floats]:
    """Without the early folds that lack a model of the latest (one that needs a long past), if two are left."""
    kept = [at for at, fold in enumerate(folds) if folds[0].keys() <= fold.keys()]
    if len(kept) < 2:
        return folds, actual
    return [folds[at] for at in kept], actual[kept]


def _sampled(panel: Panel) -> dict[str, Ints] | None:
    """Which series the models fitted one by one compete on: all, or an even choice by size; gaps decide which."""
    y = np.nan_to_num(panel.history)
    known = np.maximum(np.isfinite(panel.history).sum(axis=1), 1)
    gaps = (y > 0).sum(axis=1) < 0.6 * known
    found = {}
    for name in classic.MODELS:
        rows = np.flatnonzero(gaps == (name in classic.FOR_GAPS))
        if rows.size > _CLASSIC_MOST:
            by_size = rows[np.argsort(-y[rows].sum(axis=1), kind="stable")]
            rows = np.sort(by_size[np.linspace(0, rows.size - 1, _CLASSIC_MOST).astype(int)])
        found[name] = rows
    return found


def _decide(folds: list[dict[str, Floats]], actual: Floats) -> Contest:
    """The mean of each fold is that of the models the other folds would have chosen: an honest test of choosing."""
    errors = _missed_by(folds, actual)
    names = [*errors]
    missed = np.stack([*errors.values()])  # models x folds x n
    best, overall = _best(missed, names)
    numbers = np.arange(len(folds))
    honest = [_best(missed[:, numbers != at], names)[0] if numbers.size > 1 else best for at in numbers]
    mean = np.stack([_mixed(fold, names, of) for fold, of in zip(folds, honest, strict=True)])
    naive = np.stack([fold["naive"] for fold in folds])
    sold, of_base = np.nansum(actual), missed[names.index("effects")]
    wape = {name: _wape(of, of_base, sold) for name, of in zip(names, missed, strict=True)}
    model = tuple(names[at] for at in best)
    everybody = np.isfinite(missed).all(axis=(1, 2))
    usual = names[int(np.where(everybody, overall, np.inf).argmin())]
    return Contest(mean, naive, actual, model, usual, wape)


def _missed_by(folds: list[dict[str, Floats]], actual: Floats) -> dict[str, Floats]:
    """Folds x n sums of absolute errors, by models that answered in every fold; NaN where one was not asked."""
    names = [name for name in SINGLE if all(name in fold for fold in folds)]
    names += [name for name in MIXED if all(part in names for part in candidates.parts(name))]
    found = {}
    for name in names:
        errors = [np.abs(_mean_of(fold, name) - sold) for fold, sold in zip(folds, actual, strict=True)]
        missed = np.stack([np.where(np.isfinite(of), e, 0).sum(axis=1) for e, of in zip(errors, actual, strict=True)])
        if np.isfinite(missed).any():
            found[name] = missed
    return found


def _best(missed: Floats, names: list[str]) -> tuple[Ints, Floats]:
    """n numbers of the best model of each series, and how each model did over all of them beside the effects."""
    errors = missed.sum(axis=1)
    base = np.maximum(errors[names.index("effects")], 1e-9)
    overall = np.array([_usually(of, missed[names.index("effects")]) for of in missed])
    likely = overall * np.array([_MIX ** (len(candidates.parts(name)) - 1) for name in names])
    own = np.where(np.isfinite(errors), errors / base, np.inf)  # not for a series it was not tried on
    trust = _TRUST / (_TRUST + missed.shape[1])
    best = ((1 - trust) * own + trust * likely[:, None]).argmin(axis=0)
    lost = errors[best, np.arange(best.size)] > _NOISE * errors[names.index("naive")]
    return np.where(lost, np.where(np.isfinite(errors), errors, np.inf).argmin(axis=0), best), likely


def _wape(missed: Floats, base: Floats, sold: float) -> float:
    """Over all series; of a model that only some were asked for as if it did as well, beside the base, on the rest."""
    known = np.isfinite(missed).all(axis=0)
    rest = base.sum() / max(base[:, known].sum(), 1e-9)
    return round(float(missed[:, known].sum() * rest / max(sold, 1e-9)), 4)


def _usually(missed: Floats, base: Floats) -> float:
    """The error over that of the base, fold by fold: the geometric mean, the later folds counting more.

    A mean of ratios, so that a single odd stretch (Christmas) does not decide for the whole year.
    """
    known = np.isfinite(missed).all(axis=0)
    if not known.any():
        return np.inf
    weight = _LATER ** np.arange(len(missed))
    ratio = np.maximum(missed[:, known].sum(axis=1), 1e-9) / np.maximum(base[:, known].sum(axis=1), 1e-9)
    return float(np.exp((weight * np.log(ratio)).sum() / weight.sum()))


def _mean_of(found: dict[str, Floats], name: str) -> Floats:
    parts = [found[part] for part in candidates.parts(name)]
    return np.asarray(sum(parts[1:], parts[0]) / len(parts))


def _mixed(found: dict[str, Floats], names: list[str], best: Ints) -> Floats:
    """Each series by its own model; where that was not asked in the backtest, by the effects."""
    mean = found["effects"].astype(np.float64)
    for at in np.unique(best):
        rows = best == at
        said = _mean_of(found, names[at])[rows]
        mean[rows] = np.where(np.isfinite(said), said, mean[rows])
    return mean


def by_model(found: dict[str, Floats], models: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
    """Each series by its model from the answers, and what served it: less where a part could not answer."""
    mean = np.zeros_like(found["naive"])
    served = np.array(models, dtype=object)
    for name in sorted(set(models)):
        rows = np.flatnonzero(served == name)
        parts = [part for part in candidates.parts(name) if part in found] or ["effects"]
        mean[rows] = np.mean([found[part][rows] for part in parts], axis=0)
        served[rows] = "+".join(parts)
    return mean, tuple(served)
