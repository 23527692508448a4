"""What a forecast says that is worth saying: computed facts, each with the figures and names that its words need."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np

from insights.analyses.forecast.explain import Fact, reason
from insights.analyses.forecast.inputs import FEWEST_DAYS, FEWEST_WEEKS, Inputs
from insights.analyses.forecast.outcome import Outcome
from insights.analyses.forecast.store import Floats
from shop import formats

SOME_WEEKS = 4
WORTH_SAYING = 0.08  # a category's change, as a share of what it sold
LARGE_ENOUGH = 0.02  # of the shop's units or takings
MOST_MOVES = 2  # categories rising, and falling
WEAK = 0.6  # a category whose test missed by more of what was sold
EXPLAINS = 0.5  # of the change, for a reason to stand


def findings(inputs: Inputs, outcome: Outcome | None) -> dict[str, Any]:
    """Everything a run found, as JSON values. `sales` holds net sales a day: all branches, and by branch id."""
    made: dict[str, Any] = {
        "as_of": inputs.as_of.isoformat(),
        "horizon": inputs.horizon,
        "step": inputs.step,
        "days_sold": inputs.days_sold,
        "series": 0 if outcome is None else inputs.series,
    }
    if outcome is None:
        return made | {"facts": _numbered([_nothing(inputs)])}
    spoken = [*_week(inputs, outcome), *_shut(inputs), *_moves(inputs, outcome), *_trust(inputs, outcome)]
    return made | {
        "facts": _numbered(spoken),
        "sales": _sales(inputs, outcome),
        "models": _models(outcome),
        "stepped_back": outcome.stepped_back,
        "contest": outcome.contest,
        **outcome.overall,
        "next": {"units": float(outcome.sums.of()["mean"][: _ahead(inputs)].sum())},
    }


def _numbered(facts: list[Fact]) -> list[Fact]:
    return [{"id": f"f{number}", **fact} for number, fact in enumerate(facts, start=1)]


def _nothing(inputs: Inputs) -> Fact:
    needed = f"{FEWEST_DAYS}" if inputs.step == 1 else f"{FEWEST_WEEKS}"
    days = f"{inputs.days_sold}"
    if inputs.is_too_little:
        return _fact("too_little", days=days, needed=needed, as_of=_day(inputs.as_of, inputs))
    return _fact("nothing_sold", weeks="26", as_of=_day(inputs.as_of, inputs))


def _fact(kind: str, **shown: str) -> Fact:
    return {"kind": kind, "shown": shown}


def _ahead(inputs: Inputs) -> int:
    """Days of the first week ahead that the run reaches."""
    return min(7, inputs.horizon)


def _before(inputs: Inputs) -> int:
    """Past steps that are as long as the first week ahead."""
    return max(1, _ahead(inputs) // inputs.step)


def _week(inputs: Inputs, outcome: Outcome) -> list[Fact]:
    """What the next week should sell, beside the one before."""
    days = _ahead(inputs)
    mean, low, high = (outcome.week(name, days) for name in ("mean", "low80", "high80"))
    before = float(_last(inputs, 1).sum())
    first = inputs.as_of + dt.timedelta(days=1)
    period = formats.day_range(first, inputs.as_of + dt.timedelta(days=days), inputs.as_of)
    span = "day" if days == 1 else f"{days} days"
    facts = [
        _fact(
            "week",
            period=period,
            units=_units(mean),
            change=_change(mean, before, than=True),
            span=span,
            low=_units(low),
            high=_units(high),
        )
    ]
    sales = float((outcome.bands["mean"][:, :days].sum(axis=1) * inputs.worth).sum())
    if sales > 0:
        facts.append(_fact("sales", period=period, sales=formats.money_short(Decimal(str(sales)), inputs.currency)))
    return facts


def _shut(inputs: Inputs) -> list[Fact]:
    """Days of the next two weeks on which a branch that trades on that weekday is expected to be shut."""
    if inputs.step != 1:
        return []
    ahead = inputs.open[:, inputs.past : inputs.past + 14]
    days = inputs.dates[inputs.past : inputs.past + 14]
    facts = []
    for row, name in zip(ahead, inputs.branches.values(), strict=True):
        trades = {day.weekday() for day, is_open in zip(days, row, strict=True) if is_open}
        shut = [day for day, is_open in zip(days, row, strict=True) if not is_open and day.weekday() in trades]
        if shut:
            facts.append(_fact("shut", branch=name, days=_listed([_named(day, inputs) for day in shut])))
    return facts[:3]


def _moves(inputs: Inputs, outcome: Outcome) -> list[Fact]:
    """The categories that should rise and fall most against the week before, and why."""
    days, count = _ahead(inputs), len(inputs.categories) + 1
    place = np.where(inputs.category_at < 0, count - 1, inputs.category_at)
    next_week = np.bincount(place, outcome.bands["mean"][:, :days].sum(axis=1), count)
    before = np.bincount(place, _last(inputs, 1), count)
    usual = np.bincount(place, _last(inputs, SOME_WEEKS), count) / SOME_WEEKS
    change = next_week - before
    large = np.maximum(next_week, before) > LARGE_ENOUGH * before.sum()
    moving = large & (before > 0) & (np.abs(change) > WORTH_SAYING * before)
    facts = []
    for kind, sign in (("rise", 1), ("fall", -1)):
        order = np.argsort(-sign * change, kind="stable")
        for number in [n for n in order if moving[n] and sign * change[n] > 0][:MOST_MOVES]:
            rows = np.flatnonzero(place == number)
            why = _why(inputs, outcome, rows, float(change[number]), float(before[number] - usual[number]))
            facts.append(
                _fact(
                    kind,
                    category=_category(inputs, int(number)),
                    units=_units(next_week[number]),
                    reason=why,
                    change=_percent(abs(change[number]) / before[number]),
                )
            )
    return facts


def _last(inputs: Inputs, weeks: int) -> Floats:
    """Units of each series in the last weeks."""
    first = max(0, inputs.past - weeks * _before(inputs))
    return np.asarray(np.nansum(inputs.units[:, first : inputs.past], axis=1), dtype=np.float64)


def _why(inputs: Inputs, outcome: Outcome, rows: Any, change: float, unusual: float) -> str:
    """The first reason that explains the change: days shut, promotions, a holiday, an event, an odd week before."""
    return (
        _closures(inputs, rows, change)
        or _promotions(inputs, outcome, rows, change)
        or _days_with_names(inputs, rows)
        or (reason("last_week") if change * unusual < 0 and abs(unusual) > EXPLAINS * abs(change) else "")
        or reason("trend")
    )


def _closures(inputs: Inputs, rows: Any, change: float) -> str:
    steps = _before(inputs)
    trading = inputs.open[np.unique(inputs.branch_at[rows])]
    was = int(trading[:, inputs.past - steps : inputs.past].sum())
    will = int(trading[:, inputs.past : inputs.past + steps].sum())
    if (will - was) * change <= 0:
        return ""
    return reason("shut" if will < was else "open", days=_count(abs(will - was), "day"))


def _promotions(inputs: Inputs, outcome: Outcome, rows: Any, change: float) -> str:
    """Products of the category that come on promotion, or go off it, where they make most of the change."""
    if inputs.promoted is None:
        return ""
    steps = _before(inputs)
    before = inputs.promoted[rows, inputs.past - steps : inputs.past].any(axis=1)
    after = inputs.promoted[rows, inputs.past : inputs.past + steps].any(axis=1)
    moved = outcome.bands["mean"][rows, : _ahead(inputs)].sum(axis=1) - _last(inputs, 1)[rows]
    for kind, which in (("promotion", after & ~before), ("promotion_over", before & ~after)):
        if which.any() and moved[which].sum() / change > EXPLAINS:
            products = np.unique(inputs.product_at[rows[which]])
            return reason(kind, products=_count(products.size, "product"))
    return ""


def _days_with_names(inputs: Inputs, rows: Any) -> str:
    first, last = inputs.as_of + dt.timedelta(days=1), inputs.as_of + dt.timedelta(days=_ahead(inputs) + 3)
    branches = {list(inputs.branches)[place] for place in np.unique(inputs.branch_at[rows])}
    for event in inputs.events:
        touches = event.first <= last and event.last >= first
        if touches and (event.branch is None or event.branch in branches):
            return reason("event", event=event.name)
    names = [name for day, name in inputs.holidays.items() if first <= day <= last]
    return reason("holiday", holiday=names[0]) if names else ""


def _trust(inputs: Inputs, outcome: Outcome) -> list[Fact]:
    """How well the forecast did in its test, and where it did not."""
    facts: list[Fact] = []
    miss, naive = outcome.overall.get("wape"), outcome.overall.get("naive_wape")
    if miss is not None and naive is not None:
        facts.append(_fact("quality", miss=_percent(miss), naive=_percent(naive)))
    if outcome.stepped_back:
        facts.append(_fact("stepped_back", count=f"{outcome.stepped_back:,}", all=f"{inputs.series:,}"))
    weak = _weakest(inputs, outcome)
    return [*facts, *weak]


def _weakest(inputs: Inputs, outcome: Outcome) -> list[Fact]:
    """The category with the largest misses, where they are large."""
    miss, weight = outcome.scores["wape"], outcome.bands["mean"].sum(axis=1)
    known = ~np.isnan(miss) & (inputs.category_at >= 0)
    if not known.any():
        return []
    count = len(inputs.categories)
    sold = np.bincount(inputs.category_at[known], weight[known], count)
    missed = np.bincount(inputs.category_at[known], (miss * weight)[known], count)
    share = np.divide(missed, sold, out=np.zeros(count), where=sold > LARGE_ENOUGH * sold.sum())
    worst = int(share.argmax())
    if share[worst] < WEAK:
        return []
    return [_fact("weak", category=_category(inputs, worst), miss=_percent(share[worst]))]


def _sales(inputs: Inputs, outcome: Outcome) -> dict[str, dict[str, list[float]]]:
    """Net sales a day at the prices of late; the band is as wide, in proportion, as that of the units."""
    money = outcome.bands["mean"] * inputs.worth[:, None]
    found = {"all": _banded(money.sum(axis=0), outcome.sums.of())}
    for place, branch in enumerate(inputs.branches):
        found[str(branch)] = _banded(money[inputs.branch_at == place].sum(axis=0), outcome.sums.of(place))
    return found


def _banded(money: Floats, units: dict[str, Floats]) -> dict[str, list[float]]:
    worth = np.divide(money, units["mean"], out=np.zeros(money.size), where=units["mean"] > 0)
    return {
        "mean": np.round(money, 2).tolist(),
        "low80": np.round(units["low80"] * worth, 2).tolist(),
        "high80": np.round(units["high80"] * worth, 2).tolist(),
    }


def _models(outcome: Outcome) -> dict[str, int]:
    names, counts = np.unique(np.array(outcome.model, dtype=str), return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def _category(inputs: Inputs, number: int) -> str:
    names = list(inputs.categories.values())
    return names[number] if number < len(names) else "What has no category"


def _units(value: Any) -> str:
    places = 0 if value >= 10 else 1
    return formats.number(Decimal(str(float(value))), places)


def _percent(share: Any) -> str:
    return formats.percent(Decimal(str(round(float(share), 6))))


def _change(now: float, before: float, *, than: bool) -> str:
    if before <= 0:
        return "against nothing in"
    share = now / before - 1
    if abs(share) < 0.005:
        return "as in"
    return f"{_percent(abs(share))} {'more' if share > 0 else 'less'} than in"


def _day(day: dt.date, inputs: Inputs) -> str:
    return formats.day_long(day, inputs.as_of)


def _named(day: dt.date, inputs: Inputs) -> str:
    name = inputs.holidays.get(day)
    return f"{formats.day(day, inputs.as_of)} ({name})" if name else formats.day(day, inputs.as_of)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
