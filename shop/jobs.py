"""Jobs: asked for as a row, hinted to Celery, held by a lease, resumed after a killed worker.

A kind is one function `run(job, report)`, registered by `job_kind`. It may be started again from its
last `report.checkpoint(...)`; it must be harmless to repeat from there.

Fair between shops: of one kind a shop runs AISLE_JOBS_PER_SHOP at once, and only so many of its jobs are hinted. The
others wait in the table; each that ends hints the next, behind what other shops asked for meanwhile. See docs/jobs.md.
"""

from __future__ import annotations

import contextvars
import datetime as dt
import logging
import math
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import Error, connection, connections, transaction
from django.db.models import F, Q
from django.utils import timezone

from shop import live
from shop.errors import Refused
from shop.models import Job
from shop.roles import Can
from shop.tenancy import acting, current_shop_id, use_shop

log = logging.getLogger("aisle.jobs")
LEASE = dt.timedelta(seconds=60)
HEARTBEAT = dt.timedelta(seconds=15)
MOST_ATTEMPTS = 5
LEAST_TOLD = 3  # seconds of work, before which nobody can tell how long it takes
HINT_LASTS = 300  # seconds: while every worker is busy the sweeper's hints must not pile up
RUN_JOB = "shop.tasks.run_job"  # by name: tasks stand above jobs

Run = Callable[["Job", "Report"], dict[str, Any]]


@dataclass(frozen=True)
class Kind:
    """What runs jobs of a kind, and what a member needs to watch one."""

    run: Run
    sees: Can


_kinds: dict[str, Kind] = {}


class Cancelled(Exception):
    """Raised inside a running job when somebody asked it to stop."""


class LeaseLost(Exception):
    """Raised inside a running job whose lease another worker has taken."""


def job_kind(name: str, *, sees: Can = Can.CHANGE_SETTINGS) -> Callable[[Run], Run]:
    """Register the function that runs jobs of this kind; it returns the job's result as JSON values.

    Members who may `sees` may watch its progress.
    """

    def register(run: Run) -> Run:
        _kinds[name] = Kind(run, sees)
        return run

    return register


def kind_of(job: Job) -> Kind | None:
    """The kind of a job; None where nothing registers it any more."""
    return _kinds.get(job.kind)


def ask(
    *, kind: str, payload: dict[str, Any], title: str, by: str, key: uuid.UUID | None = None, hint: bool = True
) -> Job:
    """Ask for work: the same kind and key is the same job, so asking twice is harmless.

    The hint leaves after commit, unless as many of the kind as the shop may run are ahead; where the broker is down
    the sweeper finds the row.
    """
    job, created = Job.objects.get_or_create(
        kind=kind,
        key=key or uuid.uuid4(),
        defaults={"payload": payload, "title": title, "asked_by": by, "shop_id": current_shop_id()},
    )
    if created and hint:
        transaction.on_commit(lambda: _hint_in_turn(job))
    return job  # type: ignore[no-any-return]


def _hint_in_turn(job: Job) -> None:
    """After the commit, so that a job which ends meanwhile finds this one, or is no longer found here."""
    with use_shop(job.shop_id):
        ahead = Job.objects.unfinished().filter(kind=job.kind, pk__lt=job.pk)
        if ahead.count() < settings.JOBS_PER_SHOP:
            send_hint(job.shop_id, job.pk)


def _hint_next(shop_id: int, kind: str) -> None:
    """Hint the shop's oldest waiting job of the kind, if the shop may run one more."""
    with use_shop(shop_id):
        jobs = Job.objects.filter(kind=kind)
        waiting = jobs.filter(status=Job.Status.QUEUED).order_by("id").values_list("id", flat=True).first()
        if waiting is not None and jobs.held().count() < settings.JOBS_PER_SHOP:
            send_hint(shop_id, waiting)


def send_hint(shop_id: int, job_id: int) -> None:
    """Tell a worker to look at a job. A broker that is away is logged, never raised: the sweeper hints again."""
    try:
        ids = {"shop_id": shop_id, "job_id": job_id}
        current_app.send_task(RUN_JOB, kwargs=ids, retry=False, expires=HINT_LASTS)
    except Exception as error:
        log.warning("hint not sent", extra={"job": job_id, "why": str(error)})


def cancel(*, job_id: int) -> Job:
    """Ask a job to stop: one that waits stops now, one that runs stops at its next report."""
    now = timezone.now()
    waited = Job.objects.filter(pk=job_id, status=Job.Status.QUEUED).update(
        status=Job.Status.CANCELLED, cancel_asked_at=now, ended_at=now
    )
    Job.objects.filter(pk=job_id, status=Job.Status.RUNNING, cancel_asked_at=None).update(cancel_asked_at=now)
    job: Job = Job.objects.get(pk=job_id)
    if waited:
        transaction.on_commit(lambda: _after_its_end(job))
    return job


def time_left(job: Job) -> str:
    """How long a running job may still take, by what it did so far: “40 s left”, or nothing while none can tell."""
    if job.started_at is None or job.attempts > 1 or not job.total or job.progress * 20 < job.total:
        return ""
    took = (timezone.now() - job.started_at).total_seconds()
    left = took * (job.total - job.progress) / job.progress
    if took < LEAST_TOLD or left <= 0:
        return ""
    return f"{math.ceil(left / 5) * 5} s left" if left < 90 else f"{round(left / 60)} min left"


