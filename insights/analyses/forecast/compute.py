"""Choosing models, forecasting with them, and adding up: see `panel` for what goes in and comes out."""

from collections.abc import Sequence

import numpy as np

from insights.analyses.forecast import candidates, contest, scores, sparse, spread
from insights.analyses.forecast.contest import Contest, Tick
from insights.analyses.forecast.hierarchy import Groups, groups, total_key
from insights.analyses.forecast.panel import Choice, Flags, Floats, Forecasts, Ints, Panel, Score, Totals
from insights.analyses.forecast.spread import Spread

SELDOM = "seldom"  # the one method of all that sell too seldom to show a pattern
_NEW = "*"


def forecast(panel: Panel, *, choice: Choice | None = None) -> Forecasts:
    """The contest, unless its outcome is given, and then the forecast. The same panel gives the same answer."""
    return fit(panel, choice if choice is not None else choose(panel))


def choose(panel: Panel, tick: Tick | None = None) -> Choice:
    """Hold the contest. `tick(done, total)` hears how far it is."""
    often = np.flatnonzero(~sparse.is_sparse(panel))
    held = contest.run(panel.only(often), tick)
    if held is None:
        return Choice({}, "effects", {}, [[-1.28, -0.67, 0.67, 1.28]], {}, Score(), {})
    keys = [panel.keys[row] for row in often]
    whole = panel.whole[often]
    learned = spread.learn(held.mean, held.actual)
    found, overall = _scores(held, whole)
    sums = groups(panel.only(often))
    totals, of_totals, total_shape = _totals_in(held, sums)
    return Choice(
        model=dict(zip(keys, held.model, strict=True)),
        usual=held.usual,
        spread=_kept(keys, learned) | totals | {_NEW: [learned.usual, -1.0]},
        shape=[[round(float(q), 4) for q in row] for row in (*learned.shape, *total_shape)],
        scores=dict(zip(keys, found, strict=True)) | of_totals,
        overall=overall,
        contest=held.wape,
        settings={"stretches": len(learned.shape)},
        folds=len(held.mean),
    )


def fit(panel: Panel, choice: Choice) -> Forecasts:
    """Forecast with what the contest chose, from all that is known now."""
    seldom = sparse.is_sparse(panel)
    mean = np.zeros((panel.count, panel.horizon))
    model = np.full(panel.count, SELDOM, dtype=object)
    few, often = np.flatnonzero(seldom), np.flatnonzero(~seldom)
    if few.size:
        mean[few] = np.where(panel.shut[few, panel.steps :], 0, sparse.intermittent(panel.only(few)))
    if often.size:
        mean[often], model[often] = _serve(panel.only(often), choice)
    mean = np.nan_to_num(mean, posinf=0.0)
    low80, low50, high50, high80 = spread.ranges(mean, _spread_of(panel, choice, mean, seldom), panel.whole)
    unknown = Score()
    found = tuple(choice.scores.get(key, unknown) for key in panel.keys)
    return Forecasts(mean, low50, high50, low80, high80, tuple(model), found, choice.overall)


def totals(panel: Panel, forecasts: Forecasts, choice: Choice) -> Totals:
    """The sums of categories at branches, of branches and of the shop."""
    made = groups(panel)
    mean = made.add(forecasts.mean)
    keys = made.keys
    lent = choice.spread.get(total_key(None, None), choice.spread.get(_NEW, [0.05, -1.0]))
    own = np.array([choice.spread.get(key, [lent[0], -1.0]) for key in keys]).reshape(-1, 2)
    own[:, 1] = np.where(own[:, 1] < 0, mean.mean(axis=1), own[:, 1])
    shape = choice.shape[int(choice.settings.get("stretches", 0)) :] or choice.shape
    learned = Spread(own, np.array(shape), 1.0)
    bands = spread.ranges(mean, learned, np.zeros(len(keys), dtype=bool))
    found = tuple(choice.scores.get(key, Score()) for key in keys)
    low80, low50, high50, high80 = bands
    of_sums = Forecasts(mean, low50, high50, low80, high80, ("total",) * len(keys), found, choice.overall)
    return Totals(made.branch, made.category, of_sums)


