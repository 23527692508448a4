"""What the calendar, promotions and prices do to demand, as factors learnt from all series together.

A quasi-Poisson regression with a log link, in the units of each series' own level: a pooled answer, bent towards what
its category and then the series itself have shown, each by a ridge towards the one before. Works for counts with zeros
and for takings alike (variance level + level squared / 10, as of a negative binomial).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from insights.analyses.forecast.panel import DAY, Event, Flags, Floats, Ints, Panel

POOLED, GROUPED, OWN = 10.0, 30.0, 60.0  # ridges: towards nothing, towards all, towards the category
_SPREAD = 0.1
_STEPS = 3  # of Newton, each level
_AT_ONCE = 256
_SAMPLE = 1500
_LONGEST = 3.0  # of a log factor
_SMOOTH = {1: 28, 7: 6}  # steps each side of the centred level
_WEEKS_OF_MONTH = ((1, 3), (4, 7), (25, 27), (28, 31))


@dataclass(frozen=True, slots=True)
class Effects:
    """`log` (n x T + horizon): the log factor of every step. `own` (n x features) are the series' coefficients."""

    log: Floats
    own: Floats
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What the past tells: sold over level (NaN: nothing), what each step is worth, and the largest series first."""

    ratio: Floats
    worth: Floats
    largest: Ints


def learn(panel: Panel) -> Effects:
    """Learn the factors from the past and say them for every step, past and ahead."""
    level = centred_level(panel)
    told = Told(_ratio(panel, level), _information(level), np.argsort(-level.mean(axis=1), kind="stable"))
    shared = _shared(panel)
    names = tuple(_shared_names(panel)) + tuple(_own_names(panel))
    pooled = _pool(panel, told, shared, len(names))
    grouped = _group(panel, told, shared, pooled)
    log = np.zeros((panel.series, panel.past + panel.horizon), dtype=np.float32)
    own = np.zeros((panel.series, len(names)), dtype=np.float32)
    for rows in _batches(np.arange(panel.series)):
        x = _features(panel, shared, rows)
        start = grouped[panel.category[rows]] if len(grouped) else np.repeat(pooled[None], rows.size, axis=0)
        found = _newton(x[:, : panel.past], told.ratio[rows], told.worth[rows], start, OWN)
        log[rows] = np.clip(np.einsum("ntk,nk->nt", x, found, optimize=True), -_LONGEST, _LONGEST)
        own[rows] = found
    return Effects(log + _expected(panel), own, names)


def centred_level(panel: Panel) -> Floats:
    """n x T: the moving mean of what was sold around each step, known steps only; 0 where nothing is known near."""
    width = _SMOOTH[DAY if panel.step == DAY else 7]
    usable = panel.usable()
    amounts = np.where(usable, np.nan_to_num(panel.sold), 0)
    steps = np.arange(panel.past)
    low, high = np.maximum(steps - width, 0), np.minimum(steps + width + 1, panel.past)

    def window(rows: Floats) -> Floats:
        total = np.zeros((rows.shape[0], rows.shape[1] + 1), dtype=np.float64)
        np.cumsum(rows, axis=1, out=total[:, 1:])
        return np.asarray(total[:, high] - total[:, low])

    count = window(usable.astype(np.float32))
    return np.asarray(np.where(count > 0, window(amounts) / np.maximum(count, 1), 0), dtype=np.float32)


def _information(level: Floats) -> Floats:
    """n x T: how much a step tells, from the variance of its ratio to the level; 0 where there is no level."""
    known = level > 0
    return np.asarray(np.where(known, 1 / (1 / np.where(known, level, 1) + _SPREAD), 0), dtype=np.float32)


def _ratio(panel: Panel, level: Floats) -> Floats:
    known = panel.usable() & (level > 0)
    return np.asarray(np.where(known, panel.sold / np.where(known, level, 1), np.nan), dtype=np.float32)


def _batches(rows: Ints) -> Iterator[Ints]:
    for start in range(0, rows.size, _AT_ONCE):
        yield rows[start : start + _AT_ONCE]


def _pool(panel: Panel, told: Told, shared: Floats, features: int) -> Floats:
    """One answer of all series, from the largest where there are many."""
    rows = told.largest[:_SAMPLE]
    found = np.zeros(features)
    for _ in range(_STEPS + 1):
        grad, hess = np.zeros(features), np.zeros((features, features))
        for batch in _batches(rows):
            x = _features(panel, shared, batch)[:, : panel.past]
            g, h = _slopes(x, told.ratio[batch], told.worth[batch], np.repeat(found[None], batch.size, axis=0))
            grad += g.sum(axis=0)
            hess += h.sum(axis=0)
        size = 1 + rows.size / 50
        found = _step(found[None], grad[None] / size, hess[None] / size, np.zeros((1, features)), POOLED)[0]
    return np.asarray(found)


def _group(panel: Panel, told: Told, shared: Floats, pooled: Floats) -> Floats:
    """An answer a category, near the pooled one; none where there are no categories to speak of."""
    groups = int(panel.category.max(initial=-1)) + 1
    if groups < 2 or groups * 2 > panel.series:
        return np.zeros((0, pooled.size))
    found = np.repeat(pooled[None], groups, axis=0)
    for _ in range(_STEPS - 1):
        grad, hess = np.zeros((groups, pooled.size)), np.zeros((groups, pooled.size, pooled.size))
        for rows in _batches(np.arange(panel.series)):
            of, x = panel.category[rows], _features(panel, shared, rows)[:, : panel.past]
            g, h = _slopes(x, told.ratio[rows], told.worth[rows], found[of])
            np.add.at(grad, of, g)
            np.add.at(hess, of, h)
        size = np.maximum(np.bincount(panel.category, minlength=groups), 1) / 5 + 1
        found = _step(found, grad / size[:, None], hess / size[:, None, None], pooled[None], GROUPED)
    return found


def _newton(x: Floats, ratio: Floats, weight: Floats, start: Floats, ridge: float) -> Floats:
    found = start
    for _ in range(_STEPS):
        found = _step(found, *_slopes(x, ratio, weight, found), start, ridge)
    return found


def _slopes(x: Floats, ratio: Floats, weight: Floats, at: Floats) -> tuple[Floats, Floats]:
    """Gradient and information of each series' log likelihood."""
    known = ~np.isnan(ratio)
    mean = np.exp(np.clip(np.einsum("ntk,nk->nt", x, at, optimize=True), -_LONGEST, _LONGEST))
    pull = np.where(known, weight * (np.minimum(np.nan_to_num(ratio), 8) - mean), 0).astype(np.float32)
    hold = np.where(known, weight * mean, 0).astype(np.float32)
    grad = np.einsum("ntk,nt->nk", x, pull, optimize=True)
    return grad, np.matmul((x * hold[:, :, None]).transpose(0, 2, 1), x)


