"""The night, for real: two beats and a worker start two shops' work at their minute; the worker is killed with -9, the
broker forgets everything; all is done once."""

import datetime as dt
import time
import zoneinfo
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from shop import schedules
from shop.models import Branch, Job, Schedule, Shop
from shop.scope import use_shop
from tests.concurrency import kinds
from tests.concurrency.night import Night
from tests.factories import Cast

pytestmark = pytest.mark.django_db(transaction=True)
KINDS = "tests.concurrency.kinds"
RECOVERY = 120  # seconds


@pytest.fixture(autouse=True)
def scheduled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only the work of this test, in this process as in the worker."""
    monkeypatch.setattr(schedules, "_works", {kinds.KIND: schedules._works[kinds.KIND]})
    yield


def next_minute() -> dt.datetime:
    """The next full minute that is not over before its schedules are saved. Beat starts what came due as it began."""
    return (timezone.now() + dt.timedelta(seconds=62)).replace(second=0, microsecond=0)


def schedule_at(shop: Shop, moment: dt.datetime) -> None:
    schedules.ensure_defaults(shop)
    with use_shop(shop):
        row = Schedule.objects.get(kind=kinds.KIND)
        at = moment.astimezone(zoneinfo.ZoneInfo(shop.zone)).time()
        saved = schedules.change(schedule_id=row.pk, at=at, weekdays=schedules.EVERY_DAY, is_active=True, by="alice")
        assert saved.next_due_at == moment


def jobs_of(shop: Shop, **filters: Any) -> list[Job]:
    with use_shop(shop):
        return list(Job.objects.filter(kind=kinds.KIND, **filters))


def test_two_shops_by_two_beats_with_a_killed_worker_and_a_wiped_broker(committed_cast: Cast, night: Night) -> None:
    shops = (committed_cast.green, committed_cast.rival)
    moment = next_minute()
    for shop in shops:
        schedule_at(shop, moment)
    worker = night.start_worker(include=KINDS)
    night.start_beat(), night.start_beat()
    night.wait(night.is_heard)
    night.wipe_valkey()  # once while everybody lives
    night.wait(lambda: any(jobs_of(shop, progress__gte=1) for shop in shops))
    begun = timezone.now()
    assert moment <= begun < moment + dt.timedelta(seconds=60), "at its minute, by the clock"
    night.kill9(worker)
    night.wipe_valkey()  # and once when the hints are lost
    killed = time.monotonic()
    for shop in shops:
        with use_shop(shop):  # the lease is a minute; the test does not wait for it
            Job.objects.filter(status=Job.Status.RUNNING).update(lease_until=timezone.now())
    night.start_worker(include=KINDS)
    for shop in shops:
        night.wait(lambda shop=shop: jobs_of(shop, status=Job.Status.DONE), RECOVERY)  # type: ignore[misc]
    assert time.monotonic() - killed < RECOVERY
    for shop in shops:
        (job,) = jobs_of(shop)
        assert (job.status, job.result) == ("done", {"steps": kinds.STEPS})
        with use_shop(shop):
            rows = Branch.objects.filter(name__startswith="Night").values_list("name", flat=True)
            assert sorted(rows) == [f"Night {job.pk}, step {step}" for step in range(kinds.STEPS)], "no row twice"
            schedule = Schedule.objects.get(kind=kinds.KIND)
            assert schedule.next_due_at == moment + dt.timedelta(days=1)
    assert sorted(job.attempts for shop in shops for job in jobs_of(shop)) == [1, 2]
