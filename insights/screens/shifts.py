"""Shifts: which tills are open, what closed ones came to, who was over or short, and one shift in full."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.urls import reverse

from insights import charts, periods
from insights.downloads import File
from insights.screens.asked import branch_in
from sales import shift_reports, takings
from sales.models import Sale, Shift, ZReport
from sales.shift_reports import Late, OverShort
from shop import formats
from shop.csvout import Cell
from shop.models import Branch, Register, Shop
from shop.periods import Period
from shop.roles import Can, may

ROWS, SALES, OWN = 40, 50, 20
DAYS = 28
ZERO = Decimal(0)
COLUMNS = ("date", "branch", "till", "z", "cashier", "closed_by", "opened_at", "closed_at", "gross", "over_short")


@dataclass(frozen=True, slots=True)
class Who:
    """Who looks. `name` is as tills and pages write it on shifts."""

    role: str
    name: str

    @property
    def sees(self) -> bool:
        return may(self.role, Can.SEE_SALES)

    def knows(self, shift: Shift) -> bool:
        """Whether what went into and out of the drawer is theirs to know."""
        return self.sees or (bool(self.name) and self.name in {shift.cashier, shift.closed_by})

    def may_see(self, shift: Shift) -> bool:
        """All amounts for roles that see takings; a cashier's own once they were counted, never before."""
        return self.sees or (self.knows(shift) and bool(shift.closing_fingerprint))


@dataclass(frozen=True, slots=True)
class Filters:
    period: Period
    branches: tuple[Branch, ...]
    branch: Branch | None
    tills: tuple[Register, ...]
    till: Register | None
    page: str
    problems: tuple[str, ...] = ()

    @property
    def where(self) -> dict[str, int | None]:
        return {"branch": self.branch.pk if self.branch else None, "register": self.till.pk if self.till else None}

    def url(self, **more: str) -> str:
        said = periods.dates(self.period) | {"branch": str(self.branch.pk) if self.branch else ""}
        said |= {"till": str(self.till.pk) if self.till else "", **more}
        return f"{reverse('insights:shift_list')}?{urlencode({name: of for name, of in said.items() if of})}"


@dataclass(frozen=True, slots=True)
class ListScreen:
    """`own` are a cashier's own Z reports; `page` is empty for roles that may not see takings."""

    who: Who
    filters: Filters
    open: list[Shift]
    uncounted: list[Shift]
    waiting: list[Shift]
    page: Page[Any] | None
    own: list[ZReport]
    lead: str
    by_cashier: list[OverShort]
    bars: list[charts.Change]
    sentence: str
    has_tills: bool
    export_url: str
    journal_url: str


@dataclass(frozen=True, slots=True)
class DetailScreen:
    """`body` is the Z's, or the X as it stands, without amounts for who may not see them."""

    shift: Shift
    z: ZReport | None
    body: dict[str, Any]
    title: str
    state: str
    knows: bool
    sees: bool
    checked: dict[str, Any]
    missing: list[str]
    late: Late | None
    sales: Page[Any] | None
    tender_totals: dict[str, str]


def read(given: Mapping[str, str], today: dt.date) -> Filters:
    """Read an address; days up to today, as a shift is over when it is counted."""
    problems: list[str] = []
    period = Period.ending(today, days=DAYS)
    if given.get("from") or given.get("to"):
        choice = periods.read({"period": "custom", "from": given.get("from", ""), "to": given.get("to", "")}, today)
        problems += [choice.problem] if choice.problem else []
        period = choice.drawn
    branches = tuple(Branch.objects.order_by("name"))
    branch = branch_in(given, branches, problems)
    tills = tuple(Register.objects.select_related("branch").order_by("branch__name", "name"))
    till = next((one for one in tills if str(one.pk) == given.get("till", "")), None)
    return Filters(period, branches, branch, tills, till, given.get("page", "1"), tuple(problems))


def build(filters: Filters, shop: Shop, who: Who) -> ListScreen:
    """The page; the same number of queries however many shifts there are."""
    live = list(Shift.objects.open().select_related("register__branch").order_by("opened_at"))
    by_cashier = shift_reports.over_short_by_cashier(filters.period, **filters.where) if who.sees else []
    reports = shift_reports.z_reports(filters.period, **filters.where)
    return ListScreen(
        who=who,
        filters=filters,
        open=live,
        uncounted=list(shift_reports.uncounted()[:ROWS]),
        waiting=list(Shift.objects.filter(opened_at=None).select_related("register__branch")[:ROWS]),
        page=Paginator(reports, ROWS).get_page(filters.page) if who.sees else None,
        own=[] if who.sees else _own(who),
        lead=_lead(live),
        by_cashier=by_cashier,
        bars=_bars(by_cashier, shop),
        sentence=_sentence(by_cashier, shop),
        has_tills=bool(filters.tills),
        export_url=filters.url(export="csv"),
        journal_url=filters.url(export="takings", branch="", till=""),
    )


