"""A watched folder: files that somebody or something puts below AISLE_FEEDS_FOLDER/<shop>/ on this server.

A shop's feed never leaves its shop's folder: folders are walked one by one without following links, and only plain
files are opened. A file is taken when it has stopped growing.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from django import forms
from django.conf import settings

from shop.feeds import sources
from shop.feeds.sources import Cursor, Fetched, FileProblem, Found, NotYet, Seen, SourceProblem, Where

DONE = "done"
RESTS_FOR = 60  # seconds without a change, before a file counts as finished
MOST_ENTRIES = 20_000
_HALF_WRITTEN = (".part", ".tmp", ".partial", ".crdownload", ".filepart")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class FolderForm(forms.Form):
    """Where below the shop's folder, which names, and what becomes of a file that was taken."""

    folder = forms.CharField(
        max_length=200,
        required=False,
        help_text="Below your shop's folder on the server, such as till-1. Left empty, that folder itself.",
    )
    pattern = forms.CharField(
        label="Only names like",
        max_length=100,
        required=False,
        help_text="A star stands for anything: sales-*.csv. Left empty, every file that may hold rows.",
    )
    after = forms.ChoiceField(
        label="When a file is taken",
        choices=[("leave", "Leave it where it is"), ("move", "Move it to the folder done")],
    )

    def clean_folder(self) -> str:
        return "/".join(parts_of(self.cleaned_data["folder"]))


def parts_of(folder: str) -> list[str]:
    """The folder's names, one below the other. Raises ValidationError for a way out of the shop's folder."""
    if "\0" in folder or "\\" in folder or folder.startswith(("/", "~")) or re.match(r"^[A-Za-z]:", folder):
        raise forms.ValidationError("Write the folder as names with / between them, below your shop's folder.")
    parts = [part for part in folder.split("/") if part not in ("", ".")]
    if ".." in parts or any(part.startswith(".") for part in parts):
        raise forms.ValidationError("Two dots, and names that begin with a dot, do not work here.")
    return parts


@dataclass(frozen=True)
class Entry:
    """A file as it lay there: name, size, and its times in nanoseconds."""

    name: str
    size: int
    changed: int

    @property
    def state(self) -> list[int]:
        return [self.size, self.changed]

    @property
    def identity(self) -> str:
        return f"{self.changed}:{self.size}:{self.name}"[:300]


class Folder:
    """The source."""

    name, title, icon = "folder", "A folder on the server", "folder"
    about = "Your till, or whoever runs the server, puts files there by SFTP, a network share or a script."
    form: type[forms.Form] = FolderForm
    secret: tuple[str, ...] = ()

    def available(self) -> bool:
        return bool(settings.FEEDS_FOLDER)

    def describe(self, said: Mapping[str, Any]) -> str:
        folder, pattern = said.get("folder") or "your shop's folder", said.get("pattern")
        return f"{folder}, {pattern}" if pattern else str(folder)

    def check(self, where: Where) -> Found:
        with _opened(where) as folder:
            entries = _entries(folder, where)
        names = tuple(entry.name for entry in entries)
        if not names:
            return Found("The folder can be read. No file is in it yet.")
        many = "One file is" if len(names) == 1 else f"{len(names):,} files are"
        return Found(f"The folder can be read. {many} in it.", names[:5])

    def fetch(self, where: Where, cursor: Cursor, seen: Seen) -> Iterator[Fetched]:
        move = where.settings.get("after") == "move"
        with _opened(where) as folder:
            entries, looked, now = _entries(folder, where), cursor.get("waiting", {}), time.time()
            waiting = {entry.name: [*entry.state, now] for entry in entries if not _rests(entry, looked, now)}
            # When a file was first seen so, it counts from then.
            cursor["waiting"] = {
                name: looked[name] if looked.get(name, [])[:2] == state[:2] else state
                for name, state in waiting.items()
            }
            for entry in entries:
                taken = partial(_move, folder, entry) if move else sources.nothing
                if entry.name in waiting:
                    continue
                if seen(entry.identity):
                    taken()  # stopped between keeping and moving
                    continue
                opens = partial(_copy, folder, entry)
                yield Fetched(entry.identity, entry.name, opens, {"folder": where.settings.get("folder", "")}, taken)


def root_of(slug: str) -> Path:
    """The folder that a shop's feeds live in."""
    return Path(settings.FEEDS_FOLDER) / slug


