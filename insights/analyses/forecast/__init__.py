"""What will sell: every product at every branch, day by day, and the totals that they add up to."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

from insights.analyses.forecast import explain
from insights.analyses.protocol import Analysis, Asked, Figure, Tick
from insights.decisions.drafts import Draft
from insights.models import Run

if TYPE_CHECKING:
    from insights.analyses.forecast.inputs import Inputs
    from insights.analyses.forecast.outcome import Outcome
    from insights.providers.base import Ask
    from insights.providers.gateway import Said

DAYS_AHEAD = 28


class Result(NamedTuple):
    """What was read, and what came of it; None where the shop's past is too short."""

    inputs: Inputs
    outcome: Outcome | None


class Forecast(Analysis):
    """The modules are imported when a run needs them: the models' packages are large and the web never runs them."""

    name = "forecast"
    title = "Forecast"
    version = "forecast-1"
    prompt_version = explain.PROMPT_VERSION
    horizon = DAYS_AHEAD
    suggests = ("reorder", "count", "cash")

    def inputs(self, asked: Asked) -> Inputs:
        from insights.analyses.forecast import inputs

        return inputs.read(asked)

    def inputs_hash(self, inputs: Inputs) -> str:
        from insights.analyses.forecast.inputs import digest

        return digest(inputs)

    def compute(self, inputs: Inputs, tick: Tick) -> Result:
        from insights.analyses.forecast import outcome

        return Result(inputs, outcome.expect(inputs, tick))

    def findings(self, result: Result) -> dict[str, Any]:
        from insights.analyses.forecast import facts

        return facts.findings(result.inputs, result.outcome)

    def ask(self, findings: dict[str, Any]) -> Ask | None:
        return explain.question(findings)

    def words(self, findings: dict[str, Any], said: Said | None) -> list[str]:
        return explain.sentences(findings, said.data if said else None)

    def scores(self, result: Result) -> dict[str, Any]:
        return dict(result.outcome.overall) if result.outcome else {}

    def series(self, result: Result) -> int:
        return result.inputs.series if result.outcome else 0

    def figures(self, findings: dict[str, Any]) -> list[Figure]:
        ahead = findings.get("next", {})
        return [
            Figure("Products at a branch", findings.get("series")),
            Figure("Units expected in the next 7 days", ahead.get("units"), "number"),
            Figure("Missed in the test, of what was sold", findings.get("wape"), "share"),
            Figure("Missed by repeating last week", findings.get("naive_wape"), "share"),
            Figure("Held by the 80% ranges", findings.get("coverage"), "share"),
            Figure("Served by repeating last week", findings.get("stepped_back")),
        ]

    def store(self, run: Run, result: Result) -> None:
        from insights.analyses.forecast import outcome, store

        parts = outcome.rows(result.inputs, result.outcome) if result.outcome else []
        store.write(run, result.inputs.as_of + dt.timedelta(days=1), *parts)

    def suggest(self, run: Run, result: Result) -> list[Draft]:
        from insights.ordering.suggest import reorder_drafts

        return reorder_drafts(run) if result.outcome else []


ANALYSIS = Forecast()
