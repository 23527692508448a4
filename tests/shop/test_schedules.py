"""Work that begins by itself: once a moment, by the shop's clock, however often and late it is looked at."""

import datetime as dt
import json
import zoneinfo
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from shop import jobs, mount, schedules, services
from shop.errors import Refused
from shop.models import Change, Job, Schedule, Shop
from shop.scope import no_shop, use_shop
from shop.tasks import start_due_schedules, start_scheduled
from tests.factories import Cast, at, make_member

KIND, BRIEF = "test_nightly", "test_brief"
HOUR = dt.timedelta(hours=1)


def ask(schedule: Schedule, day: dt.date) -> Job:
    key = schedules.moment_key(schedule)
    payload = {"day": day.isoformat()}
    return jobs.ask(kind=KIND, key=key, payload=payload, title="Nightly", by=schedules.BY, hint=False)


@pytest.fixture(autouse=True)
def works(monkeypatch: pytest.MonkeyPatch) -> dict[str, schedules.Work]:
    """Two kinds of work and no other."""
    known: dict[str, schedules.Work] = {}
    monkeypatch.setattr(schedules, "_works", known)
    schedules.schedulable(KIND, "Nightly work", None, ask)
    schedules.schedulable(BRIEF, "Morning brief", dt.time(7), ask)
    return known


@pytest.fixture
def green(cast: Cast) -> Iterator[Shop]:
    with use_shop(cast.green):
        yield cast.green


def nightly() -> Schedule:
    return Schedule.objects.select_related("shop").get(kind=KIND)  # type: ignore[no-any-return]


def make_due(ago: dt.timedelta = HOUR) -> Schedule:
    schedule = nightly()
    Schedule.objects.filter(pk=schedule.pk).update(next_due_at=timezone.now() - ago)
    return nightly()


def beat_row(schedule: Schedule) -> PeriodicTask:
    (row,) = [
        row
        for row in PeriodicTask.objects.select_related("crontab").filter(task=schedules.START)
        if json.loads(row.kwargs) == {"shop_id": schedule.shop_id, "schedule_id": schedule.pk}
    ]
    return row  # type: ignore[no-any-return]


def of_clock(zone: str, clock: str, weekdays: str = schedules.EVERY_DAY) -> Schedule:
    return Schedule(shop=Shop(zone=zone), kind=KIND, at=dt.time.fromisoformat(clock), weekdays=weekdays)


@pytest.mark.parametrize(
    ("zone", "clock", "weekdays", "moment", "due"),
    [
        ("Europe/Lisbon", "02:00", "0123456", "2026-11-20T12:00", "2026-11-21T02:00"),
        ("Europe/Lisbon", "02:00", "0123456", "2026-11-21T01:59", "2026-11-21T02:00"),
        ("Europe/Lisbon", "02:00", "0123456", "2026-11-21T02:00", "2026-11-22T02:00"),  # after, never at
        ("Asia/Kolkata", "03:15", "0123456", "2026-11-20T12:00", "2026-11-20T21:45"),
        ("America/New_York", "02:00", "0", "2026-11-20T12:00", "2026-11-23T07:00"),  # the next Monday
        ("Europe/Lisbon", "02:00", "4", "2026-11-20T12:00", "2026-11-27T02:00"),  # this Friday's has passed
        # In spring the clock skips 01:00 to 02:00 (London, 29 March 2026): as much later.
        ("Europe/London", "01:30", "0123456", "2026-03-28T12:00", "2026-03-29T01:30"),
        ("Europe/London", "01:30", "0123456", "2026-03-29T01:30", "2026-03-30T00:30"),
        # In autumn it shows 01:30 twice (25 October 2026): the first, once.
        ("Europe/London", "01:30", "0123456", "2026-10-24T12:00", "2026-10-25T00:30"),
        ("Europe/London", "01:30", "0123456", "2026-10-25T00:30", "2026-10-26T01:30"),
        ("Europe/London", "01:30", "0123456", "2026-10-25T01:10", "2026-10-26T01:30"),
        # Where the gap is at midnight the day is not lost.
        ("Africa/Cairo", "00:30", "0123456", "2026-04-23T12:00", "2026-04-23T22:30"),
    ],
)
def test_the_next_moment_is_by_the_shops_clock(zone: str, clock: str, weekdays: str, moment: str, due: str) -> None:
    assert schedules.due_after(of_clock(zone, clock, weekdays), at(moment)) == at(due)


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland"])
@pytest.mark.parametrize("clock", ["01:30", "02:15", "03:00"])
def test_a_year_has_a_moment_each_day(zone: str, clock: str) -> None:
    """No day of the shop's calendar is left out and none has two, whatever the clock does."""
    schedule, moment, days = of_clock(zone, clock), at("2025-12-31T12:00"), []
    for _ in range(366):
        moment = schedules.due_after(schedule, moment)
        days.append(moment.astimezone(zoneinfo.ZoneInfo(zone)).date())
    assert days == [days[0] + dt.timedelta(days=number) for number in range(366)]


