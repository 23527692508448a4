"""Words for what the forecast found. A model may choose the order and the wording; it never writes a figure.

The model is told what each fact is about and which placeholders stand for its figures and names. What it writes is
kept only where it has no digit, no number word, no placeholder but those of its fact, and does not say rise for fall.
Anything else is said in our own plain sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from insights.analyses import placeholders
from insights.analyses.placeholders import MOST_LETTERS

if TYPE_CHECKING:
    from insights.providers.base import Ask

PROMPT_VERSION = "forecast-1"
MOST_SENTENCES = 8

Fact = dict[str, Any]

# How each kind of fact is said without a model. The names in braces are keys of the fact's `shown`.
PLAIN = {
    "too_little": "There are {days} days with sales up to {as_of}; a forecast needs at least {needed}.",
    "nothing_sold": "Nothing sold in the {weeks} weeks up to {as_of}, so nothing is forecast.",
    "week": "{period}: {units} units are expected, {change} the {span} before, most likely between {low} and {high}.",
    "sales": "{period}: net sales of {sales} are expected at the prices of late.",
    "shut": "{branch} is expected to be shut on {days}.",
    "rise": "{category} should rise by {change} to {units} units: {reason}.",
    "fall": "{category} should fall by {change} to {units} units: {reason}.",
    "weak": "The forecast is weak for {category}: in its test it missed by {miss} of what was sold.",
    "stepped_back": "For {count} of {all} products at a branch nothing beat repeating last week, so that is used.",
    "quality": "In its test the forecast missed by {miss} of what was sold; repeating last week missed by {naive}.",
}
REASONS = {
    "shut": "{days} more shut",
    "open": "{days} fewer shut",
    "promotion": "promotions of {products}",
    "promotion_over": "promotions of {products} are over",
    "holiday": "{holiday}",
    "event": "{event}",
    "last_week": "the week before was unusual",
    "trend": "its trend and season",
}
_SYSTEM = (
    "You word findings of a sales forecast for a shopkeeper. Write at most {most} short plain sentences, the most "
    "important first, one fact each. Every figure and name is a placeholder in double braces: copy it exactly, "
    "and use only those listed for the fact. Never write a digit or a number in words. "
    "Do not add advice, causes or facts that are not given. No exclamation marks."
)
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "sentences": {
            "type": "array",
            "maxItems": MOST_SENTENCES,
            "items": {
                "type": "object",
                "properties": {
                    "fact": {"type": "string", "maxLength": 8},
                    "text": {"type": "string", "maxLength": MOST_LETTERS},
                },
                "required": ["fact", "text"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["sentences"],
    "additionalProperties": False,
}


def question(findings: dict[str, Any]) -> Ask | None:
    """What to ask a model: to order the facts and to word them around placeholders. None where there is little."""
    from insights.providers.base import Ask

    facts: list[Fact] = findings.get("facts", [])
    if len(facts) < 2:
        return None
    return Ask(
        purpose="forecast_words",
        prompt_version=PROMPT_VERSION,
        system=_SYSTEM.format(most=MOST_SENTENCES),
        facts=[_told(fact) for fact in facts],
        schema=_SCHEMA,
        max_tokens=1200,
    )


def sentences(findings: dict[str, Any], answer: Any) -> list[str]:
    """The facts in words: the model's where they hold, else ours; facts it left out follow in our own words."""
    facts: dict[str, Fact] = {fact["id"]: fact for fact in findings.get("facts", [])}
    said: dict[str, str] = {}
    for entry in _entries(answer):
        fact = facts.get(str(entry.get("fact")))
        if fact is not None and fact["id"] not in said:
            said[fact["id"]] = worded(fact, str(entry.get("text", ""))) or plain(fact)
    rest = {id: plain(fact) for id, fact in facts.items() if id not in said}
    return list((said | rest).values())[: max(MOST_SENTENCES, len(said))]


def plain(fact: Fact) -> str:
    """The fact in our own words."""
    text = PLAIN[fact["kind"]].format(**fact["shown"])
    return text[0].upper() + text[1:]


def worded(fact: Fact, text: str) -> str | None:
    """The model's sentence with its figures filled in; None where it may not stand."""
    never = {"rise": placeholders.DOWN, "fall": placeholders.UP}.get(fact["kind"])
    return placeholders.filled(fact["id"], fact["shown"], text, never=never)


def reason(kind: str, **shown: str) -> str:
    return REASONS[kind].format(**shown)


def _entries(answer: Any) -> list[dict[str, Any]]:
    """The answer was held to the schema; this holds whatever else is handed in."""
    found = answer.get("sentences", []) if isinstance(answer, dict) else []
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _told(fact: Fact) -> dict[str, Any]:
    """What a model is told of a fact: what it is about and what stands for its figures, none of them itself."""
    places = {name: placeholders.place(fact["id"], name) for name in fact["shown"]}
    about = PLAIN[fact["kind"]].format(**places)
    return {"fact": fact["id"], "about": about, "placeholders": sorted(places.values())}