@contextmanager
def _opened(where: Where) -> Iterator[int]:
    """The feed's folder, open, reached without following a link."""
    parts, shown = parts_of(where.settings.get("folder", "")), where.settings.get("folder") or "the shop's folder"
    try:
        folder = os.open(root_of(where.slug), _FOLDER)
        for part in parts:
            below = _below(folder, part)
            os.close(folder)
            folder = below
    except FileNotFoundError as error:
        raise SourceProblem(f"There is no folder {shown} on the server. Make it, or choose another.") from error
    except OSError as error:
        raise SourceProblem(f"The folder {shown} cannot be opened. It must be a folder Aisle may read.") from error
    try:
        yield folder
    finally:
        os.close(folder)


def _below(folder: int, part: str) -> int:
    try:
        return os.open(part, _FOLDER, dir_fd=folder)
    except OSError:
        os.close(folder)
        raise


def _entries(folder: int, where: Where) -> list[Entry]:
    """The files that may be taken, the oldest first."""
    pattern, found = str(where.settings.get("pattern") or "*"), []
    try:
        with os.scandir(folder) as listed:
            for number, entry in enumerate(listed):
                if number > MOST_ENTRIES:
                    raise SourceProblem(f"The folder holds more than {MOST_ENTRIES:,} entries. Move old files away.")
                if not _may_take(entry.name, pattern) or not entry.is_file(follow_symlinks=False):
                    continue
                with suppress(FileNotFoundError):
                    about = entry.stat(follow_symlinks=False)
                    found.append(Entry(entry.name, about.st_size, about.st_mtime_ns))
    except OSError as error:
        raise SourceProblem("The folder cannot be read. It must be a folder Aisle may read.") from error
    return sorted(found, key=lambda entry: (entry.changed, entry.name))


def _may_take(name: str, pattern: str) -> bool:
    if not sources.is_offered(name) or name.lower().endswith(_HALF_WRITTEN):
        return False
    try:
        name.encode()
    except UnicodeEncodeError:
        return False  # no name that could be kept
    return fnmatch.fnmatch(name.lower(), pattern.lower())


def _rests(entry: Entry, looked: Mapping[str, list[Any]], now: float) -> bool:
    """Whether nothing was written for a while: by its own time, or, where that clock is wrong, by two looks of ours."""
    age = now - entry.changed / 1e9
    before = looked.get(entry.name)
    since_look = now - before[2] if before and before[:2] == entry.state else 0
    return age >= RESTS_FOR or since_look >= RESTS_FOR


@contextmanager
def _copy(folder: int, entry: Entry) -> Iterator[BinaryIO]:
    """The file's bytes, if it stayed the same while they were read. Raises NotYet, or FileProblem."""
    if entry.size > sources.MOST_BYTES:
        raise FileProblem(f"{entry.name} is larger than 1 GB. Pack it as .gz, or split it.")
    try:
        number = os.open(entry.name, _FILE, dir_fd=folder)
    except FileNotFoundError as error:
        raise NotYet("") from error
    except OSError as error:
        raise NotYet(f"{entry.name} cannot be opened. Let Aisle read it.") from error
    with os.fdopen(number, "rb") as file, sources.buffer() as copy:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise FileProblem(f"{entry.name} is not a plain file.")
        left = entry.size
        while left and (piece := file.read(min(left, 1 << 20))):
            copy.write(piece)
            left -= len(piece)
        about = os.fstat(file.fileno())
        if [about.st_size, about.st_mtime_ns] != entry.state:
            raise NotYet("")  # it changed under our hands
        copy.seek(0)
        yield copy


def _move(folder: int, entry: Entry) -> None:
    """Put a taken file into done/, under another name where one of its name is there. A failure leaves it here: it is
    known by its identity and not taken twice."""
    with suppress(OSError):
        os.mkdir(DONE, dir_fd=folder)
    try:
        done = os.open(DONE, _FOLDER, dir_fd=folder)
    except OSError:
        return
    try:
        about = os.stat(entry.name, dir_fd=folder, follow_symlinks=False)
        if [about.st_size, about.st_mtime_ns] == entry.state:
            os.rename(entry.name, _free_name(done, entry), src_dir_fd=folder, dst_dir_fd=done)
    except OSError:
        return
    finally:
        os.close(done)


def _free_name(done: int, entry: Entry) -> str:
    try:
        os.stat(entry.name, dir_fd=done, follow_symlinks=False)
    except FileNotFoundError:
        return entry.name
    stem, dot, ending = entry.name.partition(".")
    return f"{stem}-{entry.changed}{dot}{ending}"


SOURCE = sources.register(Folder())
