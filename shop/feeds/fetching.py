"""A feed's work: when its moment has come, look at its source, keep what is new, have it imported.

Whoever finds the moment past (beat, two beats, a repeated message) calls `start`: it asks for the job and moves the
moment on in one transaction. The job may be stopped anywhere and started again: a file is known by its identity, and
is kept, entered and asked to be imported in one transaction with the place where its source goes on.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import logging
import uuid
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from shop import encryption, jobs
from shop.errors import Refused
from shop.feeds import alerts, settling, sources
from shop.feeds.sources import Cursor, Fetched, FileProblem, NotYet, SourceProblem, Where
from shop.imports import desk
from shop.models import Feed, FeedFile, Import, Job, RawFile, Shop
from shop.roles import Can

log = logging.getLogger("aisle.feeds")
JOB_KIND = "fetch_feed"
MOST_FILES = 200  # in one look; the rest comes with the next, soon
SOON = dt.timedelta(minutes=1)
FIRST_AGAIN, LAST_AGAIN = dt.timedelta(minutes=5), dt.timedelta(hours=6)
_OURS = "Something broke on our side while looking. It is tried again by itself."


# --- When ------------------------------------------------------------------------------------------------------------


def due(limit: int = 1000) -> list[tuple[int, int]]:
    """(shop, feed) of every shop's feeds to look at now, through a function that can say no more than these ids."""
    with connection.cursor() as cursor:
        cursor.execute("select shop_id, feed_id from aisle_due_feeds(%s)", [limit])
        return list(cursor.fetchall())


def start(feed_id: int) -> Job | None:
    """Note what became of the feed's files; ask for a look where its moment has come, and move the moment on.

    Of two callers the second finds the moment moved. A look that still runs is not joined by another.
    """
    settling.settle(feed_id)
    now = timezone.now()
    with transaction.atomic():
        feed: Feed | None = (
            Feed.objects.select_for_update(no_key=True).filter(pk=feed_id, is_active=True, next_due_at__lte=now).first()
        )
        if feed is None:
            return None
        moment, feed.next_due_at = feed.next_due_at, now + dt.timedelta(minutes=feed.every_minutes)
        feed.save(update_fields=["next_due_at"])
        return _ask(feed, f"{moment.isoformat()}", by=f"feed {feed.name}")


def start_now(*, feed_id: int, by: str) -> Job:
    """Ask for a look at once, whatever its hours; the one that waits or runs, where there is one."""
    with transaction.atomic():
        feed: Feed = Feed.objects.select_for_update(no_key=True).get(pk=feed_id)
        running = _unfinished(feed)
        return running or _asked(feed, f"now:{timezone.now().isoformat()}", by=by)


def _unfinished(feed: Feed) -> Job | None:
    found: Job | None = Job.objects.unfinished().filter(kind=JOB_KIND, payload__feed=feed.pk).first()
    return found


def _ask(feed: Feed, moment: str, *, by: str) -> Job | None:
    return None if _unfinished(feed) else _asked(feed, moment, by=by)


def _asked(feed: Feed, moment: str, *, by: str) -> Job:
    key = uuid.uuid5(uuid.NAMESPACE_URL, f"aisle:feed:{feed.pk}:{moment}")
    return jobs.ask(kind=JOB_KIND, key=key, payload={"feed": feed.pk}, title=f"Look at {feed.name}"[:200], by=by[:200])


# --- The look --------------------------------------------------------------------------------------------------------


@jobs.job_kind(JOB_KIND, sees=Can.IMPORT)
def run_fetch(job: Job, report: jobs.Report) -> dict[str, Any]:
    """One look: {new, repeated, failed} files, and the problem there was."""
    feed = Feed.objects.select_related("saved_mapping").filter(pk=job.payload["feed"]).first()
    if feed is None:
        return {}  # removed meanwhile
    told = {"new": 0, "repeated": 0, "failed": 0}
    cursor: Cursor = json.loads(json.dumps(feed.cursor))
    try:
        problem = _look(feed, cursor, told, report)
    except (Refused, jobs.Cancelled, jobs.LeaseLost):
        raise
    except Exception:
        _finish(feed, {}, _OURS)
        raise
    _finish(feed, cursor, problem)
    return {**told, "problem": problem}


def _look(feed: Feed, cursor: Cursor, told: dict[str, int], report: jobs.Report) -> str:
    """Take what there is; returns what was wrong with the source, in words. A file that is wrong stops no other."""
    early = ""
    try:
        source = sources.find(feed.source)
        files = source.fetch(where_of(feed), cursor, lambda identity: _is_known(feed, identity))
        for number, found in enumerate(itertools.islice(files, _most(feed)), start=1):
            report.progress(number, number + 1)
            try:
                told[_take(feed, found, cursor)] += 1
            except NotYet as wait:
                early = early or wait.sentence
        if number_of(told) >= _most(feed):
            cursor["waiting"] = cursor.get("waiting") or {"more": []}
    except SourceProblem as problem:
        return problem.sentence
    return early


