"""Which series add up to what: categories at a branch, branches, and the shop."""

from dataclasses import dataclass

import numpy as np

from insights.analyses.forecast.panel import Floats, Ints, Panel


@dataclass(frozen=True)
class Groups:
    """Sums, a row each; `members` and `sums` say pair by pair which series counts in which sum."""

    branch: tuple[int | None, ...]
    category: tuple[int | None, ...]
    members: Ints
    sums: Ints

    @property
    def keys(self) -> list[str]:
        return [total_key(branch, category) for branch, category in zip(self.branch, self.category, strict=True)]

    def add(self, amounts: Floats) -> Floats:
        """The sums of n x steps amounts."""
        total = np.zeros((len(self.branch), amounts.shape[1]))
        np.add.at(total, self.sums, amounts[self.members])
        return total


def groups(panel: Panel) -> Groups:
    """The sums of a panel. Without branches or categories there are only those that make sense."""
    every = np.arange(panel.count)
    branch = None if panel.branch is None else np.asarray(panel.branch)
    category = None if panel.category is None else np.asarray(panel.category)
    names: list[tuple[int | None, int | None]] = []
    members, sums = [], []
    if branch is not None and category is not None:
        pairs, of = np.unique(np.stack([branch, category]), axis=1, return_inverse=True)
        members.append(every)
        sums.append(of.ravel())
        names += [(int(b), int(c)) for b, c in pairs.T]
    if branch is not None:
        single, of = np.unique(branch, return_inverse=True)
        members.append(every)
        sums.append(of + len(names))
        names += [(int(b), None) for b in single]
    members.append(every)
    sums.append(np.full(panel.count, len(names)))
    names.append((None, None))
    return Groups(tuple(b for b, _ in names), tuple(c for _, c in names), np.concatenate(members), np.concatenate(sums))


def total_key(branch: int | None, category: int | None) -> str:
    """How a choice finds the sum again."""
    return f"sum:{'' if branch is None else branch}:{'' if category is None else category}"
