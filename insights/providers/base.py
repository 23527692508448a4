"""The seam: what a provider is asked, what it answers, and the ways it can fail. No vendor is named here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Ask:
    """What an analysis wants worded or labelled. `facts` are JSON values that code has computed, or text of
    people; `names` are persons who may be named in them and are masked before anything leaves."""

    purpose: str
    prompt_version: str
    system: str
    facts: Any
    schema: dict[str, Any]
    max_tokens: int = 1024
    names: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """An ask made ready to leave the house: masked, and nothing is added to it afterwards."""

    system: str
    user: str
    schema: dict[str, Any]
    max_tokens: int

    def as_sent(self) -> dict[str, Any]:
        return {"system": self.system, "user": self.user, "schema": self.schema, "max_tokens": self.max_tokens}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, unread and untrusted. Tokens are None where the vendor did not say."""

    text: str
    model: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None


@dataclass(frozen=True, slots=True)
class Vectors:
    """One vector a text. Vectors of different models must never meet in one column."""

    rows: list[list[float]]
    model: str
    provider: str
    tokens_in: int | None = None
    why_local: str = ""

    @property
    def dimension(self) -> int:
        return len(self.rows[0]) if self.rows else 0


@dataclass(frozen=True, slots=True)
class Line:
    """How to reach one vendor for one shop: nothing in it is shared with another shop."""

    kind: str
    model: str
    base_url: str = ""
    key: str = field(default="", repr=False)


class Provider(Protocol):
    """One vendor. It tries once, within `seconds`, and raises ProviderError; repeating is the gateway's."""

    def complete(self, question: Question, seconds: float) -> Answer: ...

    def embed(self, texts: Sequence[str], model: str, seconds: float) -> Vectors: ...


class ProviderError(Exception):
    """A vendor gave no answer that can be used. `sentence` ends "Gemini ...", for people.

    `may_be_paid`: the vendor may have charged for it. `again`: asking again may help and costs nothing twice.
    """

    sentence = "did not answer"
    may_be_paid = False
    again = False
    unwell = True  # counts towards leaving the vendor alone for a while

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.sentence)


class ProviderDown(ProviderError):
    """It is away: nothing was worked on."""

    again = True


class AnswerLost(ProviderError):
    """The question arrived, the answer did not: it may have been charged, so it is not asked again."""

    may_be_paid = True


class RateLimited(ProviderError):
    """Too many questions; `wait` says for how many seconds, where the vendor said."""

    sentence = "takes no more questions for now"
    again = True

    def __init__(self, wait: float | None = None) -> None:
        super().__init__()
        self.wait = wait


class BadAnswer(ProviderError):
    """It answered, and the answer cannot be used."""

    sentence = "gave an answer that could not be used"
    may_be_paid = True


class Blocked(ProviderError):
    """It withheld its answer by its safety rules."""

    sentence = "withheld its answer by its safety rules"
    may_be_paid = True
    unwell = False


class KeyRefused(ProviderError):
    sentence = "refused the key"


class KeyUnreadable(KeyRefused):
    """Stored under another SECRET_KEY than this server has. Nothing was sent."""

    sentence = "has a key that cannot be read any more; enter it again"


class WrongAddress(ProviderError):
    """Its address is not called, or leads elsewhere. Nothing was charged."""

    sentence = "cannot be asked at its address"


class QuestionRefused(ProviderError):
    """It does not know the model, or cannot take the question."""

    sentence = "refused the question; check the name of the model"