class Report:
    """A running job's voice: progress and cancellation over a connection of its own, so that what it says
    is seen at once while the job's own transaction is still open. Until it is closed a thread keeps the lease:
    one statement over a large file may take longer than a lease, and says nothing meanwhile."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._side = connections.create_connection("default")
        self._closed = threading.Event()
        keep = contextvars.copy_context().run  # the thread works for the same shop
        self._heart = threading.Thread(target=keep, args=(self._keep_lease,), daemon=True)
        self._heart.start()

    def progress(self, done: int, total: int) -> None:
        """Show progress and keep the lease. Raises Cancelled or LeaseLost where the job must stop."""
        with self._side.cursor() as cursor:
            cursor.execute(
                "update shop_job set progress = %s, total = %s, lease_until = %s"
                " where shop_id = %s and id = %s and status = 'running' and attempts = %s returning cancel_asked_at",
                [done, total, timezone.now() + LEASE, self._job.shop_id, self._job.pk, self._job.attempts],
            )
            row = cursor.fetchone()
        if row is None:
            raise LeaseLost(f"Job {self._job.pk} is held by another worker.")
        if row[0] is not None:
            raise Cancelled
        live.tell_progress(self._job.shop_id, self._job.pk, done, total)

    def checkpoint(self, **step: Any) -> None:
        """Remember where to resume, in the caller's transaction: its last call before the commit, since it
        locks the row that `progress` writes. Raises LeaseLost where another worker has the job."""
        self._job.step = {**self._job.step, **step}
        if not Job.objects.filter(pk=self._job.pk, attempts=self._job.attempts).update(step=self._job.step):
            raise LeaseLost(f"Job {self._job.pk} is held by another worker.")

    def close(self) -> None:
        self._closed.set()
        self._heart.join()
        self._side.close()

    def _keep_lease(self) -> None:
        mine = Job.objects.filter(pk=self._job.pk, status=Job.Status.RUNNING, attempts=self._job.attempts)
        while not self._closed.wait(HEARTBEAT.total_seconds()):
            try:
                mine.update(lease_until=timezone.now() + LEASE)
            except Error:
                log.warning("lease not kept", exc_info=True, extra={"job": self._job.pk})
            finally:
                connection.close()


def take(job_id: int) -> Job | None:
    """Take a job's lease: None where it is held, ended or gone, or the shop already runs as many of its kind as it may.

    One worker wins, and a shop's takings of a kind are one after the other, so that no two of them count the same room.
    """
    with transaction.atomic():
        now = timezone.now()
        free = Q(status=Job.Status.QUEUED) | Q(status=Job.Status.RUNNING, lease_until__lt=now)
        job: Job | None = Job.objects.filter(free, pk=job_id).first()
        if job is None:
            return None
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, %s))", [f"take {job.kind}", job.shop_id])
        if Job.objects.held().filter(kind=job.kind).exclude(pk=job_id).count() >= settings.JOBS_PER_SHOP:
            return None
        won = Job.objects.filter(free, pk=job_id).update(
            status=Job.Status.RUNNING, lease_until=now + LEASE, attempts=F("attempts") + 1, started_at=now
        )
        job = Job.objects.get(pk=job_id) if won else None
    if job is not None:
        live.tell_status(job.shop_id, job.pk, job.status)
    return job


def run(job_id: int) -> None:
    """Run one job to its end in this process. A refusal or a bug fails it with a sentence; nothing is half-ended."""
    job = take(job_id)
    if job is None:
        return
    if job.attempts > MOST_ATTEMPTS:
        _end(job, Job.Status.FAILED, error="The work stopped several times without finishing. Please report it.")
        return
    report = Report(job)
    try:
        with acting(job.asked_by, job.title):
            result = _kinds[job.kind].run(job, report)
        _end(job, Job.Status.DONE, result=result)
    except Cancelled:
        _end(job, Job.Status.CANCELLED)
    except LeaseLost:
        log.warning("lease lost", extra={"job": job.pk})
    except Refused as refusal:
        _end(job, Job.Status.FAILED, error=refusal.sentence)
    except Exception:
        log.exception("job failed", extra={"job": job.pk, "kind": job.kind})
        _end(job, Job.Status.FAILED, error="Something broke on our side. Nothing was half-written; try again.")
    finally:
        report.close()


def _end(job: Job, status: str, **fields: Any) -> None:
    ended = Job.objects.filter(pk=job.pk, status=Job.Status.RUNNING, attempts=job.attempts).update(
        status=status, ended_at=timezone.now(), lease_until=None, **fields
    )
    if ended:
        job.status = status
        transaction.on_commit(lambda: _after_its_end(job))


def _after_its_end(job: Job) -> None:
    live.tell_status(job.shop_id, job.pk, job.status)
    _hint_next(job.shop_id, job.kind)


def abandoned(limit: int = 100) -> list[tuple[int, int]]:
    """(shop, job) of jobs that wait too long or whose lease ran out and that their shop may run now: each shop's
    first, then each shop's second. The one look across shops.

    It goes through a SECURITY DEFINER function that can say no more than these ids.
    """
    with connection.cursor() as cursor:
        cursor.execute("select shop_id, job_id from aisle_abandoned_jobs(%s, %s)", [limit, settings.JOBS_PER_SHOP])
        return list(cursor.fetchall())
