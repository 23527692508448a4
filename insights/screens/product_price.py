"""The price tab of a product: what a week brings at any price, what is advised, what is coming and what it has had."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils import timezone

from insights import charts, pricing_advice
from insights.charts.curves import Curve, Mark, curve
from insights.downloads import File
from insights.pricing_advice import Advice, WhatIf
from insights.screens.panels import Panel, panel
from inventory.models import PriceBatch, Product, ShelfPrice
from shop import formats
from shop.csvout import amount
from shop.models import Shop
from shop.roles import Can, may

MOST_HAD = 20
COLUMNS = (
    "price", "units", "units_low", "units_high", "margin", "margin_low", "margin_high", "change", "change_low",
    "change_high",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Had:
    """A price the product had, since when, and who set it why."""

    since: dt.datetime
    price: Decimal | None
    cost: Decimal | None
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Tried:
    """A price somebody tries; `found` is None where `problem` says why."""

    price: Decimal | None
    found: WhatIf | None = None
    problem: str = ""

    @property
    def typed(self) -> str:
        return str(amount(self.price) or "")


@dataclass(frozen=True, slots=True)
class Trying:
    """What can be tried: the slider's span, the curve and the price on it."""

    advice: Advice
    chart: charts.Chart
    least: Decimal
    most: Decimal
    tried: Tried
    drafts: list[PriceBatch]


@dataclass(frozen=True, slots=True)
class PriceTab:
    """`advice` and `trying` are None for roles that may not see costs, and where too little is known."""

    advice: Advice | None
    trying: Panel[Trying | None] | None
    too_little: str
    beside: list[ShelfPrice]
    had: list[Had]


def build(product: Product, shop: Shop, role: str, given: Mapping[str, str]) -> PriceTab:
    see_cost = may(role, Can.SEE_COST) and may(role, Can.SEE_SALES)
    advice = pricing_advice.of_product(product) if see_cost else None
    ahead = ShelfPrice.objects.ahead(timezone.now()).filter(product=product)
    return PriceTab(
        advice=advice,
        trying=panel(lambda: _trying(advice, shop, given)) if advice and advice.can_try else None,
        too_little=_too_little(advice) if see_cost else "",
        beside=list(ahead.select_related("branch", "batch").order_by("starts_at", "pk")),
        had=_had(product, see_cost=may(role, Can.SEE_COST), see_history=may(role, Can.SEE_HISTORY)),
    )


def file(tab: PriceTab) -> File | None:
    """The curve as a file."""
    if tab.advice is None or not tab.advice.can_try:
        return None
    return File("price_curve", COLUMNS, (_cells(point) for point in pricing_advice.curve(tab.advice)))


def read_price(text: str) -> Decimal | None:
    """A price as people type it, with a point or a comma; None for what is none."""
    try:
        price = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return price if price.is_finite() and 0 < price < Decimal(10**7) and price == round(price, 4) else None


def _trying(advice: Advice, shop: Shop, given: Mapping[str, str]) -> Trying | None:
    least, most = pricing_advice.span(advice)
    return Trying(
        advice=advice,
        chart=_chart(advice, shop),
        least=least,
        most=most,
        tried=_tried(advice, given.get("price", "")),
        drafts=list(PriceBatch.objects.filter(state=PriceBatch.State.DRAFT).order_by("-pk")[:10]),
    )


def _tried(advice: Advice, text: str) -> Tried:
    """What was typed, else what is advised, else today's price."""
    price = read_price(text) if text else advice.price or advice.price_now
    if price is None:
        return Tried(None, problem="Type a price above 0, such as 2.05.")
    found = pricing_advice.what_if(advice, price)
    return Tried(price, found, "" if found else "Too little is known to try a price.")


def _too_little(advice: Advice | None) -> str:
    if advice is None:
        return "The price analysis, which runs every night, does not know it yet. Advice needs 8 weeks and two prices."
    return "" if advice.can_try else advice.why_not or "Too little is known of this product to try a price."


def _chart(advice: Advice, shop: Shop) -> charts.Chart:
    points = pricing_advice.curve(advice)
    unit = charts.money(shop.currency)
    by_price = {point.price: point for point in points}
    marks = []
    if advice.price_now in by_price:
        marks.append(Mark("Now", advice.price_now, by_price[advice.price_now].margin, "now"))
    if advice.moves and advice.price in by_price:
        marks.append(Mark("Advised", advice.price, by_price[advice.price].margin, "best"))
    drawn = Curve(
        [p.price for p in points], [p.margin for p in points], [p.margin_low for p in points],
        [p.margin_high for p in points],
    )  # fmt: skip
    return curve("Weekly margin by price", drawn, unit, shop.currency, marks=marks, summary=_said(advice, shop))


def _said(advice: Advice, shop: Shop) -> str:
    now = f"At today's {formats.money(advice.price_now, shop.currency)} a week brings about"
    now = f"{now} {formats.money(advice.margin_now, shop.currency)} margin."
    if not advice.moves:
        return f"{now} {advice.why_not}".strip()
    then = f"at the advised {formats.money(advice.price, shop.currency)} about"
    return f"{now[:-1]}, {then} {formats.money(advice.margin, shop.currency)}."


def _cells(point: WhatIf) -> tuple[Decimal | None, ...]:
    units = (Decimal(f"{value:.2f}") for value in (point.units, point.units_low, point.units_high))
    money = point.margin, point.margin_low, point.margin_high, point.change, point.change_low, point.change_high
    return amount(point.price), *units, *map(amount, money)


def _had(product: Product, *, see_cost: bool, see_history: bool) -> list[Had]:
    rows = product.price_changes.order_by("-effective_at", "-id")[:MOST_HAD]
    return [
        Had(
            since=row.effective_at,
            price=row.price,
            cost=row.cost if see_cost else None,
            who=row.actor if see_history else "",
            why=row.reason if see_history else "",
        )
        for row in rows
    ]
