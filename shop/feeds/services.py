"""What people do with feeds: set one up, change it, pause it, take it away, look now, try a file again, let it be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from shop import encryption, history
from shop.errors import Refused
from shop.feeds import alerts, fetching, settling, sources
from shop.feeds.sources import Found, SourceProblem, Where
from shop.imports import desk
from shop.imports.kinds import find_kind
from shop.models import Feed, FeedFile, Import, SavedMapping, Shop
from shop.tenancy import acting, current_shop_id

LEAST_MINUTES, MOST_MINUTES = 5, 7 * 24 * 60
_EDITED = ("name", "source", "settings", "kind", "branch", "every_minutes", "quiet_hours", "is_active")


class FeedRefused(Refused):
    """A feed cannot be like this. `field` is the one at fault."""

    code = "feed_invalid"

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Plan:
    """What a person says of a feed. `answers` are those of its source's form; a secret left empty stays as it was."""

    name: str
    source: str
    answers: Mapping[str, Any]
    kind: str
    branch: str = ""
    saved_mapping: SavedMapping | None = None
    every_minutes: int = 60
    quiet_hours: int = 30


@transaction.atomic
def add(plan: Plan, *, by: str) -> Feed:
    """Set up a feed; its first look follows at once. Without a mapping its first file waits for a person to match it.

    Raises FeedRefused for a name that is taken, hours out of bounds and a source that is not offered.
    """
    feed = Feed(source=plan.source, made_by=by, shop_id=current_shop_id(), next_due_at=timezone.now())
    _fill(feed, plan)
    _save(feed)
    with acting(by):
        history.note(feed.shop_id, Feed._meta.db_table, feed.pk, None, _as_edited(feed))
    return feed


@transaction.atomic
def change(*, feed_id: int, plan: Plan, by: str) -> Feed:
    """Change a feed. Where it looks elsewhere, it begins there anew; files that came before are known by content."""
    feed = _locked(feed_id)
    before, secret, looked = _as_edited(feed), fetching.secrets_of(feed), feed.settings
    _fill(feed, plan)
    if feed.settings != looked:
        feed.cursor = {}
    feed.failures, feed.next_due_at = 0, timezone.now()
    _save(feed)
    after = _as_edited(feed) | ({"secret": "changed"} if fetching.secrets_of(feed) != secret else {})
    with acting(by):
        history.note(feed.shop_id, Feed._meta.db_table, feed.pk, before, after)
    alerts.review(feed.pk, source_problem="")
    return feed


@transaction.atomic
def switch(*, feed_id: int, on: bool, by: str) -> Feed:
    """Let a feed run, or rest: then nothing is fetched and nothing is missed."""
    feed = _locked(feed_id)
    if feed.is_active != on:
        before = _as_edited(feed)
        feed.is_active, feed.failures, feed.next_due_at = on, 0, timezone.now()
        feed.save(update_fields=["is_active", "failures", "next_due_at"])
        with acting(by):
            history.note(feed.shop_id, Feed._meta.db_table, feed.pk, before, _as_edited(feed))
        alerts.review(feed.pk, source_problem="")
    return feed


@transaction.atomic
def remove(*, feed_id: int, by: str) -> str:
    """Take a feed away, with its list of files. What it brought in stays, and so do the files themselves. Returns its
    name. Raises FeedRefused where it is gone."""
    feed: Feed | None = Feed.objects.select_for_update(no_key=True).filter(pk=feed_id).first()
    if feed is None:
        raise FeedRefused("This feed is not there any more.")
    Import.objects.filter(feed=feed).update(feed=None)
    with acting(by):
        history.note(feed.shop_id, Feed._meta.db_table, feed.pk, _as_edited(feed), None)
    feed.delete()
    return str(feed.name)


