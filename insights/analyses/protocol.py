"""What an analysis is. A new one is a folder beside this file whose `__init__` names its `ANALYSIS`.

Numbers come from code, words from a provider: `compute` is pure, `ask` turns computed facts into a question for a
model, `words` makes the sentences with or without its answer. Rules and guardrails decide; models propose.
"""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from insights.decisions.drafts import Draft
from insights.models import Run
from shop.errors import Refused
from shop.models import Shop

if TYPE_CHECKING:
    from insights.providers.base import Ask
    from insights.providers.gateway import Said

Tick = Callable[[int, int], None]


class AnalysisRefused(Refused):
    code = "analysis_invalid"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run was asked: nothing later than the business date `as_of` is read, except what was already known."""

    shop: Shop
    as_of: dt.date
    horizon: int
    run_key: str  # names the run to the gateway, so that a resumed run pays nothing twice


@dataclass(frozen=True, slots=True)
class Figure:
    """A number a run came to, shown on its page beside the previous run's. `unit` is count, share, number or text."""

    label: str
    value: float | str | None
    unit: str = "count"


class Analysis(ABC):
    """One analysis. Every method but `store` leaves the database as it is; a run may be started over at any point."""

    name: ClassVar[str]
    title: ClassVar[str]  # a shopkeeper's word, as in "The forecast ran"
    version: ClassVar[str]  # of the method; a change makes runs incomparable
    prompt_version: ClassVar[str] = ""
    horizon: ClassVar[int] = 0  # days, where the person names none
    suggests: ClassVar[tuple[str, ...]] = ()  # the kinds of suggestion it makes

    @abstractmethod
    def inputs(self, asked: Asked) -> Any:
        """Everything the computation needs, read with a constant number of queries."""

    @abstractmethod
    def inputs_hash(self, inputs: Any) -> str:
        """The same for the same data, 64 hexadecimal digits."""

    @abstractmethod
    def compute(self, inputs: Any, tick: Tick) -> Any:
        """The result, from arrays alone. `tick(done, total)` shows progress and may raise to stop the run."""

    @abstractmethod
    def findings(self, result: Any) -> dict[str, Any]:
        """The computed facts as JSON values: what pages show and sentences are written from."""

    def ask(self, findings: dict[str, Any]) -> Ask | None:
        """What to ask a model about the findings; None asks nobody."""
        return None

    def enrich(self, result: Any, asked: Asked, tick: Tick) -> Said | None:
        """Let models add to the result itself (labels, not numbers); says who did. Most analyses do not."""
        return None

    @abstractmethod
    def words(self, findings: dict[str, Any], said: Said | None) -> list[str]:
        """Plain sentences. Every figure in them is filled in from the findings, never taken from a model."""

    def scores(self, result: Any) -> dict[str, Any]:
        """How good it was, such as wape, naive_wape and coverage."""
        return {}

    def series(self, result: Any) -> int:
        """How many things it has a result for."""
        return 0

    def figures(self, findings: dict[str, Any]) -> list[Figure]:
        """What to compare with the previous run."""
        return []

    @abstractmethod
    def store(self, run: Run, result: Any) -> None:
        """Write the results, in the caller's transaction."""

    def suggest(self, run: Run, result: Any) -> list[Draft]:
        """The decisions to offer, after `store`, in the caller's transaction."""
        return []


@cache
def every_analysis() -> dict[str, Analysis]:
    """All analyses by name."""
    found: dict[str, Analysis] = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.ispkg:
            analysis: Analysis = importlib.import_module(f"insights.analyses.{module.name}").ANALYSIS
            found[analysis.name] = analysis
    return found


def find_analysis(name: str) -> Analysis:
    """Raises AnalysisRefused for a name that is none."""
    known = every_analysis()
    if name not in known:
        raise AnalysisRefused(f"“{name[:40]}” is not an analysis. Choose one of: {', '.join(sorted(known))}.")
    return known[name]