def _step(found: Floats, grad: Floats, hess: Floats, towards: Floats, ridge: float) -> Floats:
    fixed = hess.astype(np.float64) + ridge * np.eye(found.shape[1])
    move = np.linalg.solve(fixed, (grad - ridge * (found - towards))[:, :, None])[:, :, 0]
    return np.asarray(found + np.clip(move, -1.0, 1.0))


def _shared_names(panel: Panel) -> list[str]:
    seasons = _seasons(panel)
    names = [f"season {number}" for number in range(seasons.shape[0])]
    if panel.step == DAY:
        names += [f"weekday {number}" for number in range(7)]
        names += [f"month day {low}" for low, _ in _WEEKS_OF_MONTH] + ["shut tomorrow", "shut yesterday"]
    else:
        names += ["month's first days", "month's last days"]
    for event in _learnt(panel):
        names += [f"{event} {shift:+d}" for shift in _shifts(panel)]
    return names


def _shifts(panel: Panel) -> tuple[int, ...]:
    return (-3, -2, -1, 0, 1) if panel.step == DAY else (-1, 0, 1)


def _learnt(panel: Panel) -> list[str]:
    """Names of events whose effect the past can tell."""
    names = dict.fromkeys(event.name for event in panel.events if event.effect is None)
    seen = {e.name for e in panel.events if e.effect is None and e.on[: panel.past].any()}
    return [name for name in names if name in seen]


def _shared(panel: Panel) -> Floats:
    """branches x T + horizon x features: what all series of a branch share. Events of one category come later."""
    steps = panel.past + panel.horizon
    rows = [np.broadcast_to(row, (panel.open.shape[0], steps)) for row in _seasons(panel)]
    rows += [np.broadcast_to(row, rows[0].shape if rows else (panel.open.shape[0], steps)) for row in _calendar(panel)]
    if panel.step == DAY:
        shut = ~panel.open
        rows += [_moved(shut, -1), _moved(shut, 1)]
    for name in _learnt(panel):
        on = _on(panel, name)
        rows += [_moved(on, shift) for shift in _shifts(panel)]
    return np.stack(rows, axis=2).astype(np.float32)


