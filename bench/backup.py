"""A backup and its restoring: a shop's sale lines out of one database and into an empty one, compared row by row."""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from bench import scratch
from bench.figures import say
from shop.backup import Login, make, restore
from shop.db.postgresql.base import as_owner

SECOND_DATABASE = "aisle_bench_restored"
PROMISED_SECONDS = 30


@dataclass(frozen=True)
class Measured:
    """Seconds of each way, checks included, for so many rows of all tables, in a file of so many bytes."""

    rows: int
    backup: float
    restore: float
    bytes: int


def measure(rows: int) -> Measured:
    """A database of its own with so many sale lines and all that belongs to them, backed up and restored."""
    with scratch.database(), tempfile.TemporaryDirectory(prefix="aisle-bench-") as folder:
        with scratch.without_link_checks():
            scratch.filled_shop("backup", times=max(1, rows // scratch.LINES_ONCE))
        connection.close()
        file = Path(folder) / "backup.tar"
        made = make(file, Login.of(settings.DATABASE_BACKUP_URL, connection.settings_dict["NAME"]))
        try:
            done = restore(
                file,
                owner=Login.of(settings.DATABASE_OWNER_URL, SECOND_DATABASE),
                app=Login.of(settings.DATABASE_URL, SECOND_DATABASE),
            )
        finally:
            with as_owner(), connection.cursor() as cursor:
                cursor.execute(f"drop database if exists {SECOND_DATABASE}")
    return Measured(sum(made.rows.values()), made.seconds, done.seconds, made.bytes)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench backup", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="Sale lines (1,000,000).")
    measured = measure(parser.parse_args(arguments).rows)
    more = {"rows": measured.rows, "megabytes": round(measured.bytes / 1e6)}
    say("seconds to back up", measured.backup, **more)
    say("seconds to restore, rows and walls checked", measured.restore, **more)
    say("seconds for both, of those promised", measured.backup + measured.restore, PROMISED_SECONDS)
