"""The three jobs of an import: read the file, check it, bring it in. A worker may be killed in each and go on."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from shop import jobs
from shop.imports import desk, keeping, mapping, reading, refusals, running, uploads
from shop.imports.errors import ImportRefused
from shop.imports.kinds import Kind, every_kind, find_kind
from shop.imports.mapping import Mapping
from shop.imports.reading import Source
from shop.models import Import, Job
from shop.roles import Can
from shop.signals import import_done

log = logging.getLogger("aisle.imports")
State = Import.State
_SHOWN_ROWS = 20
_LONGEST_CELL = 200
_BROKEN = "Something broke on our side. Nothing was half-written; try again."


@jobs.job_kind(desk.READ, sees=Can.IMPORT)
def read_import(job: Job, report: jobs.Report) -> dict[str, Any]:
    """How the file is written, what is probably in it, and which column gives what."""
    imported = _of(job)
    with _or_back(imported):
        report.progress(5, 100)
        _read(imported)
        imported.kind = imported.kind or _likely_kind(imported)
        imported.mapping = mapping.guess(find_kind(imported.kind), imported.layout["header"]).as_json()
        _moved(imported, State.MATCHING, "layout", "sample", "kind", "mapping")
    return {"state": imported.state}


@jobs.job_kind(desk.CHECK, sees=Can.IMPORT)
def check_import(job: Job, report: jobs.Report) -> dict[str, Any]:
    """The whole import, tried and rolled back."""
    imported = _of(job)
    with _or_back(imported), refusals.collect() as refused:
        with transaction.atomic():
            result = _run(imported, report, refused.file)
            transaction.set_rollback(True)
        imported.checked = result.as_json() | {"refused_file": refused.keep() if result.refused else ""}
        _moved(imported, State.READY, "checked")
    return {"state": imported.state}


@jobs.job_kind(desk.IMPORT, sees=Can.IMPORT)
def run_import(job: Job, report: jobs.Report) -> dict[str, Any]:
    """Everything up to the result is one transaction: a worker killed before its end has done nothing, and one
    killed after it finds the result in the job and only finishes."""
    if "import" not in job.payload:
        return uploads.run_import(job, report)
    imported = _of(job)
    with _or_back(imported):
        if "result" not in job.step:
            if not imported.sample:
                _read(imported)
                imported.save(update_fields=["layout", "sample"])
            _import(imported, report)
    kind = find_kind(imported.kind)
    result: dict[str, Any] = job.step["result"]
    running.finish(kind, result["created"] + result["updated"])
    _announce(job, imported, result)
    return result


def _import(imported: Import, report: jobs.Report) -> None:
    with refusals.collect() as refused, transaction.atomic():
        result = _run(imported, report, refused.file)
        told = result.as_json() | {"refused_file": refused.keep() if result.refused else ""}
        report.progress(95, 100)
        keeping.keep_longer(imported.file)
        imported.result, imported.imported_at = told, timezone.now()
        _moved(imported, State.DONE, "result", "imported_at")
        report.checkpoint(result=told)


def _run(imported: Import, report: jobs.Report, refused_to: Any) -> running.Result:
    with _table(imported) as source:
        return running.run(
            kind=find_kind(imported.kind),
            sources=[source],
            mapping=Mapping.from_json(imported.mapping),
            branch=imported.branch,
            progress=_seldom(report),
            refused_to=refused_to,
        )


def _read(imported: Import) -> None:
    """Fill in layout and sample. Every byte is read once, so that its letters are no guess."""
    said = imported.layout.get("said", {})
    with _table(imported) as source:
        layout = reading.look(source)
        rows = reading.sample(source, layout, _SHOWN_ROWS)
    imported.layout = {
        "encoding": layout.encoding, "delimiter": layout.delimiter, "header": list(layout.header), "said": said,
    }  # fmt: skip
    imported.sample = {"header": list(layout.header), "rows": [[cell[:_LONGEST_CELL] for cell in row] for row in rows]}


@contextmanager
def _table(imported: Import) -> Iterator[Source]:
    """The one table of the file that is imported."""
    with tempfile.TemporaryDirectory(prefix="aisle-import-") as folder:
        assert Path(folder).is_dir()
        yield keeping.source_of(imported.file)


def _likely_kind(imported: Import) -> str:
    """The kind whose needed fields are all found by name, and most others."""
    header = imported.layout["header"]

    def score(kind: Kind) -> tuple[bool, int]:
        fields = mapping.guess(kind, header).fields
        return all(field.name in fields for field in kind.fields if field.required), len(fields)

    return max(every_kind(), key=score).name


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
        _fall_back(imported, error.sentence if isinstance(error, ImportRefused) else _BROKEN)
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
