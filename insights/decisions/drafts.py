"""A decision as an analysis proposes it, and what accepting one of its kind does."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from insights.models import Suggestion


@dataclass(frozen=True, slots=True)
class Draft:
    """What to offer. Ids name rows of the shop; money is in its currency; `evidence` holds JSON values only.

    `key` says what it is about: while one with this key is open there is no second. `value` is what following it is
    expected to earn over the `value_days` days from the decision on, with an 80 % range.
    """

    kind: str
    key: str
    title: str
    why: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    branch: int | None = None
    product: int | None = None
    supplier: int | None = None
    quantity: Decimal | None = None
    value: Decimal | None = None
    value_low: Decimal | None = None
    value_high: Decimal | None = None
    value_days: int | None = None
    outlay: Decimal | None = None
    advised_price: Decimal | None = None
    deadline_at: dt.datetime | None = None


class Act(Protocol):
    """What following a kind of suggestion does, in the caller's transaction. Both raise Refused to say no."""

    def accept(
        self, suggestion: Suggestion, *, quantity: Decimal | None, price: Decimal | None, by: str
    ) -> dict[str, Any]:
        """Carry it out with this quantity and price: the advised ones or the person's own, None where none is advised.

        Returns JSON values that `undo` needs and pages link to (`url`, `text`).
        """

    def undo(self, suggestion: Suggestion, *, by: str) -> None:
        """Take back what `suggestion.effect` names."""


_acts: dict[str, Act] = {}


def register_act(kind: str, act: Act) -> None:
    _acts[kind] = act


def act_of(kind: str) -> Act | None:
    """None for a kind whose accepting does nothing in the house but is remembered."""
    return _acts.get(kind)
