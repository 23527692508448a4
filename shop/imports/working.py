"""The three jobs of an import: read the file, check it, bring it in. A worker may be killed in each and go on."""

from __future__ import annotations

import itertools
import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from shop import jobs
from shop.errors import Refused
from shop.imports import desk, guessing, keeping, proposing, reading, refusals, running, saved
from shop.imports.errors import ImportRefused
from shop.imports.kinds import find_kind
from shop.imports.mapping import Mapping
from shop.imports.opening import Member, open_tables
from shop.imports.reading import Layout
from shop.models import Import, Job, RawFile, SavedMapping
from shop.roles import Can
from shop.signals import import_done

log = logging.getLogger("aisle.imports")
State = Import.State
_SAMPLE_ROWS = 200  # for guessing
_SHOWN_ROWS = 20
_LONGEST_CELL = 200
_SURE = 0.75  # from here on nobody else is asked how a column is meant
_BROKEN = "Something broke on our side. Nothing was half-written; try again."


@jobs.job_kind(desk.READ, sees=Can.IMPORT)
def read_import(job: Job, report: jobs.Report) -> dict[str, Any]:
    """How the file is written, what is probably in it, and which column gives what."""
    imported = _of(job)
    with _or_back(imported):
        report.progress(5, 100)
        rows = _read(imported, asks=True)
        report.progress(80, 100)
        known = _known(imported)
        if known is not None and known.layout.get("said") and not imported.layout["said"]:
            imported.layout["said"] = known.layout["said"]
            rows = _read(imported, asks=True)
        guessed = not imported.kind
        _match(imported, rows, known)
        if guessed and find_kind(imported.kind).said:
            _match(imported, _read(imported, asks=True), known)
        with transaction.atomic():
            _moved(imported, State.MATCHING, "layout", "sample", "kind", "mapping", "supplier", "problem")
            if known is not None and not imported.problem:
                imported.state = desk.check(import_id=imported.pk, by=job.asked_by).state
    return {"state": imported.state}


@jobs.job_kind(desk.CHECK, sees=Can.IMPORT)
def check_import(job: Job, report: jobs.Report) -> dict[str, Any]:
    """The whole import, tried and rolled back."""
    imported = _of(job)
    with _or_back(imported), refusals.collect() as refused:
        result = _run(running.check, imported, report, refused.file)
        before = imported.checked.get("refused_file", "")
        imported.checked = result.as_json() | {"refused_file": refused.keep() if result.refused else ""}
        _moved(imported, State.READY, "checked")
        keeping.forget(before)
    return {"state": imported.state}


@jobs.job_kind(desk.IMPORT, sees=Can.IMPORT)
def run_import(job: Job, report: jobs.Report) -> dict[str, Any]:
    """Everything up to the result is one transaction: a worker killed before its end has done nothing, and one
    killed after it finds the result in the job and only finishes."""
    imported = _of(job)
    with _or_back(imported):
        if "result" not in job.step:
            if not imported.sample:
                _read(imported, asks=False)
                imported.save(update_fields=["layout", "sample"])
            _import(imported, report)
    kind = find_kind(imported.kind)
    result: dict[str, Any] = job.step["result"]
    running.finish(kind, result["created"] + result["updated"], imported)
    _announce(job, imported, result)
    return result


def _import(imported: Import, report: jobs.Report) -> None:
    with refusals.collect() as refused, transaction.atomic():
        result = _run(running.run, imported, report, refused.file)
        told = result.as_json() | {"refused_file": refused.keep() if result.refused else ""}
        report.progress(95, 100)
        keeping.keep_longer(imported.file)
        if imported.feed_id is None:
            _remember(imported)
        imported.result, imported.imported_at = told, timezone.now()
        _moved(imported, State.DONE, "result", "imported_at")
        report.checkpoint(result=told)


def _run(do: Callable[..., running.Result], imported: Import, report: jobs.Report, refused_to: Any) -> running.Result:
    layout = Layout.from_json(imported.layout)
    with _tables(imported.file) as tables:
        return do(
            kind=find_kind(imported.kind),
            sources=[_chosen(tables, layout.member).source],
            layouts=[layout],
            mapping=Mapping.from_json(imported.mapping),
            branch=imported.branch,
            imported=imported,
            absent=imported.absent,
            progress=_seldom(report),
            refused_to=refused_to,
        )


def _read(imported: Import, *, asks: bool) -> list[list[str]]:
    """Fill in layout and sample, and answer the first rows. Every byte is read once: its letters are no guess.

    Where only a person can tell the column names, `asks` leaves that as the import's problem; else it is refused.
    """
    said = imported.layout.get("said", {})
    usual = find_kind(imported.kind).said if imported.kind else {}
    with _tables(imported.file) as tables:
        table = _chosen(tables, said.get("member", ""))
        try:
            layout = reading.look(table.source, said={**table.said, **usual, **said})
        except reading.Unsure as doubt:
            if not asks:
                raise
            layout, imported.problem = doubt.layout, doubt.sentence
        layout = replace(layout, member=table.name)
        first = list(itertools.islice(reading.Table(table.source, layout).rows(), _SAMPLE_ROWS))
    rows = [row for _, row in first]
    imported.layout = layout.as_json() | {"said": said}
    imported.sample = {
        "header": list(layout.header),
        "lines": [line for line, _ in first[:_SHOWN_ROWS]],
        "rows": [[cell[:_LONGEST_CELL] for cell in row] for row in rows[:_SHOWN_ROWS]],
        "tables": [{"name": table.name, "evidence": list(table.evidence)} for table in tables],
    }
    return rows