def number_of(told: dict[str, int]) -> int:
    return sum(told.values())


def _most(feed: Feed) -> int:
    """Without a mapping one file is taken: a person matches its columns, and that import is the mapping."""
    if feed.saved_mapping_id is None:
        return 0 if feed.files.filter(state=FeedFile.State.IMPORTING).exists() else 1
    return MOST_FILES


def where_of(feed: Feed) -> Where:
    """What its source needs to know of a feed."""
    shop = Shop.objects.get(pk=feed.shop_id)
    return Where(feed.settings, secrets_of(feed), shop.slug, shop.zone)


def secrets_of(feed: Feed) -> dict[str, str]:
    return json.loads(encryption.decrypt(feed.secret)) if feed.secret else {}


def _is_known(feed: Feed, identity: str) -> bool:
    return bool(feed.files.filter(identity=identity).exists())


def _take(feed: Feed, found: Fetched, cursor: Cursor) -> str:
    """Keep one file and ask for its import, unless its content came before. Returns what to count it as."""
    details = {"feed": feed.name, "feed_id": feed.pk, **found.details}
    try:
        with found.opens() as opened:
            kept = desk.keep(opened, name=found.name, origin=feed.source, by=f"feed {feed.name}"[:200], details=details)
    except (FileProblem, Refused) as refusal:
        _enter(feed, found, cursor, None, refusal.sentence)
        found.taken()
        return "failed"
    state = _enter(feed, found, cursor, kept, "")
    found.taken()
    return {FeedFile.State.IMPORTING: "new", FeedFile.State.REPEATED: "repeated"}.get(state, "failed")  # type: ignore[call-overload, no-any-return]


@transaction.atomic
def _enter(feed: Feed, found: Fetched, cursor: Cursor, kept: RawFile | None, problem: str) -> str:
    """The file's row, its import and the source's place, together or not at all. A file that is there stays so."""
    now = timezone.now()
    locked: Feed = Feed.objects.select_for_update(no_key=True).get(pk=feed.pk)
    state = FeedFile.State.FAILED if problem else FeedFile.State.REPEATED if _came_before(feed, kept) else ""
    file, created = FeedFile.objects.get_or_create(
        feed=locked, identity=found.identity,
        defaults={
            "name": (kept.name if kept else found.name)[:200], "file": kept, "problem": problem[:400], "seen_at": now,
            "state": state or FeedFile.State.IMPORTING, "shop_id": feed.shop_id,
        },
    )  # fmt: skip
    if created and not state and kept is not None:
        _import(locked, file, kept)
    locked.cursor = cursor
    locked.received_at = locked.received_at if state == FeedFile.State.REPEATED else now
    locked.save(update_fields=["cursor", "received_at"])
    return str(file.state)


def _came_before(feed: Feed, kept: RawFile | None) -> bool:
    """Whether exactly this content is in the books, or on its way there by this feed."""
    if kept is None:
        return False
    same = Import.objects.filter(file__sha256=kept.sha256, kind=feed.kind).exclude(file=kept)
    under_way = feed.files.filter(state=FeedFile.State.IMPORTING, file__sha256=kept.sha256)
    return bool(same.in_the_books().exists() or under_way.exists())


def _import(feed: Feed, file: FeedFile, kept: RawFile) -> None:
    """Ask for the import; a file that is refused at the door is entered as failed."""
    by = f"feed {feed.name}"[:200]
    try:
        with transaction.atomic():
            file.imported = (
                desk.run_saved(file=kept, saved_mapping=feed.saved_mapping, branch=feed.branch, by=by, feed=feed)
                if feed.saved_mapping
                else desk.begin(file=kept, kind=feed.kind, branch=feed.branch, by=by, feed=feed)
            )
    except Refused as refusal:
        file.state, file.problem = FeedFile.State.FAILED, refusal.sentence[:400]
    file.save()


def _finish(feed: Feed, cursor: Cursor, problem: str) -> None:
    """Note how the look ended, when the next is, and what is wrong now."""
    now = timezone.now()
    with transaction.atomic():
        locked: Feed | None = Feed.objects.select_for_update(no_key=True).filter(pk=feed.pk).first()
        if locked is None:
            return
        locked.checked_at = now
        locked.cursor = cursor or locked.cursor
        locked.failures = min(locked.failures + 1, 1000) if problem else 0
        if problem:
            locked.next_due_at = now + again_after(locked.failures, locked.every_minutes)
        elif cursor.get("waiting"):
            locked.next_due_at = min(locked.next_due_at, now + SOON)
        locked.save(update_fields=["checked_at", "cursor", "failures", "next_due_at"])
    settling.settle(feed.pk)
    alerts.review(feed.pk, source_problem=problem)


def again_after(failures: int, every_minutes: int) -> dt.timedelta:
    """Soon at first, then ever more seldom, but at least as often as it looks anyway or every six hours."""
    gap: dt.timedelta = FIRST_AGAIN * (1 << min(failures - 1, 10))
    return min(gap, max(LAST_AGAIN, dt.timedelta(minutes=every_minutes)))
