"""Looking at a source by itself: once for each moment, resumed after a kill, told when something is wrong."""

import datetime as dt
import threading
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connections
from django.utils import timezone

from sales.models import Sale
from shop import jobs
from shop.feeds import alerts, fetching, quiet, reports, services
from shop.imports import desk
from shop.models import Feed, FeedFile, Import, Job, RawFile
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.feeds.test_sources import put
from tests.feeds.tills import BROKEN, BY, beat, books, feed_from, night, states, work
from tests.feeds.web import Site
from tests.importing import bring_in

TILL = {"folder": "till-1", "after": "leave"}
committed = pytest.mark.django_db(transaction=True)


@committed
def test_two_beats_and_two_workers_bring_a_file_in_once(green: Cast, folder: Path, settings: Any) -> None:
    settings.JOBS_PER_SHOP = 4
    put(folder / "day-0.csv", night(0).decode())
    feed = feed_from("folder", TILL)
    assert (feed.shop_id, feed.pk) in fetching.due()
    at_once(lambda: fetching.start(feed.pk), 3)
    assert Job.objects.filter(kind="fetch_feed").count() == 1
    assert (feed.shop_id, feed.pk) not in fetching.due()
    # Two looks at the same time, as after a lease that ran out while its worker lived.
    for name in ("one", "two"):
        jobs.ask(kind="fetch_feed", payload={"feed": feed.pk}, title=name, by=BY)
    waiting = list(Job.objects.filter(kind="fetch_feed", status="queued").values_list("pk", flat=True))
    at_once([lambda pk=pk: jobs.run(pk) for pk in waiting], len(waiting))
    assert set(Job.objects.filter(kind="fetch_feed").values_list("status", flat=True)) == {"done"}
    assert states(feed) == [("day-0.csv", "importing")] and Import.objects.count() == 1
    work()
    assert states(feed) == [("day-0.csv", "done")] and Sale.objects.count() == 10


def at_once(calls: Any, times: int) -> None:
    """Let so many threads do it at the same moment."""
    shop_id, start, failed = Feed.objects.get().shop_id, threading.Barrier(times), list[BaseException]()

    def one(call: Any) -> None:
        try:
            with use_shop(shop_id):
                start.wait()
                call()
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=one, args=(calls[number] if isinstance(calls, list) else calls,))
        for number in range(times)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed


