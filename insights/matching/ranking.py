"""What the shop's models say of an item and its candidates. They may pick a candidate or none, and nothing else.

Names on price lists are other people's text, so each item is asked about alone: whatever stands in one name can
change that item's order and no other's. A person confirms either way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from insights.matching.candidates import Match, Theirs
from insights.matching.scores import MOST_OF_OTHER_SIZE
from insights.providers import gateway
from insights.providers.base import Ask
from inventory.competitors.sizes import Compared

PURPOSE, PROMPT_VERSION = "competitor_match", "1"
READERS = {"gemini": "Gemini", "openai": "the model"}
NONE = "none"
# What an answer adds to the log of the odds.
_AGREES, _SURELY, _DISAGREES = 1.6, 0.9, -2.2
_LEAST_ASKED = 0.03
_SYSTEM = (
    "A shop compares its prices with a competitor's. `item` is how the competitor names one of its goods; `candidates`"
    " are products of the shop. Say which candidate is the same product: the same kind and variety, the same brand"
    " where the candidate has one, the same size. Names are shortened, misspelt or in another language. An own brand of"
    " the competitor is the same as a candidate without a brand, and another than a candidate with one. Where none is"
    " the same, answer none. `sure` says whether there is no doubt."
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates, best first, and who ordered them: a model's vendor, or local."""

    matches: list[Match]
    provider: str = "local"
    why_local: str = ""


def rank(item: Theirs, content: str, matches: Sequence[Match], names: dict[int, str], *, run_key: str = "") -> Ranked:
    """Let the shop's models, where it has some, say which candidate it is. Without an answer they stay as they are."""
    asked = [match for match in matches if match.confidence >= _LEAST_ASKED]
    if not asked:
        return Ranked(list(matches))
    said = gateway.ask(question(item.name, content, [names[match.product] for match in asked]), run_key=run_key)
    if said.data is None:
        return Ranked(list(matches), why_local=said.why_local)
    weighed = weigh(asked, said.data, READERS.get(said.provider, "the model"))
    rest = [match for match in matches if match not in asked]
    return Ranked(sorted([*weighed, *rest], key=lambda match: -match.confidence), said.provider)


def question(name: str, content: str, candidates: Sequence[str]) -> Ask:
    """What is asked: names and sizes, never which one we would take."""
    letters = [chr(ord("a") + place) for place in range(len(candidates))]
    facts = {
        "item": {"name": name, "size": content},
        "candidates": [{"id": one, "name": called} for one, called in zip(letters, candidates, strict=True)],
    }
    schema = {
        "type": "object",
        "properties": {"same": {"type": "string", "enum": [*letters, NONE]}, "sure": {"type": "boolean"}},
        "required": ["same", "sure"],
    }
    return Ask(PURPOSE, PROMPT_VERSION, _SYSTEM, facts, schema, max_tokens=100)


def weigh(matches: Sequence[Match], answer: Any, by: str) -> list[Match]:
    """The candidates with what the answer adds or takes. Another size stays another product, whatever is answered."""
    letter = answer.get("same") if isinstance(answer, dict) else None
    picked = ord(letter) - ord("a") if isinstance(letter, str) and len(letter) == 1 else -1
    if letter != NONE and not 0 <= picked < len(matches):
        return list(matches)
    agrees = _AGREES + (_SURELY if answer.get("sure") is True else 0.0)
    return [
        _moved(
            match, agrees if place == picked else _DISAGREES, f"{by} agrees" if place == picked else f"{by} doubts it"
        )
        for place, match in enumerate(matches)
    ]


def _moved(match: Match, by: float, words: str) -> Match:
    chance = min(max(match.confidence, 1e-6), 1 - 1e-6)
    moved = 1 / (1 + math.exp(-(math.log(chance / (1 - chance)) + by)))
    if match.facts.size == Compared.OTHER:
        moved = min(moved, MOST_OF_OTHER_SIZE)
    return replace(match, confidence=moved, said=words)
