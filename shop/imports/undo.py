"""Taking an import back: what it made goes, what it changed is put back; what was changed since stays and is named.

One transaction, so a worker killed in it has changed nothing, and one killed after it only finishes. Rows are undone by
their history (`undo_rows`); what has none, sales and stock, by their kind. The ledger and receipts are never deleted:
they are countered and voided.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from shop import jobs
from shop.formats import number
from shop.imports import running, undo_rows
from shop.imports.errors import ImportRefused
from shop.imports.kinds import find_kind
from shop.imports.undo_rows import Undoing
from shop.models import Import, Job
from shop.roles import Can

JOB_KIND = "undo_import"
MOST_NAMED, MOST_KEPT = 20, 200
State = Import.State


@dataclass(frozen=True)
class Kept:
    """A row that stays as it is, and why."""

    what: str
    name: str
    why: str


@dataclass(frozen=True)
class UndoPlan:
    """What taking an import back does: counts by what it is in words, and what it keeps (some of it by name).

    `sentences` say all of it to a person.
    """

    removed: list[tuple[str, int]] = field(default_factory=list)
    restored: list[tuple[str, int]] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    kept_count: int = 0
    sentences: list[str] = field(default_factory=list)


def plan(imported: Import) -> UndoPlan:
    """What taking this import back would do now. Changes nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        found = _work_out(Undoing(imported, cursor, dry=True), MOST_NAMED)
        transaction.set_rollback(True)
    return found


@transaction.atomic
def ask(*, imported: Import, by: str) -> Job:
    """Ask for an import to be taken back. Asking twice is one job. Raises ImportRefused for one not in the books."""
    mine: Import = Import.objects.select_for_update(of=("self",)).select_related("job").get(pk=imported.pk)
    last: Job | None = mine.job
    if mine.state in (State.UNDOING, State.UNDONE) and last and last.kind == JOB_KIND and not _gave_up(last):
        return last
    if mine.state not in (State.DONE, State.UNDOING):
        raise ImportRefused("Only an import that is in the books can be taken back.")
    job = jobs.ask(
        kind=JOB_KIND,
        key=uuid.uuid5(uuid.NAMESPACE_URL, f"aisle:undo:{mine.shop_id}:{mine.pk}:{last.pk if last else 0}"),
        payload={"import": mine.pk},
        title=f"Import {mine.pk} taken back",
        by=by,
    )
    mine.state, mine.job, mine.problem = State.UNDOING, job, ""
    mine.save(update_fields=["state", "job", "problem"])
    return job


def _gave_up(job: Job) -> bool:
    return job.status in (Job.Status.FAILED, Job.Status.CANCELLED)


@jobs.job_kind(JOB_KIND, sees=Can.IMPORT)
def undo_import(job: Job, report: jobs.Report) -> dict[str, Any]:
    """Everything up to the result is one transaction; after it there is only what follows, harmless to repeat."""
    imported: Import = Import.objects.get(pk=job.payload["import"])
    if "result" not in job.step:
        with _or_back_in_the_books(imported):
            take_back(imported, by=job.asked_by, progress=_percent(report), last=report.checkpoint)
    running.finish(find_kind(imported.kind), 0)
    return dict(job.step["result"])


def take_back(
    imported: Import,
    *,
    by: str,
    progress: Callable[[float], None] = lambda done: None,
    last: Callable[..., None] = lambda **step: None,
) -> UndoPlan:
    """Take an import back, now and whole. Taken back before, it stays so. `last` is told the result before the commit.

    What follows the commit of an import of this kind follows here too: `running.finish`.
    """
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        _wait_for_turn(cursor, imported, progress)
        mine: Import = Import.objects.get(pk=imported.pk)  # not locked: whoever cancels moves its state on
        if mine.state == State.UNDONE:
            last(result=mine.undo_result)
            return UndoPlan()
        running.work_in_bulk(cursor)
        done = _work_out(Undoing(mine, cursor, progress=progress), MOST_KEPT)
        progress(0.95)
        mine.undo_result = asdict(done) | {"seconds": round(time.perf_counter() - started, 3)}
        mine.state, mine.undone_at, mine.undone_by = State.UNDONE, timezone.now(), by
        mine.save(update_fields=["state", "undone_at", "undone_by", "undo_result"])
        last(result=mine.undo_result)
    return done


def _work_out(undoing: Undoing, most_kept: int) -> UndoPlan:
    """The kind's own undo first: what it takes back holds nothing any more."""
    undo_rows.gather(undoing)
    undoing.progress(0.05)
    if own := find_kind(undoing.imported.kind).undo:
        own(undoing)
    undoing.progress(0.5)
    undo_rows.decide(undoing)
    undo_rows.tell(undoing, most_kept)
    undoing.progress(0.6)
    if not undoing.dry:
        undo_rows.remove(undoing)
        undoing.run(_FORGET_LINES)
    undo_rows.drop(undoing)
    kept = [Kept(*one) for one in undoing.kept]
    return UndoPlan(undoing.removed, undoing.restored, kept, undoing.kept_count, _sentences(undoing))


# Where rows came from is of no use once they are gone.
_FORGET_LINES = """
delete from shop_importedrow i using undo_rows u
where i.imported_id = %(import)s and i."table" = u.table_name and i.row_id = u.row_id and u.state = 'remove'
"""


def _sentences(undoing: Undoing) -> list[str]:
    done = not undoing.dry
    found = []
    if undoing.removed:
        found.append(f"{_listed(undoing.removed)} {'went' if done else 'will go'}.")
    if undoing.restored:
        found.append(f"{_listed(undoing.restored)} {'were' if done else 'will be'} put back as they were before.")
    if undoing.kept_count:
        names = ", ".join(f"{name} ({why})" for _, name, why in undoing.kept[:3])
        more = f", and {number(undoing.kept_count - 3)} more" if undoing.kept_count > 3 else ""
        found.append(f"{number(undoing.kept_count)} {'stayed' if done else 'will stay'} as they are: {names}{more}.")
    return found or ["Nothing of it is left to take back."]


def _listed(counts: list[tuple[str, int]]) -> str:
    words = [f"{number(count)} {what}" for what, count in counts]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _wait_for_turn(cursor: Any, imported: Import, progress: Callable[[float], None]) -> None:
    """Imports and undoings of a shop are one after the other."""
    while True:
        cursor.execute("select pg_try_advisory_xact_lock(hashtextextended('imports', %s))", [imported.shop_id])
        if cursor.fetchone()[0]:
            return
        progress(0.01)
        time.sleep(0.5)


@contextmanager
def _or_back_in_the_books(imported: Import) -> Iterator[None]:
    """Where the work ends without a result, the import is in the books as before; a killed worker's goes on."""
    try:
        yield
    except jobs.LeaseLost:
        raise
    except Exception:
        Import.objects.filter(pk=imported.pk, state=State.UNDOING).update(state=State.DONE)
        raise


def _percent(report: jobs.Report) -> Callable[[float], None]:
    return lambda done: report.progress(int(done * 100), 100)
