"""Decisions as rows: what is offered in a shopkeeper's words, until when, worth what, and what can be done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from insights.decisions import queue
from insights.models import Suggestion
from insights.screens import evidence
from shop import formats
from shop.models import Shop
from shop.roles import Can, may

State = Suggestion.State
ROWS = 30
MORNING = dt.time(7)


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of decision is spoken of. `do` is the button, `done` what it says afterwards."""

    word: str
    icon: str
    tile: str
    do: str
    done: str


KINDS: dict[str, Kind] = {
    "reorder": Kind("Reorder", "truck", "blue", "Add to order", "Added to order"),
    "markdown": Kind("Mark down", "badge-percent", "amber", "Mark down", "Marked down"),
    "price": Kind("Price", "tag", "green", "Add to price batch", "Added to price batch"),
    "reply": Kind("Reply", "message-square-reply", "plum", "Approve the reply", "Reply approved"),
    "count": Kind("Count", "clipboard-check", "", "Will be counted", "To be counted"),
}
TOLD = Kind("Reorder", "truck", "blue", "Noted", "Noted")  # advice with no amount: nothing to order
OTHER = Kind("Decide", "lightbulb", "green", "Accept", "Accepted")
SHOWS = {
    "open": "Waiting",
    "asleep": "Asleep",
    "accepted": "Accepted",
    "dismissed": "Dismissed",
    "expired": "Expired",
    "all": "All",
}
TABS = ("open", "accepted", "dismissed", "expired")  # of them, those with a tab of their own
After = Callable[[list[Suggestion]], Mapping[int, Any]]  # what follows each decision, by suggestion


@dataclass(frozen=True, slots=True)
class Row:
    """One decision as it stands now, for a role."""

    pk: int
    kind: Kind
    key: str
    title: str
    why: str
    state: str
    chip: str
    urgent: bool
    value: str
    span: str
    outlay: str
    where: str
    quantity: str
    step: str
    unit: str
    snoozes: list[tuple[str, str]]
    may_decide: bool
    told: str
    link: str
    link_text: str
    price: str = ""
    after: Any = None  # screens.insights.After, once it is decided

    @property
    def is_open(self) -> bool:
        return self.state == State.OPEN

    @property
    def can_undo(self) -> bool:
        return self.may_decide and self.state in {State.ACCEPTED, State.DISMISSED, "asleep"}


def kind_of(name: str) -> Kind:
    return KINDS.get(name, OTHER)


def kind_for(found: Suggestion) -> Kind:
    return TOLD if found.kind == "reorder" and found.quantity is None else kind_of(found.kind)


def row(found: Suggestion, shop: Shop, role: str, now: dt.datetime) -> Row:
    """A suggestion as a row. Worth and outlay only for roles that may see costs."""
    kind, see_cost = kind_for(found), may(role, Can.SEE_COST)
    state = _state(found, now)
    effect = found.effect if isinstance(found.effect, Mapping) else {}
    return Row(
        pk=found.pk,
        kind=kind,
        key=found.kind,
        title=found.title,
        why=found.why,
        state=state,
        chip=_deadline(found, shop, now) if state == State.OPEN else "",
        urgent=bool(found.deadline_at and found.deadline_at <= now + queue.SOON),
        value=formats.money_short(found.value, shop.currency) if see_cost and found.value is not None else "",
        span=_span(found, shop) if see_cost else "",
        outlay=formats.money(found.outlay, shop.currency) if see_cost and found.outlay is not None else "",
        where=found.branch.name if found.branch else "",
        quantity=_typed(found.quantity),
        step=_step(found),
        unit="kg" if found.product and found.product.unit == "kg" else "pieces",
        snoozes=snoozes(now, found.deadline_at) if state == State.OPEN else [],
        may_decide=may(role, Can.DECIDE),
        told=_told(found, kind, state, now),
        link=_own_path(effect.get("url")) if state == State.ACCEPTED else "",
        link_text=str(effect.get("text") or "See it")[:80],
        price=formats.plain(found.advised_price) if found.advised_price is not None else "",
    )


def _state(found: Suggestion, now: dt.datetime) -> str:
    if found.state != State.OPEN:
        return str(found.state)
    if found.deadline_at and found.deadline_at <= now:
        return State.EXPIRED
    return "asleep" if found.snoozed_until and found.snoozed_until > now else State.OPEN


