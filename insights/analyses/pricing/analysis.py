"""How far each product's sales move with its own price."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insights.analyses.pricing import reading, regression, shrinking, weeks
from insights.analyses.pricing.reading import Inputs, Ints
from insights.analyses.pricing.regression import Estimates
from insights.analyses.protocol import Analysis, Asked, Figure, Tick
from insights.models import Elasticity, Run

if TYPE_CHECKING:
    from insights.providers.gateway import Said

SHOWN = 5
STEP = 0.1  # sentences tell what a tenth dearer does
_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Reading:
    """One product's elasticity. `rows` counts the weeks at branches behind it; 0: its category's figure alone."""

    product: int
    name: str
    value: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True, slots=True)
class Result:
    readings: list[Reading]
    categories: dict[str, float]
    weeks: int
    promotions: int


def dearer(elasticity: float, step: float = STEP) -> float:
    """The change in units, as a share, where the price goes up by `step`: -0.14 is 14 % less."""
    return math.exp(elasticity * math.log1p(step)) - 1


class Pricing(Analysis):
    name = "pricing"
    title = "Prices"
    version = "prices 1"

    def inputs(self, asked: Asked) -> Inputs:
        return reading.read(asked.shop, asked.as_of)

    def inputs_hash(self, inputs: Inputs) -> str:
        return reading.digest(inputs)

    def compute(self, inputs: Inputs, tick: Tick) -> Result:
        """A regression a product, family by family, then each product drawn toward its category."""
        families = weeks.families(inputs)
        parts = []
        for place, members in enumerate(families):
            parts.append(regression.estimate(weeks.rows(inputs, members)))
            tick(place + 1, len(families))
        used, offers = int(np.unique(inputs.sold.week).size), int(inputs.offers.product.size)
        if not parts:
            return Result([], {}, used, offers)
        return Result(*_shrunk(inputs, np.concatenate(families), _joined(parts)), used, offers)

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
        return sentences

    def scores(self, result: Result) -> dict[str, Any]:
        own = [one for one in result.readings if one.rows]
        wide = float(np.median([one.high - one.low for one in own])) if own else None
        return {"products": len(result.readings), "own": len(own), "range": _rounded(wide)}

    def series(self, result: Result) -> int:
        return len(result.readings)

    def figures(self, findings: dict[str, Any]) -> list[Figure]:
        return [
            Figure("Products", findings.get("products")),
            Figure("Told by their own prices", findings.get("own")),
            Figure("Change in units, price 10 % up", findings.get("typical_dearer"), "share"),
        ]

    def store(self, run: Run, result: Result) -> None:
        Elasticity.objects.bulk_create(
            [
                Elasticity(
                    run=run, product_id=r.product, value=r.value, low80=r.low, high80=r.high, observations=r.rows
                )
                for r in result.readings
            ],
            batch_size=_AT_ONCE,
        )


def _joined(parts: list[Estimates]) -> Estimates:
    return Estimates(
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.error for part in parts]),
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.usable for part in parts]),
    )


def _shrunk(inputs: Inputs, products: Ints, found: Estimates) -> tuple[list[Reading], dict[str, float]]:
    category = np.array([inputs.category.get(int(id), 0) for id in products], dtype=np.int64)
    shrunk = shrinking.shrink(found, category)
    rows = np.where(shrunk.is_own, found.rows, 0)
    readings = [
        Reading(id, inputs.products.get(id, ""), value, low, high, many)
        for id, value, low, high, many in zip(
            products.tolist(),
            shrunk.value.tolist(),
            shrunk.low.tolist(),
            shrunk.high.tolist(),
            rows.tolist(),
            strict=True,
        )
        if math.isfinite(value)
    ]
    known = {inputs.categories.get(key, ""): value for key, value in shrunk.middle.items() if math.isfinite(value)}
    return readings, dict(sorted(known.items(), key=lambda item: item[1]))


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
