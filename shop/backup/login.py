"""One role's way into one database, for this process and for PostgreSQL's programs."""

import os
from dataclasses import dataclass
from typing import Any, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from shop.backup.troubles import BackupTrouble


@dataclass(frozen=True)
class Login:
    """Its parts as libpq names them. The password is never part of a command line, which others could read."""

    parts: dict[str, Any]

    @classmethod
    def of(cls, url: str, database: str | None = None, *, setting: str = "") -> Self:
        """From a setting's URL; `database` in place of the URL's."""
        if not url:
            raise BackupTrouble(f"{setting} is not set. Set it; docs/backup.md says to what.")
        return cls(dict(conninfo_to_dict(url)) | ({"dbname": database} if database else {}))

    @property
    def database(self) -> str:
        return str(self.parts["dbname"])

    def to(self, database: str) -> "Login":
        return Login({**self.parts, "dbname": database})

    def connect(self, **options: Any) -> "psycopg.Connection[Any]":
        try:
            return psycopg.connect(**self.parts, **options)
        except psycopg.OperationalError as error:
            raise BackupTrouble(f"The database {self.database} could not be reached: {error}") from error

    def argument(self) -> str:
        return make_conninfo(**{key: value for key, value in self.parts.items() if key != "password"})

    def environment(self) -> dict[str, str]:
        password = self.parts.get("password")
        return {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
