"""What to mark down today, lot by lot, before it has to be thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from insights.analyses.markdown import cases, reading, words
from insights.analyses.markdown.advising import Advice, advise
from insights.analyses.markdown.reading import Inputs
from insights.analyses.protocol import Analysis, Asked, Figure, Tick
from insights.decisions.drafts import Draft
from insights.models import Run
from shop import formats

if TYPE_CHECKING:
    from insights.providers.gateway import Said

KIND = "markdown"
MOST_KEPT = 2000
CENT, GRAM = Decimal("0.01"), Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Result:
    inputs: Inputs
    advice: list[Advice]

    @property
    def to_mark(self) -> list[Advice]:
        return [one for one in self.advice if one.state == "mark"]


class Markdown(Analysis):
    name = "markdown"
    title = "Markdowns"
    version = "markdown 1"
    horizon = cases.HORIZON
    suggests = (KIND,)

    def inputs(self, asked: Asked) -> Inputs:
        """Lots as they are now, whatever the day asked: what is on the shelf cannot be read as of another."""
        return reading.read(asked.shop)

    def inputs_hash(self, inputs: Inputs) -> str:
        return reading.digest(inputs)

    def compute(self, inputs: Inputs, tick: Tick) -> Result:
        found = []
        for place, near in enumerate(inputs.near):
            found.append(advise(near, inputs.currency))
            tick(place + 1, len(inputs.near))
        return Result(inputs, found)

    def findings(self, result: Result) -> dict[str, Any]:
        mark, risk = result.to_mark, [one for one in result.advice if one.told]
        return {
            "lots": len(result.advice),
            "at_risk": len(risk),
            "to_mark": len(mark),
            "first": result.inputs.first.isoformat(),
            "currency": result.inputs.currency,
            "waste": _sum(_waste(one, ours=False) for one in risk),
            "waste_planned": _sum(_waste(one, ours=one.state != "wait") for one in risk),
            "gain": _sum(one.told.gain for one in mark if one.told),
            "plans": {str(one.near.lot.lot): _kept(one, result.inputs) for one in result.advice[:MOST_KEPT]},
        }

    def words(self, findings: dict[str, Any], said: Said | None) -> list[str]:
        lots, mark = findings["lots"], findings["to_mark"]
        if not lots:
            return [f"Nothing in stock comes to its date within {cases.HORIZON} days."]
        sentences = [f"{lots:,} lot{_s(lots)} come{'' if lots != 1 else 's'} to the date within {cases.HORIZON} days."]
        if not mark:
            return [*sentences, "None of them needs a lower price today."]
        waste = formats.money(findings["waste"], findings["currency"])
        planned = formats.money(findings["waste_planned"], findings["currency"])
        return [
            *sentences,
            f"{mark:,} should be marked down. Goods that cost {waste} would be left over at the prices of now; with "
            f"the plan it is {planned}.",
        ]

    def series(self, result: Result) -> int:
        return len(result.advice)

    def figures(self, findings: dict[str, Any]) -> list[Figure]:
        return [
            Figure("Lots near their date", findings.get("lots")),
            Figure("To mark down", findings.get("to_mark")),
            Figure("Left over at the prices of now, at cost", findings.get("waste"), "number"),
            Figure("Left over with the plan, at cost", findings.get("waste_planned"), "number"),
        ]

    def store(self, run: Run, result: Result) -> None:
        """The plans are kept with the findings."""

    def suggest(self, run: Run, result: Result) -> list[Draft]:
        """One for each lot that wants a new sticker today; worth what the plan earns until its date."""
        return [_draft(one, result.inputs) for one in result.to_mark]


def _draft(one: Advice, inputs: Inputs) -> Draft:
    lot, told = one.near.lot, one.told
    assert told is not None
    knows_cost = lot.cost is not None
    return Draft(
        kind=KIND,
        key=f"{KIND}:{lot.lot}",
        title=words.title(one, inputs.currency),
        why=words.why(one, inputs),
        evidence=words.evidence(one, inputs),
        branch=lot.branch,
        product=lot.product,
        quantity=lot.quantity.quantize(GRAM),
        value=_money(told.gain) if knows_cost else None,
        value_low=_money(told.gain_low) if knows_cost else None,
        value_high=_money(told.gain_high) if knows_cost else None,
        value_days=one.near.days,
        advised_price=one.price,
        deadline_at=inputs.closes_at,
    )


def _kept(one: Advice, inputs: Inputs) -> dict[str, Any]:
    told = one.told
    return {
        "state": one.state,
        "price": None if one.price is None else str(one.price),
        "sold": told and round(told.sold, 2),
        "left_over": told and round(told.waste, 2),
        "left_over_as_it_is": told and round(told.waste_as_it_is, 2),
        "path": words.path(one, inputs),
    }


def _waste(one: Advice, *, ours: bool) -> float:
    assert one.told is not None
    return (one.told.waste if ours else one.told.waste_as_it_is) * float(one.near.cost)


def _sum(values: Any) -> float:
    return round(float(sum(values)), 2)


def _money(value: float) -> Decimal:
    return Decimal(repr(float(value))).quantize(CENT)


def _s(count: int) -> str:
    return "" if count == 1 else "s"
