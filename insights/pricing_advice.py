"""The price advice of the latest run, as pages read it: what is advised, why, and what any other price would bring."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Q

from insights.analyses.pricing import trying
from insights.analyses.pricing.rules import Bound, broken
from insights.analyses.pricing.trying import Spill, Terms, Trial, error_of
from insights.elasticities import PriceEffect, effect
from insights.models import CrossEffect, Elasticity, PriceAdvice, Run
from inventory.models import Product
from shop.models import Shop
from shop.tenancy import current_shop_id

POINTS = 25
WIDEST = 0.3  # how far from today's price the slider and the curve reach where no rule says otherwise
CENT = Decimal("0.01")
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Substitute:
    """What buyers take instead: by how many per cent it sells more where ours is one per cent dearer."""

    product: Product
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Advice:
    """What the latest run says of one product's price. Units and margins are a week's, in the shop's currency.

    `price` is what is advised and may equal `price_now`; `reason` says why a move is, `why_not` why none is.
    Figures are None where too little is known; then there is nothing to try either (`can_try`).
    """

    product: Product
    run: Run
    price_now: Decimal | None
    price: Decimal | None
    unit_cost: Decimal | None
    tax_rate: Decimal
    units_now: float
    units: float
    margin_now: Decimal | None
    margin: Decimal | None
    change: Decimal | None
    change_low: Decimal | None
    change_high: Decimal | None
    key_score: float
    is_key: bool
    bounds: tuple[Bound, ...]
    lowest: Decimal | None
    highest: Decimal | None
    reason: str
    why_not: str
    effect: PriceEffect | None
    substitutes: tuple[Substitute, ...]
    terms: Terms | None

    @property
    def moves(self) -> bool:
        """Whether another price than today's is advised."""
        return self.price is not None and self.price != self.price_now

    @property
    def can_try(self) -> bool:
        return self.terms is not None

    @property
    def binding(self) -> tuple[Bound, ...]:
        """The bounds that the advised price stands at: without them it would go further."""
        return tuple(
            bound for bound in self.bounds if self.price is not None and self.price in (bound.least, bound.most)
        )


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A week at some price. The change includes the substitutes; `loses` is the chance that it is below 0.

    `breaks` are the rules the price does not keep, each with its sentence.
    """

    price: Decimal
    units: float
    units_low: float
    units_high: float
    margin: Decimal
    margin_low: Decimal
    margin_high: Decimal
    change: Decimal
    change_low: Decimal
    change_high: Decimal
    loses: float
    breaks: tuple[Bound, ...] = ()


def latest() -> Run | None:
    """The run whose advice is shown."""
    run: Run | None = Run.objects.latest_done("pricing")
    return run


def of_product(product: Product) -> Advice | None:
    """The advice for one product; None where the latest run says nothing of it. Five queries at most."""
    return next(all_of([product.pk]), None)


def all_of(products: Collection[int]) -> Iterator[Advice]:
    """The advice for these products (ids), in the order of their names. Five queries, however many."""
    run = latest()
    if run is None or not products:
        return
    rows = PriceAdvice.objects.filter(run=run, product__in=products).select_related("product")
    found = list(rows.order_by("product__name", "product_id"))
    effects = {row.product_id: row for row in _elasticities(run, products)}
    others = _substitutes(run, products)
    wanted = {other.product_id for row in others.values() for other in row}
    near = {row.product_id: row for row in PriceAdvice.objects.filter(run=run, product__in=wanted)}
    tax_in = Shop.objects.values_list("prices_include_tax", flat=True).get(pk=current_shop_id())
    for row in found:
        yield _advice(run, row, effects.get(row.product_id), others.get(row.product_id, []), near, tax_in=tax_in)


def moves(*, keys: bool | None = None) -> Any:
    """The rows whose price should move, the most gained first; `keys` True or False keeps to key items or others."""
    run = latest()
    found = PriceAdvice.objects.filter(run=run).exclude(Q(price=None) | Q(price=F("price_now")))
    if keys is not None:
        found = found.filter(is_key=keys)
    return found.select_related("product").order_by("-change", "product_id")


def what_if(advice: Advice, price: Decimal) -> WhatIf | None:
    """What a week at this price is expected to bring; None where too little is known or the price is not above 0."""
    if advice.terms is None or price <= 0:
        return None
    return _told(advice, price, trying.try_price(advice.terms, float(price)))


def curve(advice: Advice, points: int = POINTS) -> list[WhatIf]:
    """Weeks at prices over the whole span that can be tried, today's and the advised price among them."""
    if advice.terms is None or advice.price_now is None:
        return []
    low, high = span(advice)
    step = (high - low) / max(points - 1, 1)
    prices = {(low + step * place).quantize(CENT) for place in range(points)}
    prices |= {price for price in (advice.price_now, advice.price) if price}
    ordered = sorted(price for price in prices if price > 0)
    found = trying.tries(advice.terms, [float(price) for price in ordered])
    return [_told(advice, price, trial) for price, trial in zip(ordered, found, strict=True)]


