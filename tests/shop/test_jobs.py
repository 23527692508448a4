"""Jobs: asked for once, held by one worker, cancelled, resumed, ended with words a person can read."""

import datetime as dt
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import timezone

from shop import jobs
from shop.errors import Refused
from shop.jobs import Report
from shop.models import Branch, Job, Shop
from shop.roles import Can
from shop.scope import chosen_shop_id, no_shop, use_shop
from shop.tasks import sweep_jobs
from tests.factories import Cast

pytestmark = pytest.mark.django_db(transaction=True)
KIND = "test_kind"
Work = Callable[[Job, Report], dict[str, Any]]


@pytest.fixture
def shop(committed_cast: Cast) -> Iterator[Shop]:
    with use_shop(committed_cast.green):
        yield committed_cast.green


@pytest.fixture
def does(monkeypatch: pytest.MonkeyPatch) -> Callable[[Work], None]:
    """Say what a job of the test's kind does."""

    def say(work: Work) -> None:
        monkeypatch.setitem(jobs._kinds, KIND, jobs.Kind(work, Can.IMPORT))

    return say


def ask(**fields: Any) -> Job:
    return jobs.ask(kind=KIND, payload={}, title="Test", by="alice@shops.example", hint=False, **fields)


def again(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)  # type: ignore[no-any-return]


def test_a_job_runs_to_its_result(shop: Shop, does: Any) -> None:
    def work(job: Job, report: Report) -> dict[str, Any]:
        report.progress(1, 2)
        assert (again(job).progress, again(job).total) == (1, 2)
        return {"rows": 2, "shop": chosen_shop_id()}

    does(work)
    job = ask()
    jobs.run(job.pk)
    job = again(job)
    assert (job.status, job.result, job.attempts, job.lease_until) == ("done", {"rows": 2, "shop": shop.pk}, 1, None)
    jobs.run(job.pk)
    assert again(job).attempts == 1, "an ended job is not run again"


def test_progress_is_seen_while_the_work_is_not_committed(shop: Shop, does: Any) -> None:
    def work(job: Job, report: Report) -> dict[str, Any]:
        with transaction.atomic():
            report.progress(7, 9)
            other = connections.create_connection("default")
            with other.cursor() as cursor:
                cursor.execute("select progress from shop_job where shop_id = %s and id = %s", [shop.pk, job.pk])
                assert cursor.fetchone() == (7,)
            other.close()
        return {}

    does(work)
    job = ask()
    jobs.run(job.pk)
    assert again(job).status == "done"


def test_asking_twice_is_one_job(shop: Shop, does: Any) -> None:
    key = uuid.uuid4()
    assert ask(key=key).pk == ask(key=key).pk
    assert ask().pk != ask().pk


def test_one_worker_wins_the_lease(shop: Shop) -> None:
    job = ask()
    assert jobs.take(job.pk) is not None
    assert jobs.take(job.pk) is None
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    assert jobs.take(job.pk) is not None, "a lease that ran out is free"


def test_a_worker_that_lost_its_lease_stops_and_ends_nothing(shop: Shop, does: Any) -> None:
    def work(job: Job, report: Report) -> dict[str, Any]:
        Job.objects.filter(pk=job.pk).update(attempts=job.attempts + 1)  # another worker took it over
        report.progress(1, 2)
        raise AssertionError("it must not go on")

    does(work)
    job = ask()
    jobs.run(job.pk)
    assert again(job).status == "running"