def _deadline(found: Suggestion, shop: Shop, now: dt.datetime) -> str:
    if found.deadline_at is None:
        return ""
    who = f"{found.supplier.name} closes" if found.supplier else "Decide by"
    return f"{who} {when(found.deadline_at, shop, now)}"


def when(moment: dt.datetime, shop: Shop, now: dt.datetime) -> str:
    """11:00 where it is today, else with its day; by the shop's clock."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    return formats.clock(local) if local.date() == today else formats.moment(local, today)


def _span(found: Suggestion, shop: Shop) -> str:
    if found.value_low is None or found.value_high is None:
        return ""
    low, high = (formats.money_short(value, shop.currency) for value in (found.value_low, found.value_high))
    return f"{low} to {high}"


def _typed(value: Decimal | None) -> str:
    """As a number field takes it."""
    return "" if value is None else f"{value.normalize():f}"


def _step(found: Suggestion) -> str:
    """What one press on plus adds: a case, a piece, or half a kilogram."""
    if found.product and found.product.unit == "kg":
        return "0.5"
    pack = found.product.pack_size if found.product else None
    return str(pack) if pack and found.quantity and found.quantity % pack == 0 else "1"


def _told(found: Suggestion, kind: Kind, state: str, now: dt.datetime) -> str:
    """What became of it, before its title."""
    if state == State.ACCEPTED:
        changed = found.decided_quantity is not None and found.decided_quantity != found.quantity
        return f"{kind.done}, {formats.units(found.decided_quantity)} of them:" if changed else f"{kind.done}:"
    if state == State.DISMISSED:
        return f"Dismissed ({found.get_reason_display().lower()}):" if found.reason else "Dismissed:"
    if state == "asleep":
        local = timezone.localtime(found.snoozed_until)
        return f"Asleep until {formats.moment(local, timezone.localtime(now).date())}:"
    return "" if state == State.OPEN else f"{found.get_state_display() if found.state != State.OPEN else 'Expired'}:"


def _own_path(url: Any) -> str:
    """A path of this shop's own pages, or nothing."""
    return url if isinstance(url, str) and url.startswith("/") and not url.startswith("//") else ""


def snoozes(now: dt.datetime, deadline: dt.datetime | None) -> list[tuple[str, str]]:
    """Up to three later moments (words, ISO), none past the deadline."""
    local = timezone.localtime(now)
    tomorrow = local.date() + dt.timedelta(days=1)
    monday = local.date() + dt.timedelta(days=7 - local.weekday())
    offered = [
        ("In two hours", local + dt.timedelta(hours=2)),
        ("Tomorrow morning", dt.datetime.combine(tomorrow, MORNING, local.tzinfo)),
        ("On Monday" if monday != tomorrow else "In a week", _at(monday, tomorrow, local)),
    ]
    return [
        (f"{words}, {formats.moment(moment, local.date())}", moment.isoformat(timespec="minutes"))
        for words, moment in offered
        if deadline is None or moment < deadline
    ]


def _at(monday: dt.date, tomorrow: dt.date, local: dt.datetime) -> dt.datetime:
    day = monday if monday != tomorrow else local.date() + dt.timedelta(days=7)
    return dt.datetime.combine(day, MORNING, local.tzinfo)


# --- The queue of Today --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Queue:
    rows: list[Row]
    count: int
    kinds: list[tuple[str, str, int]]
    lead: str
    may_decide: bool

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


def first(shop: Shop, role: str, now: dt.datetime) -> Queue:
    """The first few decisions, in order, and how many wait in all. Two queries."""
    waiting = queue.waiting(now)
    rows = [row(found, shop, role, now) for found in queue.open_queue(now)[: queue.MOST_SHOWN]] if waiting.count else []
    return Queue(
        rows=rows,
        count=waiting.count,
        kinds=[(name, kind_of(name).word, count) for name, count in sorted(waiting.kinds.items())],
        lead=_lead(waiting, shop, role, now),
        may_decide=may(role, Can.DECIDE),
    )


