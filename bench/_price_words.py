"""A fixed set of advised prices whose reasons are worded, without a model and by one whose answers were recorded."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal

from insights.analyses.pricing import trying, wording
from insights.analyses.pricing.advising import Advised, Known
from insights.analyses.pricing.goods import Good, Shelf
from insights.analyses.pricing.rules import Bound, Room
from insights.analyses.pricing.trying import Spill, Terms
from insights.analyses.pricing.wording import Fact
from inventory.competitors import Market

SHELF = Shelf(currency="EUR")
NAMES = (
    "Whole milk 1 l", "Red apples, loose", "Butter croissant", "Penne 500 g", "Orange juice 1 l", "Dish soap 500 ml",
    "Dark chocolate 100 g", "Tomato passata 700 g", "Green tea 20 bags", "Bath towels", "Cat food 400 g", "Rye bread",
)  # fmt: skip
ELASTICITIES = (-0.5, -1.2, -2.4)
RULES = ("At most 10% at once.", "The same price as Skimmed milk 1 l.", "At least 5% margin.")


def questions() -> list[list[Fact]]:
    """24 advised prices, as two runs would ask about them: every kind of reason, alone and with others."""
    parts = itertools.product((True, False), ELASTICITIES, (True, False), (True, False))
    facts = [_fact(place, part) for place, part in enumerate(parts)]
    return [
        [{**fact, "id": f"p{place + 1}"} for place, fact in enumerate(facts[start::2])] for start in range(2)
    ]  # each run has both ways and all steepnesses


def _fact(place: int, part: tuple[bool, float, bool, bool]) -> Fact:
    up, elasticity, spills, market = part
    now = Decimal("1.20") + Decimal("0.35") * place
    price = (now * Decimal("1.1" if up else "0.92")).quantize(Decimal("0.01"))
    name = f"{NAMES[place % len(NAMES)]}{', large' if place >= len(NAMES) else ''}"
    other = (Spill(2, f"Other {NAMES[(place + 5) % len(NAMES)].lower()}", 0.3, 0.1, 9.0, 0.4),) if spills else ()
    elsewhere = _market(now * Decimal("1.07" if up else "0.95")) if market else None
    good = Good(place + 1, name, 1, now, now / 2, market=elsewhere)
    terms = Terms(float(now), float(now) * (0.75 if up else 0.3), 0.0, 14.0 + 3 * place, 0.1, elasticity, 0.2, other)
    trial = trying.try_price(terms, float(price))
    rule = RULES[place % 4] if place % 4 < len(RULES) else None
    bounds = (_bound(rule, price, up=up),) if rule else ()
    asked = "At least 5% margin." if place % 7 == 6 else ""
    return wording.fact(
        "p1", SHELF, Advised(Known(good, terms, None), price, trial, bounds, Room(price, now), "", asked)
    )


def _bound(rule: str, price: Decimal, *, up: bool) -> Bound:
    return Bound("tried", rule, most=price) if up else Bound("tried", rule, least=price)


def _market(price: Decimal) -> Market:
    return Market(price.quantize(Decimal("0.01")), None, "Big Store", dt.date(2026, 11, 1), 3, 1.0, ())
