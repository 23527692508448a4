"""The way back: a backup into an empty database, and proof that it is the same behind the same walls."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection as django_connection
from django.db.migrations.loader import MigrationLoader
from psycopg import errors, sql

from shop import walls
from shop.backup import archive, programs
from shop.backup.contents import TABLES, Contents
from shop.backup.login import Login
from shop.backup.troubles import BackupTrouble
from shop.db.postgresql.base import as_owner


@dataclass(frozen=True)
class Restored:
    """A database that holds what the backup held."""

    database: str
    made_at: str
    rows: dict[str, int]
    uploads: int
    seconds: float


def restore(file: Path, *, owner: Login, app: Login, uploads: Path | None = None, jobs: int = 2) -> Restored:
    """Fills the empty database that `owner` names, making it where it is missing; then brings it to this version.

    When it returns, every row is there unchanged, the walls stand and the app's role sees no row without its shop.
    Raises BackupTrouble otherwise, and for a database that holds anything. `uploads`: an empty folder for them.
    """
    began = time.monotonic()
    with archive.opened(file) as tar:
        manifest = archive.manifest_of(tar)
        _check_migrations(manifest)
        _check_empty(owner, manifest)
        if uploads:
            archive.check_folder(uploads)
        with tempfile.TemporaryDirectory(dir=_roomy(file), prefix=".restore-") as folder:
            dump = Path(folder) / archive.DUMP
            archive.take_dump(tar, dump, manifest.dump_sha256)
            _fill(dump, manifest, owner, app, jobs)
        count = archive.take_uploads(tar, uploads) if uploads else 0
    return Restored(owner.database, manifest.made_at, manifest.contents.rows, count, round(time.monotonic() - began, 2))


def _fill(dump: Path, manifest: archive.Manifest, owner: Login, app: Login, jobs: int) -> None:
    try:
        _load(dump, owner, jobs)
        _compare(manifest.contents, owner)
        _start_counting_anew(owner)
        _bring_up_to_date(owner)
        _check_walls(owner, app)
    except BackupTrouble as trouble:
        raise BackupTrouble(
            f"{trouble}\nDo not use the database {owner.database}: drop it and begin again."
        ) from trouble


def _check_migrations(manifest: archive.Manifest) -> None:
    """A backup of an older version can be brought up to date, one of a newer cannot be brought back."""
    known = MigrationLoader(None, ignore_no_migrations=True)
    ours = {app for app, _ in known.disk_migrations or ()}
    newer = [f"{app} {name}" for app, name in manifest.migrations if app in ours and not _knows(known, app, name)]
    if newer:
        raise BackupTrouble(
            f"This backup is of a newer version of Aisle: it has {', '.join(newer)}. Restore it with that version."
        )


def _knows(loader: MigrationLoader, app: str, name: str) -> bool:
    replaced = {old for migration in (loader.disk_migrations or {}).values() for old in migration.replaces}
    return (app, name) in (loader.disk_migrations or {}) or (app, name) in replaced


def _check_empty(owner: Login, manifest: archive.Manifest) -> None:
    _make_missing(owner)
    with owner.connect() as connection:
        if connection.info.server_version // 10_000 < manifest.server_version // 10_000:
            raise BackupTrouble(
                "This backup is of a newer PostgreSQL than this server. Restore it on that or a newer one."
            )
        held = connection.execute(_HELD).fetchone()
        if held and held[0]:
            raise BackupTrouble(
                f"The database {owner.database} holds {held[0]} tables already. Nothing was changed. "
                "Name a database that is empty or does not exist yet."
            )
        if not connection.execute("select 1 from pg_extension where extname = 'vector'").fetchone():
            raise BackupTrouble(
                f"The database {owner.database} lacks the extension vector. "
                "Have a superuser run in it: CREATE EXTENSION vector"
            )


_HELD = """
select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
"""


def _make_missing(owner: Login) -> None:
    with owner.to("template1").connect(autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [owner.database]).fetchone():
            return
        try:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(owner.database)))
        except errors.InsufficientPrivilege as error:
            raise BackupTrouble(
                f"There is no database {owner.database}, and {connection.info.user} may make none. "
                f"Have a superuser run: CREATE DATABASE {owner.database} OWNER {connection.info.user}"
            ) from error


def _load(dump: Path, owner: Login, jobs: int) -> None:
    """Without the policies: links between tables could not be checked behind them. The walls are raised afterwards."""
    with owner.connect() as connection:
        version = connection.info.server_version
    program = programs.find("pg_restore", version)
    options = ["--exit-on-error", "--no-owner", "--no-policies", "--jobs", str(jobs)]
    programs.finish(programs.run(program, owner, *options, str(dump)))


def _compare(wanted: Contents, owner: Login) -> None:
    with owner.connect() as connection:
        differences = wanted.differences(Contents.of(connection))
    if differences:
        raise BackupTrouble(f"The database {owner.database} is not what was backed up: {' '.join(differences)}")


def _start_counting_anew(owner: Login) -> None:
    """A new server counts transactions from its own beginning. Changes that bear higher numbers would be told to tills
    in every round until it has caught up, so they get this one's. Tills start over by themselves (catalogue_feed)."""
    with owner.connect() as connection:
        ahead = "select exists (select from shop_change where transaction_id > pg_current_xact_id())"
        found = connection.execute(ahead).fetchone()
        if found and found[0]:
            connection.execute("alter table shop_change alter transaction_id type xid8 using pg_current_xact_id()")


def _bring_up_to_date(owner: Login) -> None:
    with as_owner(database=owner.database):
        call_command("migrate", verbosity=0, interactive=False)
    with owner.connect(autocommit=True) as connection:
        tables = [table for (table,) in connection.execute(TABLES).fetchall()]
        connection.execute(sql.SQL("analyze {}").format(sql.SQL(", ").join(map(sql.Identifier, tables))))


def _check_walls(owner: Login, app: Login) -> None:
    with as_owner(database=owner.database), django_connection.cursor() as cursor:
        gaps = walls.missing(cursor)
    if gaps:
        raise BackupTrouble(f"The walls between the shops do not stand: {'; '.join(gaps)}")
    tables = [model._meta.db_table for model in walls.shop_owned_models()]
    with app.to(owner.database).connect() as connection:
        role = connection.info.user
        if role != settings.DATABASE_APP["USER"] or _seen(connection, tables):
            raise BackupTrouble(f"The role {role} sees rows of {', '.join(_seen(connection, tables))} without a shop.")


def _seen(connection: "psycopg.Connection[Any]", tables: list[str]) -> list[str]:
    """The tables that show a row although no shop is chosen."""
    found = []
    for table in tables:
        if connection.execute(sql.SQL("select 1 from {} limit 1").format(sql.Identifier(table))).fetchone():
            found.append(table)
    return found


def _roomy(file: Path) -> Path | None:
    """The dump is unpacked beside the backup, where it surely fits more often than in a small temporary folder."""
    try:
        with tempfile.TemporaryFile(dir=file.parent):
            return file.parent
    except OSError:
        return None
