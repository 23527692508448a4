"""Imports by a real Celery worker over a real Valkey: done once, whoever is killed and whatever is forgotten."""

import datetime as dt
import time
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.utils import timezone

from sales import reports
from sales.models import Sale, SaleLine
from shop.models import Job
from shop.periods import Period
from shop.scope import use_shop
from shop.tasks import sweep_jobs
from tests.concurrency.night import Night
from tests.factories import Cast
from tests.importing import asked_for

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.date(2026, 3, 2)


def till_export(receipts: int) -> Job:
    """Upload a file of three-line receipts and ask for its import; the lines add up to 6.00 a receipt."""
    rows = (f"{number},{DAY}T10:00,MILK,{line},1,{line}.00\n" for number in range(receipts) for line in (1, 2, 3))
    body = ("receipt,time,product,price,quantity,total\n" + "".join(rows)).encode()
    return asked_for(body)


def wait_for(job: Job, reached: Callable[[Job], bool], seconds: int = 90) -> Job:
    """Ask again until the job is so far; fails after a generous while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found: Job = Job.objects.get(pk=job.pk)
        if reached(found):
            return found
        time.sleep(0.02)
    raise AssertionError(f"still {found.status} at {found.progress} %")


def test_a_worker_imports_what_the_page_asked_for(committed_cast: Cast, night: Night) -> None:
    night.start_worker()
    with use_shop(committed_cast.green):
        job = wait_for(till_export(20), lambda job: job.has_ended)
        assert (job.status, job.result["created"]) == ("done", 60)
        totals = reports.totals(Period(DAY, DAY))
        assert (totals.net + totals.tax, totals.baskets) == (Decimal(120), 20)
    with use_shop(committed_cast.rival):
        assert not Sale.objects.exists()


def test_a_worker_killed_midway_and_a_broker_that_forgot(committed_cast: Cast, night: Night) -> None:
    """Killed with -9 while rows are on their way, then the broker is wiped: the sweeper's hint ends it once."""
    first = night.start_worker()
    with use_shop(committed_cast.green):
        job = till_export(20_000)
        wait_for(job, lambda job: job.status == "running" and job.progress > 5)
        night.kill9(first)
        night.wipe_valkey()
        assert Job.objects.get(pk=job.pk).status == "running"
        assert not SaleLine.objects.exists(), "nothing is half-written"
        Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
        night.start_worker()
        sweep_jobs()
        job = wait_for(job, lambda job: job.has_ended)
        assert (job.status, job.attempts, job.result["created"]) == ("done", 2, 60_000)
        assert (Sale.objects.count(), SaleLine.objects.count()) == (20_000, 60_000)
        totals = reports.totals(Period(DAY, DAY))
        assert totals.net + totals.tax == Decimal(120_000)
