"""A day of the demo shop, as the rows of a till's export and as what the tills sold one after another."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from insights.demo.branches import COUNTRY, CURRENCY, ZONE
from insights.demo.catalogue import SUPPLIERS
from insights.demo.files import COLUMNS, ROWS
from insights.demo.grocer import BranchStory, Demo, build
from insights.demo.opening import TAX_RATES
from insights.demo.till import Money
from inventory.models import Supplier, TaxRate
from shop.models import Branch, Register, Shop, User
from shop.services import create_shop
from shop.tenancy import use_shop
from tests.importing import bring_in

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Day:
    """One day: the demo cut down to it, its date, and the rows of its file."""

    demo: Demo
    date: dt.date
    rows: list[dict[str, str]]
    tax_by_till: bool

    @property
    def file(self) -> str:
        """What a till exports, with what it worked out itself, or price, discount and quantity alone."""
        left_out = () if self.tax_by_till else ("total", "tax")
        columns = [name for name in COLUMNS["sales_lines"].split() if name not in left_out]
        return as_csv(columns, ([row[name] for name in columns] for row in self.rows))


def busy_day(today: dt.date, *, tax_by_till: bool) -> Day:
    """Of the last weeks, the day with the most refunds on which both branches were open."""
    demo = build("medium", today)
    last = len(demo.calendar.days) - 1
    days = [day for day in range(last - 40, last + 1) if all((s.sold.lines.day == day).any() for s in demo.branches)]
    best = max(
        days,
        key=lambda day: sum(int((s.sold.lines.quantity[s.sold.lines.day == day] < 0).sum()) for s in demo.branches),
    )
    of_day = dataclasses.replace(demo, branches=tuple(_only(story, best) for story in demo.branches))
    names = COLUMNS["sales_lines"].split()
    rows = [dict(zip(names, map(str, row), strict=True)) for row in ROWS["sales_lines"](of_day)]
    return Day(of_day, demo.calendar.days[best], rows, tax_by_till)


def _only(story: BranchStory, day: int) -> BranchStory:
    sold = story.sold
    of_day = np.asarray(sold.lines.day == day)
    money = Money(*(getattr(sold.money, field.name)[of_day] for field in dataclasses.fields(Money)))
    cut = dataclasses.replace(sold, lines=sold.lines[of_day], money=money, refunds=sold.refunds[of_day])
    return dataclasses.replace(story, sold=cut)


def open_shop(slug: str, day: Day, owner: User) -> Shop:
    """The demo shop with its range, people and tills, and not a single sale."""
    plan = day.demo.size.branches
    names = [branch.name for branch in plan]
    shop = create_shop(
        slug=slug, name="Hollins", owner=owner, currency=CURRENCY, zone=ZONE, country=COUNTRY, branches=names
    )
    with use_shop(shop):
        TaxRate.objects.bulk_create([TaxRate(name=name, rate=rate) for name, rate in TAX_RATES])
        Supplier.objects.bulk_create([Supplier(name=supplier.name) for supplier in SUPPLIERS.values()])
        for branch in plan:
            place = Branch.objects.get(name=branch.name)
            Register.objects.bulk_create([Register(branch=place, name=till) for till in branch.tills])
        for kind in ("products", "customers"):
            result = bring_in(kind, as_csv(COLUMNS[kind].split(), ROWS[kind](day.demo)))
            assert result.created and not result.refused
    return shop


def as_csv(columns: list[str], rows: Any) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


@dataclass(frozen=True)
class Rung:
    """What one till rang up: what `Till.sell` is told."""

    branch: str
    register: str
    lines: list[dict[str, Any]]
    payments: list[dict[str, Any]]
    about: dict[str, Any]


def rung_up(day: Day) -> Iterator[Rung]:
    """The day's receipts over all tills, in the order of time."""

    def till(row: dict[str, str]) -> tuple[str, ...]:
        return row["time"], row["branch"], row["register"], row["receipt"]

    for (time, branch, register, receipt), grouped in groupby(sorted(day.rows, key=till), key=till):
        rows = list(grouped)
        about = {
            "receipt": receipt,
            "sold_at": dt.datetime.fromisoformat(time).replace(tzinfo=ZoneInfo(ZONE)),
            "cashier": rows[0]["cashier"],
            "customer": rows[0]["customer"] or None,
        }
        paid = sum((_paid(row, tax_by_till=day.tax_by_till) for row in rows), Decimal(0)).quantize(CENT, ROUND_HALF_UP)
        lines = [_line(row, tax_by_till=day.tax_by_till) for row in rows]
        yield Rung(branch, register, lines, [{"tender": rows[0]["tender"], "amount": paid}], about)


def _paid(row: dict[str, str], *, tax_by_till: bool) -> Decimal:
    """A till rounds each line to the cent, or only the receipt."""
    exact = Decimal(row["price"]) * Decimal(row["quantity"]) - Decimal(row["discount"])
    return Decimal(row["total"]) if tax_by_till else exact


def _line(row: dict[str, str], *, tax_by_till: bool) -> dict[str, Any]:
    line = {
        "sku": row["product"],
        "quantity": row["quantity"],
        "unit_price": row["price"],
        "discount": row["discount"],
    }
    if tax_by_till:
        line |= {"net": str(Decimal(row["total"]) - Decimal(row["tax"])), "tax": row["tax"]}
    return line
