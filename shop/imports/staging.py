"""Files into a temporary table, cells into typed values, by whole columns at a time.

COPY is refused on tables under row-level security, so files are copied into temporary tables and merged from
there. Both are dropped with the transaction. `import_rows` is what a kind merges: one row for each row of the
files, its fields typed, `problem` saying why the row is refused (null: it is good).
"""

from __future__ import annotations

import csv
import io
import itertools
import logging
import time
import zoneinfo
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from shop.imports import typing_sql
from shop.imports.errors import ImportRefused
from shop.imports.kinds import As, Kind
from shop.imports.mapping import Mapping
from shop.imports.reading import Layout, Source, Table
from shop.models import Import, Shop

log = logging.getLogger("aisle.imports")
_ROWS_AT_ONCE = 5000
# Countries that write the month first.
MONTH_FIRST = {"US", "PH", "FM", "MH", "PW", "BZ"}

Progress = Callable[[float], None]


@dataclass
class Batch:
    """One import under way: what a kind's merge needs. Lives inside one transaction.

    `imported` is the import it is, where one is kept; `dry` says that it is only tried, so what cannot fail need not be
    written. `absent` is what was chosen for the rows the files do not name, `absent_count` how many those are.
    """

    shop: Shop
    cursor: Any
    mapped: set[str]
    progress: Progress
    default_branch: str = ""
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    imported: Import | None = None
    dry: bool = False
    absent: str = "leave"
    absent_count: int = 0

    def run(self, name: str, statement: str, values: dict[str, Any] | None = None) -> int:
        """Execute one statement, remember how long it took, and return how many rows it touched."""
        started = time.perf_counter()
        self.cursor.execute(statement, values)
        self.seconds[name] = self.seconds.get(name, 0) + time.perf_counter() - started
        return int(self.cursor.rowcount)

    def one(self, name: str, statement: str, values: dict[str, Any] | None = None) -> tuple[Any, ...]:
        """The single row that a statement answers."""
        self.run(name, statement, values)
        row: tuple[Any, ...] = self.cursor.fetchone()
        return row

    def refuse(self, problem: str, where: str, values: dict[str, Any] | None = None) -> int:
        """Refuse the good rows (`r`) for which `where` holds; `problem` is an SQL text expression."""
        return self.run(
            "refuse",
            f"update import_rows r set problem = {problem} where r.problem is null and ({where})",
            values,
        )


@dataclass(frozen=True)
class Staged:
    """A file and where its mapped columns are."""

    source: Source
    layout: Layout
    mapping: Mapping


def stage(batch: Batch, kind: Kind, files: Sequence[Staged]) -> int:
    """Fill `import_rows` from the files; returns the number of rows. Raises ImportRefused for a file without rows."""
    plan = _columns(kind, files[0].mapping)
    cells = ", ".join(f"c{place} text" for place in range(plan.width))
    batch.run("stage", f"create temp table import_raw (file smallint, line int, problem text, {cells}) on commit drop")
    started, rows = time.perf_counter(), 0
    for number, staged in enumerate(files):
        rows += _copy(batch, staged, number, len(files), plan)
    batch.seconds["copy"] = time.perf_counter() - started
    if not rows:
        names = ", ".join(staged.source.name for staged in files)
        raise ImportRefused(f"{names} has column names but no rows below them.")
    _type(batch, kind, plan)
    return rows


@dataclass(frozen=True)
class _Plan:
    """For each field the SQL of its raw text: staged columns or a constant."""

    raw: dict[str, str]
    fields: dict[str, tuple[int, ...]]
    width: int


def _columns(kind: Kind, mapping: Mapping) -> _Plan:
    raw: dict[str, str] = {}
    fields: dict[str, tuple[int, ...]] = {}
    width = 0
    for kind_field in kind.fields:
        count = len(mapping.columns.get(kind_field.name, ()))
        names = [f"c{width + place}" for place in range(count)]
        if kind_field.name in mapping.constants:
            raw[kind_field.name] = (
                sql.Literal(mapping.constants[kind_field.name].strip() or None).as_string(None) + "::text"
            )
        elif count:
            raw[kind_field.name] = names[0] if count == 1 else f"nullif(concat_ws(' ', {', '.join(names)}), '')"
            fields[kind_field.name] = tuple(range(width, width + count))
            width += count
        else:
            raw[kind_field.name] = "null::text"
    return _Plan(raw, fields, max(width, 1))


