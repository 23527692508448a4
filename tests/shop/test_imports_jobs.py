"""Imports as jobs: killed at any stage, cancelled half-way, two at once: the end equals one clean import."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from inventory.models import Product
from sales.models import BranchHour, DirtyDay, Sale, SaleLine
from shop import jobs
from shop.imports import running
from shop.models import Job
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import asked_for, bring_in, counts, keep_uploads_in

FILE = "receipt,time,product,quantity,price\n" + "".join(f"R{n},2026-03-02 10:00,NEW{n % 7},1,1\n" for n in range(50))


class Killed(BaseException):
    """A worker that is gone: no handler of ours may catch it."""


@pytest.fixture
def shop(committed_cast: Cast, tmp_path: Any, settings: Any) -> Iterator[Cast]:
    keep_uploads_in(tmp_path, settings)
    with use_shop(committed_cast.green):
        yield committed_cast


def asked(content: str = FILE) -> Job:
    return asked_for(content, branch="Station")


def let_lease_run_out(job: Job) -> None:
    Job.objects.filter(pk=job.pk, status="running").update(lease_until="2026-01-01T00:00Z")


def run_killed(job: Job, monkeypatch: Any, where: Callable[[Any], None]) -> None:
    with monkeypatch.context() as patch:
        where(patch)
        with pytest.raises(Killed):
            jobs.run(job.pk)


def at_progress(least: float) -> Callable[[Any], None]:
    """Killed when this much is done."""

    def patch(monkeypatch: Any) -> None:
        def progress(self: Any, done: int, total: int) -> None:
            if done >= least * 100:
                raise Killed

        monkeypatch.setattr(jobs.Report, "progress", progress)

    return patch


def after_the_commit(monkeypatch: Any) -> None:
    def finish(*args: Any) -> None:
        raise Killed

    monkeypatch.setattr(running, "finish", finish)


@pytest.mark.parametrize("stage", [0.0, 0.3, 0.45, 0.5, 0.58, 0.6, 0.85, 0.95])
def test_a_worker_killed_at_any_stage_leaves_nothing_and_the_next_ends_it(
    shop: Cast, monkeypatch: Any, stage: float
) -> None:
    job = asked()
    run_killed(job, monkeypatch, at_progress(stage))
    assert not Sale.objects.exists() and not Product.objects.filter(sku__startswith="NEW").exists()
    let_lease_run_out(job)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempts, job.result["created"]) == ("done", 2, 50)
    assert SaleLine.objects.count() == 50


def test_a_worker_killed_after_the_commit_does_not_count_anew(shop: Cast, monkeypatch: Any) -> None:
    job = asked()
    run_killed(job, monkeypatch, after_the_commit)
    assert Sale.objects.count() == 50 and DirtyDay.objects.exists()
    let_lease_run_out(job)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.result["created"], job.result["unchanged"]) == (50, 0)
    assert not DirtyDay.objects.exists()
    assert sum(BranchHour.objects.values_list("baskets", flat=True)) == 50


@pytest.mark.parametrize("stage", [0.1, 0.5, 0.9])
def test_an_import_cancelled_half_way_leaves_nothing(shop: Cast, monkeypatch: Any, stage: float) -> None:
    job, progress = asked(), jobs.Report.progress

    def cancelled(self: Any, done: int, total: int) -> None:
        if done >= stage * 100:
            with self._side.cursor() as cursor:
                cursor.execute("update shop_job set cancel_asked_at = now() where id = %s", [job.pk])
        progress(self, done, total)

    monkeypatch.setattr(jobs.Report, "progress", cancelled)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert not Sale.objects.exists() and not Product.objects.filter(sku__startswith="NEW").exists()


def test_progress_is_seen_while_the_import_is_open(shop: Cast, monkeypatch: Any) -> None:
    job, seen, progress = asked(), [], jobs.Report.progress

    def watched(self: Any, done: int, total: int) -> None:
        progress(self, done, total)
        with self._side.cursor() as cursor:
            cursor.execute("select progress, status from shop_job where id = %s", [job.pk])
            seen.append(cursor.fetchone())

    monkeypatch.setattr(jobs.Report, "progress", watched)
    jobs.run(job.pk)
    assert len(seen) > 5 and seen == sorted(seen)
    assert {status for _, status in seen} == {"running"}


def test_two_imports_of_one_shop_at_once_equal_a_clean_import(shop: Cast) -> None:
    other = FILE.replace("R4", "X4") + "R1,2026-03-02 10:00,NEW1,1,1\n"
    texts, results = [FILE, FILE, other], []

    def run(text: str) -> None:
        try:
            with use_shop(shop.green):
                results.append(counts(bring_in("sales_lines", text)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[text]) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3 and sum(result[0] for result in results) in {61, 62}
    assert Product.objects.filter(sku__startswith="NEW").count() == 7
    receipts = list(Sale.objects.values_list("receipt", flat=True))
    assert len(receipts) == len(set(receipts)) == 61
    assert not DirtyDay.objects.exists()
    assert sum(BranchHour.objects.values_list("baskets", flat=True)) == 61
