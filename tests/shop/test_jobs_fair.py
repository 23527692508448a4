"""Fair between shops: of a kind one at a time in each, only the first hinted, each end brings the next."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from shop import jobs
from shop.models import Job
from shop.roles import Can
from shop.scope import use_shop
from tests.factories import Cast

pytestmark = pytest.mark.django_db(transaction=True)
KIND, OTHER = "test_fair", "test_other"
LONG_AGO = dt.timedelta(minutes=5)


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (KIND, OTHER):
        monkeypatch.setitem(jobs._kinds, name, jobs.Kind(lambda job, report: {}, Can.IMPORT))


@pytest.fixture
def hinted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The jobs a worker was told of, in order."""
    told: list[int] = []
    monkeypatch.setattr(jobs, "send_hint", lambda shop_id, job_id: told.append(job_id))
    return told


@pytest.fixture
def green(committed_cast: Cast) -> Iterator[Cast]:
    for shop in (committed_cast.green, committed_cast.rival):
        with use_shop(shop):
            Job.objects.update(status=Job.Status.DONE)  # what making the shops' products has asked for
    with use_shop(committed_cast.green):
        yield committed_cast


def ask(kind: str = KIND, **fields: Any) -> Job:
    return jobs.ask(kind=kind, payload={}, title="Test", by="alice@shops.example", **fields)


def test_one_of_a_kind_runs_at_a_time(green: Cast) -> None:
    first, second, other = ask(), ask(), ask(OTHER)
    assert jobs.take(first.pk) is not None
    assert jobs.take(second.pk) is None, "the shop runs one already"
    assert jobs.take(other.pk) is not None, "another kind has room of its own"
    with use_shop(green.rival):
        assert jobs.take(ask().pk) is not None, "another shop has room of its own"
    second.refresh_from_db()
    assert (second.status, second.attempts) == ("queued", 0), "it was not lost, and costs no attempt"


def test_as_many_run_as_the_setting_says(green: Cast, settings: Any) -> None:
    settings.JOBS_PER_SHOP = 2
    waiting = [ask() for _ in range(3)]
    assert [jobs.take(job.pk) is not None for job in waiting] == [True, True, False]


def test_a_dead_worker_keeps_no_room(green: Cast) -> None:
    first, second = ask(), ask()
    jobs.take(first.pk)
    Job.objects.filter(pk=first.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    assert jobs.take(second.pk) is not None


def test_each_end_hints_the_next(green: Cast, hinted: list[int]) -> None:
    first, second, third = ask(), ask(), ask()
    assert hinted == [first.pk], "the others wait in the table, not in the broker"
    jobs.run(first.pk)
    assert hinted == [first.pk, second.pk]
    jobs.cancel(job_id=second.pk)
    assert hinted == [first.pk, second.pk, third.pk], "a cancelled job makes way too"
    jobs.run(second.pk)
    jobs.run(third.pk)
    assert len(hinted) == 3


def test_a_broken_job_makes_way(green: Cast, hinted: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(job: Job, report: jobs.Report) -> dict[str, Any]:
        raise ValueError

    monkeypatch.setitem(jobs._kinds, KIND, jobs.Kind(breaks, Can.IMPORT))
    first, second = ask(), ask()
    jobs.run(first.pk)
    assert hinted == [first.pk, second.pk]


def test_a_job_asked_for_in_a_transaction_is_hinted_after_it(green: Cast, hinted: list[int]) -> None:
    with transaction.atomic():
        job = ask()
        assert hinted == []
    assert hinted == [job.pk]


def test_the_sweeper_goes_round_the_shops(green: Cast, settings: Any) -> None:
    """A shop with many waiting jobs does not push out one with few; what may not run yet is not hinted at all."""
    mine = [ask() for _ in range(5)]
    with use_shop(green.rival):
        theirs = [ask() for _ in range(2)]
        Job.objects.update(asked_at=timezone.now() - LONG_AGO)
    Job.objects.update(asked_at=timezone.now() - LONG_AGO)
    found = [(green.green.pk, mine[0].pk), (green.rival.pk, theirs[0].pk)]
    assert jobs.abandoned() == found
    settings.JOBS_PER_SHOP = 3
    assert [job for _, job in jobs.abandoned()] == [
        mine[0].pk, theirs[0].pk, mine[1].pk, theirs[1].pk, mine[2].pk,
    ]  # fmt: skip
    assert [job for _, job in jobs.abandoned(3)] == [mine[0].pk, theirs[0].pk, mine[1].pk]
    settings.JOBS_PER_SHOP = 1
    jobs.take(mine[3].pk)
    assert jobs.abandoned() == found[1:], "this shop has no room"
    Job.objects.filter(pk=mine[3].pk).update(lease_until=timezone.now() - LONG_AGO)
    assert jobs.abandoned()[0] == (green.green.pk, mine[3].pk), "begun work goes first"