def _lead(waiting: queue.Waiting, shop: Shop, role: str, now: dt.datetime) -> str:
    """6 decisions are waiting, worth about £124. The first closes at 11:00."""
    if not waiting.count:
        return ""
    said = "One decision is waiting" if waiting.count == 1 else f"{formats.number(waiting.count)} decisions are waiting"
    if waiting.worth and may(role, Can.SEE_COST):
        said += f", worth about {formats.money_short(waiting.worth, shop.currency)}"
    if waiting.first_deadline is None:
        return f"{said}."
    return f"{said}. The first closes at {when(waiting.first_deadline, shop, now)}."


# --- All of them ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    state: str
    kind: str
    page: str

    def url(self, **changes: str) -> str:
        said = {"state": self.state, "kind": self.kind} | changes
        return "?" + urlencode({name: value for name, value in said.items() if value})


@dataclass(frozen=True, slots=True)
class ListScreen:
    filters: Filters
    states: list[tuple[str, str, str]]
    tabs: list[tuple[str, str, str]]
    kinds: list[tuple[str, str]]
    rows: list[Row]
    page: Page[Any]
    csv_url: str
    title: str
    waiting: int


def read(given: Mapping[str, str]) -> Filters:
    state = given.get("state", "open")
    kind = given.get("kind", "").replace("\x00", "")[:20]
    return Filters(state if state in SHOWS else "open", kind, given.get("page", "1"))


def found(filters: Filters, now: dt.datetime) -> Any:
    """The suggestions asked for, in order; what is decided, newest first."""
    every = Suggestion.objects.all()
    if filters.kind:
        every = every.filter(kind=filters.kind)
    if filters.state == "open":
        return queue.in_order(every.open(now), now)
    if filters.state == "asleep":
        return every.filter(state=State.OPEN, snoozed_until__gt=now).order_by("snoozed_until", "pk")
    if filters.state == "expired":
        return (
            every.filter(state=State.EXPIRED) | every.filter(state=State.OPEN, deadline_at__lte=now)
        ).order_by("-pk")  # fmt: skip
    if filters.state != "all":
        every = every.filter(state=filters.state)
    return every.order_by("-decided_at" if filters.state != "all" else "-pk", "-pk")


@transaction.atomic
def build(filters: Filters, shop: Shop, role: str, now: dt.datetime, after: After | None = None) -> ListScreen:
    """One page of decisions in one state, with what followed them where `after` tells it."""
    rows = found(filters, now).select_related("branch", "product", "supplier").defer("evidence")
    page = Paginator(rows, ROWS).get_page(filters.page)
    kinds = Suggestion.objects.order_by("kind").values_list("kind", flat=True).distinct()
    behind = after(list(page)) if after else {}
    return ListScreen(
        filters=filters,
        states=[(key, words, filters.url(state=key)) for key, words in SHOWS.items()],
        tabs=[(key, SHOWS[key], f"?state={key}") for key in TABS],
        kinds=[(name, kind_of(name).word) for name in kinds],
        rows=[replace(row(one, shop, role, now), after=behind.get(one.pk)) for one in page],
        page=page,
        csv_url=filters.url(export="csv"),
        title=SHOWS[filters.state],
        waiting=queue.waiting(now).count,
    )


@dataclass(frozen=True, slots=True)
class Detail:
    row: Row
    evidence: evidence.Evidence
    decided: str
    rests: str
    product_url: str


def detail(found: Suggestion, shop: Shop, role: str, now: dt.datetime) -> Detail:
    """A decision whole: its row, why it is offered, and what it rests on."""
    local = timezone.localtime(now)
    decided = ""
    if found.decided_at:
        by = f" by {found.decided_by}" if may(role, Can.SEE_HISTORY) else ""
        decided = f"Decided {formats.moment(timezone.localtime(found.decided_at), local.date())}{by}."
    shown = evidence.build(found, shop.currency, shop.today(now), see_cost=may(role, Can.SEE_COST))
    product_url = reverse("insights:product_detail", args=[found.product_id]) if found.product_id else ""
    return Detail(row(found, shop, role, now), shown, decided, _rests(found, local), product_url)


def _rests(found: Suggestion, local: dt.datetime) -> str:
    if found.run is None:
        return ""
    made = timezone.localtime(found.run.ended_at or found.run.started_at)
    up_to = formats.day(found.run.as_of_date, local.date())
    return f"Worked out from sales up to {up_to}, {formats.moment(made, local.date())}."
