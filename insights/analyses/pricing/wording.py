"""Words for advised prices. A model may choose the wording; it never sees nor writes a figure or a name.

Each fact is one advised price: what is so about it, and placeholders for its figures and names. What a model writes
stands where `placeholders` lets it and it does not turn dearer into cheaper; else our own plain sentences do.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from insights.analyses import placeholders
from insights.analyses.pricing.advising import Advised
from insights.analyses.pricing.goods import Shelf
from shop import formats

if TYPE_CHECKING:
    from insights.providers.base import Ask

PROMPT_VERSION = "prices-1"
MOST_TOLD = 12
MOST_LETTERS = 320
STEEP, FLAT = -1.5, -0.8

Fact = dict[str, Any]

# What is said of an advised price without a model, in this order, where it is so. Braces are keys of `shown`.
PLAIN = {
    "asked": "Today's price breaks a rule: {asked}",
    "dearer": "{price} instead of {now}: about {units} a week are expected to sell instead of {unitsnow}, and the "
    "higher price more than makes up for it.",
    "cheaper": "{price} instead of {now}: about {units} a week are expected to sell instead of {unitsnow}, which more "
    "than makes up for the lower price.",
    "moved": "{price} instead of {now}: about {units} a week are expected to sell instead of {unitsnow}.",
    "flat": "Its sales hardly follow its price.",
    "steep": "Its sales follow its price closely.",
    "instead": "Some buyers take {substitute} instead.",
    "taken": "Part of it is taken from {substitute}.",
    "market": "Elsewhere it costs {market}.",
    "bound": "A rule ends it there: {rule}",
}
_SYSTEM = (
    "You explain advised shelf prices to a shopkeeper. For each fact write one or two short plain sentences that give "
    "the reason first and use what the fact says. Every figure and name is a placeholder in double braces: copy it "
    "exactly, use only those listed for the fact, and always name the new price. Never write a digit or a number in "
    "words. Do not add advice, causes or facts that are not given. No exclamation marks."
)
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reasons": {
            "type": "array",
            "maxItems": MOST_TOLD,
            "items": {
                "type": "object",
                "properties": {
                    "fact": {"type": "string", "maxLength": 8},
                    "text": {"type": "string", "maxLength": MOST_LETTERS + 200},
                },
                "required": ["fact", "text"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["reasons"],
    "additionalProperties": False,
}
# Words that would say the price goes the other way.
_NEVER = {
    "dearer": re.compile(r"\b(?:cheaper|lower(?:ed|ing)? price|price cut|cuts? the price|reduc\w+)\b", re.IGNORECASE),
    "cheaper": re.compile(
        r"\b(?:dearer|higher price|rais\w+ the price|price rise|increas\w+ the price)\b", re.IGNORECASE
    ),
}


def fact(id: str, shelf: Shelf, one: Advised) -> Fact:
    """What is so about an advised price, and its figures as they are written."""
    good, terms, currency = one.known.good, one.known.terms, shelf.currency
    kinds = ["asked"] if one.asked else []
    up = good.price is not None and one.price > good.price
    kinds.append("moved" if one.asked or one.trial.change <= 0 else "dearer" if up else "cheaper")
    shown = {
        "name": good.name,
        "now": formats.money(good.price, currency),
        "price": formats.money(one.price, currency),
        "units": _about(one.trial.units),
        "unitsnow": _about(terms.units),
        "asked": one.asked,
    }
    kinds += ["flat"] if terms.elasticity > FLAT else ["steep"] if terms.elasticity < STEEP else []
    if terms.spills:
        kinds.append("instead" if up else "taken")
        shown["substitute"] = max(terms.spills, key=lambda spill: spill.value * spill.units).name
    if good.market and good.market.price:
        kinds.append("market")
        shown["market"] = formats.money(good.market.price, currency)
    if rule := next((bound for bound in one.bounds if _ends(bound.least, bound.most, one.price, up=up)), None):
        kinds.append("bound")
        shown["rule"] = rule.text
    shown = {name: text for name, text in shown.items() if name == "name" or _is_said(name, kinds)}
    return {"id": id, "product": good.id, "kinds": kinds, "shown": shown}


def plain(one: Fact) -> str:
    """The fact in our own words."""
    return " ".join(PLAIN[kind].format(**one["shown"]) for kind in one["kinds"])


def question(facts: list[Fact]) -> Ask | None:
    """What to ask a model about the most valuable of these."""
    from insights.providers.base import Ask

    if not facts:
        return None
    return Ask(
        purpose="price_words",
        prompt_version=PROMPT_VERSION,
        system=_SYSTEM,
        facts=[_told(one) for one in facts[:MOST_TOLD]],
        schema=_SCHEMA,
        max_tokens=2000,
    )


def reasons(facts: list[Fact], answer: Any) -> dict[int, str]:
    """A model's words for each product (by id) where they may stand."""
    known = {one["id"]: one for one in facts[:MOST_TOLD]}
    found: dict[int, str] = {}
    for entry in _entries(answer):
        one = known.get(str(entry.get("fact")))
        if one is not None and one["product"] not in found and (text := worded(one, str(entry.get("text", "")))):
            found[one["product"]] = text
    return found


def worded(one: Fact, text: str) -> str | None:
    """The model's words with the figures filled in; None where they may not stand, or do not name the price."""
    if placeholders.place(one["id"], "price") not in text:
        return None
    never = next((_NEVER[kind] for kind in one["kinds"] if kind in _NEVER), None)
    return placeholders.filled(one["id"], one["shown"], text, never=never, most=MOST_LETTERS)


def _told(one: Fact) -> Fact:
    """What a model is told: what is so, and what stands for the figures and names; none of them itself."""
    places = {name: placeholders.place(one["id"], name) for name in one["shown"]}
    about = " ".join(PLAIN[kind].format(**places) for kind in one["kinds"])
    return {"fact": one["id"], "about": f"{places['name']}: {about}", "placeholders": sorted(places.values())}


def _entries(answer: Any) -> list[dict[str, Any]]:
    found = answer.get("reasons", []) if isinstance(answer, dict) else []
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _is_said(name: str, kinds: list[str]) -> bool:
    return any(f"{{{name}}}" in PLAIN[kind] for kind in kinds)


def _ends(least: Decimal | None, most: Decimal | None, price: Decimal, *, up: bool) -> bool:
    """Whether a bound stands right at the price, on the side it moves to, as nearly as prices are written."""
    edge = most if up else least
    return (
        edge is not None and abs(edge - price) <= price * Decimal("0.02") and (edge >= price if up else edge <= price)
    )


def _about(units: float) -> str:
    return formats.units(formats.rounded(Decimal(repr(units)), 0 if units >= 10 else 1))
