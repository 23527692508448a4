"""What `bin/test` runs: every check of the house, then the tests, on servers of their own."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
from psycopg.sql import SQL, Identifier

from shop import embedded

TOOLS = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]
CHECKS: dict[str, list[str]] = {
    "ruff check": [str(TOOLS / "ruff"), "check", "--quiet", "--output-format", "concise"],
    "ruff format": [str(TOOLS / "ruff"), "format", "--check", "--quiet", "--output-format", "concise"],
    "import-linter": [str(TOOLS / "lint-imports"), "--no-logo"],
    "mypy": [str(TOOLS / "mypy"), "--no-error-summary"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "settings for production": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
}


def main(arguments: list[str]) -> int:
    """Runs pytest with the arguments, or without any the checks and, when all hold, the whole suite."""
    if not embedded.in_use():
        return _all(arguments)
    os.environ["AISLE_HOME"] = str(embedded.home() / "test")  # never the data of bin/dev
    os.environ.setdefault("AISLE_EMBEDDED_FSYNC", "off")
    with embedded.held() as urls:
        _drop_leftovers(urls.database_owner_url)
        return _all(arguments)


def _drop_leftovers(url: str) -> None:
    """Drops the databases of tests that were killed: those named for a process that is gone."""
    with psycopg.connect(url, dbname="postgres", autocommit=True) as owner:
        for (name,) in owner.execute(r"SELECT datname FROM pg_database WHERE datname LIKE 'test\_aisle\_%'").fetchall():
            number = name.rsplit("_", 1)[-1]
            if number.isdecimal() and not psutil.pid_exists(int(number)):
                owner.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def _all(arguments: list[str]) -> int:
    if arguments:
        return _pytest(arguments)
    failed = [name for name, command in CHECKS.items() if not _holds(name, command)]
    if failed:
        print(f"\nNot in order: {', '.join(failed)}. The tests were not run.", flush=True)
        return 1
    # A process that has run out of tests takes over some of the other's: the long ones come last.
    return _pytest(["-n", os.environ.get("AISLE_TEST_PROCESSES", "3"), "--dist", "worksteal"])


def _holds(name: str, command: list[str]) -> bool:
    """Whether a check passes; what it says is shown only where it does not."""
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=embedded.REPOSITORY,
        env=os.environ | {"AISLE_DEV": "off"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(f"{'ok    ' if done.returncode == 0 else 'FAILED'} {name} ({time.monotonic() - began:.0f} s)", flush=True)
    if done.returncode:
        print(done.stdout, flush=True)
    return done.returncode == 0


def _pytest(arguments: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=embedded.REPOSITORY).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