@contextmanager
def _tables(file: RawFile) -> Iterator[list[Member]]:
    """The tables in a file: one, or several of a workbook or an archive. They are there as long as this is open."""
    with tempfile.TemporaryDirectory(prefix="aisle-import-") as folder:
        yield open_tables(keeping.source_of(file), Path(folder))


def _chosen(tables: Sequence[Member], name: str) -> Member:
    """The only table, else the one that was asked for, else the largest: the others mostly explain it."""
    if len(tables) == 1:
        return tables[0]
    for table in tables:
        if table.name == name:
            return table
    if name:
        raise ImportRefused(f"“{name}” is not in this file. In it: {', '.join(table.name for table in tables[:9])}.")
    return max(tables, key=lambda table: table.source.size)


def _known(imported: Import) -> SavedMapping | None:
    """How files with these columns were read before."""
    fingerprint = Layout.from_json(imported.layout).fingerprint
    if imported.kind:
        return saved.find(imported.kind, fingerprint, imported.supplier)
    return saved.find_any(fingerprint, imported.supplier)


def _match(imported: Import, rows: list[list[str]], known: SavedMapping | None) -> None:
    """Fill in kind and mapping: as they were before, else as names and values suggest."""
    layout = Layout.from_json(imported.layout)
    if known is not None:
        imported.kind, imported.supplier = known.kind, known.supplier or imported.supplier
        imported.mapping = saved.use(known).as_json()
        return
    likely = guessing.kind_of(layout, rows)
    imported.kind = imported.kind or likely[0][0]
    guess = guessing.guess(find_kind(imported.kind), layout, rows)
    imported.mapping = _with_supplier(imported, guess.mapping).as_json()
    imported.sample |= {
        "kinds": [[name, round(sure, 3)] for name, sure in likely],
        "guess": {"columns": imported.mapping["columns"], "confidence": guess.confidence, "why": guess.why},
    }
    if _is_unsure(imported, guess.confidence) and proposing.offered():
        proposal = proposing.propose(imported)
        imported.sample |= {"proposal": proposal.as_json()} if proposal.changes else {}


def _with_supplier(imported: Import, mapping: Mapping) -> Mapping:
    """Whose list it is was said at the upload: it holds for every row that no column gives one."""
    wanted = any(field.name == "supplier" and field.required for field in find_kind(imported.kind).fields)
    if not wanted or not imported.supplier or "supplier" in mapping.fields:
        return mapping
    return replace(mapping, constants={**mapping.constants, "supplier": imported.supplier})


def _is_unsure(imported: Import, confidence: dict[str, float]) -> bool:
    """Whether our own rules leave something open: a needed field without a column, or a match that may be wrong."""
    given = Mapping.from_json(imported.mapping).fields
    needed = {field.name for field in find_kind(imported.kind).fields if field.required}
    return bool(needed - given) or min(confidence.values(), default=0.0) < _SURE


def _remember(imported: Import) -> None:
    """Files with these columns are read so from now on."""
    layout = Layout.from_json(imported.layout)
    known = saved.remember(
        kind=find_kind(imported.kind), layout=layout, mapping=Mapping.from_json(imported.mapping),
        supplier=imported.supplier, proposed_by=imported.sample.get("proposed_by", "a person"),
    )  # fmt: skip
    SavedMapping.objects.filter(pk=known.pk).update(layout=layout.as_json() | {"said": imported.layout["said"]})


@contextmanager
def _or_back(imported: Import) -> Iterator[None]:
    """Where the work ends without a result, the import goes back a step and says why."""
    try:
        yield
    except (jobs.LeaseLost, jobs.Cancelled) as end:
        if isinstance(end, jobs.Cancelled):
            _fall_back(imported, "")
        raise
    except Exception as error:
        _fall_back(imported, error.sentence if isinstance(error, Refused) else _BROKEN)
        raise


def _fall_back(imported: Import, problem: str) -> None:
    imported.problem = problem
    _moved(imported, desk.back_from(imported), "problem", "layout", "sample")


def _moved(imported: Import, state: str, *fields: str) -> None:
    imported.state = state
    imported.save(update_fields=["state", *fields])


def _of(job: Job) -> Import:
    found: Import = Import.objects.select_related("file").get(pk=job.payload["import"])
    return found


def _announce(job: Job, imported: Import, result: dict[str, Any]) -> None:
    """What others make of an import is not the import's failure."""
    told = {name: result[name] for name in ("created", "updated", "facts")}
    answers = import_done.send_robust(run_import, kind=imported.kind, job_id=job.pk, import_id=imported.pk, **told)
    for receiver, answer in answers:
        if isinstance(answer, Exception):
            log.error("import not followed up", exc_info=answer, extra={"job": job.pk, "receiver": str(receiver)})


def _seldom(report: jobs.Report) -> Callable[[float], None]:
    """Tells the job about every whole per cent, and every other second that somebody is still at work."""
    told = [-1, 0.0]

    def progress(done: float) -> None:
        now = time.monotonic()
        if int(done * 100) > told[0] or now - told[1] > 2:
            told[:] = [int(done * 100), now]
            report.progress(int(done * 100), 100)

    return progress