def test_work_that_says_nothing_for_longer_than_a_lease_keeps_it(
    shop: Shop, does: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LEASE", dt.timedelta(seconds=0.5))
    monkeypatch.setattr(jobs, "HEARTBEAT", dt.timedelta(seconds=0.1), raising=False)

    def work(job: Job, report: Report) -> dict[str, Any]:
        time.sleep(1)  # as one long statement
        assert jobs.take(job.pk) is None, "another worker took it"
        return {}

    does(work)
    job = ask()
    jobs.run(job.pk)
    assert (again(job).status, again(job).attempts) == ("done", 1)


def test_a_worker_that_lost_its_lease_commits_nothing(shop: Shop, does: Any) -> None:
    def work(job: Job, report: Report) -> dict[str, Any]:
        with transaction.atomic():
            Branch.objects.create(name="Half-written")
            Job.objects.filter(pk=job.pk).update(attempts=job.attempts + 1)  # another worker took it over
            report.checkpoint(result="mine")
        return {}

    does(work)
    job = ask()
    jobs.run(job.pk)
    assert again(job).status == "running"
    assert not Branch.objects.filter(name="Half-written").exists()


def test_a_resumed_job_knows_its_checkpoint(shop: Shop, does: Any) -> None:
    seen: list[dict[str, Any]] = []

    def work(job: Job, report: Report) -> dict[str, Any]:
        seen.append(dict(job.step))
        report.checkpoint(staged=True)
        if len(seen) == 1:
            raise KeyboardInterrupt  # as good as a killed process: nobody ends the job
        return {}

    does(work)
    job = ask()
    with pytest.raises(KeyboardInterrupt):
        jobs.run(job.pk)
    assert again(job).status == "running"
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    jobs.run(job.pk)
    assert seen == [{}, {"staged": True}]
    assert again(job).status == "done"


def test_cancelling_before_and_while_it_runs(shop: Shop, does: Any) -> None:
    waiting = ask()
    assert jobs.cancel(job_id=waiting.pk).status == "cancelled"

    def work(job: Job, report: Report) -> dict[str, Any]:
        jobs.cancel(job_id=job.pk)
        report.progress(1, 2)
        raise AssertionError("it must not go on")

    does(work)
    running = ask()
    jobs.run(running.pk)
    assert again(running).status == "cancelled"
    assert jobs.cancel(job_id=running.pk).status == "cancelled", "cancelling again is harmless"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Refused("The file is empty."), "The file is empty."),
        (ValueError("secret detail"), "Something broke on our side"),
    ],
)
def test_a_failed_job_says_why_without_details(shop: Shop, does: Any, error: Exception, words: str) -> None:
    def work(job: Job, report: Report) -> dict[str, Any]:
        raise error

    does(work)
    job = ask()
    jobs.run(job.pk)
    assert again(job).status == "failed"
    assert again(job).error.startswith(words)
    assert "secret detail" not in again(job).error


def test_a_job_that_kills_every_worker_is_given_up(shop: Shop, does: Any) -> None:
    does(lambda job, report: {})
    job = ask()
    Job.objects.filter(pk=job.pk).update(attempts=jobs.MOST_ATTEMPTS)
    jobs.run(job.pk)
    assert again(job).status == "failed"


def test_the_sweeper_finds_what_was_dropped_in_every_shop(
    shop: Shop, committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = timezone.now() - dt.timedelta(minutes=5)
    mine, fresh = ask(), ask()
    Job.objects.filter(pk=mine.pk).update(asked_at=long_ago)
    with use_shop(committed_cast.rival):
        theirs = ask()
        Job.objects.filter(pk=theirs.pk).update(status="running", lease_until=long_ago)
    hinted: list[tuple[int, int]] = []
    monkeypatch.setattr(jobs, "send_hint", lambda shop_id, job_id: hinted.append((shop_id, job_id)))
    sweep_jobs()
    assert hinted == [(shop.pk, mine.pk), (committed_cast.rival.pk, theirs.pk)]
    assert fresh.pk not in {job for _, job in hinted}


def test_the_look_across_shops_says_ids_only(shop: Shop) -> None:
    with no_shop(), connection.cursor() as cursor:
        cursor.execute("select * from aisle_abandoned_jobs(10, 1)")
        assert [column.name for column in cursor.description] == ["shop_id", "job_id"]
        cursor.execute("select count(*) from shop_job")
        assert cursor.fetchone() == (0,), "the table itself stays behind the wall"


def test_a_broker_that_is_away_loses_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(settings, "CELERY_BROKER_URL", "redis://127.0.0.1:1/0")
    job = jobs.ask(kind=KIND, payload={}, title="Test", by="alice@shops.example")
    assert again(job).status == "queued"
