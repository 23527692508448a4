"""The file of a backup: a tar of `manifest.json`, `database.dump` (for pg_restore) and `uploads/`.

It stands under its name only when it is whole. `tar` and `pg_restore` open it without Aisle.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Self

from shop.backup.contents import Contents
from shop.backup.troubles import BackupTrouble

EDITION = 1
MANIFEST, DUMP, UPLOADS = "manifest.json", "database.dump", "uploads"


@dataclass(frozen=True)
class Manifest:
    """When it was made, of what, and what every table held at that moment."""

    edition: int
    made_at: str
    server_version: int
    migrations: list[list[str]]
    dump_sha256: str
    contents: Contents

    @classmethod
    def read(cls, text: bytes) -> Self:
        told = json.loads(text)
        if told.get("edition") != EDITION:
            raise BackupTrouble("This backup was made by another version of Aisle, which this one cannot read.")
        return cls(**{**told, "contents": Contents(**told["contents"])})

    def text(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()


@contextmanager
def unfinished(file: Path) -> Iterator[Path]:
    """A name beside `file` to write under; at the end of the block it takes the name of `file`. A block that fails
    leaves nothing. What is written can be read by this account only: it holds every shop."""
    if file.exists():
        raise BackupTrouble(f"{file} is there already. Give another name; nothing was written.")
    if not file.parent.is_dir():
        raise BackupTrouble(f"There is no folder {file.parent}. Make it first.")
    path = file.with_name(f".{file.name}.{os.getpid()}.unfinished")
    try:
        path.touch(mode=0o600)
        yield path
        with path.open("rb") as written:
            os.fsync(written.fileno())
        path.rename(file)
    except OSError as error:
        raise BackupTrouble(f"{file} could not be written: {error}.") from error
    finally:
        path.unlink(missing_ok=True)


def write(path: Path, manifest: Manifest, dump: Path, uploads: Path | None) -> int:
    """Fills the file; returns how many uploads are in it. An upload removed meanwhile is left out."""
    count = 0
    with tarfile.open(path, "w") as tar:
        text = manifest.text()
        head = tarfile.TarInfo(MANIFEST)
        head.size, head.mode = len(text), 0o600
        tar.addfile(head, io.BytesIO(text))
        tar.add(dump, arcname=DUMP)
        for upload in sorted(uploads.rglob("*")) if uploads else ():
            count += upload.is_file() and _added(tar, upload, f"{UPLOADS}/{upload.relative_to(uploads or '')}")
    return count


def _added(tar: tarfile.TarFile, path: Path, name: str) -> bool:
    try:
        with path.open("rb") as source:
            tar.addfile(tar.gettarinfo(arcname=name, fileobj=source), source)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def opened(file: Path) -> Iterator[tarfile.TarFile]:
    """Raises BackupTrouble for what is no backup of ours."""
    try:
        with tarfile.open(file, "r:") as tar:
            yield tar
    except FileNotFoundError as error:
        raise BackupTrouble(f"There is no file {file}.") from error
    except tarfile.TarError as error:
        raise BackupTrouble(f"{file} is no backup, or not all of it is there: {error}.") from error


def manifest_of(tar: tarfile.TarFile) -> Manifest:
    return Manifest.read(_member(tar, MANIFEST).read())


def take_dump(tar: tarfile.TarFile, into: Path, sha256: str) -> None:
    """Writes the database's part to a file of its own. Raises BackupTrouble where it is not what was written."""
    with into.open("wb") as target:
        found = copied(_member(tar, DUMP), target)
    if found != sha256:
        raise BackupTrouble("The backup was damaged after it was made. Take another one.")


def check_folder(folder: Path) -> None:
    """Raises BackupTrouble for a folder that holds anything."""
    if folder.exists() and any(folder.iterdir()):
        raise BackupTrouble(f"{folder} is not empty. Name an empty folder for the uploads.")


def take_uploads(tar: tarfile.TarFile, folder: Path) -> int:
    """Writes the uploads into a folder, which is made where it is missing; how many they are."""
    members = [member for member in tar.getmembers() if member.isfile() and member.name.startswith(f"{UPLOADS}/")]
    for member in members:
        member.name = member.name.removeprefix(f"{UPLOADS}/")
    folder.mkdir(parents=True, exist_ok=True)
    tar.extractall(folder, members, filter="data")
    return len(members)


def copied(source: IO[bytes], target: IO[bytes] | None = None) -> str:
    """The SHA-256 of what is read from here on, written to `target` as it goes."""
    digest: Any = hashlib.sha256()
    while piece := source.read(1 << 20):
        digest.update(piece)
        if target:
            target.write(piece)
    return str(digest.hexdigest())


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        found = tar.extractfile(name)
    except KeyError:
        found = None
    if found is None:
        raise BackupTrouble(f"{tar.name!s} is no backup of Aisle: it holds no {name}.")
    return found
