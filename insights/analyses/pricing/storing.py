"""What a run of the price analysis leaves: rows of elasticities, cross effects and advice, and decisions to offer."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils import timezone

from insights.analyses.pricing import wording
from insights.analyses.pricing.advising import Advised
from insights.analyses.pricing.outcome import Result
from insights.analyses.pricing.rules import Bound, in_order
from insights.decisions.drafts import Draft
from insights.models import CrossEffect, Elasticity, PriceAdvice, Run
from shop import formats

VALUE_DAYS = 28
MOST_OFFERED = 20  # more than a person decides on in a day only hides the best
OPEN_DAYS = 14
MOST_LETTERS = 600
_AT_ONCE = 2000


def write(run: Run, result: Result, facts: list[wording.Fact]) -> None:
    """All rows, in the caller's transaction. `facts` are of all moves."""
    effects = [
        Elasticity(run=run, product_id=r.product, value=r.value, low80=r.low, high80=r.high, observations=r.rows)
        for r in result.readings
    ]
    crosses = [
        CrossEffect(run=run, product_id=c.product, other_id=c.other, value=c.value, low80=c.low, high80=c.high)
        for c in result.crosses
    ]
    Elasticity.objects.bulk_create(effects, batch_size=_AT_ONCE)
    CrossEffect.objects.bulk_create(crosses, batch_size=_AT_ONCE)
    said = {one["product"]: result.reasons.get(one["product"]) or wording.plain(one) for one in facts}
    rows = [_row(run, result, id, said.get(id, "")) for id in result.shelf.goods]
    PriceAdvice.objects.bulk_create(rows, batch_size=_AT_ONCE)


def bounds_as_json(bounds: tuple[Bound, ...]) -> list[dict[str, Any]]:
    """The bounds as they are stored, the one that counts most first."""
    return [
        {"rule": one.rule, "text": one.text, "least": _text(one.least), "most": _text(one.most)}
        for one in in_order(bounds)
    ]


def drafts(run: Run, result: Result, facts: list[wording.Fact]) -> list[Draft]:
    """The advised moves that are worth most, as decisions."""
    by_product = {one["product"]: one for one in facts}
    until = timezone.now() + dt.timedelta(days=OPEN_DAYS)
    return [_draft(result, one, by_product[one.known.good.id], until) for one in result.moves()[:MOST_OFFERED]]


def _row(run: Run, result: Result, id: int, reason: str) -> PriceAdvice:
    good, key = result.shelf.goods[id], result.keys.get(id)
    row = PriceAdvice(
        run=run,
        product_id=id,
        price_now=good.price,
        unit_cost=good.cost,
        tax_rate=good.tax_rate,
        key_score=key.score if key else 0,
        is_key=bool(key and key.is_key),
        reason=reason[:MOST_LETTERS],
        why_not=result.why_not.get(id, "")[:200],
    )
    if one := result.advised.get(id):
        _fill(row, one)
    return row


def _fill(row: PriceAdvice, one: Advised) -> None:
    terms, trial = one.known.terms, one.trial
    row.price, row.why_not = one.price, one.why_not[:200]
    row.units_now, row.units_error, row.units = terms.units, terms.units_error, trial.units
    row.margin_now, row.margin = _money(terms.units * terms.each(terms.price)), _money(trial.margin)
    row.change, row.change_low, row.change_high = map(_money, (trial.change, trial.change_low, trial.change_high))
    row.lowest, row.highest = one.space.least, one.space.most
    row.rules = bounds_as_json(one.bounds)


def _draft(result: Result, one: Advised, fact: wording.Fact, until: dt.datetime) -> Draft:
    good, trial, weeks = one.known.good, one.trial, VALUE_DAYS / 7
    return Draft(
        kind="price",
        key=f"price:{good.id}",
        title=f"{good.name}: {fact['shown']['price']} instead of {fact['shown']['now']}",
        why=result.reasons.get(good.id) or wording.plain(fact),
        evidence=evidence(result, one),
        product=good.id,
        value=_money(trial.change * weeks),
        value_low=_money(trial.change_low * weeks),
        value_high=_money(trial.change_high * weeks),
        value_days=VALUE_DAYS,
        advised_price=one.price,
        deadline_at=until,
    )


def evidence(result: Result, one: Advised) -> dict[str, Any]:
    """What the advice rests on, as JSON: facts for people, the rules that bound it, and its terms."""
    good, terms, trial = one.known.good, one.known.terms, one.trial
    key = result.keys.get(good.id)
    facts = [
        _fact("Price now", float(terms.price), "money"),
        _fact("Price advised", float(one.price), "money"),
        _fact("Sold a week now", round(terms.units, 1), "units"),
        _fact("Expected a week", _span(trial.units, trial.units_low, trial.units_high)),
        _fact("Each 1% dearer, sold less", round(-terms.elasticity / 100, 4), "share"),
        _fact("Chance that it loses money", round(trial.loses, 2), "share"),
        _fact("Margin a week now", round(terms.units * terms.each(terms.price), 2), "money", cost=True),
        _fact("Margin a week expected", round(trial.margin, 2), "money", cost=True),
        _fact("Cost of each", float(good.cost or 0), "money", cost=True),
        *(_fact("Bought instead", spill.name) for spill in terms.spills[:3]),
    ]
    if key:
        facts.append(_fact("In so many baskets", round(key.reach, 4), "share"))
    if good.market and good.market.price:
        facts.append(_fact("Elsewhere", float(good.market.price), "money"))
    facts += [_fact("Rule", bound.text) for bound in in_order(one.bounds)]
    rules = bounds_as_json(one.bounds)
    return {"facts": facts, "rules": rules, "gave_way": list(one.space.gave_way), "terms": _terms(one)}


def _terms(one: Advised) -> dict[str, Any]:
    terms, trial = one.known.terms, one.trial
    return {
        "price_now": terms.price,
        "price": float(one.price),
        "elasticity": round(terms.elasticity, 4),
        "elasticity_error": round(terms.elasticity_error, 4),
        "units_now": round(terms.units, 4),
        "units": round(trial.units, 4),
        "change": [round(figure, 4) for figure in (trial.change, trial.change_low, trial.change_high)],
        "asked": one.asked,
    }


def _fact(label: str, value: Any, unit: str = "text", *, cost: bool = False) -> dict[str, Any]:
    return {"label": label, "value": value, "unit": unit} | ({"cost": True} if cost else {})


def _span(middle: float, low: float, high: float) -> str:
    return f"about {_about(middle)}, {_about(low)} to {_about(high)} eight times in ten"


def _about(units: float) -> str:
    return formats.units(formats.rounded(Decimal(repr(units)), 0 if units >= 10 else 1))


def _money(figure: float) -> Decimal:
    return Decimal(f"{figure:.2f}")


def _text(price: Decimal | None) -> str | None:
    return None if price is None else str(price)
