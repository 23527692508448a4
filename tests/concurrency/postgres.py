"""A PostgreSQL of a test's own, which may be crashed, filled up and started again while the usual one lives on.

    with PrivatePostgres() as server:       # about 2 s: made, started, with this session's migrated tables, no rows
        with server.used_by_django():       # the ORM in this process; other processes: env=server.environment()
            ...
            server.crash()                  # as a power cut does to the processes; what was committed is kept
            server.start()

It is the packaged server, so it works as root too (it then runs as nobody). Nothing of it outlives the block.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, connections

from shop.embedded import postgres
from shop.embedded.place import Place, run

TEMPLATE = "aisle"


class PrivatePostgres:
    """Without a folder it makes one that every user may pass. Without `fsync` it is quicker; a crash loses nothing."""

    def __init__(self, folder: Path | None = None, *, fsync: bool = False) -> None:
        self.fsync = fsync
        self._made = None if folder else Path(tempfile.mkdtemp(prefix="aisle-private-")).resolve()
        self.place = Place((folder or self._made / "home").resolve())  # type: ignore[operator]
        if self._made:
            self._made.chmod(0o755)
        self.place.home.mkdir(mode=0o755, parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        self.start()
        self.copy_tables()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(self) -> None:
        """It takes queries when this returns, also after a crash."""
        postgres.start(self.place, fsync=self.fsync)
        if not postgres.prepared(self.place):
            postgres.prepare(self.place)

    def crash(self) -> None:
        """Ends every process of it at once, without a checkpoint or a word to its clients."""
        run(self.place, "pg_ctl", "-D", str(self.place.data), "-m", "immediate", "-w", "stop")

    def end(self) -> None:
        """Stops it and removes what it kept, unless the folder was given."""
        postgres.stop(self.place)
        if self._made:
            shutil.rmtree(self._made, ignore_errors=True)

    def url(self, role: str = "app", database: str = TEMPLATE) -> str:
        """For `app`, `owner` or `backup`; `postgres` is the superuser."""
        name = role if role == "postgres" else f"aisle_{role}"
        return f"postgresql://{name}@/{database}?host={quote(str(self.place.sockets), safe='')}"

    def environment(self, database: str = TEMPLATE) -> dict[str, str]:
        """What a process of the product needs to use this server: gunicorn, a worker, manage.py."""
        return {
            **os.environ,
            "DATABASE_URL": self.url("app", database),
            "DATABASE_OWNER_URL": self.url("owner", database),
            "DATABASE_BACKUP_URL": self.url("backup", database),
            "REDIS_URL": settings.REDIS_URL,
            "SECRET_KEY": settings.SECRET_KEY,
            "UPLOADS_DIR": str(default_storage.path("")),
            "AISLE_DEV": "on",
        }

    def copy_tables(self) -> None:
        """The tables, walls and grants of the database Django uses now; of rows only those that migrations make."""
        source = {**connection.settings_dict, "USER": settings.DATABASE_OWNER["USER"]}
        keys = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
        given: dict[str, Any] = {keys[key]: source[key] or None for key in keys}
        found = psycopg.conninfo.make_conninfo(**given)
        dumped = ["pg_dump", "--dbname", found, "--exclude-extension", "*", "--enable-row-security"]
        kept = ("django_migrations", "django_content_type", "auth_permission")
        tables = run(self.place, *dumped, "--schema-only")
        rows = run(self.place, *dumped, "--data-only", *(f"--table={table}" for table in kept))
        self.sql(tables + "\n" + rows)

    def fresh(self, name: str) -> str:
        """A new database with the same tables; returns its name."""
        self.sql(f'create database "{name}" template "{TEMPLATE}" owner aisle_owner', database="postgres")
        return name

    def sql(self, script: str, database: str = TEMPLATE) -> str:
        """Runs a script as the superuser and returns what it said."""
        options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.place.sockets), "-U", "postgres"]
        return run(self.place, "psql", *options, "-d", database, stdin=script)

    @contextmanager
    def used_by_django(self, database: str = TEMPLATE, *, pool: bool = True) -> Iterator[None]:
        """The ORM of this process works on this server as the app's role, by the product's own pool settings."""
        usual: dict[str, Any] = connection.settings_dict
        options = {**usual["OPTIONS"]}
        if not pool:
            options.pop("pool", None)
        here = {"HOST": str(self.place.sockets), "PORT": "", "PASSWORD": "", "NAME": database, "OPTIONS": options}
        _forget_connections()
        before = {key: usual[key] for key in here}
        usual.update(here)
        try:
            yield
        finally:
            _forget_connections()
            usual.update(before)


def _forget_connections() -> None:
    ours: Any = connections["default"]
    ours.close()
    if ours.settings_dict["OPTIONS"].get("pool"):
        ours.close_pool()
