"""Feeds for pages: each with how it stands, its files, and what is wrong in plain words with what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet

from shop.feeds import alerts, sources
from shop.feeds.sources import SourceProblem
from shop.models import Feed, FeedFile, Job

# Ways to look, as people say them: (minutes, words).
EVERY = (
    (5, "every 5 minutes"), (15, "every quarter of an hour"), (60, "every hour"), (180, "every 3 hours"),
    (720, "twice a day"), (1440, "once a day"), (10080, "once a week"),
)  # fmt: skip
SILENCE = (
    (2, "after 2 hours"), (6, "after 6 hours"), (12, "after 12 hours"), (30, "after a day and a bit"),
    (54, "after two days"), (192, "after a week"), (768, "after a month"), (8760, "after a year"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Alert:
    """Something wrong with a feed: what, since when, what to do, and where."""

    feed: Feed
    remedy: str

    @property
    def text(self) -> str:
        return f"{self.feed.name}: {self.feed.problem}"


@dataclass(frozen=True, slots=True)
class Standing:
    """A feed as it stands. `chip` is its state's colour, `state` the word."""

    feed: Feed
    source: str
    icon: str
    where: str
    state: str
    chip: str
    remedy: str
    last: FeedFile | None


def standing_alerts() -> list[Alert]:
    """What is wrong with the chosen shop's feeds now, the longest first. One query."""
    wrong = Feed.objects.filter(is_active=True).exclude(problem="").order_by("problem_at", "id")
    return [Alert(feed, remedy_of(feed)) for feed in wrong]


def remedy_of(feed: Feed) -> str:
    return alerts.REMEDIES[Feed.Problem(feed.problem_kind)] if feed.problem_kind else ""


def standings() -> list[Standing]:
    """Every feed of the chosen shop by name. A fixed number of queries."""
    latest = FeedFile.objects.order_by("feed_id", "-id").distinct("feed_id")
    rows: Any = Feed.objects.select_related("saved_mapping").prefetch_related(Prefetch("files", latest, "newest"))
    return [standing(feed, feed.newest[0] if feed.newest else None) for feed in rows]


def standing(feed: Feed, last: FeedFile | None) -> Standing:
    state, chip = _state(feed)
    try:
        source = sources.find(feed.source)
        title, icon, where = source.title, source.icon, source.describe(feed.settings)
    except SourceProblem:
        title, icon, where = "Not offered any more", "unplug", ""
    return Standing(feed, title, icon, where, state, chip, remedy_of(feed), last)


def _state(feed: Feed) -> tuple[str, str]:
    if not feed.is_active:
        return "Paused", ""
    if feed.problem:
        return feed.get_problem_kind_display(), "bad" if feed.problem_kind == Feed.Problem.SOURCE else "warn"
    if feed.saved_mapping_id is None:
        return "Waits for its first file" if feed.checked_at else "Looks for its first file", "info"
    return ("Runs", "ok") if feed.checked_at else ("Has not looked yet", "info")


def files_of(feed: Feed) -> QuerySet[FeedFile]:
    """A feed's files, the newest first."""
    found: QuerySet[FeedFile] = FeedFile.objects.filter(feed=feed).select_related("file", "imported").order_by("-id")
    return found


def running_job(feed: Feed) -> Job | None:
    """The look that waits or runs now."""
    found: Job | None = Job.objects.unfinished().filter(kind="fetch_feed", payload__feed=feed.pk).first()
    return found


def every_in_words(minutes: int) -> str:
    return dict(EVERY).get(minutes) or f"every {minutes} minutes"


def silence_in_words(hours: int) -> str:
    return dict(SILENCE).get(hours) or f"after {hours} hours"
