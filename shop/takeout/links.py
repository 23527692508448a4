"""Links to a finished file: signed, ending with it, and good only for a member who still may have it."""

from __future__ import annotations

import logging
from typing import Any, BinaryIO, cast

from django.core import signing
from django.core.files.storage import default_storage
from django.utils import timezone

from shop import access
from shop.models import Download
from shop.roles import Can
from shop.tenancy import current_shop_id

log = logging.getLogger("aisle.takeout")
_SALT = "aisle.download"


def key_of(download: Download) -> str:
    """The key in its link. It says which file of which shop, and until when."""
    said = {"download": download.pk, "shop": download.shop_id, "until": int(download.expires_at.timestamp())}
    return signing.dumps(said, salt=_SALT)


def find(pk: int, key: str, membership: Any) -> Download | None:
    """The file a link leads to, for this member; None where its key is forged, foreign or over, or the file is gone.

    Raises PermissionDenied for a member who may not have it, whoever sent them the link.
    """
    try:
        said = signing.loads(key, salt=_SALT)
    except signing.BadSignature:
        return None
    if said["until"] < timezone.now().timestamp() or (said["shop"], said["download"]) != (current_shop_id(), pk):
        return None
    found: Download | None = Download.objects.filter(pk=pk).first()
    if found is None or not is_there(found) or not default_storage.exists(found.path):
        return None
    access.require(membership, Can[found.needs])
    return found


def is_there(download: Download) -> bool:
    """Whether the file is made, not over and not removed."""
    return bool(download.path) and download.removed_at is None and download.expires_at > timezone.now()


def opened(download: Download) -> BinaryIO:
    """The file's bytes. That it was taken is remembered."""
    Download.objects.filter(pk=download.pk).update(taken_at=timezone.now())
    return cast(BinaryIO, default_storage.open(download.path, "rb"))


def remove_old() -> int:
    """Remove the chosen shop's files whose time is over; their rows stay. Returns how many."""
    over = Download.objects.filter(expires_at__lte=timezone.now(), removed_at=None)
    count = 0
    for download in over.iterator():
        if download.path:
            default_storage.delete(download.path)
        count += Download.objects.filter(pk=download.pk).update(path="", removed_at=timezone.now())
    return count
