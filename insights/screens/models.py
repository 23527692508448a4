"""The models of a shop, what they cost this month, and every call that was made."""

from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from insights.downloads import File
from insights.models import LLMCall, ModelAccess
from insights.providers import budget
from shop.csvout import Cell
from shop.models import Shop
from shop.periods import Period
from shop.tenancy import current_shop_id

CALLS_A_PAGE = 50
_CENT = Decimal("0.01")


def dollars(amount: Decimal | None) -> str:
    """$5.00, or $0.0012 where cents would say nothing. Rounded up: money spent is not made smaller."""
    if amount is None:
        return "–"
    if amount == 0 or amount >= 1:
        return f"${amount:,.2f}"
    return f"${amount.quantize(_CENT / 100, rounding='ROUND_UP')}"


@dataclass(frozen=True, slots=True)
class ModelRow:
    access: ModelAccess
    calls: int
    cost: str
    price: str


@dataclass(frozen=True, slots=True)
class ModelsScreen:
    """`used` is of 100, for the bar."""

    rows: list[ModelRow]
    limit: Decimal
    limit_text: str
    spent: str
    used: int
    asked: int


def build() -> ModelsScreen:
    """The models in the order they are asked, and the month's money."""
    began = budget.month_began()
    this_month = Q(calls__called_at__gte=began)
    accesses = ModelAccess.objects.annotate(
        month_calls=Count("calls", filter=this_month),
        month_cost=Sum(Coalesce("calls__cost", "calls__reserved"), filter=this_month),
    )
    limit, spent = budget.limit(), budget.spent()
    return ModelsScreen(
        rows=[ModelRow(one, one.month_calls, dollars(one.month_cost or Decimal(0)), _price(one)) for one in accesses],
        limit=limit,
        limit_text=dollars(limit),
        spent=dollars(spent),
        used=min(100, round(100 * spent / limit)) if limit else 0,
        asked=LLMCall.objects.filter(called_at__gte=began).count(),
    )


def _price(access: ModelAccess) -> str:
    if access.price_in is None or access.price_out is None:
        return "No price entered"
    if access.price_in == access.price_out == 0:
        return "Free of charge"
    return f"${access.price_in.normalize():f} sent, ${access.price_out.normalize():f} answered, a million tokens"


@dataclass(frozen=True, slots=True)
class CallFilters:
    purpose: str = ""
    outcome: str = ""
    model: str = ""
    run: str = ""

    def query(self, **changes: str) -> str:
        fields = {name: getattr(self, name) for name in ("purpose", "outcome", "model", "run")} | changes
        return "?" + urlencode({name: value for name, value in fields.items() if value})


@dataclass(frozen=True, slots=True)
class CallsScreen:
    filters: CallFilters
    calls: Page[Any]
    total: str
    purposes: list[tuple[str, str]]
    models: list[str]
    outcomes: list[tuple[str, str]]
    export_url: str
    clear_url: str


def read(params: Mapping[str, str]) -> CallFilters:
    """What the address asks for; what it cannot mean is left out."""
    outcome = params.get("outcome", "")
    words = {name: params.get(name, "").replace("\0", "")[:80] for name in ("purpose", "model", "run")}
    return CallFilters(outcome=outcome if outcome in LLMCall.Outcome.values else "", **words)


def calls(filters: CallFilters, number: str) -> CallsScreen:
    """The calls, newest first."""
    found = _found(filters)
    listed = Paginator(found.defer("sent", "answer"), CALLS_A_PAGE).get_page(number)
    for call in listed.object_list:
        call.cost_text, call.what = cost(call), purpose_in_words(call.purpose)
    counted = found.aggregate(total=Sum(Coalesce("cost", "reserved")))["total"]
    known = LLMCall.objects.order_by()
    return CallsScreen(
        filters=filters,
        calls=listed,
        total=dollars(counted or Decimal(0)),
        purposes=[(one, purpose_in_words(one)) for one in sorted(known.values_list("purpose", flat=True).distinct())],
        models=sorted(known.values_list("model", flat=True).distinct()),
        outcomes=[(value, str(label)) for value, label in LLMCall.Outcome.choices],
        export_url=filters.query(export="csv"),
        clear_url="?",
    )


def _found(filters: CallFilters) -> Any:
    wanted = {"purpose": filters.purpose, "outcome": filters.outcome, "model": filters.model, "run_key": filters.run}
    return LLMCall.objects.filter(**{name: value for name, value in wanted.items() if value})


@dataclass(frozen=True, slots=True)
class CallScreen:
    """One call; `sent` holds what left the house, word for word, by part."""

    call: LLMCall
    what: str
    cost: str
    sent: list[tuple[str, str]]


_PARTS = {"system": "What the model was told to do", "user": "The facts", "schema": "The shape of the answer",
    "max_tokens": "The longest answer, in tokens", "texts": "The texts"}  # fmt: skip


def one_call(call: LLMCall) -> CallScreen:
    sent = call.sent if isinstance(call.sent, dict) else {"sent": call.sent}
    parts = sorted(sent.items(), key=lambda part: list(_PARTS).index(part[0]) if part[0] in _PARTS else 9)
    words = purpose_in_words(call.purpose)
    return CallScreen(call, words, cost(call), [(_PARTS.get(name, name), _verbatim(value)) for name, value in parts])


def purpose_in_words(purpose: str) -> str:
    """forecast_words as Forecast words."""
    return purpose.replace("_", " ").capitalize()


def cost(call: LLMCall) -> str:
    """What it cost; what it may have cost where no answer came."""
    return f"up to {dollars(call.reserved)}" if call.cost is None else dollars(call.cost)


def _verbatim(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


CALL_COLUMNS = (
    "call", "time", "purpose", "provider", "model", "outcome", "cached", "tokens_in", "tokens_out", "cost", "reserved",
    "latency_ms", "prompt_version", "run", "input_hash", "error",
)  # fmt: skip


def as_file(filters: CallFilters) -> File:
    return File("llm_calls", CALL_COLUMNS, _rows(_found(filters)))


def rows(period: Period | None) -> Iterator[tuple[Cell, ...]]:
    """All calls of a period, newest first. Cost is in US dollars; empty where no answer says it."""
    found = LLMCall.objects.all()
    if period is not None:
        zone = zoneinfo.ZoneInfo(Shop.objects.get(pk=current_shop_id()).zone)
        last = dt.datetime.combine(period.last, dt.time.max, zone)
        found = found.filter(called_at__gte=dt.datetime.combine(period.first, dt.time.min, zone), called_at__lte=last)
    return _rows(found)


def _rows(found: Any) -> Iterator[tuple[Cell, ...]]:
    for call in found.defer("sent", "answer").iterator():
        what = call.purpose, call.provider, call.model, call.outcome, str(call.outcome == "cached").lower()
        spent = call.tokens_in, call.tokens_out, call.cost, call.reserved, call.latency_ms
        yield call.pk, call.called_at, *what, *spent, call.prompt_version, call.run_key, call.input_hash, call.error
