"""Making a backup: the database as it is at one moment, and the uploads."""

import datetime as dt
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from shop.backup import archive, programs
from shop.backup.contents import Contents, sequences_of
from shop.backup.login import Login
from shop.backup.troubles import BackupTrouble


@dataclass(frozen=True)
class Made:
    """A backup that is whole."""

    backup: str
    rows: dict[str, int]
    uploads: int
    bytes: int
    sha256: str
    seconds: float


def make(file: Path, source: Login, uploads: Path | None = None) -> Made:
    """Writes a backup of the database and of the folder of uploads. Raises BackupTrouble, and then leaves no file.

    The rows and what is noted of them are of one and the same moment; people may go on working. The uploads are read
    after it, so each that a row names is in. `source` is the role that reads past the walls.
    """
    began = time.monotonic()
    with archive.unfinished(file) as path:
        dump = path.with_suffix(".dump")
        try:
            manifest = _dump(dump, source)
            count = archive.write(path, manifest, dump, uploads)
        finally:
            dump.unlink(missing_ok=True)
        with path.open("rb") as written:
            digest, size = archive.copied(written), path.stat().st_size
    return Made(str(file), manifest.contents.rows, count, size, digest, round(time.monotonic() - began, 2))


def _dump(path: Path, source: Login) -> archive.Manifest:
    path.touch(mode=0o600)
    with source.connect() as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        _check_role(connection)
        version = connection.info.server_version
        snapshot = _one(connection, "select pg_export_snapshot()")
        sequences = sequences_of(connection)
        process = programs.run(
            programs.find("pg_dump", version), source, "--snapshot", snapshot,
            "--format", "custom", "--compress", "1", "--exclude-extension", "*", "--file", str(path),
        )  # fmt: skip
        try:
            contents = Contents.of(connection, sequences)
            migrations = connection.execute("select app, name from django_migrations order by id").fetchall()
        except BaseException:
            process.kill()
            process.communicate()
            raise
        programs.finish(process)
    with path.open("rb") as written:
        digest = archive.copied(written)
    made_at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return archive.Manifest(archive.EDITION, made_at, version, [list(row) for row in migrations], digest, contents)


def _check_role(connection: "psycopg.Connection[Any]") -> None:
    if not _one(connection, "select rolbypassrls or rolsuper from pg_roles where rolname = current_user"):
        raise BackupTrouble(
            f"The role {connection.info.user} does not see every shop's rows, so its backup would lack them. "
            "Set DATABASE_BACKUP_URL to the role aisle_backup, which deploy/database.sql makes."
        )


def _one(connection: "psycopg.Connection[Any]", query: Any) -> Any:
    found = connection.execute(query).fetchone()
    return found and found[0]
