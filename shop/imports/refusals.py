"""Where refused rows go: a CSV file with the columns of the upload, the line and the reason."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage

from shop.tenancy import current_shop_id


class Collected:
    """Refused rows while they are written."""

    def __init__(self, file: Any, path: str | None) -> None:
        self.file = file
        self._path = path

    def keep(self) -> str:
        """Put the rows where they stay; returns the path asked for, or else a name in the storage of uploads."""
        self.file.flush()
        if self._path is not None:
            return self._path
        self.file.seek(0)
        name = f"imports/{current_shop_id()}/{uuid.uuid4()}/refused.csv"
        return default_storage.save(name, File(self.file.buffer))


@contextmanager
def collect(path: str | None = None) -> Iterator[Collected]:
    """A text file for refused rows: at `path`, else temporary until `keep`."""
    if path:
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            yield Collected(file, path)
    else:
        with tempfile.NamedTemporaryFile("w+", encoding="utf-8", newline="", suffix=".csv") as file:
            yield Collected(file, None)
