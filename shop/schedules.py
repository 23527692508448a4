"""Work that begins by itself: each shop's hours for it, and the beat rows that follow from them.

An app registers what can be scheduled; every shop then has one Schedule row of each kind, which its staff edit. A row
names its next moment in `next_due_at`. Whoever finds that moment past (beat's own message, the sweep over all shops,
both, twice) calls `start`: it asks for the job and moves the moment on in one transaction, so each moment starts one
job, and moments missed while nothing ran start one together. See docs/jobs.md.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import uuid
import zoneinfo
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks

from shop import doors, history
from shop.errors import Refused
from shop.models import Job, Schedule, Shop
from shop.tenancy import acting, use_shop

log = logging.getLogger("aisle.schedules")
START = "shop.tasks.start_scheduled"  # by name: tasks stand above schedules
BY = "schedule"  # who asked, on the jobs of scheduled work
EVERY_DAY = "0123456"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NIGHT = 60, 300  # minutes after midnight between which shops begin, spread out
_EDITED = ("at", "weekdays", "is_active")

Ask = Callable[[Schedule, dt.date], Job | None]


@dataclass(frozen=True)
class Work:
    """A kind of work that can be scheduled. `default_at` None: at the shop's own minute of the night."""

    kind: str
    title: str
    default_at: dt.time | None
    ask: Ask


_works: dict[str, Work] = {}


class ScheduleRefused(Refused):
    code = "schedule_invalid"


def schedulable(kind: str, title: str, default_at: dt.time | None, ask: Ask) -> None:
    """Register scheduled work. `ask(schedule, day)` asks for its job with the key `moment_key(schedule)`.

    `day` is the shop's business date as it begins. It runs with the shop chosen, in the transaction that moves the
    schedule on; it may return None where there is nothing to do, and a Refused counts as that.
    """
    _works[kind] = Work(kind, title, default_at, ask)


def title_of(schedule: Schedule) -> str:
    return _works[schedule.kind].title if schedule.kind in _works else str(schedule.kind).capitalize()


def is_known(kind: str) -> bool:
    """Whether an app still registers this kind."""
    return kind in _works


