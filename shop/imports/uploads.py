"""Imports from the page: the upload waits in the storage, a worker imports it as a job."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, BinaryIO, cast

from django.core import signing
from django.core.files.storage import default_storage
from django.db import transaction

from shop import jobs
from shop.imports import reading, refusals, running
from shop.imports.errors import ImportRefused
from shop.imports.kinds import Kind, find_kind
from shop.imports.mapping import Mapping
from shop.imports.reading import Source
from shop.models import Job
from shop.signals import import_done
from shop.tenancy import current_shop_id

log = logging.getLogger("aisle.imports")
JOB_KIND = "import"
MOST_UPLOADED = reading.GIGABYTE
_WAITS_FOR = 24 * 3600
_SALT = "aisle.import"


def keep_upload(file: Any, *, kind: str, branch: str) -> str:
    """Store an uploaded file and return a draft: a signed word that says where it is and what it is to become.

    Raises ImportRefused for a file of another type, an empty one or one that is too large.
    """
    name = PurePath(str(file.name).replace("\\", "/")).name[-100:]
    find_kind(kind)
    if not name.lower().endswith(reading.ENDINGS):
        raise ImportRefused(f"{name} is not a CSV file. Its name must end in .csv, .tsv or .gz.")
    if file.size > MOST_UPLOADED:
        raise ImportRefused(f"{name} is larger than 1 GB. Pack it as .gz, or split it.")
    reading.look(Source(name, file.size, lambda: _uncloseable(file)), whole=False)
    file.seek(0)
    path = default_storage.save(f"imports/{current_shop_id()}/{uuid.uuid4()}/{_safe(name)}", file)
    draft = {"path": path, "name": name, "kind": kind, "branch": branch, "shop": current_shop_id()}
    return signing.dumps(draft, salt=_SALT, compress=True)


def open_draft(draft: str) -> dict[str, Any]:
    """What a draft says. Raises ImportRefused for an old, a foreign or an altered one."""
    try:
        found: dict[str, Any] = signing.loads(draft, salt=_SALT, max_age=_WAITS_FOR)
    except signing.BadSignature as error:
        raise ImportRefused("This upload is too old to go on with. Upload the file again.") from error
    if found["shop"] != current_shop_id() or not default_storage.exists(found["path"]):
        raise ImportRefused("This upload is no longer there. Upload the file again.")
    return found


def source_of(name: str, path: str) -> Source:
    """A stored file, to be read."""
    return Source(name, default_storage.size(path), lambda: cast(BinaryIO, default_storage.open(path, "rb").file))


def ask_import(*, draft: dict[str, Any], mapping: Mapping, by: str) -> Job:
    """Ask for the import of a draft. Asking twice for one upload is one job."""
    kind = find_kind(draft["kind"])
    payload = {**draft, "mapping": mapping.as_json()}
    return jobs.ask(
        kind=JOB_KIND,
        key=uuid.uuid5(uuid.NAMESPACE_URL, draft["path"]),
        payload=payload,
        title=f"{kind.title} from {draft['name']}",
        by=by,
    )


def run_import(job: Job, report: jobs.Report) -> dict[str, Any]:
    """Everything up to the result is one transaction: a worker killed before its end has done nothing, and one
    killed after it finds the result in the job and only finishes."""
    kind = find_kind(job.payload["kind"])
    if "result" not in job.step:
        _import(job, report, kind)
    result: dict[str, Any] = job.step["result"]
    running.finish(kind, result["created"] + result["updated"])
    _announce(job, kind, result)
    return result


def _announce(job: Job, kind: Kind, result: dict[str, Any]) -> None:
    """What others make of an import is not the import's failure."""
    told = {name: result[name] for name in ("created", "updated", "facts")}
    for receiver, answer in import_done.send_robust(run_import, kind=kind.name, job_id=job.pk, **told):
        if isinstance(answer, Exception):
            log.error("import not followed up", exc_info=answer, extra={"job": job.pk, "receiver": str(receiver)})


def _import(job: Job, report: jobs.Report, kind: Kind) -> None:
    with refusals.collect() as refused, transaction.atomic():
        result = running.run(
            kind=kind,
            sources=[source_of(job.payload["name"], job.payload["path"])],
            mapping=Mapping.from_json(job.payload["mapping"]),
            branch=job.payload["branch"],
            progress=_seldom(report),
            refused_to=refused.file,
        )
        told = result.as_json() | {"refused_file": refused.keep() if result.refused else ""}
        report.progress(95, 100)
        report.checkpoint(result=told)


def _seldom(report: jobs.Report) -> Callable[[float], None]:
    """Tells the job about every whole per cent, and every other second that somebody is still at work."""
    told = [-1, 0.0]

    def progress(done: float) -> None:
        now = time.monotonic()
        if int(done * 100) > told[0] or now - told[1] > 2:
            told[:] = [int(done * 100), now]
            report.progress(int(done * 100), 100)

    return progress


def _safe(name: str) -> str:
    return default_storage.get_valid_name(name)


def _uncloseable(file: Any) -> BinaryIO:
    """The upload, for a reader that closes what it opens."""
    file.seek(0)

    class Open:
        def __enter__(self) -> Any:
            return file

        def __exit__(self, *exc: object) -> None:
            return None

    return cast(BinaryIO, Open())