def _on(panel: Panel, name: str) -> Floats:
    on = np.zeros(panel.open.shape, dtype=np.float32)
    for event in panel.events:
        if event.name == name and event.effect is None:
            where = slice(None) if event.branch is None else event.branch
            on[where] = np.maximum(on[where], event.on)
    return on


def _calendar(panel: Panel) -> list[Floats]:
    dates = panel.dates
    if panel.step == DAY:
        weekday, day = np.array([d.weekday() for d in dates]), np.array([d.day for d in dates])
        rows = [(weekday == number).astype(np.float32) for number in range(7)]
        return rows + [((day >= low) & (day <= high)).astype(np.float32) for low, high in _WEEKS_OF_MONTH]
    start = np.array(dates, dtype="datetime64[D]")
    days = np.stack([start + np.timedelta64(number, "D") for number in range(panel.step)])
    of_month = (days - days.astype("datetime64[M]")).astype(int) + 1
    return [(of_month <= 7).mean(axis=0).astype(np.float32), (of_month >= 25).mean(axis=0).astype(np.float32)]


def _seasons(panel: Panel) -> Floats:
    """Waves of the year, and the weeks to Christmas by days, where the past is longer than a year."""
    year = 365.25 / panel.step
    steps = panel.past + panel.horizon
    if panel.past < 1.15 * year:
        return np.zeros((0, steps), dtype=np.float32)
    day = np.array([d.timetuple().tm_yday for d in panel.dates]) + panel.step / 2
    waves = range(1, 5 if panel.step == DAY else 4)
    rows = [wave(2 * np.pi * number * day / 365.25) for number in waves for wave in (np.sin, np.cos)]
    if panel.step == DAY:
        before = (day - 358 + 183) % 365.25 - 183
        rows += [(before >= low) & (before <= high) for low, high in ((-24, -15), (-14, -8), (-7, -1))]
    return np.stack(rows).astype(np.float32)


def _own_names(panel: Panel) -> list[str]:
    names = []
    if panel.promotion is not None:
        names += ["promotion", "promotion depth"]
        names += [f"promotion weekday {number}" for number in range(6)] if panel.step == DAY else []
    if panel.price is not None:
        names.append("price")
    return names + [f"{event.name} at {place}" for place, event in enumerate(panel.events) if _of_category(event)]


def _of_category(event: Event) -> bool:
    return event.category is not None and event.effect is None


def _features(panel: Panel, shared: Floats, rows: Ints) -> Floats:
    """rows x T + horizon x features."""
    parts = [shared[panel.branch[rows]]]
    if panel.promotion is not None:
        depth = panel.promotion[rows]
        on = (depth > 0).astype(np.float32)
        own = [on, depth]
        if panel.step == DAY:
            weekday = np.array([d.weekday() for d in panel.dates])
            own += [on * (weekday == number) for number in range(6)]
        parts.append(np.stack(own, axis=2).astype(np.float32))
    if panel.price is not None:
        parts.append(_relative(panel.price[rows])[:, :, None])
    for event in panel.events:
        if _of_category(event):
            here = panel.category[rows] == event.category
            parts.append((here[:, None] * event.on[None])[:, :, None].astype(np.float32))
    return np.concatenate(parts, axis=2)


def _relative(price: Floats) -> Floats:
    """The log of a price over the series' middle one; 0 where unknown."""
    known = np.where(np.isnan(price) | (price <= 0), np.nan, price)
    some = ~np.isnan(known).all(axis=1)
    middle = np.ones(price.shape[0])
    middle[some] = np.nanmedian(known[some], axis=1)
    return np.nan_to_num(np.log(known / middle[:, None])).astype(np.float32)


def _moved(rows: Floats | Flags, by: int) -> Floats:
    """The rows moved by some steps: -1 says of a step what the next one is."""
    moved = np.zeros(rows.shape, dtype=np.float32)
    if by < 0:
        moved[:, :by] = rows[:, -by:]
    elif by > 0:
        moved[:, by:] = rows[:, :-by]
    else:
        moved[:] = rows
    return moved


def _expected(panel: Panel) -> Floats:
    """The log factor of events somebody put a figure on, on their steps, past and ahead."""
    log = np.zeros((panel.series, panel.past + panel.horizon), dtype=np.float32)
    for event in panel.events:
        if event.effect is not None:
            here = np.ones(panel.series, dtype=np.bool_)
            if event.branch is not None:
                here &= panel.branch == event.branch
            if event.category is not None:
                here &= panel.category == event.category
            log[here] += np.log(np.maximum(1 + event.effect, 0.02)) * event.on
    return log
