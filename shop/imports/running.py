"""One import from files to counts, inside one transaction: all of it or nothing."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TextIO

from django.db import connection, transaction

from shop import csvout
from shop.imports import absent as absent_rows
from shop.imports import lineage, problems
from shop.imports.kinds import Counts, Kind
from shop.imports.mapping import Mapping, complete
from shop.imports.reading import Layout, Source, Table, look
from shop.imports.staging import Batch, Progress, Staged, stage
from shop.models import Branch, Import, Shop
from shop.tenancy import current_shop_id

# Rows are joined and grouped in memory up to this; above it PostgreSQL spills to disk.
_WORK_MEM = "64MB"
MOST_GROUPS = 50
# From so many new rows on, the planner is told at once; below, PostgreSQL finds out in time by itself.
_MANY = 5000


@dataclass
class Result:
    """What an import did, or would do. created + updated + unchanged + refused = rows read.

    `groups` are the refused rows by cause: {"cause", "field", "count", "values": [[value, count] ...], "lines": [...]},
    the commonest first. `absent_count` is how many rows in the shop the file does not name, `money` what the rows come
    to, where a kind knows it.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    seconds: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    reasons: list[tuple[str, int]] = field(default_factory=list)
    statements: dict[str, float] = field(default_factory=dict)
    groups: list[dict[str, Any]] = field(default_factory=list)
    absent: str = "leave"
    absent_count: int = 0
    money: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.refused


def run(
    *,
    kind: Kind,
    sources: Sequence[Source],
    mapping: Mapping,
    branch: str = "",
    layouts: Sequence[Layout] | None = None,
    imported: Import | None = None,
    absent: str = Import.Absent.LEAVE,
    progress: Progress = lambda done: None,
    refused_to: TextIO | None = None,
) -> Result:
    """Import the files into the chosen shop, in the caller's transaction or one of its own.

    `layouts` say how the files are written, else they are looked at; every row made or changed knows `imported` and its
    line, and only then can the import be taken back. `absent` says what becomes of rows the files do not name. Refused
    rows are written to `refused_to` as CSV: the file's columns, then line and reason. Running the same files again
    changes nothing. Raises ImportRefused where nothing could be imported.
    """
    return _run(kind, sources, mapping, branch, layouts, imported, absent, progress, refused_to, dry=False)


def _run(
    kind: Kind,
    sources: Sequence[Source],
    mapping: Mapping,
    branch: str,
    layouts: Sequence[Layout] | None,
    imported: Import | None,
    absent: str,
    progress: Progress,
    refused_to: TextIO | None,
    *,
    dry: bool,
) -> Result:
    started = time.perf_counter()
    absent_rows.must_be_known(kind, absent)
    files = _look_through(kind, sources, mapping, layouts)
    with transaction.atomic(), connection.cursor() as cursor:
        batch = _begin(cursor, files, progress, branch)
        batch.imported, batch.absent, batch.dry = imported, absent, dry
        lineage.begin(cursor, imported)
        rows = stage(batch, kind, files)
        _wait_for_turn(batch)
        lineage.prepare(batch)
        counts = kind.merge(batch)
        lineage.keep(batch)
        progress(0.95)
        result = _result(batch, counts, rows)
        if refused_to is not None and result.refused:
            _write_refused(cursor, files, refused_to)
        _drop_staging(batch)
        lineage.begin(cursor, None)
    result.seconds = round(time.perf_counter() - started, 3)
    return result


def check(
    *,
    kind: Kind,
    sources: Sequence[Source],
    mapping: Mapping,
    branch: str = "",
    layouts: Sequence[Layout] | None = None,
    imported: Import | None = None,
    absent: str = Import.Absent.LEAVE,
    progress: Progress = lambda done: None,
    refused_to: TextIO | None = None,
) -> Result:
    """What `run` would do and refuse: a whole import that is rolled back. Nothing is written but `refused_to`."""
    with transaction.atomic():
        result = _run(kind, sources, mapping, branch, layouts, imported, absent, progress, refused_to, dry=True)
        transaction.set_rollback(True)
    return result


