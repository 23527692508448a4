"""Words for a reply: by the shop's models where there are any, else a plain text of ours. A person approves either.

A model is told what the review says and what it is about, never who wrote it. What it answers is a stranger's text:
it is kept only as a draft, and only where it holds no figure, no address and no promise of money.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from customers.models import Review
from insights.models import Aspect
from insights.providers import gateway
from insights.providers.base import Ask
from insights.reviews.standing import DISPLEASED, PLEASED

PURPOSE, PROMPT_VERSION = "reply", "reply-1"
LONGEST_ASKED, SHORTEST, LONGEST = 1500, 20, 900
_SYSTEM = (
    "A customer wrote a review of a grocery shop. Draft the shop's answer, in the language of the review: two to four"
    " short plain sentences that thank, name what the customer wrote about, say sorry where something went wrong, and"
    " say that the shop will look into it. `about` holds what the review speaks well (+) or badly (-) of. Promise"
    " nothing else: no money back, no gift, no discount, no day. State nothing about the shop that is not in the"
    " review. No name of a person, no address, no link, no digit, no exclamation mark. End with the shop's name."
)
_SCHEMA: dict[str, Any] = {"type": "object", "properties": {"reply": {"type": "string"}}, "required": ["reply"]}
_NOT_OURS = re.compile(
    r"\d|https?:|www\.|://|@|[<>{}\[\]|]|\((?:name|email|phone|card|account)\)"
    r"|\b(?:refund|reimburse|voucher|discount|coupon|compensat|free of charge|for free|gift|money back)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What of a review a draft is made from."""

    tone: str
    language: str
    good: Sequence[str]
    bad: Sequence[str]


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft and who wrote it; `why_local` says why no model did."""

    text: str
    provider: str = "local"
    model: str = ""
    prompt_version: str = ""
    why_local: str = ""


def draft(review: Review, heard: Heard, shop_name: str) -> Drafted:
    """By the shop's models, else `plain`. It may wait for a vendor, so it is called outside any transaction."""
    said = gateway.ask(question(review, heard, shop_name))
    text = kept(said.data, shop_name)
    if text:
        return Drafted(text, said.provider, said.model, PROMPT_VERSION)
    why = said.why_local if said.data is None else "The model's draft could not be used."
    return Drafted(plain(heard, shop_name), why_local=why)


def question(review: Review, heard: Heard, shop_name: str) -> Ask:
    """What a model is asked: the text, its stars and tone. Who wrote it is only named to be masked."""
    facts = {
        "review": ". ".join(part for part in (review.title, review.text) if part)[:LONGEST_ASKED],
        "stars": None if review.rating is None else str(review.rating.normalize()),
        "tone": heard.tone,
        "about": [f"+ {Aspect(one).label}" for one in heard.good] + [f"- {Aspect(one).label}" for one in heard.bad],
        "language": heard.language,
        "shop": shop_name,
    }
    names = [review.author] if review.author else []
    return Ask(PURPOSE, PROMPT_VERSION, _SYSTEM, facts, _SCHEMA, max_tokens=400, names=names)


def kept(data: Any, shop_name: str) -> str:
    """A model's draft as it may be shown to the person who decides; empty where it may not."""
    given = data.get("reply") if isinstance(data, dict) else None
    if not isinstance(given, str):
        return ""
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in given).split())
    if not SHORTEST <= len(text) <= LONGEST or _NOT_OURS.search(text.replace(shop_name, "")):
        return ""
    return text


def plain(heard: Heard, shop_name: str) -> str:
    """Our own words, in the review's language where we have them, else in English. True whatever was written."""
    thanks, sorry, end = _WORDS.get(heard.language, _WORDS["en"])
    if heard.tone == PLEASED:
        return f"{thanks} {_GLAD.get(heard.language, _GLAD['en'])} {shop_name}"
    if heard.tone != DISPLEASED:
        return f"{thanks} {end} {shop_name}"
    if heard.language in ("", "en") and heard.bad:
        phrases = [_SORRY_FOR[one] for one in heard.bad[:2]]
        sorry = f"We are sorry about {' and '.join(phrases)}."
    return f"{thanks} {sorry} {end} {shop_name}"


_SORRY_FOR: dict[str, str] = {
    Aspect.FRESHNESS: "how fresh it was",
    Aspect.PRICE: "the price",
    Aspect.STAFF: "how you were served",
    Aspect.QUEUE: "the wait",
    Aspect.RANGE: "what you did not find",
    Aspect.CLEANLINESS: "how clean the shop was",
    Aspect.DELIVERY: "your order",
    Aspect.PARKING: "the parking",
}
_WORDS = {
    "en": (
        "Thank you for telling us.",
        "We are sorry that we let you down.",
        "We will talk about it in the team.",
    ),
    "es": ("Gracias por contárnoslo.", "Sentimos haberle fallado.", "Lo hablaremos en el equipo."),
    "fr": ("Merci de nous l'avoir dit.", "Nous sommes désolés de vous avoir déçu.", "Nous en parlerons en équipe."),
    "de": (
        "Danke, dass Sie uns das schreiben.",
        "Es tut uns leid, dass wir Sie enttäuscht haben.",
        "Wir sprechen im Team darüber.",
    ),
    "it": ("Grazie di avercelo detto.", "Ci dispiace di averla delusa.", "Ne parleremo in negozio."),
    "pt": ("Obrigado por nos dizer.", "Lamentamos tê-lo desiludido.", "Vamos falar sobre isso na equipa."),
    "nl": ("Bedankt dat u ons dit laat weten.", "Het spijt ons dat we u hebben teleurgesteld.",
           "We bespreken het met het team."),
    "pl": ("Dziękujemy za tę wiadomość.", "Przykro nam, że Państwa zawiedliśmy.", "Porozmawiamy o tym w zespole."),
}  # fmt: skip
_GLAD = {
    "en": "We are glad that you liked it.",
    "es": "Nos alegra que le haya gustado.",
    "fr": "Nous sommes heureux que cela vous ait plu.",
    "de": "Es freut uns, dass es Ihnen gefallen hat.",
    "it": "Siamo contenti che le sia piaciuto.",
    "pt": "Ficamos contentes que tenha gostado.",
    "nl": "Fijn dat het u is bevallen.",
    "pl": "Cieszymy się, że się Państwu podobało.",
}