@pytest.mark.parametrize("cut_off", [0, 4, 12])
def test_shops_begin_in_their_night_spread_out(cut_off: int) -> None:
    times = [schedules.quiet_time(Shop(pk=number, day_starts_at_hour=cut_off)) for number in range(1, 500)]
    assert all(time >= dt.time(cut_off) for time in times), "after the shop's day has ended"
    assert len(set(times)) > 45
    if cut_off == 0:
        assert min(times) >= dt.time(1) and max(times) < dt.time(5)


def test_every_shop_has_its_schedules_and_beat_their_rows(green: Shop, cast: Cast) -> None:
    mine = list(Schedule.objects.order_by("kind"))
    assert [(row.kind, row.at) for row in mine] == [(BRIEF, dt.time(7)), (KIND, schedules.quiet_time(green))]
    row = beat_row(nightly())
    assert (row.name, row.enabled, str(row.crontab.timezone)) == (f"shop {green.pk}: {KIND}", True, green.zone)
    assert (row.crontab.hour, row.crontab.minute) == (str(nightly().at.hour), str(nightly().at.minute))
    with use_shop(cast.rival):
        assert beat_row(nightly()).pk != row.pk
    before = PeriodicTask.objects.count()
    schedules.seed()
    assert (PeriodicTask.objects.count(), Schedule.objects.count()) == (before, 2), "asking again changes nothing"


def test_shops_made_before_a_kind_get_it_when_beat_begins(green: Shop, works: Any) -> None:
    schedules.schedulable("test_new", "New work", dt.time(3), ask)
    PeriodicTask.objects.filter(name=f"shop {green.pk}: {BRIEF}").delete()
    schedules.seed()
    assert {row.kind for row in Schedule.objects.all()} == {KIND, BRIEF, "test_new"}
    assert PeriodicTask.objects.filter(name=f"shop {green.pk}: {BRIEF}").exists(), "what was lost is mended"


def test_a_moment_starts_one_job_and_moves_on(green: Shop) -> None:
    schedule = make_due()
    first = schedules.start(schedule.pk)
    assert first is not None and first.payload == {"day": green.today().isoformat()}
    assert schedules.start(schedule.pk) is None, "the moment is past"
    moved = nightly()
    assert moved.next_due_at > timezone.now() and moved.last_started_at is not None
    assert Job.objects.filter(kind=KIND).count() == 1


def test_missed_moments_start_one_job(green: Shop) -> None:
    schedules.start(make_due(dt.timedelta(days=5)).pk)
    assert schedules.start(nightly().pk) is None
    assert Job.objects.filter(kind=KIND).count() == 1


def test_the_same_moment_looked_at_again_is_the_same_job(green: Shop) -> None:
    """As after a restored backup of the one table, or a beat with yesterday's rows."""
    schedule = make_due()
    moment, first = schedule.next_due_at, schedules.start(schedule.pk)
    Schedule.objects.filter(pk=schedule.pk).update(next_due_at=moment)
    assert schedules.start(schedule.pk) == first


def test_what_is_off_or_unknown_or_not_due_starts_nothing(green: Shop, works: Any) -> None:
    assert schedules.start(nightly().pk) is None
    schedule = make_due()
    Schedule.objects.filter(pk=schedule.pk).update(is_active=False)
    assert schedules.start(schedule.pk) is None
    Schedule.objects.filter(pk=schedule.pk).update(is_active=True)
    del works[KIND]
    assert schedules.start(schedule.pk) is None
    assert schedules.start(987654321) is None
    assert not Job.objects.exists()