def _serve(panel: Panel, choice: Choice) -> tuple[Floats, tuple[str, ...]]:
    models = tuple(choice.model.get(key, choice.usual) for key in panel.keys)
    rows: dict[str, list[int]] = {}
    for row, model in enumerate(models):
        for part in candidates.parts(model):
            rows.setdefault(part, []).append(row)
    only: dict[str, Ints] = {part: np.array(of, dtype=np.int64) for part, of in rows.items()}
    found = candidates.answers(panel, {*only, "effects"}, only)
    return contest.by_model(found, models)


def _spread_of(panel: Panel, choice: Choice, mean: Floats, seldom: Flags) -> Spread:
    """Each series' own from the contest; a new one's from the others, and of counts for those that sell seldom."""
    lent = choice.spread.get(_NEW, [0.25, -1.0])
    own = np.array([choice.spread.get(key, lent) for key in panel.keys], dtype=np.float64).reshape(-1, 2)
    middle = mean.mean(axis=1)
    new = own[:, 1] < 0
    own[:, 1] = np.where(new, middle, own[:, 1])
    # A variance of 1.5 times the mean, as counts of shoppers' baskets have.
    own[:, 0] = np.where(new & (seldom | (middle < spread.FEW)), 1.5 / np.maximum(middle, 1e-6), own[:, 0])
    stretches = int(choice.settings.get("stretches", len(choice.shape)))
    return Spread(own, np.array(choice.shape[:stretches]), lent[0])


def _kept(keys: Sequence[str], learned: Spread) -> dict[str, list[float]]:
    rows = learned.own.tolist()
    return {key: [float(f"{m:.5g}"), float(f"{f:.5g}")] for key, (m, f) in zip(keys, rows, strict=True)}


def _totals_in(held: Contest, sums: Groups) -> tuple[dict[str, list[float]], dict[str, Score], Floats]:
    """Spread, scores and shape of the sums, from the same days of the same series."""
    known = np.isfinite(held.actual)

    def added(of: Floats) -> Floats:
        return np.stack([sums.add(np.where(k, fold, 0)) for k, fold in zip(known, of, strict=True)])

    any_known = added(known.astype(np.float64)) > 0
    actual = np.where(any_known, added(held.actual), np.nan)
    of_sums = Contest(added(held.mean), added(held.naive), actual, (), "", {})
    learned = spread.learn(of_sums.mean, of_sums.actual)
    found, _ = _scores(of_sums, np.zeros(len(sums.keys), dtype=bool))
    return _kept(sums.keys, learned), dict(zip(sums.keys, found, strict=True)), learned.shape


def _scores(held: Contest, whole: Flags) -> tuple[list[Score], Score]:
    """Of each series and of all, the ranges of each fold being made from the other folds."""
    bands = _held_out_bands(held.mean, held.actual, whole)
    naive = _held_out_bands(held.naive, held.actual, whole)
    actual, mean, plain = _flat(held.actual), _flat(held.mean), _flat(held.naive)
    found: dict[str, list[Floats]] = {}
    for axis in (1, None):
        for name, of in {
            "wape": scores.wape(actual, mean, axis),
            "naive_wape": scores.wape(actual, plain, axis),
            "bias": scores.bias(actual, mean, axis),
            "coverage80": scores.coverage(actual, *bands, axis=axis),
            "pinball": scores.pinball(actual, *bands, level=0.8, axis=axis),
            "naive_pinball": scores.pinball(actual, *naive, level=0.8, axis=axis),
        }.items():
            found.setdefault(name, []).append(of)
    folds = len(held.mean)
    each = [_score({name: of[0][row] for name, of in found.items()}, folds) for row in range(actual.shape[0])]
    return each, _score({name: of[1] for name, of in found.items()}, folds)


def _score(values: dict[str, Floats], folds: int) -> Score:
    known = {name: round(float(of), 4) for name, of in values.items() if np.isfinite(of)}
    return Score(**known, folds=folds)


def _held_out_bands(mean: Floats, actual: Floats, whole: Flags) -> tuple[Floats, Floats]:
    low, high = np.empty_like(mean), np.empty_like(mean)
    folds = np.arange(len(mean))
    for fold in folds:
        others = folds != fold if folds.size > 1 else folds == fold
        learned = spread.learn(mean[others], actual[others])
        low[fold], _, _, high[fold] = spread.ranges(mean[fold], learned, whole)
    return _flat(low), _flat(high)


def _flat(folds: Floats) -> Floats:
    """Folds x n x horizon as n x all."""
    return np.asarray(folds.transpose(1, 0, 2).reshape(folds.shape[1], -1), dtype=np.float64)