def _copy(batch: Batch, staged: Staged, number: int, files: int, plan: _Plan) -> int:
    header = staged.layout.header
    places = [header.index(column) for name in plan.fields for column in staged.mapping.columns[name]]
    table, count = Table(staged.source, staged.layout), 0
    names = ", ".join(f"c{place}" for place in range(len(places)))
    with batch.cursor.copy(
        f"copy import_raw (file, line, problem{', ' if names else ''}{names}) from stdin with (format csv)"
    ) as copy:
        for lines, rows in table.chunks(_ROWS_AT_ONCE):
            text = io.StringIO()
            csv.writer(text).writerows(_picked(lines, rows, number, staged.layout, places))
            copy.write(text.getvalue())
            count += len(rows)
            batch.progress(0.3 * (number + table.fraction()) / files)
    return count


def _picked(
    lines: list[int], rows: list[list[str]], number: int, layout: Layout, places: list[int]
) -> Iterable[tuple[Any, ...]]:
    """(file, line, problem, mapped cells without spaces around). An empty cell becomes null in COPY.

    Column by column, since that is several times as fast; a row with more cells than names, or fewer, is told apart.
    """
    problems: Iterable[str] = itertools.repeat("")
    width = len(layout.header)
    if set(map(len, rows)) != {width}:
        problems = [layout.problem(row) for row in rows]
        rows = [[*row, *[""] * width][:width] for row in rows]
    columns = list(zip(*rows, strict=True))
    return zip(itertools.repeat(number), lines, problems, *(map(str.strip, columns[place]) for place in places))


def _type(batch: Batch, kind: Kind, plan: _Plan) -> None:
    """Make `import_rows`. Naive times are the shop's own, so the session speaks its zone meanwhile."""
    order = _date_order(batch, kind, plan)
    cutoff = batch.shop.day_starts_at_hour
    batch.run("zone", "select set_config('timezone', %(zone)s, true)", {"zone": _zone(batch.shop)})
    batch.run("zone", f"set local datestyle = 'ISO, {order}'")
    batch.run("type", typing_sql.statement(kind.fields, plan.raw, cutoff))
    batch.run("zone", "set local timezone = 'UTC'")
    batch.run("zone", "set local datestyle = 'ISO, MDY'")
    batch.run("type", "drop table import_raw")
    batch.run("analyze", "analyze import_rows")
    batch.progress(0.45)


def _zone(shop: Shop) -> str:
    return str(zoneinfo.ZoneInfo(shop.zone).key)


def _date_order(batch: Batch, kind: Kind, plan: _Plan) -> str:
    """DMY or MDY, by evidence over all rows and columns: a first or second number above 12. Without any: the shop's
    country.

    Raises ImportRefused where some dates must be one and some the other.
    """
    found: dict[str, str] = {}
    names = [f.name for f in kind.fields if f.reads in (As.DATE, As.MOMENT) and f.name in plan.fields]
    for name in names:
        seen = batch.one("evidence", typing_sql.date_evidence(plan.raw[name]))
        found |= {what: text for what, text in zip(("DMY", "MDY", "either"), seen, strict=True) if text}
        if "DMY" in found and "MDY" in found:
            raise ImportRefused(
                f"{name}: “{found['DMY']}” is day first, “{found['MDY']}” is month first. "
                "Write all dates in one order, best like 2026-11-21."
            )
    known = next((order for order in ("DMY", "MDY") if order in found), "")
    order = known or ("MDY" if "either" in found and batch.shop.country in MONTH_FIRST else "DMY")
    words = "month first" if order == "MDY" else "day first"
    if known:
        batch.notes.append(f"Dates were read {words}, because “{found[known]}” appears.")
    elif "either" in found:
        batch.notes.append(
            f"Dates such as “{found['either']}” could be day first or month first. They were read {words}, "
            f"as in the shop's country ({batch.shop.country})."
        )
    return order
