"""The import desk: what people and feeds ask of a file on its way in. Each call is one step of an `Import`.

The steps that read the file are jobs (`shop.imports.working`); here their rows are written and the jobs asked for.
An import is locked while its state moves on, so that pressing twice, or two people pressing at once, is one step.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from shop import jobs
from shop.imports import undo as taking_back
from shop.imports.errors import ImportRefused
from shop.imports.keeping import keep, source_of
from shop.imports.kinds import find_kind
from shop.imports.mapping import Mapping
from shop.imports.proposing import Proposal
from shop.models import Feed, Import, Job, RawFile, SavedMapping

__all__ = [
    "CHECK", "IMPORT", "READ", "answer_proposal", "begin", "cancel", "change",
    "check", "choose_absent", "drop", "go", "keep", "reread", "run_saved",
    "settle", "source_of", "undo", "undo_until",
]  # fmt: skip
READ, CHECK, IMPORT = "read_import", "check_import", "import"
State = Import.State
UNDO_DAYS = 30
_OPEN = (State.MATCHING, State.READY)
_AT_WORK = (State.READING, State.CHECKING, State.IMPORTING)


@transaction.atomic
def begin(
    *,
    file: RawFile,
    kind: str = "",
    branch: str = "",
    supplier: str = "",
    by: str,
    feed: Feed | None = None,
    said: dict[str, Any] | None = None,
) -> Import:
    """A new import of a kept file; a worker reads it. Without a kind the worker guesses it."""
    if kind:
        find_kind(kind)
    imported: Import = Import.objects.create(
        shop_id=file.shop_id, file=file, kind=kind, branch=branch, supplier=supplier, feed=feed, asked_by=by,
        layout={"said": said or {}},
    )  # fmt: skip
    _ask(imported, READ, State.READING, by)
    return imported


@transaction.atomic
def run_saved(*, file: RawFile, saved_mapping: SavedMapping, branch: str = "", by: str, feed: Feed | None) -> Import:
    """Import a kept file as a saved mapping says, without anybody looking at it."""
    imported: Import = Import.objects.create(
        shop_id=file.shop_id, file=file, kind=find_kind(saved_mapping.kind).name, branch=branch,
        supplier=saved_mapping.supplier, feed=feed, asked_by=by, mapping=saved_mapping.mapping,
        layout={"said": saved_mapping.layout.get("said", {})},
    )  # fmt: skip
    _ask(imported, IMPORT, State.IMPORTING, by)
    return imported


@transaction.atomic
def reread(*, import_id: int, by: str, kind: str | None = None, **said: Any) -> Import:
    """Read the file anew, with what a person says of it (encoding, member, header row); None takes a word back."""
    imported = _locked(import_id)
    if imported.state not in (*_OPEN, State.REFUSED):
        raise _too_late(imported)
    words = {**imported.layout.get("said", {}), **said}
    imported.layout = {"said": {name: value for name, value in words.items() if value is not None}}
    imported.kind = imported.kind if kind is None else kind and find_kind(kind).name
    imported.mapping, imported.checked, imported.sample = {}, {}, {}
    _ask(imported, READ, State.READING, by)
    return imported


@transaction.atomic
def change(
    *,
    import_id: int,
    mapping: Mapping | None = None,
    branch: str | None = None,
    supplier: str | None = None,
    absent: str | None = None,
) -> Import:
    """Keep what a person decided about the columns and rows. What was checked before counts no longer."""
    imported = _locked(import_id)
    if imported.state not in _OPEN:
        raise _too_late(imported)
    if mapping is not None:
        imported.mapping = mapping.as_json()
    imported.branch = imported.branch if branch is None else branch
    imported.supplier = imported.supplier if supplier is None else supplier
    imported.absent = imported.absent if absent is None else absent
    imported.state, imported.problem = State.MATCHING, ""
    imported.save()
    return imported


@transaction.atomic
def check(*, import_id: int, by: str) -> Import:
    """Have a worker try the import and take it back: what would come of it is in `checked` afterwards."""
    imported = _locked(import_id)
    if imported.state in _OPEN:
        _ask(imported, CHECK, State.CHECKING, by)
    elif imported.state != State.CHECKING:
        raise _too_late(imported)
    return imported


@transaction.atomic
def go(*, import_id: int, by: str) -> Import:
    """Have a worker import what was checked. Asking twice is one import."""
    imported = _locked(import_id)
    if imported.state == State.READY:
        _ask(imported, IMPORT, State.IMPORTING, by)
    elif imported.state not in (State.IMPORTING, State.DONE):
        raise _too_late(imported)
    return imported


@transaction.atomic
def choose_absent(*, import_id: int, absent: str) -> Import:
    """What becomes of rows in the shop that a checked file does not name. Their count was told by the check."""
    imported = _locked(import_id)
    known = find_kind(imported.kind).absent
    if absent not in (Import.Absent.LEAVE, *known):
        raise ImportRefused("That cannot be done with rows the file does not name. Choose one of those offered.")
    if imported.state == State.READY:
        imported.absent = absent
        imported.save(update_fields=["absent"])
    return imported


@transaction.atomic
def answer_proposal(*, import_id: int, take: bool) -> Import:
    """Take over what was proposed for the columns, or leave it; either way it is asked no more."""
    imported = _locked(import_id)
    if imported.state != State.MATCHING or "proposal" not in imported.sample:
        raise ImportRefused("There is no proposal for these columns any more.")
    proposal = Proposal.from_json(imported.sample.pop("proposal"))
    if take:
        imported.mapping = proposal.mapping.as_json()
        imported.sample["proposed_by"] = proposal.by
    imported.save(update_fields=["mapping", "sample"])
    return imported


def undo_until(imported: Import) -> dt.date | None:
    """The last day on which an import can be taken back; None where it is over or was never in."""
    if imported.state != State.DONE or imported.imported_at is None:
        return None
    last: dt.date = (imported.imported_at + dt.timedelta(days=UNDO_DAYS)).date()
    return last if last >= timezone.now().date() else None


@transaction.atomic
def undo(*, import_id: int, by: str) -> Job:
    """Have a worker take an import back. Raises ImportRefused when it is too late for that."""
    imported = _locked(import_id)
    if imported.state == State.DONE and undo_until(imported) is None:
        raise ImportRefused(f"An import can be taken back for {UNDO_DAYS} days. This one is older.")
    return taking_back.ask(imported=imported, by=by)


@transaction.atomic
def cancel(*, import_id: int) -> Import:
    """Stop the work on an import: it goes back to the step before, and nothing of it counts."""
    imported = _locked(import_id)
    if imported.state in (*_AT_WORK, State.UNDOING) and imported.job is not None:
        jobs.cancel(job_id=imported.job.pk)
        imported = settle(import_id)
    return imported


@transaction.atomic
def drop(*, import_id: int) -> Import:
    """An import that nobody wants any more. What is in the books is undone instead."""
    imported = _locked(import_id)
    if imported.state not in (*_OPEN, State.REFUSED):
        raise _too_late(imported)
    imported.state = State.DROPPED
    imported.save()
    return imported


@transaction.atomic
def settle(import_id: int) -> Import:
    """The import as it is, put back a step where its job ended without bringing it on (cancelled, or given up)."""
    imported = _locked(import_id)
    job: Job | None = imported.job
    if imported.state in _AT_WORK and job is not None and job.status in (Job.Status.CANCELLED, Job.Status.FAILED):
        imported.problem = job.error
        imported.state = back_from(imported)
        imported.save()
    elif (
        imported.state == State.UNDOING and job is not None and job.status in (Job.Status.CANCELLED, Job.Status.FAILED)
    ):
        imported.state, imported.problem = State.DONE, job.error
        imported.save()
    return imported


def back_from(imported: Import) -> str:
    """The state an import falls back to when the work on it ends without a result."""
    if imported.state == State.READING:
        return State.REFUSED if imported.problem else State.DROPPED
    if imported.state == State.IMPORTING and imported.checked and not imported.problem:
        return State.READY
    return State.MATCHING if imported.sample else State.REFUSED


def _ask(imported: Import, kind: str, state: str, by: str) -> None:
    """The job's key follows from the import, the step and the job before: one step asks for one job."""
    imported.state, imported.problem = state, ""
    key = uuid.uuid5(uuid.NAMESPACE_URL, f"aisle:import:{imported.pk}:{kind}:{imported.job_id or 0}")
    imported.job = jobs.ask(kind=kind, key=key, payload={"import": imported.pk}, title=_title(imported, kind), by=by)
    imported.save()


def _title(imported: Import, kind: str) -> str:
    if kind == READ:
        return f"Reading {imported.file.name}"
    title = f"{find_kind(imported.kind).title} from {imported.file.name}"
    return title if kind == IMPORT else f"Check of {title}"


def _locked(import_id: int) -> Import:
    found: Import = (
        # Its key stays free: rows that a running import writes point at it.
        Import.objects.select_for_update(of=("self",), no_key=True).select_related("file", "job").get(pk=import_id)
    )
    return found


def _too_late(imported: Import) -> ImportRefused:
    return ImportRefused(f"This import is already further: {imported.get_state_display().lower()}.")