def _own(who: Who) -> list[ZReport]:
    if not who.name:
        return []
    mine = Q(shift__cashier=who.name) | Q(shift__closed_by=who.name)
    return list(shift_reports.z_reports().filter(mine)[:OWN])


def _lead(live: list[Shift]) -> str:
    if not live:
        return "No till is open."
    return "One till is open." if len(live) == 1 else f"{len(live)} tills are open."


def _bars(rows: list[OverShort], shop: Shop) -> list[charts.Change]:
    parts = [(_name(row), row.total, "") for row in rows if row.total]
    return charts.changes(parts, write=lambda value: formats.money(value, shop.currency, sign=True))


def _name(row: OverShort) -> str:
    return row.cashier or "Nobody named"


def _sentence(rows: list[OverShort], shop: Shop) -> str:
    """What the counts came to, and who was most off."""
    counts, total = sum(row.shifts for row in rows), sum((row.total for row in rows), ZERO)
    if not counts:
        return ""
    many = "One count" if counts == 1 else f"{counts} counts"
    if not any(row.total for row in rows):
        return f"{many}, and all of them came out even."
    whole = f"{many} came out {_off(total, shop)} in all" if total else f"{many} came out even in all"
    first = rows[0]
    return f"{whole}. Most off: {_name(first)}, {_off(first.total, shop)}." if len(rows) > 1 else f"{whole}."


def _off(value: Decimal, shop: Shop) -> str:
    return f"{formats.money(abs(value), shop.currency)} {'over' if value > 0 else 'short'}"


def as_file(filters: Filters) -> File:
    """The Z reports of the list."""
    return File("z_reports", COLUMNS, _rows(filters))


def _rows(filters: Filters) -> Iterator[tuple[Cell, ...]]:
    for z in shift_reports.z_reports(filters.period, **filters.where).iterator():
        shift, body = z.shift, z.body
        where = z.business_date, body["branch"], body["till"], z.number
        amounts = Decimal(body["gross"]), Decimal(body["over_short"])
        yield *where, shift.cashier, shift.closed_by, shift.opened_at, shift.closed_at, *amounts


def journal(filters: Filters) -> File:
    """The takings journal of the list's days, of all branches: it is for the accountant."""
    return File("takings", takings.COLUMNS, takings.rows(filters.period))


def detail(shift: Shift, given: Mapping[str, str], who: Who) -> DetailScreen:
    """One shift: its Z and what came after, or what it took so far."""
    z = ZReport.objects.filter(shift=shift).select_related("shift").first()
    sees = who.may_see(shift)
    body = _body(shift, z, sees=sees)
    late = shift_reports.late_arrivals(z) if z else None
    checked = late.now if late else body["reconciliation"]
    sales = Sale.objects.filter(shift=shift).order_by("-sold_at", "-pk")
    return DetailScreen(
        shift=shift,
        z=z,
        body=body,
        title=f"{shift.register.name}, Z {z.number}" if z else f"{shift.register.name}, shift",
        state=state(shift),
        knows=who.knows(shift),
        sees=sees,
        checked=checked,
        missing=[str(first) if first == last else f"{first} to {last}" for first, last in checked["missing"]],
        late=late,
        sales=Paginator(sales, SALES).get_page(given.get("page", "1")) if who.sees else None,
        tender_totals=_totals(body) if sees else {},
    )


def _body(shift: Shift, z: ZReport | None, *, sees: bool) -> dict[str, Any]:
    if z is None:
        return shift_reports.x_report(shift, blind=not sees)
    body: dict[str, Any] = z.body
    return body if sees else shift_reports.without_amounts(body)


def _totals(body: Mapping[str, Any]) -> dict[str, str]:
    """What all tenders come to together."""
    sums = {name: ZERO for name in ("expected", "counted")}
    for row in body["tenders"]:
        for name in sums:
            sums[name] += Decimal(row[name] or 0)
    return {name: str(of) for name, of in sums.items()}


def state(shift: Shift) -> str:
    """open, uncounted (ended, no count), waiting (its opening has not come) or closed."""
    if shift.opened_at is None:
        return "waiting"
    if shift.closing_fingerprint:
        return "closed"
    return "uncounted" if shift.closed_at else "open"


def tenders_of(shift: Shift) -> list[str]:
    """What to count: cash, what this till took lately and what was taken in this shift. It says nothing of amounts."""
    known = {"cash", "card"}
    last = ZReport.objects.filter(register=shift.register_id).order_by("-number").values_list("body", flat=True).first()
    known |= {row["tender"] for row in (last or {}).get("tenders", [])}
    known |= {row["tender"] for row in shift_reports.work_out([shift.pk])[shift.pk].body["tenders"]}
    return sorted(known, key=lambda name: (name != "cash", name != "card", name))


def free_tills() -> list[Register]:
    """Tills without an open shift, by branch."""
    busy = Shift.objects.open().values("register")
    return list(Register.objects.exclude(pk__in=busy).select_related("branch").order_by("branch__name", "name"))
