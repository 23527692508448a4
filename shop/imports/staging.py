"""Files into a temporary table, cells into typed values, by whole columns at a time.

COPY is refused on tables under row-level security, so files are copied into temporary tables and merged from
there. Both are dropped with the transaction. `import_rows` is what a kind merges: one row for each row of the
files, its fields typed, `problem` saying why the row is refused (null: it is good).
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import logging
import time
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shop.imports import evidence, transforms, typing_sql
from shop.imports.errors import ImportRefused
from shop.imports.kinds import Kind
from shop.imports.mapping import Mapping
from shop.imports.reading import Layout, Source, Table
from shop.models import Import, Shop

log = logging.getLogger("aisle.imports")
# Rows that live longer cost more than reading them: Python looks through all of them again and again.
_ROWS_AT_ONCE = 500

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
    plan = _begin(batch, kind, files[0].mapping)
    started, rows = time.perf_counter(), 0
    for number, staged in enumerate(files):
        table = Table(staged.source, staged.layout)
        for count in _copy(batch, table.chunks(_ROWS_AT_ONCE), staged, number, plan):
            rows += count
            batch.progress(0.3 * (number + table.fraction()) / len(files))
        batch.notes += table.told()
    batch.seconds["copy"] = time.perf_counter() - started
    if not rows:
        names = ", ".join(staged.source.name for staged in files)
        raise ImportRefused(f"{names} has column names but no rows below them.")
    rows -= _leave_out(batch, plan)
    if not rows:
        raise ImportRefused("Every row of the file is left out, as you said.")
    _type(batch, kind, plan)
    batch.progress(0.45)
    return rows


def stage_sample(batch: Batch, kind: Kind, staged: Staged, lines: list[int], rows: list[list[str]]) -> int:
    """As `stage`, for rows at hand. `import_rows` also has `problems`: what is wrong with each field."""
    plan = _begin(batch, kind, staged.mapping)
    count = sum(_copy(batch, iter([(lines, rows)]), staged, 0, plan))
    left = count - _leave_out(batch, plan)
    _type(batch, kind, plan, tells=True)
    return left


@dataclass
class _Plan:
    """For each field the SQL of its raw text: staged columns or a constant; `empties` before its default is put in.
    `seen`: telling signs in the cells."""

    mapping: Mapping
    raw: dict[str, str]
    fields: dict[str, tuple[int, ...]]
    width: int
    empties: dict[str, str]
    source: str = "import_raw"
    seen: set[str] = field(default_factory=set)


def _begin(batch: Batch, kind: Kind, mapping: Mapping) -> _Plan:
    plan = _columns(kind, mapping)
    cells = ", ".join(f"c{place} text" for place in range(plan.width))
    batch.run("stage", f"create temp table import_raw (file smallint, line int, problem text, {cells}) on commit drop")
    if mapping.edits:
        batch.run("stage", "create temp table import_edits (file smallint, line int, edited jsonb) on commit drop")
        with batch.cursor.copy("copy import_edits from stdin") as copy:
            for place, texts in mapping.edits.items():
                file, _, line = place.partition(":")
                copy.write_row(
                    (int(file), int(line), json.dumps({name: text.replace("\0", "") for name, text in texts.items()}))
                )
        plan.source = "(import_raw left join import_edits using (file, line))"
    return plan


def _columns(kind: Kind, mapping: Mapping) -> _Plan:
    raw: dict[str, str] = {}
    fields: dict[str, tuple[int, ...]] = {}
    empties: dict[str, str] = {}
    edited = {name for texts in mapping.edits.values() for name in texts}
    width = 0
    for kind_field in kind.fields:
        name = kind_field.name
        steps, count = mapping.steps.get(name, ()), len(mapping.columns.get(name, ()))
        if name in mapping.constants:
            made = _literal(mapping.constants[name])
        elif count:
            fields[name] = tuple(range(width, width + count))
            made = _joined(
                [f"c{width + place}" for place in range(count)], transforms.joined_with(steps, kind_field.joined)
            )
            width += count
        else:
            made = "null::text"
        made = transforms.compiled(made, steps)
        if mapping.defaults.get(name):
            empties[name] = made
            made = f"coalesce({made}, {_literal(mapping.defaults[name])})"
        if name in edited:
            made = f"case when edited ? '{name}' then nullif(trim(edited ->> '{name}'), '') else {made} end"
        raw[name] = made
    plan = _Plan(mapping, raw, fields, max(width, 1), empties)
    if mapping.steps or edited:
        plan.seen |= set(evidence.SIGNS)
    return plan


def _literal(text: str) -> str:
    return transforms.literal(text.strip()) if text.strip() else "null::text"


def _joined(names: list[str], between: str) -> str:
    if len(names) == 1:
        return names[0]
    return f"nullif(concat_ws({transforms.literal(between)}, {', '.join(names)}), '')"


def _copy(
    batch: Batch, chunks: Iterator[tuple[list[int], list[list[str]]]], staged: Staged, number: int, plan: _Plan
) -> Iterator[int]:
    """Copy the mapped cells; yields how many rows, chunk by chunk."""
    header = staged.layout.header
    places = [header.index(column) for name in plan.fields for column in staged.mapping.columns[name]]
    names = ", ".join(f"c{place}" for place in range(len(places)))
    with batch.cursor.copy(
        f"copy import_raw (file, line, problem{', ' if names else ''}{names}) from stdin with (format csv)"
    ) as copy:
        for lines, rows in chunks:
            written = io.StringIO()
            csv.writer(written).writerows(_picked(lines, rows, number, staged.layout, places))
            text = written.getvalue()
            copy.write(text)
            plan.seen.update(sign for sign in evidence.SIGNS if sign not in plan.seen and sign in text)
            yield len(rows)


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


def _leave_out(batch: Batch, plan: _Plan) -> int:
    """Take out rows that were said to be left out, and say how many for which reason."""
    gone = 0
    if plan.mapping.skips:
        places = [tuple(map(int, place.split(":"))) for place in plan.mapping.skips]
        values = {"files": [file for file, _ in places], "lines": [line for _, line in places]}
        gone += _gone(batch, _SKIP, "as you said", values)
    for name in plan.mapping.steps:
        for texts, keeps in transforms.left_out(plan.mapping.steps[name]):
            of = f"coalesce({plan.raw[name]}, '')"
            which = f"{'not ' * keeps}{of} in ({', '.join(map(transforms.literal, texts))})"
            statement = (
                f"delete from import_raw r using (select file, line from {plan.source} where {which}) gone "
                "where (r.file, r.line) = (gone.file, gone.line)"
            )
            step = {"do": "keep_only" if keeps else "leave_out", "values": texts}
            gone += _gone(batch, statement, f"{name}: {transforms.sentence(step)}")
    if plan.mapping.drops_repeats:
        cells = ", ".join(f"c{place}" for place in range(plan.width))
        gone += _gone(
            batch, _REPEATS.format(cells=cells), "each repeats an earlier row in every matched column; the first stays"
        )
    return gone


_SKIP = """
delete from import_raw r using unnest(%(files)s::int[], %(lines)s::int[]) as gone (file, line)
where r.file = gone.file and r.line = gone.line
"""
_REPEATS = """
delete from import_raw r using (
    select file, line, row_number() over (partition by {cells} order by file, line) as place from import_raw
    where problem is null
) again where again.place > 1 and (r.file, r.line) = (again.file, again.line)
"""


def _gone(batch: Batch, statement: str, why: str, values: dict[str, Any] | None = None) -> int:
    count = batch.run("left out", statement, values)
    if count:
        batch.notes.append(f"{count:,} {'row was' if count == 1 else 'rows were'} left out: {why}.")
    return count


def _type(batch: Batch, kind: Kind, plan: _Plan, *, tells: bool = False) -> None:
    """Make `import_rows`. Naive times are the shop's own, so the session speaks its zone meanwhile."""
    asked = [kind_field for kind_field in kind.fields if kind_field.name in plan.fields]
    _note_defaults(batch, plan)
    found = evidence.find(batch, asked, plan.raw, plan.source, plan.seen)
    cutoff = batch.shop.day_starts_at_hour
    batch.run("zone", "select set_config('timezone', %(zone)s, true)", {"zone": _zone(batch.shop)})
    batch.run("zone", f"set local datestyle = 'ISO, {found.order}'")
    batch.run("type", typing_sql.statement(kind.fields, found, cutoff, source=plan.source, tells=tells))
    batch.run("zone", "set local timezone = 'UTC'")
    batch.run("zone", "set local datestyle = 'ISO, MDY'")
    batch.run("type", "drop table import_raw")
    batch.run("analyze", "analyze import_rows")


def _note_defaults(batch: Batch, plan: _Plan) -> None:
    """Say how many empty cells were filled with what."""
    for name, raw in plan.empties.items():
        (count,) = batch.one("defaults", f"select count(*) from import_raw where {raw} is null")
        if count:
            cells = "1 empty cell was" if count == 1 else f"{count:,} empty cells were"
            batch.notes.append(f"{name}: {cells} filled with “{plan.mapping.defaults[name]}”, as you said.")


def _zone(shop: Shop) -> str:
    return str(zoneinfo.ZoneInfo(shop.zone).key)
