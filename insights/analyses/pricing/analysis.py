"""How far each product's sales move with its price, and what to charge."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from insights.analyses.pricing import reading, storing, wording
from insights.analyses.pricing.outcome import Reading, Result
from insights.analyses.pricing.outcome import compute as computed
from insights.analyses.pricing.reading import Inputs
from insights.analyses.protocol import Analysis, Asked, Figure, Tick
from insights.decisions.drafts import Draft
from insights.models import Run

if TYPE_CHECKING:
    from insights.providers.gateway import Said

__all__ = ["STEP", "Pricing", "Reading", "Result", "dearer"]
SHOWN = 5
STEP = 0.1  # sentences tell what a tenth dearer does


def dearer(elasticity: float, step: float = STEP) -> float:
    """The change in units, as a share, where the price goes up by `step`: -0.14 is 14 % less."""
    return math.exp(elasticity * math.log1p(step)) - 1


class Pricing(Analysis):
    name = "pricing"
    title = "Prices"
    version = "prices 2"
    prompt_version = wording.PROMPT_VERSION
    suggests = ("price",)

    def inputs(self, asked: Asked) -> Inputs:
        return reading.read(asked.shop, asked.as_of)

    def inputs_hash(self, inputs: Inputs) -> str:
        return reading.digest(inputs)

    def compute(self, inputs: Inputs, tick: Tick) -> Result:
        return computed(inputs, tick)

    def enrich(self, result: Result, asked: Asked, tick: Tick) -> Said | None:
        """A model may word the reasons of the most valuable moves."""
        from insights.providers import gateway

        facts = _facts(result)
        question = wording.question(facts)
        if question is None:
            return None
        said = gateway.ask(question, run_key=asked.run_key)
        result.reasons = wording.reasons(facts, said.data)
        return said

    def findings(self, result: Result) -> dict[str, Any]:
        found = result.readings
        middle = float(np.median([one.value for one in found])) if found else None
        own = sorted((one for one in found if one.rows), key=lambda one: one.value)
        return {
            "products": len(found),
            "own": len(own),
            "weeks": result.weeks,
            "promotions": result.promotions,
            "typical": _rounded(middle),
            "typical_dearer": _rounded(dearer(middle)) if middle is not None else None,
            "most": [_fact(one) for one in own[:SHOWN]],
            "least": [_fact(one) for one in own[::-1][:SHOWN]],
            "categories": {name: _rounded(value) for name, value in result.categories.items()},
            **_advice(result),
        }

    def words(self, findings: dict[str, Any], said: Said | None) -> list[str]:
        if not findings["products"]:
            return ["There are not enough price changes yet to tell what a price does to sales."]
        products, own = findings["products"], findings["own"]
        sentences = [
            f"{_percent(STEP)} dearer sells about {_percent(-findings['typical_dearer'])} less of a typical product.",
            f"{own:,} of {products:,} products changed price often enough to be told by their own sales; the others "
            "have the figure of their category, with a wide range.",
        ]
        if findings["most"]:
            first = findings["most"][0]
            less = _percent(-first["dearer"])
            sentences.append(f"Most is lost on {first['name']}: {_percent(STEP)} dearer sells about {less} less.")
        if not findings["promotions"]:
            sentences.append("No promotions are on record: short deep price cuts were taken as promotions.")
        return sentences + _words_of_advice(findings)

    def scores(self, result: Result) -> dict[str, Any]:
        own = [one for one in result.readings if one.rows]
        wide = float(np.median([one.high - one.low for one in own])) if own else None
        moves = len(result.moves())
        return {"products": len(result.readings), "own": len(own), "range": _rounded(wide), "advised": moves}

    def series(self, result: Result) -> int:
        return len(result.readings)

    def figures(self, findings: dict[str, Any]) -> list[Figure]:
        return [
            Figure("Products", findings.get("products")),
            Figure("Told by their own prices", findings.get("own")),
            Figure("Change in units, price 10 % up", findings.get("typical_dearer"), "share"),
            Figure("Prices advised to move", findings.get("moves")),
            Figure("Key items left to people", findings.get("keys")),
        ]

    def store(self, run: Run, result: Result) -> None:
        storing.write(run, result, _facts(result))

    def suggest(self, run: Run, result: Result) -> list[Draft]:
        return storing.drafts(run, result, _facts(result))


def _facts(result: Result) -> list[wording.Fact]:
    """The moves as facts to be worded, the most gained first."""
    return [wording.fact(f"p{place + 1}", result.shelf, one) for place, one in enumerate(result.moves())]


def _advice(result: Result) -> dict[str, Any]:
    moves = result.moves()
    up = sum(one.price > (one.known.good.price or 0) for one in moves)
    told = [(fact, result.reasons.get(fact["product"]) or wording.plain(fact)) for fact in _facts(result)[:SHOWN]]
    return {
        "moves": len(moves),
        "up": up,
        "down": len(moves) - up,
        "keys": sum(key.is_key for key in result.keys.values()),
        "unknown": len(result.why_not),
        "crosses": len(result.crosses),
        "reasons": [f"{fact['shown']['name']}: {text}" for fact, text in told],
    }


def _words_of_advice(findings: dict[str, Any]) -> list[str]:
    moves, up, down = (findings.get(name, 0) for name in ("moves", "up", "down"))
    said = [f"{_counted(moves, 'price')} should move: {up:,} up, {down:,} down."] if moves else []
    said += findings.get("reasons", [])[:3]
    if keys := findings.get("keys"):
        said.append(f"{_counted(keys, 'key item')} stay as they are until a person says otherwise.")
    if unknown := findings.get("unknown"):
        said.append(f"Of {_counted(unknown, 'product')} too little is known for advice.")
    return said


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _fact(one: Reading) -> dict[str, Any]:
    return {
        "product": one.product,
        "name": one.name,
        "elasticity": _rounded(one.value),
        "dearer": _rounded(dearer(one.value)),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _percent(share: float) -> str:
    return f"{share * 100:.0f}%"
