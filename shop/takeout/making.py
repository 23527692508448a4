"""Makes the zip: a job, all of one moment, table by table into a file on disk and from there into the storage."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from psycopg import IsolationLevel

from shop import jobs
from shop.csvout import Cell, pieces
from shop.exports import documented
from shop.models import Download, Job, Shop
from shop.roles import Can
from shop.takeout import readme
from shop.takeout.tables import tables
from shop.tenancy import current_shop_id

WHAT = "takeout"
DAYS = 7
_TELL_EVERY = 20_000


@transaction.atomic
def ask(*, shop: Shop, by: str) -> Download:
    """Ask for the whole shop as a file. While one is being made, asking again is that one."""
    waiting = Download.objects.filter(what=WHAT, path="", removed_at=None, job__in=Job.objects.unfinished())
    if (found := waiting.first()) is not None:
        return found  # type: ignore[no-any-return]
    now = timezone.now()
    name = f"{shop.slug}-{shop.today()}.zip"
    download = Download.objects.create(
        what=WHAT, name=name, needs=Can.CHANGE_SETTINGS.name, asked_by=by, expires_at=now + dt.timedelta(days=DAYS)
    )
    key = uuid.uuid5(uuid.NAMESPACE_URL, f"aisle:takeout:{download.shop_id}:{download.pk}")
    download.job = jobs.ask(kind=WHAT, key=key, payload={"download": download.pk}, title="Your data as files", by=by)
    download.save(update_fields=["job"])
    return download  # type: ignore[no-any-return]


@jobs.job_kind(WHAT, sees=Can.CHANGE_SETTINGS)
def make(job: Job, report: jobs.Report) -> dict[str, Any]:
    """A worker killed before its end has left nothing that anybody could fetch; the next one begins again."""
    download: Download = Download.objects.get(pk=job.payload["download"])
    with tempfile.TemporaryFile(prefix="aisle-takeout-") as out:
        rows = write(out, lambda done, total: report.progress(done, total))
        size = out.tell()
        out.seek(0)
        path = default_storage.save(f"takeout/{current_shop_id()}/{uuid.uuid4()}/{download.name}", File(out))
    try:
        _ready(download, path, size)
    except BaseException:
        with suppress(OSError):
            default_storage.delete(path)
        raise
    return {"rows": rows, "size": size}


def _ready(download: Download, path: str, size: int) -> None:
    """The file is there from now on, and its days begin."""
    until = timezone.now() + dt.timedelta(days=DAYS)
    made = Download.objects.filter(pk=download.pk, removed_at=None)
    if not made.update(path=path, size=size, expires_at=until):
        raise RuntimeError(f"Download {download.pk} was removed while it was made.")


def write(out: IO[bytes], progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Write the zip of the chosen shop, as it is at one moment. Returns how many rows are in it."""
    with _one_moment(), transaction.atomic(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        found = tables()
        counts = {table.name: table.count() for table in found}
        told = _Told(progress, sum(counts.values()))
        for table in found:
            _write(packed, f"tables/{table.name}.csv", table.columns, told.counted(table.rows()))
        for name, export in documented().items():
            _write(packed, f"lists/{name}.csv", export.header, export.rows(None))
        packed.writestr("README.txt", readme.text(Shop.objects.get(pk=current_shop_id()), found, counts))
    return told.done


@contextmanager
def _one_moment() -> Iterator[None]:
    """Transactions that begin inside see the shop as it is at their start, whatever is sold meanwhile."""
    if connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    raw: Any = connection.connection
    before, raw.isolation_level = raw.isolation_level, IsolationLevel.REPEATABLE_READ
    try:
        yield
    finally:
        if not raw.closed:
            raw.isolation_level = before


def _write(packed: zipfile.ZipFile, name: str, header: Iterable[str], rows: Iterable[tuple[Cell, ...]]) -> None:
    with packed.open(name, "w", force_zip64=True) as raw, io.TextIOWrapper(raw, "utf-8", newline="") as text:
        for piece in pieces(header, rows):
            text.write(piece)


class _Told:
    """Rows as they go by, counted for the job's progress."""

    def __init__(self, progress: Callable[[int, int], None], total: int) -> None:
        self._progress, self._total = progress, max(total, 1)
        self.done = 0

    def counted(self, rows: Iterable[tuple[Cell, ...]]) -> Iterator[tuple[Cell, ...]]:
        for row in rows:
            yield row
            self.done += 1
            if self.done % _TELL_EVERY == 0:
                self._progress(self.done, max(self._total, self.done))
        self._progress(self.done, max(self._total, self.done))