@transaction.atomic
def try_again(*, file_id: int, by: str) -> FeedFile:
    """Import a file that failed once more, as the feed's mapping says now."""
    file = _broken(file_id)
    feed = file.feed
    if file.file is None or not file.file.path or feed.saved_mapping is None:
        raise FeedRefused("This file is not kept, so it cannot be tried again. Have it sent again.")
    file.imported = desk.run_saved(
        file=file.file, saved_mapping=feed.saved_mapping, branch=feed.branch, by=by, feed=feed
    )  # fmt: skip
    file.state, file.problem = FeedFile.State.IMPORTING, ""
    file.save(update_fields=["imported", "state", "problem"])
    alerts.review(feed.pk)
    return file


@transaction.atomic
def let_be(*, file_id: int) -> FeedFile:
    """Go on without a file that failed: nobody is told of it any more."""
    file = _broken(file_id)
    file.healed_at = timezone.now()
    file.save(update_fields=["healed_at"])
    alerts.review(file.feed_id)
    return file


def look(*, source: str, answers: Mapping[str, Any], feed: Feed | None = None) -> Found:
    """Test a source as it is written in a form, without keeping anything. Raises FeedRefused with what is wrong."""
    shop = Shop.objects.get(pk=current_shop_id())
    settings, secrets = _parted(source, answers, feed)
    try:
        return sources.find(source).check(Where(settings, secrets, shop.slug, shop.zone))
    except SourceProblem as problem:
        raise FeedRefused(problem.sentence) from None


def mapping_of(imported: Import) -> SavedMapping:
    """The mapping to make a feed of an import that is in."""
    return settling.mapping_of(imported)


def _fill(feed: Feed, plan: Plan) -> None:
    if not plan.name.strip():
        raise FeedRefused("Give the feed a name.", field="name")
    if not LEAST_MINUTES <= plan.every_minutes <= MOST_MINUTES:
        raise FeedRefused("Look every 5 minutes at most, and once a week at least.", field="every_minutes")
    if not 1 <= plan.quiet_hours <= 24 * 366:
        raise FeedRefused("Say after how many hours silence is unusual, from 1 to a year.", field="quiet_hours")
    settings, secrets = _parted(feed.source, plan.answers, feed if feed.pk else None)
    feed.name, feed.settings = plan.name.strip()[:120], settings
    if secrets != fetching.secrets_of(feed):
        feed.secret = encryption.encrypt(json.dumps(secrets)) if secrets else ""
    feed.kind, feed.branch = find_kind(plan.kind).name, plan.branch
    feed.saved_mapping = plan.saved_mapping
    feed.every_minutes, feed.quiet_hours = plan.every_minutes, plan.quiet_hours


def _parted(source: str, answers: Mapping[str, Any], feed: Feed | None) -> tuple[dict[str, Any], dict[str, str]]:
    """(settings, secrets) of a form's answers. An empty secret is the one the feed has, for the same place only."""
    try:
        private = sources.find(source).secret
    except SourceProblem as problem:
        raise FeedRefused(problem.sentence, field="source") from None
    settings = {name: value for name, value in answers.items() if name not in private and value not in ("", None)}
    kept = fetching.secrets_of(feed) if feed and _same_place(feed.settings, settings) else {}
    secrets = {name: str(answers.get(name) or kept.get(name, "")) for name in private}
    return settings, {name: value for name, value in secrets.items() if value}


def _same_place(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """A password is never sent to another machine than the one it was typed for."""
    return all(before.get(name) == now.get(name) for name in ("host", "port", "encryption", "url", "user", "sign_in"))


def _save(feed: Feed) -> None:
    try:
        with transaction.atomic():
            feed.save()
    except IntegrityError as error:
        raise FeedRefused("Another feed has this name. Choose another.", field="name") from error


def _as_edited(feed: Feed) -> dict[str, Any]:
    """What people decide on, as the history keeps it."""
    return {name: getattr(feed, name) for name in _EDITED}


def _locked(feed_id: int) -> Feed:
    feed: Feed = Feed.objects.select_for_update(no_key=True).get(pk=feed_id)
    return feed


def _broken(file_id: int) -> FeedFile:
    rows = FeedFile.objects.select_for_update(of=("self",)).select_related("feed__saved_mapping", "file")
    file: FeedFile = rows.get(pk=file_id)
    if file.state != FeedFile.State.FAILED:
        raise FeedRefused("This file has not failed.")
    return file
