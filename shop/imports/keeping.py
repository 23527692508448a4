"""Raw files: stored byte for byte as they come, known again by their hash, removed when their time is over."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import logging
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePath
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone

from shop.imports import opening, reading
from shop.imports.errors import ImportRefused
from shop.imports.limits import MOST_UPLOADED
from shop.imports.reading import Source
from shop.models import Import, RawFile
from shop.tenancy import current_shop_id

log = logging.getLogger("aisle.imports")
DRAFT_DAYS = 7
_PIECE = 1 << 20


def keep(
    opened: Any, *, name: str, origin: str = "upload", by: str = "", details: dict[str, Any] | None = None
) -> RawFile:
    """Store a file, read once from its beginning to its end, and remember its hash, size and where it came from.

    Raises ImportRefused for one that is too large, and for an upload that is no table: then nothing is kept. What came
    by itself is kept whatever it is, so that somebody can look at it; the worker refuses it.
    """
    name = _plain(name)
    uploaded = origin == RawFile.Origin.UPLOAD
    stream = _Stream(opened, name)
    path = f"imports/{current_shop_id()}/{uuid.uuid4()}/{default_storage.get_valid_name(name)}"
    try:
        if uploaded and not name.lower().endswith(opening.ENDINGS):
            opening.first_look(Source(name, 0, lambda: io.BytesIO()))
        path = default_storage.save(path, stream)
        if uploaded:
            _judge(Source(name, stream.count, lambda: _open(path)))
    except BaseException:
        with suppress(OSError):
            default_storage.delete(path)
        raise
    days = DRAFT_DAYS if uploaded else settings.KEEP_FILES_DAYS
    file: RawFile = RawFile.objects.create(
        shop_id=current_shop_id(), path=path, name=name, size=stream.count, sha256=stream.hash.hexdigest(),
        origin=origin, details=details or {}, received_by=by, keep_until_date=_today() + dt.timedelta(days=days),
    )  # fmt: skip
    return file


def endings() -> tuple[str, ...]:
    """How the names of files end that may be uploaded."""
    return opening.ENDINGS


def source_of(file: RawFile) -> Source:
    """A stored file, to be read. Raises ImportRefused where its bytes are no longer kept."""
    if not file.path or not default_storage.exists(file.path):
        raise ImportRefused(f"{file.name} is no longer kept. Upload it again.")
    return Source(file.name, file.size, lambda: _open(file.path))


def keep_longer(file: RawFile) -> None:
    """A file whose rows are in the books stays as long as the shop's files stay."""
    until = _today() + dt.timedelta(days=settings.KEEP_FILES_DAYS)
    RawFile.objects.filter(pk=file.pk, keep_until_date__lt=until).update(keep_until_date=until)


def same_before(file: RawFile, *, other_than: int) -> Import | None:
    """The import that brought exactly this file's content in earlier."""
    earlier = Import.objects.in_the_books().filter(file__sha256=file.sha256).exclude(pk=other_than)
    return earlier.order_by("-id").first()  # type: ignore[no-any-return]


def remove_old(today: dt.date | None = None) -> int:
    """Remove the bytes of the chosen shop's files whose time is over, and of the rows refused from them; what is known
    of them stays. Returns how many."""
    over = RawFile.objects.kept().filter(keep_until_date__lt=today or _today())
    count = 0
    for file in over.prefetch_related("imports").iterator(chunk_size=100):
        forget(file.path)
        for imported in file.imports.all():
            forget(imported.checked.get("refused_file", ""))
            forget(imported.result.get("refused_file", ""))
        count += RawFile.objects.filter(pk=file.pk).update(path="", removed_at=timezone.now())
    return count


def forget(path: str) -> None:
    """Delete a file from the storage, if it is there."""
    if path:
        default_storage.delete(path)


class _Stream(File):  # type: ignore[type-arg]
    """The file as it is copied: hashed and counted."""

    def __init__(self, opened: Any, name: str) -> None:
        super().__init__(opened, name)
        self._opened = opened
        self.hash = hashlib.sha256()
        self.count = 0

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        while piece := self._opened.read(chunk_size or _PIECE):
            self.count += len(piece)
            if self.count > MOST_UPLOADED:
                raise ImportRefused(
                    f"{self.name} is larger than 1 GB. Pack it as .gz, or split it by month or by year."
                )
            self.hash.update(piece)
            yield piece


def _plain(name: str) -> str:
    """The last part of a name, without what no name shows: paths, line ends, marks that turn the writing round."""
    name = "".join(letter for letter in PurePath(str(name).replace("\\", "/")).name if letter.isprintable())
    return name[-100:] or "file"


def _judge(source: Source) -> None:
    """A word at once about what can be seen at once: its first bytes, and the first block of a text."""
    if opening.first_look(source) == "text":
        with suppress(reading.Unsure):  # that is asked on the page of columns
            reading.look(source, whole=False)


def _open(path: str) -> BinaryIO:
    return cast(BinaryIO, default_storage.open(path, "rb").file)


def _today() -> dt.date:
    return timezone.now().date()
