"""What becomes of a feed's files: how their imports ended, what mends a broken one, which mapping is kept."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from shop.feeds import alerts
from shop.imports import desk, saved
from shop.imports.kinds import find_kind
from shop.imports.mapping import Mapping
from shop.imports.reading import Layout
from shop.models import Feed, FeedFile, Import, Job, SavedMapping
from shop.signals import import_done

_GONE = (Import.State.REFUSED, Import.State.DROPPED)
_NOT_WANTED = "Somebody took this import back before it was in."


def settle(feed_id: int) -> None:
    """Enter how the imports of this feed's files ended. Harmless to repeat."""
    waiting = FeedFile.objects.filter(feed_id=feed_id, state=FeedFile.State.IMPORTING, imported__isnull=False)
    changed = [settle_file(file) for file in waiting.select_related("imported__job", "file").order_by("id")]
    if any(changed):
        alerts.review(feed_id)


@receiver(import_done)
def import_ended(*, import_id: int = 0, **rest: Any) -> None:
    """An import that is in settles the file it was made of, also one that a person mended by hand."""
    open_files = FeedFile.objects.filter(imported_id=import_id).exclude(state=FeedFile.State.DONE)
    for file in open_files.select_related("imported__job", "file"):
        if settle_file(file):
            alerts.review(file.feed_id)


@transaction.atomic
def settle_file(file: FeedFile) -> bool:
    """Enter how one file's import ended; False while it has not."""
    if file.imported_id is None:
        return False
    imported = desk.settle(file.imported_id)
    feed: Feed = Feed.objects.select_for_update(no_key=True).get(pk=file.feed_id)
    if imported.state in (Import.State.DONE, Import.State.UNDONE, Import.State.UNDOING):
        file.state, file.problem = FeedFile.State.DONE, ""
        file.save(update_fields=["state", "problem"])
        _heal(file)
        _adopt(feed, imported)
        return True
    if _has_failed(feed, imported) and file.state == FeedFile.State.IMPORTING:
        file.state = FeedFile.State.FAILED
        file.problem = (imported.problem or (imported.job.error if imported.job else "") or _NOT_WANTED)[:400]
        file.save(update_fields=["state", "problem"])
        return True
    return False


def _has_failed(feed: Feed, imported: Import) -> bool:
    """Without a mapping a person is at it: then only a file that cannot be read, or is not wanted, has failed."""
    stopped = imported.job is not None and imported.job.status in (Job.Status.FAILED, Job.Status.CANCELLED)
    return imported.state in _GONE or (feed.saved_mapping_id is not None and stopped)


def _heal(file: FeedFile) -> None:
    """A good file mends the broken ones of its name that came before it, and itself."""
    broken = FeedFile.objects.filter(feed_id=file.feed_id, state=FeedFile.State.FAILED, healed_at=None)
    broken.filter(name=file.name, pk__lte=file.pk).update(healed_at=timezone.now())


def _adopt(feed: Feed, imported: Import) -> None:
    """The first import that a person matched by hand is how the feed goes on by itself."""
    if feed.saved_mapping_id is None and imported.feed_id == feed.pk:
        feed.saved_mapping = mapping_of(imported)
        feed.kind, feed.branch = imported.kind, imported.branch
        feed.next_due_at = timezone.now()
        feed.save(update_fields=["saved_mapping", "kind", "branch", "next_due_at"])


def mapping_of(imported: Import) -> SavedMapping:
    """How the columns of an import were matched, remembered for files with the same column names."""
    known = saved.remember(
        kind=find_kind(imported.kind),
        layout=Layout.from_json(imported.layout),
        mapping=Mapping.from_json(imported.mapping),
        supplier=imported.supplier,
        name=imported.file.name,
    )
    if said := imported.layout.get("said"):
        known.layout = {**known.layout, "said": said}  # what a person chose holds for the next files too
        known.save(update_fields=["layout"])
    return known