def moment_key(schedule: Schedule) -> uuid.UUID:
    """The job key of the moment that is due: the same for everybody who starts it."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"aisle:{schedule.shop_id}:{schedule.kind}:{schedule.next_due_at}")


def due_after(schedule: Schedule, moment: dt.datetime) -> dt.datetime:
    """The first of the schedule's moments after this one, in UTC.

    A time that the shop's clock skips in spring is as much later, one that it shows twice in autumn is the first.
    """
    zone = zoneinfo.ZoneInfo(schedule.shop.zone)
    day = moment.astimezone(zone).date()
    for later in range(9):  # a week, and a day for a moment of today that has passed
        on = day + dt.timedelta(days=later)
        due = dt.datetime.combine(on, schedule.at, tzinfo=zone).astimezone(dt.UTC)
        if due > moment and str(on.weekday()) in schedule.weekdays:
            return due
    raise ScheduleRefused("Choose at least one day of the week.")


def quiet_time(shop: Shop) -> dt.time:
    """A shop's own minute of the night, after its day has ended: spread, so that shops do not all begin together."""
    first, last = _NIGHT
    first = max(first, shop.day_starts_at_hour * 60 + 10)
    spread = max(last - first, 60)
    number = int.from_bytes(hashlib.sha256(str(shop.pk).encode()).digest()[:8], "big")
    minute = first + number % spread
    return dt.time(minute // 60, minute % 60)


@transaction.atomic
def ensure_defaults(shop: Shop) -> None:
    """Give the shop a schedule of every kind it has none of, and beat a row of every schedule. Safe to repeat."""
    now = timezone.now()
    with use_shop(shop):
        there = set(Schedule.objects.values_list("kind", flat=True))
        new = [
            Schedule(shop=shop, kind=work.kind, at=work.default_at or quiet_time(shop))
            for work in _works.values()
            if work.kind not in there
        ]
        for schedule in new:
            schedule.next_due_at = due_after(schedule, now)
        Schedule.objects.bulk_create(new, ignore_conflicts=True)  # another beat may do the same now
        known = [schedule for schedule in Schedule.objects.all() if schedule.kind in _works]
        told = PeriodicTask.objects.filter(name__in=[_beat_name(schedule) for schedule in known])
        names = set(told.values_list("name", flat=True))
        _tell_beat(shop, [schedule for schedule in known if _beat_name(schedule) not in names])


def seed() -> None:
    """`ensure_defaults` for every shop. One shop that cannot be served does not keep the others waiting."""
    for shop_id in doors.every_shop_id():
        try:
            ensure_defaults(Shop.objects.get(pk=shop_id))
        except Exception:
            log.exception("schedules not ensured", extra={"shop": shop_id})


@transaction.atomic
def change(*, schedule_id: int, at: dt.time, weekdays: str, is_active: bool, by: str) -> Schedule:
    """Change when work begins. The moment of now is forgotten, the next is by the new hours; the history says who did.

    Raises ScheduleRefused for days that are none.
    """
    schedule: Schedule = Schedule.objects.select_for_update(of=("self",)).select_related("shop").get(pk=schedule_id)
    before = _as_edited(schedule)
    schedule.at, schedule.weekdays, schedule.is_active = at, weekdays, is_active
    try:
        schedule.clean_fields()
    except ValidationError as error:
        raise ScheduleRefused("Choose at least one day of the week.") from error
    if _as_edited(schedule) != before:
        schedule.next_due_at = due_after(schedule, timezone.now()) if is_active else None
        schedule.save()
        with acting(by):
            history.note(schedule.shop_id, Schedule._meta.db_table, schedule.pk, before, _as_edited(schedule))
    _tell_beat(schedule.shop, [schedule])
    return schedule


@transaction.atomic
def remove(*, schedule_id: int, by: str) -> None:
    """Remove the schedule of a kind that nobody registers any more, and beat's row of it.

    Raises ScheduleRefused for a living kind: it would come back, and is switched off instead.
    """
    schedule: Schedule = Schedule.objects.select_for_update().get(pk=schedule_id)
    if is_known(schedule.kind):
        raise ScheduleRefused("This work cannot be removed. Switch it off instead.")
    PeriodicTask.objects.filter(name=_beat_name(schedule)).delete()
    with acting(by):
        history.note(schedule.shop_id, Schedule._meta.db_table, schedule.pk, _as_edited(schedule), None)
    schedule.delete()


@transaction.atomic
def follow_zone(shop: Shop) -> None:
    """Keep the hours of all schedules on the shop's clock, whose zone has just changed."""
    now = timezone.now()
    with use_shop(shop):
        schedules = list(Schedule.objects.select_for_update())
        for schedule in schedules:
            schedule.shop = shop
            schedule.next_due_at = due_after(schedule, now) if schedule.is_active else None
            schedule.save(update_fields=["next_due_at"])
        _tell_beat(shop, schedules)


@transaction.atomic
def start(schedule_id: int) -> Job | None:
    """Ask for the job of a schedule that is due and move it to its next moment; None where it is not due.

    The row is locked, so of two callers the second finds the moment moved on.
    """
    now = timezone.now()
    rows = Schedule.objects.select_for_update(of=("self",)).select_related("shop")
    schedule: Schedule | None = rows.filter(pk=schedule_id, is_active=True, next_due_at__lte=now).first()
    if schedule is None or schedule.kind not in _works:
        return None
    job = _ask(schedule, schedule.shop.business_date(now))
    schedule.last_started_at, schedule.next_due_at = now, due_after(schedule, now)
    schedule.save(update_fields=["last_started_at", "next_due_at"])
    return job


def _ask(schedule: Schedule, day: dt.date) -> Job | None:
    try:
        with transaction.atomic():
            return _works[schedule.kind].ask(schedule, day)
    except Refused as refusal:
        log.warning("scheduled work refused", extra={"schedule": schedule.pk, "why": refusal.sentence})
        return None


def due(limit: int = 1000) -> list[tuple[int, int]]:
    """(shop, schedule) of every shop's schedules whose moment has come: the clock's look across shops.

    It goes through a SECURITY DEFINER function that can say no more than these ids.
    """
    with connection.cursor() as cursor:
        cursor.execute("select shop_id, schedule_id from aisle_due_schedules(%s)", [limit])
        return list(cursor.fetchall())


@dataclass(frozen=True)
class Line:
    """One line of what runs by itself, for a page."""

    title: str
    days: str
    at: dt.time
    is_active: bool
    next_due_at: dt.datetime | None
    last_started_at: dt.datetime | None


def listed() -> list[Line]:
    """What runs by itself in the chosen shop, by its time of day."""
    return [
        Line(title_of(row), days_in_words(row.weekdays), row.at, row.is_active, row.next_due_at, row.last_started_at)
        for row in Schedule.objects.all()
        if is_known(row.kind)
    ]


def days_in_words(weekdays: str) -> str:
    """every day; Monday to Friday; Monday, Wednesday and Sunday."""
    chosen = sorted({int(day) for day in weekdays})
    if len(chosen) == len(DAYS):
        return "every day"
    names = [DAYS[day] for day in chosen]
    if len(names) > 2 and chosen[-1] - chosen[0] == len(chosen) - 1:
        return f"{names[0]} to {names[-1]}"
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[:-1] else names)


