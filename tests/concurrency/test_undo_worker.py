"""Undoing by a real worker that is killed with -9: the next one ends it, and the books are as before the import."""

import datetime as dt

import pytest
from django.utils import timezone

from sales.models import BranchHour, Sale
from shop.imports import undo
from shop.models import Job
from shop.scope import use_shop
from shop.tasks import sweep_jobs
from tests.concurrency.night import Night
from tests.factories import Cast
from tests.kept_imports import kept

pytestmark = pytest.mark.django_db(transaction=True)
RECEIPTS = 4_000


def test_a_worker_killed_while_undoing(committed_cast: Cast, night: Night) -> None:
    rows = (f"{number},2026-03-02T10:00,N{number % 50},{line},1\n" for number in range(RECEIPTS) for line in (1, 2, 3))
    with use_shop(committed_cast.green):
        imported = kept("sales_lines", "receipt,time,product,price,quantity\n" + "".join(rows))
        first = night.start_worker()
        job = undo.ask(imported=imported, by="alice@shops.example")
        sweep_jobs()
        night.wait(lambda: Job.objects.filter(pk=job.pk, status="running").exists())
        night.kill9(first)
        assert Sale.objects.counted().count() == RECEIPTS, "nothing is half-taken back"
        Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
        night.start_worker()
        sweep_jobs()
        night.wait(lambda: Job.objects.get(pk=job.pk).has_ended)
        imported.refresh_from_db()
        assert (Job.objects.get(pk=job.pk).status, imported.state) == ("done", "undone")
        assert not Sale.objects.counted().exists() and not BranchHour.objects.exists()