def test_work_that_refuses_waits_for_its_next_moment(green: Shop) -> None:
    def refuse(schedule: Schedule, day: dt.date) -> Job:
        ask(schedule, day)
        raise Refused("There are no sales yet.")

    schedules.schedulable(KIND, "Nightly work", None, refuse)
    assert schedules.start(make_due().pk) is None
    assert nightly().next_due_at > timezone.now()
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_start_it_at_once_start_it_once(committed_cast: Cast) -> None:
    with use_shop(committed_cast.green):
        schedule = make_due()

    def start(_: int) -> Job | None:
        try:
            with use_shop(committed_cast.green):
                return schedules.start(schedule.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        assert len([job for job in threads.map(start, range(4)) if job]) == 1


def test_the_sweep_finds_what_is_due_in_every_shop(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = []
    for shop, ago in ((cast.green, HOUR), (cast.rival, 2 * HOUR)):
        with use_shop(shop):
            wanted.append({"shop_id": shop.pk, "schedule_id": make_due(ago).pk})
    sent: list[dict[str, int]] = []
    monkeypatch.setattr(
        "celery.current_app.send_task",
        lambda name, kwargs, **options: sent.append(kwargs) or start_scheduled(**kwargs),  # type: ignore[func-returns-value]
    )
    start_due_schedules()
    assert sent == wanted[::-1], "the longest due first"
    start_due_schedules()
    assert len(sent) == 2


def test_the_look_across_shops_says_ids_only(cast: Cast) -> None:
    with no_shop(), connection.cursor() as cursor:
        cursor.execute("select * from aisle_due_schedules(10)")
        assert [column.name for column in cursor.description] == ["shop_id", "schedule_id"]


def test_a_change_moves_the_moment_and_beats_row(green: Shop) -> None:
    by = "alice@shops.example"
    changed = schedules.change(schedule_id=nightly().pk, at=dt.time(4, 5), weekdays="06", is_active=True, by=by)
    assert changed.next_due_at == schedules.due_after(changed, timezone.now())
    crontab = beat_row(changed).crontab
    assert (crontab.hour, crontab.minute, crontab.day_of_week) == ("4", "5", "0,1"), "cron's Sunday and Monday"
    noted = Change.objects.get(table="shop_schedule", row_id=changed.pk)
    assert (noted.actor, noted.before["weekdays"], noted.after["weekdays"]) == (by, "0123456", "06")
    off = schedules.change(schedule_id=changed.pk, at=changed.at, weekdays="06", is_active=False, by=by)
    assert (off.next_due_at, beat_row(off).enabled) == (None, False)
    with pytest.raises(schedules.ScheduleRefused):
        schedules.change(schedule_id=changed.pk, at=changed.at, weekdays="", is_active=True, by=by)


def test_saving_without_a_change_does_not_skip_a_moment(green: Shop) -> None:
    due = make_due()
    same = schedules.change(schedule_id=due.pk, at=due.at, weekdays=due.weekdays, is_active=True, by="")
    assert same.next_due_at == due.next_due_at
    assert not Change.objects.filter(table="shop_schedule").exists(), "that it ran is nobody's change either"


def test_a_new_zone_keeps_the_hours_on_the_shops_clock(green: Shop) -> None:
    services.change_settings(shop=green, by="alice@shops.example", zone="Asia/Tokyo", name="Green Grocer")
    moved = nightly()
    assert moved.next_due_at.astimezone(zoneinfo.ZoneInfo("Asia/Tokyo")).time() == moved.at
    assert str(beat_row(moved).crontab.timezone) == "Asia/Tokyo"


def test_a_kind_that_is_gone_may_be_removed_others_not(green: Shop, works: Any) -> None:
    schedule = nightly()
    with pytest.raises(schedules.ScheduleRefused):
        schedules.remove(schedule_id=schedule.pk, by="")
    del works[KIND]
    schedules.remove(schedule_id=schedule.pk, by="")
    assert not Schedule.objects.filter(kind=KIND).exists()
    assert not PeriodicTask.objects.filter(name=f"shop {green.pk}: {KIND}").exists()


@pytest.mark.parametrize(
    ("weekdays", "words"),
    [
        ("0123456", "every day"),
        ("01234", "Monday to Friday"),
        ("6", "Sunday"),
        ("56", "Saturday and Sunday"),
        ("026", "Monday, Wednesday and Sunday"),
    ],
)
def test_days_in_words(weekdays: str, words: str) -> None:
    assert schedules.days_in_words(weekdays) == words


# The pages ------------------------------------------------------------------------------------------------------


def test_staff_change_the_hours_in_the_admin(cast: Cast, green: Shop) -> None:
    manager = cast.client(make_member(shop=green, role="manager"))
    listing = manager.get(mount.shop_url("green", "admin:shop_schedule_changelist")).content.decode()
    assert "Nightly work" in listing and "every day" in listing and "Add schedule" not in listing
    page = mount.shop_url("green", "admin:shop_schedule_change", nightly().pk)
    body = manager.get(page).content.decode()
    assert 'type="time"' in body and body.count('type="checkbox"') == 8
    posted = {"at": "03:30", "weekdays": ["0", "2"], "is_active": "on"}
    assert manager.post(page, posted).status_code == 302
    saved = nightly()
    assert (saved.at, saved.weekdays) == (dt.time(3, 30), "02")
    assert saved.next_due_at == schedules.due_after(saved, timezone.now())
    assert beat_row(saved).crontab.day_of_week == "1,3"
    assert "Choose at least one day" in manager.post(page, {"at": "03:30"}).content.decode()
    assert cast.client(cast.bob).get(page).status_code == 403
    history = manager.get(mount.shop_url("green", "admin:shop_schedule_history", saved.pk)).content.decode()
    assert "Weekdays" in history


def test_the_settings_page_says_what_runs_by_itself(cast: Cast, green: Shop) -> None:
    body = cast.client().get("/s/green/settings/").content.decode()
    assert "Runs by itself" in body and "Morning brief" in body and "every day at 07:00" in body
    assert "It has not run yet." in body


def test_the_platforms_admin_sees_beats_rows_only(cast: Cast, green: Shop) -> None:
    from shop.admin_sites import platform_admin

    assert Schedule not in platform_admin._registry and PeriodicTask in platform_admin._registry