def _as_edited(schedule: Schedule) -> dict[str, Any]:
    """What people decide on, as the history keeps it: that it ran last night is nobody's change."""
    return {"kind": schedule.kind, "at": f"{schedule.at:%H:%M:%S}"} | {
        name: getattr(schedule, name) for name in ("weekdays", "is_active")
    }


def _beat_name(schedule: Schedule) -> str:
    return f"shop {schedule.shop_id}: {schedule.kind}"


def _tell_beat(shop: Shop, schedules: Iterable[Schedule]) -> None:
    """Write beat's rows: its only knowledge of a shop is the ids in the message it will send.

    Without Django's signals, which would lock the one row that says beat's table has changed until the commit.
    """
    for schedule in schedules:
        name = _beat_name(schedule)
        ids = {"shop_id": schedule.shop_id, "schedule_id": schedule.pk}
        fields = {
            "task": START, "kwargs": json.dumps(ids), "enabled": schedule.is_active,
            "crontab_id": _crontab(shop, schedule), "date_changed": timezone.now(),
        }  # fmt: skip
        if not PeriodicTask.objects.filter(name=name).update(**fields):
            PeriodicTask.objects.bulk_create([PeriodicTask(name=name, **fields)], ignore_conflicts=True)
    transaction.on_commit(PeriodicTasks.update_changed)


def _crontab(shop: Shop, schedule: Schedule) -> int:
    """The id of beat's crontab of this time; shared with others of the same time and never changed."""
    days = "*" if len(set(schedule.weekdays)) == len(DAYS) else _cron_days(schedule.weekdays)
    wanted = {
        "minute": str(schedule.at.minute), "hour": str(schedule.at.hour), "day_of_week": days,
        "day_of_month": "*", "month_of_year": "*", "timezone": zoneinfo.ZoneInfo(shop.zone),
    }  # fmt: skip
    found = CrontabSchedule.objects.filter(**wanted).order_by("id").values_list("id", flat=True).first()
    return int(found or CrontabSchedule.objects.bulk_create([CrontabSchedule(**wanted)])[0].pk)


def _cron_days(weekdays: str) -> str:
    """Cron's week begins on Sunday."""
    return ",".join(sorted({str((int(day) + 1) % 7) for day in weekdays}))
