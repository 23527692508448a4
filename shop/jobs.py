"""Jobs: asked for as a row, hinted to Celery, held by a lease, resumed after a killed worker.

A kind is one class with `run(job, report)`, registered by `job_kind`. `run` may be started again from its
last `report.checkpoint(...)`; it must be harmless to repeat from there.
"""

from __future__ import annotations

import contextvars
import datetime as dt
import logging
import threading
import uuid
from collections.abc import Callable
from typing import Any

from celery import current_app
from django.db import Error, connection, connections, transaction
from django.db.models import F, Q
from django.utils import timezone

from shop.errors import Refused
from shop.models import Job
from shop.tenancy import acting, current_shop_id

log = logging.getLogger("aisle.jobs")
LEASE = dt.timedelta(seconds=60)
HEARTBEAT = dt.timedelta(seconds=15)
MOST_ATTEMPTS = 5
RUN_JOB = "shop.tasks.run_job"  # by name: tasks stand above jobs

Run = Callable[["Job", "Report"], dict[str, Any]]
_kinds: dict[str, Run] = {}


class Cancelled(Exception):
    """Raised inside a running job when somebody asked it to stop."""


class LeaseLost(Exception):
    """Raised inside a running job whose lease another worker has taken."""


def job_kind(name: str) -> Callable[[Run], Run]:
    """Register the function that runs jobs of this kind; it returns the job's result as JSON values."""

    def register(run: Run) -> Run:
        _kinds[name] = run
        return run

    return register


def ask(
    *, kind: str, payload: dict[str, Any], title: str, by: str, key: uuid.UUID | None = None, hint: bool = True
) -> Job:
    """Ask for work: the same kind and key is the same job, so asking twice is harmless.

    The hint leaves after commit; where the broker is down the sweeper finds the row.
    """
    job, created = Job.objects.get_or_create(
        kind=kind,
        key=key or uuid.uuid4(),
        defaults={"payload": payload, "title": title, "asked_by": by, "shop_id": current_shop_id()},
    )
    if created and hint:
        transaction.on_commit(lambda: send_hint(job.shop_id, job.pk))
    return job  # type: ignore[no-any-return]


def send_hint(shop_id: int, job_id: int) -> None:
    """Tell a worker to look at a job. A broker that is away is logged, never raised: the sweeper hints again."""
    try:
        current_app.send_task(RUN_JOB, kwargs={"shop_id": shop_id, "job_id": job_id}, retry=False)
    except Exception as error:
        log.warning("hint not sent", extra={"job": job_id, "why": str(error)})


def cancel(*, job_id: int) -> Job:
    """Ask a job to stop: one that waits stops now, one that runs stops at its next report."""
    now = timezone.now()
    Job.objects.filter(pk=job_id, status=Job.Status.QUEUED).update(
        status=Job.Status.CANCELLED, cancel_asked_at=now, ended_at=now
    )
    Job.objects.filter(pk=job_id, status=Job.Status.RUNNING, cancel_asked_at=None).update(cancel_asked_at=now)
    return Job.objects.get(pk=job_id)  # type: ignore[no-any-return]


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
    """Take a job's lease: None where it is held, ended or gone. Compare-and-set, so one worker wins."""
    now = timezone.now()
    free = Q(status=Job.Status.QUEUED) | Q(status=Job.Status.RUNNING, lease_until__lt=now)
    won = Job.objects.filter(free, pk=job_id).update(
        status=Job.Status.RUNNING, lease_until=now + LEASE, attempts=F("attempts") + 1, started_at=now
    )
    return Job.objects.get(pk=job_id) if won else None


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
            result = _kinds[job.kind](job, report)
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
    Job.objects.filter(pk=job.pk, attempts=job.attempts).update(
        status=status, ended_at=timezone.now(), lease_until=None, **fields
    )


def abandoned(limit: int = 100) -> list[tuple[int, int]]:
    """(shop, job) of every shop's jobs that wait too long or whose lease ran out: the one look across shops.

    It goes through a SECURITY DEFINER function that can say no more than these ids.
    """
    with connection.cursor() as cursor:
        cursor.execute("select shop_id, job_id from aisle_abandoned_jobs(%s)", [limit])
        return list(cursor.fetchall())
