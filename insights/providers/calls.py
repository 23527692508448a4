"""The call log: a row before each call, with the most it can cost, and what came of it, each committed at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q

from insights.models import LLMCall, ModelAccess
from insights.providers import budget
from insights.providers.answers import MOST_TEXT, clean
from insights.providers.aside import aside
from insights.providers.base import Answer, Ask, ProviderError
from shop.tenancy import current_shop_id

_MOST_COUNT = 2_147_483_647
Outcome = LLMCall.Outcome


class NotSpent(Exception):
    """The call was not made, for money's sake; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which model is asked what, for which run; `hashed` is equal for equal questions to equal models."""

    access: ModelAccess
    ask: Ask
    hashed: str
    run_key: str = ""


def asked(access: ModelAccess, ask: Ask, sent: dict[str, Any], run_key: str = "") -> Asked:
    parts = [ask.purpose, ask.prompt_version, access.kind, access.base_url, access.model, sent]
    return Asked(access, ask, hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest(), run_key)


def begin(asked: Asked, sent: dict[str, Any], max_tokens: int) -> LLMCall:
    """The row of a call about to be made, committed with its highest cost. Raises NotSpent where that would pass
    the month's limit; calls of one shop take their turns here, so that they cannot pass it together."""
    most = budget.most(asked.access, sent, max_tokens)
    if most is None:
        raise NotSpent(f"Enter what {asked.access.name} costs before it is asked.")

    def reserve() -> LLMCall:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"models:{current_shop_id()}"])
        limit = budget.limit()
        if budget.spent() + most > limit:
            raise NotSpent(f"This month's limit of ${limit:.2f} is reached.")
        return _row(asked, sent, reserved=most)

    return aside(reserve)


def _row(asked: Asked, sent: dict[str, Any], **fields: Any) -> LLMCall:
    row: LLMCall = LLMCall.objects.create(
        purpose=asked.ask.purpose[:40],
        access=asked.access,
        provider=asked.access.kind,
        model=asked.access.model,
        prompt_version=asked.ask.prompt_version[:20],
        input_hash=asked.hashed,
        run_key=asked.run_key[:80],
        sent=sent,
        **fields,
    )
    return row


def finish(call: LLMCall, access: ModelAccess, answer: Answer, latency_ms: int, error: str = "") -> None:
    """Write down an answer that arrived: what it says, what it cost, and why it was not used, where it was not."""
    _update(
        call,
        answer=clean(answer.text, MOST_TEXT),
        tokens_in=min(answer.tokens_in or 0, _MOST_COUNT),
        tokens_out=min(answer.tokens_out or 0, _MOST_COUNT),
        cost=budget.cost(access, answer, call.reserved),
        latency_ms=latency_ms,
        outcome=Outcome.FAILED if error else Outcome.OK,
        error=error[:300],
    )


def fail(call: LLMCall, error: ProviderError, sentence: str, latency_ms: int) -> None:
    """Write down a call without an answer. Where it may have been charged, its highest cost stays counted."""
    cost = None if error.may_be_paid else Decimal(0)
    _update(call, cost=cost, latency_ms=latency_ms, outcome=Outcome.FAILED, error=sentence[:300])


def _update(call: LLMCall, **fields: Any) -> None:
    aside(lambda: LLMCall.objects.filter(pk=call.pk).update(**fields))


def answered_before(asked: Asked) -> LLMCall | None:
    """The chosen shop's latest answered call with this question."""
    call: LLMCall | None = LLMCall.objects.filter(input_hash=asked.hashed, outcome=Outcome.OK).first()
    return call


def again(earlier: LLMCall, asked: Asked) -> LLMCall:
    """Note that an earlier answer served once more, at no cost."""
    taken: dict[str, Any] = {"answer": earlier.answer, "cost": Decimal(0), "outcome": Outcome.CACHED}
    return aside(lambda: _row(asked, earlier.sent, **taken))


def was_interrupted(asks: Sequence[Asked]) -> bool:
    """Whether this run asked this before and stopped before the answer came: it may have been charged."""
    run_key = asks[0].run_key[:80]
    hashes = [asked.hashed for asked in asks]
    started = LLMCall.objects.filter(outcome=Outcome.STARTED, input_hash__in=hashes, run_key=run_key)
    return bool(run_key) and started.exists()


def paid_in_vain(asked: Asked) -> str:
    """Why this run does not ask this model again: it charged, or may have charged, for an answer of no use.
    Empty: it may ask."""
    if not asked.run_key:
        return ""
    paid = LLMCall.objects.filter(Q(cost=None) | Q(cost__gt=0), outcome=Outcome.FAILED)
    call = paid.filter(input_hash=asked.hashed, run_key=asked.run_key[:80]).first()
    return call.error if call else ""
