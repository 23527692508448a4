"""The customers the demo shop knows by name: how often each comes, and who is drifting away."""

import datetime as dt
from dataclasses import dataclass
from importlib import resources

import numpy as np

from insights.demo.branches import Branch, Size
from insights.demo.chance import Ints, poisson, stream

# How many of all, visits a week, and how their coming changes.
KINDS = (
    ("loyal", 0.22, 1.5),
    ("steady", 0.28, 0.7),
    ("occasional", 0.26, 0.16),
    ("drifting", 0.12, 1.0),
    ("gone", 0.04, 0.8),
    ("new", 0.08, 0.8),
)
HALVES_IN_WEEKS = 5.0
AT_HOME = 0.88


@dataclass(frozen=True)
class Customer:
    """Someone on the list. Visits a week halve every `HALVES_IN_WEEKS` after `drifts_from` (gone: none at all)."""

    id: str
    name: str
    email: str
    phone: str
    joined: dt.date
    kind: str
    visits_a_week: float
    home: str
    drifts_from: dt.date | None


def names() -> tuple[list[str], list[str]]:
    """Given names and family names to draw from."""
    text = resources.files("insights.demo").joinpath("people.txt").read_text(encoding="utf-8")
    given, family = text.split("\n", 1)[1].split("\n\n")
    return given.split(), family.split()


def customers(size: Size, days: tuple[dt.date, ...]) -> tuple[Customer, ...]:
    """Everyone on the list, in order of id."""
    draw = stream("customers")
    given, family = names()
    edges = np.cumsum([share for _, share, _ in KINDS])
    found = []
    for number in range(size.customers):
        chance, rate, home, when, early, first, last = draw.random(7)
        kind, _, usual = KINDS[min(int(np.searchsorted(edges, chance)), len(KINDS) - 1)]
        branch = size.branches[int(home**1.3 * len(size.branches))]
        turn = days[int((0.35 + 0.5 * when) * len(days))]
        name = f"{given[int(first * len(given))]} {family[int(last * len(family))]}"
        found.append(
            Customer(
                f"C{number + 1:04d}",
                name,
                f"{name.lower().replace(' ', '.')}{number + 1}@example.com",
                f"07700 900{number:03d}",
                turn if kind == "new" else days[0] - dt.timedelta(days=int(early * 900)),
                kind,
                round(usual * (0.6 + 0.8 * float(rate)), 2),
                branch.name,
                turn if kind in ("drifting", "gone") else None,
            )
        )
    return tuple(found)


def visits_in(customer: Customer, week_start: dt.date) -> float:
    """The visits expected in the week that starts that day."""
    if customer.joined > week_start:
        return 0.0
    if customer.drifts_from is None or week_start < customer.drifts_from:
        return customer.visits_a_week
    if customer.kind == "gone":
        return 0.0
    weeks = (week_start - customer.drifts_from).days / 7
    return customer.visits_a_week * float(0.5 ** (weeks / HALVES_IN_WEEKS))


def who_came(
    people: tuple[Customer, ...], branch: Branch, branches: int, days: tuple[dt.date, ...], receipt_day: Ints
) -> Ints:
    """The customer of each receipt of a branch, -1 where not known."""
    draw = stream("visits", branch.name)
    weeks = [days[first] for first in range(0, len(days), 7)]
    share = [1.0 if branches == 1 else AT_HOME if one.home == branch.name else 1 - AT_HOME for one in people]
    rate = np.array([[visits_in(one, week) for week in weeks] for one in people]) * np.array(share)[:, None]
    visits = poisson(rate, draw).T
    who = np.full(receipt_day.size, -1, dtype=np.int64)
    shuffled = np.lexsort((draw.random(receipt_day.size), receipt_day // 7))
    bounds = np.searchsorted(receipt_day[shuffled] // 7, np.arange(len(weeks) + 1))
    for week in range(len(weeks)):
        receipts = shuffled[bounds[week] : bounds[week + 1]]
        came = np.repeat(np.arange(len(people)), visits[week])[: receipts.size]
        who[receipts[: came.size]] = came
    return who