def span(advice: Advice) -> tuple[Decimal, Decimal]:
    """The lowest and highest price of the slider: somewhat wider than the rules, which say so where they are left."""
    now = advice.price_now or Decimal(1)
    low, high = now * Decimal(str(1 - WIDEST)), now * Decimal(str(1 + WIDEST))
    low, high = min(low, advice.lowest or low), max(high, advice.highest or high)
    return max(low.quantize(CENT), CENT), max(high.quantize(CENT), CENT)


def bounds_of(rules: list[dict[str, Any]]) -> tuple[Bound, ...]:
    """The bounds as they were stored."""
    return tuple(
        Bound(one["rule"], one["text"], _decimal(one.get("least")), _decimal(one.get("most"))) for one in rules
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _elasticities(run: Run, products: Collection[int]) -> Any:
    return Elasticity.objects.filter(run=run, product__in=products).select_related("product")


def _substitutes(run: Run, products: Collection[int]) -> dict[int, list[CrossEffect]]:
    """What sells more where these products are dearer, by product."""
    found: dict[int, list[CrossEffect]] = {}
    for row in CrossEffect.objects.filter(run=run, other__in=products).select_related("product").order_by("-value"):
        found.setdefault(row.other_id, []).append(row)
    return found


def _advice(
    run: Run,
    row: PriceAdvice,
    known: Elasticity | None,
    others: list[CrossEffect],
    near: dict[int, PriceAdvice],
    *,
    tax_in: bool,
) -> Advice:
    spills = tuple(_spill(other, near[other.product_id], tax_in=tax_in) for other in others if other.product_id in near)
    return Advice(
        product=row.product,
        run=run,
        price_now=row.price_now,
        price=row.price,
        unit_cost=row.unit_cost,
        tax_rate=row.tax_rate,
        units_now=row.units_now,
        units=row.units,
        margin_now=row.margin_now,
        margin=row.margin,
        change=row.change,
        change_low=row.change_low,
        change_high=row.change_high,
        key_score=row.key_score,
        is_key=row.is_key,
        bounds=bounds_of(row.rules),
        lowest=row.lowest,
        highest=row.highest,
        reason=row.reason,
        why_not=row.why_not,
        effect=effect(known) if known else None,
        substitutes=tuple(Substitute(one.product, one.value, one.low80, one.high80) for one in others),
        terms=_terms(row, known, spills, tax_in=tax_in),
    )


def _terms(row: PriceAdvice, known: Elasticity | None, spills: tuple[Spill, ...], *, tax_in: bool) -> Terms | None:
    if known is None or row.margin_now is None or not row.price_now or row.unit_cost is None:
        return None
    return Terms(
        price=float(row.price_now),
        cost=float(row.unit_cost),
        tax=float(row.tax_rate) if tax_in else 0.0,
        units=row.units_now,
        units_error=row.units_error,
        elasticity=known.value,
        elasticity_error=error_of(known.value, known.low80, known.high80),
        spills=spills,
    )


def _spill(one: CrossEffect, row: PriceAdvice, *, tax_in: bool) -> Spill:
    tax = float(row.tax_rate) if tax_in else 0.0
    known = row.price_now is not None and row.unit_cost is not None
    each = float(row.price_now or 0) / (1 + tax) - float(row.unit_cost or 0) if known else 0.0
    error = error_of(one.value, one.low80, one.high80)
    return Spill(one.product_id, one.product.name, one.value, error, row.units_now, each)


def _told(advice: Advice, price: Decimal, trial: Trial) -> WhatIf:
    breaks = tuple(broken(advice.bounds, price)) if price != advice.price_now else ()
    return WhatIf(
        price=price,
        units=trial.units,
        units_low=trial.units_low,
        units_high=trial.units_high,
        margin=_money(trial.margin),
        margin_low=_money(trial.margin_low),
        margin_high=_money(trial.margin_high),
        change=_money(trial.change),
        change_low=_money(trial.change_low),
        change_high=_money(trial.change_high),
        loses=trial.loses,
        breaks=breaks,
    )


def _money(figure: float) -> Decimal:
    return Decimal(f"{figure:.2f}")