def finish(kind: Kind, changed: int, imported: Import | None = None) -> None:
    """What follows the commit of an import; what it changes is the import's too. Harmless to repeat."""
    with transaction.atomic(), connection.cursor() as cursor:
        work_in_bulk(cursor)
        lineage.begin(cursor, imported)
        if changed >= _MANY:
            for table in kind.grows:
                cursor.execute("select aisle_analyze(%s)", [table])
        kind.finish()
        lineage.begin(cursor, None)


def _look_through(
    kind: Kind, sources: Sequence[Source], mapping: Mapping, layouts: Sequence[Layout] | None
) -> list[Staged]:
    known = layouts or [look(source, said=kind.said) for source in sources]
    return [
        Staged(source, layout, complete(kind, mapping, layout.header))
        for source, layout in zip(sources, known, strict=True)
    ]


def _begin(cursor: Any, files: Sequence[Staged], progress: Progress, branch: str) -> Batch:
    batch = Batch(
        shop=Shop.objects.get(pk=current_shop_id()),
        cursor=cursor,
        mapped=files[0].mapping.fields,
        progress=progress,
        default_branch=branch or _first_branch(),
    )
    work_in_bulk(cursor)
    # Checks at commit would be one long silence; at each statement they are part of its progress.
    batch.run("begin", "set constraints all immediate")
    for staged in files:
        batch.notes += [f"{staged.source.name}: {told}" for told in staged.layout.evidence]
    return batch


def work_in_bulk(cursor: Any) -> None:
    """Tell the transaction that its statements are few and large: compiling them would cost more than it saves."""
    cursor.execute(f"set local work_mem = '{_WORK_MEM}'")
    cursor.execute("set local jit = off")


def _first_branch() -> str:
    first = Branch.objects.order_by("id").first()
    return first.name if first else "main"


def _wait_for_turn(batch: Batch) -> None:
    """One merge at a time in a shop: the second sees what the first wrote. Waiting can be cancelled too."""
    while not batch.one("wait", _TRY_LOCK, {"shop": batch.shop.pk})[0]:
        batch.progress(0.45)
        time.sleep(0.5)


_TRY_LOCK = "select pg_try_advisory_xact_lock(hashtextextended('imports', %(shop)s))"


def _result(batch: Batch, counts: Counts, rows: int) -> Result:
    found = problems.groups(batch)
    refused = sum(group["count"] for group in found)
    result = Result(
        created=counts.created,
        updated=counts.updated,
        unchanged=counts.unchanged,
        refused=refused,
        facts=counts.facts,
        notes=batch.notes,
        reasons=[(group["cause"], group["count"]) for group in found[:20]],
        statements={name: round(seconds, 3) for name, seconds in batch.seconds.items()},
        groups=found[:MOST_GROUPS],
        absent=batch.absent,
        absent_count=batch.absent_count,
        money=str(counts.facts.get("amount", "")),
    )
    if result.rows != rows:
        raise AssertionError(f"{rows} rows were read, but {result.rows} are accounted for")
    return result


def _write_refused(cursor: Any, files: Sequence[Staged], out: TextIO) -> None:
    """The refused rows as they were in the files: read again, since only their lines were kept."""
    writer = csv.writer(out)
    for number, staged in enumerate(files):
        refused = _problems(number)
        wanted = next(refused, None)
        if wanted is None:
            continue
        writer.writerow([*map(csvout.safe, staged.layout.header), "line", "reason"])
        for line, row in Table(staged.source, staged.layout).rows():
            if wanted is not None and line == wanted[0]:
                width = len(staged.layout.header)
                cells = [*row, *[""] * width][: max(width, len(row))]
                writer.writerow([*map(csvout.safe_or_number, cells), line, csvout.safe(wanted[1])])
                wanted = next(refused, None)


def _drop_staging(batch: Batch) -> None:
    """The commit would do it too; a second import in one transaction needs the names."""
    batch.run(
        "clean",
        """select string_agg(relname, ', ') from pg_class
        where relnamespace = pg_my_temp_schema() and relkind = 'r' and starts_with(relname, 'import_')""",
    )
    batch.run("clean", f"drop table {batch.cursor.fetchone()[0]}")


def _problems(number: int) -> Iterator[tuple[int, str]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "select line, problem from import_rows where file = %s and problem is not null order by line", [number]
        )
        while rows := cursor.fetchmany(5000):
            yield from rows
