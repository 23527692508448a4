"""Lots near their date: what to mark down today, what is marked, what sells by itself, what is past."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db import transaction

from insights import markdown_acts
from insights.analyses.markdown.advising import last_day
from insights.analyses.markdown.cases import HORIZON
from insights.downloads import File
from insights.models import Run, Suggestion
from inventory import lot_prices
from inventory.models import LotPrice
from inventory.reports_lots import LotLeft, expiring
from shop import formats
from shop.csvout import Cell, amount
from shop.models import Branch, Shop
from shop.roles import Can, may

ANALYSIS = KIND = "markdown"
PAST_DAYS = 14  # lots longer past their date are the stock pages' to tell
GROUPS = (
    ("mark", "To mark down", "Each with the price for today"),
    ("marked", "Marked down", "Their stickers hold until the end of their date"),
    ("near", "Near their date", "Nothing to do today"),
    ("past", "Past their date", "Take them off the shelf"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A lot as the page shows it. Prices are written; `price` and `quantity` are as number fields take them."""

    lot: LotLeft
    group: str
    when: str
    urgent: bool
    left: str
    price_now: str
    price_new: str
    worth: str
    plan: list[tuple[str, str]]
    why: str
    hint: str
    price: str
    quantity: str
    suggestion: int | None
    sticker: LotPrice | None
    sold: str

    @property
    def per(self) -> str:
        return " per kg" if self.lot.unit == "kg" else ""


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    title: str
    sub: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Screen:
    """`print_url` prints all stickers of today's markdowns, where there are any."""

    lead: str
    run: Run | None
    branches: list[Branch]
    branch: Branch | None
    groups: list[Group]
    to_mark: int
    print_url: str
    stickers: int
    may_decide: bool
    horizon: int = HORIZON


@transaction.atomic
def build(given: Mapping[str, str], shop: Shop, role: str, now: dt.datetime) -> Screen:
    """The page for a role; a fixed number of queries."""
    branches = list(Branch.objects.order_by("name"))
    branch = next((one for one in branches if str(one.pk) == given.get("branch")), None)
    run = Run.objects.latest_done(ANALYSIS)
    found = list(_rows(shop, role, now, branch, run))
    groups = [Group(key, title, sub, [row for row in found if row.group == key]) for key, title, sub in GROUPS]
    to_mark, fresh = groups[0].rows, _of_today(found, shop, now)
    return Screen(
        lead=_lead(found, to_mark),
        run=run,
        branches=branches,
        branch=branch,
        groups=[group for group in groups if group.rows],
        to_mark=len(to_mark),
        print_url="?" + urlencode([("sticker", sticker.pk) for sticker in fresh]) if fresh else "",
        stickers=len(fresh),
        may_decide=may(role, Can.DECIDE),
    )


def of_lots(given: Mapping[str, str], shop: Shop, role: str, now: dt.datetime) -> File:
    """The list as a file."""
    screen = build(given, shop, role, now)
    header = ("branch", "sku", "name", "lot", "date", "left", "state", "price", "sticker", "sold")
    return File("markdowns", header, _cells(screen))


def _cells(screen: Screen) -> Iterator[tuple[Cell, ...]]:
    for group in screen.groups:
        for row in group.rows:
            lot, sticker = row.lot, row.sticker
            price = sticker.price if sticker else Decimal(row.price) if row.price and group.key == "mark" else None
            sold = row.sold or None
            named = lot.branch_name, lot.sku, lot.name, lot.code, lot.date
            yield *named, amount(lot.quantity), group.key, amount(price), sticker.code if sticker else "", sold


def _rows(shop: Shop, role: str, now: dt.datetime, branch: Branch | None, run: Run | None) -> Iterator[Row]:
    today = shop.today(now)
    lots = expiring(today + dt.timedelta(days=HORIZON - 1), branch=branch.pk if branch else None)
    lots = [lot for lot in lots if lot.date and lot.date >= today - dt.timedelta(days=PAST_DAYS)]
    stickers = lot_prices.current([lot.lot for lot in lots], now)
    sold = markdown_acts.sold_with(list(stickers.values()))
    offered = _offered([lot.lot for lot in lots], now)
    plans = (run.findings.get("plans") or {}) if run else {}
    for lot in lots:
        plan = plans.get(str(lot.lot)) or {}
        suggestion, sticker = offered.get(lot.lot), stickers.get(lot.lot)
        yield _row(lot, plan, suggestion, sticker, sold, shop, role, today)


def _row(
    lot: LotLeft, plan: Mapping[str, Any], suggestion: Suggestion | None, sticker: LotPrice | None,
    sold: Mapping[str, Decimal], shop: Shop, role: str, today: dt.date,
) -> Row:  # fmt: skip
    assert lot.date is not None
    past = lot.date < today
    group = "past" if past else "mark" if suggestion else "marked" if sticker else "near"
    advised = suggestion.advised_price if suggestion else None
    now_at = sticker.price if sticker else _decimal((suggestion.evidence if suggestion else plan).get(
        "price_now" if suggestion else "price"
    ))  # fmt: skip
    worth = suggestion.value if suggestion and may(role, Can.SEE_COST) else None
    gone = sold.get(sticker.code, Decimal(0)) if sticker else Decimal(0)
    return Row(
        lot=lot,
        group=group,
        when=_when(lot.date, today),
        urgent=lot.date <= today,
        left=_amount(lot.quantity, lot.unit),
        price_now=formats.money(now_at, shop.currency) if now_at is not None else "",
        price_new=formats.money(advised, shop.currency) if advised is not None else "",
        worth=formats.money_short(worth, shop.currency) if worth and worth > 0 else "",
        plan=[(str(day), str(said)) for day, said in plan.get("path") or []],
        why=suggestion.why if suggestion else "",
        hint=last_day(lot.date, today, is_use_by=lot.is_use_by),
        price=_typed(advised),
        quantity=_typed(suggestion.quantity if suggestion else lot.quantity),
        suggestion=suggestion.pk if suggestion else None,
        sticker=sticker,
        sold=_amount(gone, lot.unit) if gone else "",
    )


def _offered(lots: Sequence[int], now: dt.datetime) -> dict[int, Suggestion]:
    keys = {f"{KIND}:{lot}": lot for lot in lots}
    rows = Suggestion.objects.open(now).filter(kind=KIND, key__in=keys)
    return {keys[row.key]: row for row in rows}


def _of_today(rows: Sequence[Row], shop: Shop, now: dt.datetime) -> list[LotPrice]:
    today = shop.today(now)
    return [row.sticker for row in rows if row.sticker and shop.today(row.sticker.starts_at) == today]


def _lead(rows: Sequence[Row], to_mark: Sequence[Row]) -> str:
    near = sum(row.group != "past" for row in rows)
    if not near:
        return f"Nothing in stock comes to its date within {HORIZON} days."
    said = f"{near} lot{'' if near == 1 else 's'} come{'s' if near == 1 else ''} to the date within {HORIZON} days"
    if not to_mark:
        return f"{said}. None waits for a lower price."
    return f"{said}; {len(to_mark)} should be marked down now."


def _when(date: dt.date, today: dt.date) -> str:
    if date < today:
        return "Past its date"
    names = {0: "Today", 1: "Tomorrow"}
    return names.get((date - today).days, formats.day(date, today))


def _amount(value: Decimal, unit: str) -> str:
    return formats.units(value) + (" kg" if unit == "kg" else "")


def _typed(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _decimal(value: Any) -> Decimal | None:
    return Decimal(str(value)) if value not in (None, "None", "") else None