@committed
@pytest.mark.parametrize("place", ["enter", "taken"])
def test_a_look_that_is_killed_goes_on(green: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Killed after the file was kept, while it is entered, or before it is moved: the next look ends it, once."""
    for number in range(2):
        put(folder / f"day-{number}.csv", night(number).decode(), age=7200 - number)
    feed = feed_from("folder", TILL | {"after": "move"})
    told = [0]

    class Killed(BaseException):
        pass

    def dies(real: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            told[0] += 1
            if told[0] == 2:
                raise Killed
            return real(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        if place == "enter":
            patch.setattr(desk, "run_saved", dies(desk.run_saved))
        else:
            patch.setattr("shop.feeds.folder._move", dies(lambda *args: None))
        fetching.start(feed.pk)
        job = Job.objects.get(kind="fetch_feed")
        with pytest.raises(Killed):
            jobs.run(job.pk)
    Job.objects.filter(pk=job.pk).update(status="running", lease_until=timezone.now() - dt.timedelta(seconds=1))
    work_again(job)
    work()
    fetching.start(feed.pk)
    assert sorted(states(feed)) == [("day-0.csv", "done"), ("day-1.csv", "done")]
    assert [path.name for path in folder.iterdir()] == ["done"] and len(list((folder / "done").iterdir())) == 2
    got = books()
    with use_shop(green.rival):
        bring_in("sales_lines", night(0), night(1))
        assert got == books()


def work_again(job: Job) -> None:
    jobs.run(job.pk)
    assert Job.objects.get(pk=job.pk).status == "done"


@committed
def test_a_broken_file_stops_no_other_and_is_tried_again(green: Cast, folder: Path) -> None:
    put(folder / "broken.csv", "", age=9000).write_bytes(BROKEN)
    put(folder / "broken.csv", "x", age=9000)
    put(folder / "day-0.csv", night(0).decode(), age=8000)
    put(folder / "empty.csv", "", age=7000)
    feed = feed_from("folder", TILL)
    fetching.start(feed.pk)
    work()
    assert (feed.shop_id, feed.pk) in fetching.due(), "an import has ended without a word: the clock looks after it"
    fetching.start(feed.pk)
    assert (feed.shop_id, feed.pk) not in fetching.due()
    feed.refresh_from_db()
    assert states(feed) == [("broken.csv", "failed"), ("day-0.csv", "done"), ("empty.csv", "failed")]
    assert feed.problem.startswith("empty.csv could not be imported") and "1 earlier file is not in" in feed.problem
    (alert,) = reports.standing_alerts()
    assert alert.remedy and len(mail.outbox) == 1, "one mail, to the owner: a cashier brings no files in"
    assert mail.outbox[0].to == ["alice@shops.example"] and f"/s/green/feeds/{feed.pk}/" in mail.outbox[0].body
    beat(feed)
    assert len(mail.outbox) == 1, "once a problem"
    broken = FeedFile.objects.get(name="broken.csv")
    services.try_again(file_id=broken.pk, by=BY)
    work()
    fetching.start(feed.pk)
    assert FeedFile.objects.get(pk=broken.pk).state == "failed"
    for file in FeedFile.objects.filter(state="failed"):
        services.let_be(file_id=file.pk)
    assert Feed.objects.get().problem == "" and not reports.standing_alerts()


@committed
def test_the_first_file_is_matched_by_hand_and_the_rest_follows(green: Cast, folder: Path) -> None:
    for number in range(3):
        put(folder / f"day-{number}.csv", night(number).decode(), age=7200 - number)
    feed = feed_from("folder", TILL, saved_mapping=None)
    for _ in range(2):
        fetching.start_now(feed_id=feed.pk, by=BY)
        work()
    assert states(feed) == [("day-0.csv", "importing")], "one file waits for a person, the others for its columns"
    imported = Import.objects.get()
    assert (imported.state, imported.feed_id) == ("matching", feed.pk)
    desk.check(import_id=imported.pk, by=BY)
    work()
    desk.go(import_id=imported.pk, by=BY)
    work()
    feed = beat(Feed.objects.get())
    assert feed.saved_mapping is not None
    assert states(feed) == [(f"day-{number}.csv", "done") for number in range(3)] and Sale.objects.count() == 30


@committed
def test_a_source_that_is_away_is_tried_ever_more_seldom(green: Cast, site: Site) -> None:
    site.rules["/day.csv"] = lambda handler: handler.send_error(500)
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        feed = feed_from("url", {"url": f"{site.url}/day.csv", "sign_in": "none"})
        gaps = []
        for _ in range(5):
            feed = beat(feed)
            gaps.append((feed.next_due_at - timezone.now()).total_seconds() / 60)
            clock.move_to(feed.next_due_at)
        assert gaps == [5, 10, 20, 40, 80]
        assert (feed.problem_kind, feed.problem_at, feed.failures) == ("source", now, 5)
        assert len(mail.outbox) == 1 and "cannot be reached" in mail.outbox[0].subject
        del site.rules["/day.csv"]
        site.files["/day.csv"] = night(0)
        feed = beat(feed)
        assert (feed.problem, feed.failures, feed.alerted_at) == ("", 0, None) and states(feed) == [("day.csv", "done")]


@pytest.mark.django_db
def test_gaps_grow_to_a_limit() -> None:
    minutes = [fetching.again_after(failures, 60).total_seconds() / 60 for failures in (1, 2, 3, 7, 8, 50, 1000)]
    assert minutes == [5, 10, 20, 320, 360, 360, 360]
    assert fetching.again_after(50, 1440) == dt.timedelta(days=1)


@pytest.mark.django_db
def test_silence_counts_no_day_on_which_none_ever_comes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop shut on Sundays: nothing comes on Monday's night, and nobody is told so."""
    monday = dt.datetime(2026, 3, 30, 2, tzinfo=dt.UTC)
    with use_shop(cast.green), time_machine.travel(monday, tick=False):
        feed = feed_from("url", {"url": "https://files.example/", "sign_in": "none"})
        Feed.objects.update(made_at=monday - dt.timedelta(weeks=9))
        nights = [monday - dt.timedelta(days=number) for number in range(1, 50)]
        for moment in nights:
            if moment.weekday() != 0:
                FeedFile.objects.create(feed=feed, identity=str(moment), state="done", seen_at=moment)
        Feed.objects.update(received_at=monday - dt.timedelta(days=1))
        feed = Feed.objects.get()
        assert quiet.silent_since(feed, monday + dt.timedelta(hours=20)) is None
        assert quiet.silent_since(feed, monday + dt.timedelta(days=1, hours=2)) is None
        assert quiet.silent_since(feed, monday + dt.timedelta(days=1, hours=7)) == feed.received_at
        shut = monday.date() + dt.timedelta(days=1)
        monkeypatch.setattr(quiet, "_calendars", [lambda first, last: {shut}])
        assert quiet.silent_since(feed, monday + dt.timedelta(days=1, hours=7)) is None, "and no day of a holiday"


@pytest.mark.django_db(transaction=True)
def test_an_alert_that_no_server_takes_is_told_later(green: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = feed_from("url", {"url": "https://files.example/", "sign_in": "none"})
    FeedFile.objects.create(feed=feed, identity="1", name="day.csv", state="failed", problem="It is cut off.")
    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", lambda self: (_ for _ in ()).throw(OSError()))
        alerts.review(feed.pk)
    assert not mail.outbox and Feed.objects.get().alerted_at is None
    alerts.review(feed.pk)
    alerts.review(feed.pk)
    assert len(mail.outbox) == 1
    services.switch(feed_id=feed.pk, on=False, by=BY)
    assert Feed.objects.get().problem == "", "a feed at rest has no problem"


@pytest.mark.django_db
def test_a_shop_sees_and_starts_its_own_feeds_only(cast: Cast) -> None:
    with use_shop(cast.green):
        feed = feed_from("url", {"url": "https://files.example/", "sign_in": "none"})
    with use_shop(cast.rival):
        assert fetching.start(feed.pk) is None and not Feed.objects.exists()
        assert not RawFile.objects.exists() and not Job.objects.filter(kind="fetch_feed").exists()
        Feed.objects.all().update(problem="mine")
    with use_shop(cast.green):
        Feed.objects.update(next_due_at=timezone.now() - dt.timedelta(minutes=1))
        assert Feed.objects.get().problem == "" and (cast.green.pk, feed.pk) in fetching.due()
