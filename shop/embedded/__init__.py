"""PostgreSQL 18 with pgvector and Valkey for a machine that has neither, run from their pip packages.

`ensure()` has both answering when it returns, whoever calls it, however often, also after a crash. They outlive
the process that started them, until `stop()`. All they keep lies in one folder, AISLE_HOME. This is for development
and for a single machine: whoever may read that folder may read every shop.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from shop.embedded import postgres, valkey
from shop.embedded.place import REPOSITORY, VARIABLES, CannotStart, Place, home, open_to_all

__all__ = [
    "REPOSITORY",
    "VARIABLES",
    "CannotStart",
    "Urls",
    "ensure",
    "held",
    "home",
    "in_use",
    "running",
    "stop",
    "urls",
]


@dataclass(frozen=True)
class Urls:
    """Where the servers are: for the app's role, for the roles that migrate and back up, and for the broker."""

    database_url: str
    database_owner_url: str
    database_backup_url: str
    redis_url: str


def in_use(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this installation runs the embedded servers: none of the three URLs is set. Some set is an error."""
    missing = [name for name in VARIABLES if not environ.get(name) and not environ.get(f"{name}_FILE")]
    if missing and len(missing) < len(VARIABLES):
        raise CannotStart(
            f"{' and '.join(missing)} must be set too. Set all of {', '.join(VARIABLES)} to use servers of your own, "
            "or none of them for the embedded ones."
        )
    return bool(missing)


def urls(folder: Path | None = None) -> Urls:
    """The URLs that `ensure` will return, or has returned. Starts nothing and writes nothing."""
    place = Place.of(folder)
    database = f"/aisle?host={quote(str(place.sockets), safe='')}"
    return Urls(
        database_url=f"postgresql://aisle_app@{database}",
        database_owner_url=f"postgresql://aisle_owner@{database}",
        database_backup_url=f"postgresql://aisle_backup@{database}",
        redis_url=f"redis://127.0.0.1:{valkey.port_of(place)}/0",
    )


def ensure(folder: Path | None = None, *, fsync: bool | None = None) -> Urls:
    """Starts what is not running and returns the URLs of both servers, ready for use.

    Callers at the same time wait for one another. Without `fsync` (default: AISLE_EMBEDDED_FSYNC is not `off`)
    PostgreSQL is faster and may lose its data in a power cut; it matters only where it is this call that starts it.
    """
    place = Place.of(folder)
    if fsync is None:
        fsync = os.environ.get("AISLE_EMBEDDED_FSYNC", "on").lower() != "off"
    with _alone(place):
        if not postgres.ready(place):
            postgres.start(place, fsync=fsync)
        if not postgres.prepared(place):
            postgres.prepare(place)
        if not valkey.ours(place, valkey.port_of(place)):
            valkey.start(place)
    return urls(place.home)


def running(folder: Path | None = None) -> bool:
    """Whether both servers answer."""
    place = Place.of(folder)
    return postgres.ready(place) and valkey.ours(place, valkey.port_of(place))


def stop(folder: Path | None = None) -> None:
    """Stops both servers in good order. A server that does not run is no error."""
    place = Place.of(folder)
    if not place.home.exists():
        return
    with _alone(place):
        if valkey.ours(place, valkey.port_of(place)):
            valkey.stop(place)
        postgres.stop(place)


@contextmanager
def held(folder: Path | None = None) -> Iterator[Urls]:
    """Both servers for the length of a block. Whoever leaves last stops them, unless they ran before the first came."""
    place = Place.of(folder)
    ran_before = running(place.home)
    place.home.mkdir(parents=True, exist_ok=True)
    with (place.home / "held").open("a+") as note:
        fcntl.flock(note, fcntl.LOCK_SH)
        if not ran_before:
            note.truncate(0)
            note.write("stop")
            note.flush()
        try:
            yield ensure(place.home)
        finally:
            _leave(place, note)


def _leave(place: Place, note: IO[str]) -> None:
    try:
        fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    note.seek(0)
    if note.read() == "stop":
        note.truncate(0)
        stop(place.home)


@contextmanager
def _alone(place: Place) -> Iterator[None]:
    """Holds the home for this caller; makes it where it is missing."""
    place.home.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0 and not open_to_all(place.home):
        raise CannotStart(
            f"{place.home} is in a folder that only its owner may enter, and PostgreSQL does not run as root. "
            "Set AISLE_HOME to a folder that everyone may pass, for example AISLE_HOME=/var/lib/aisle/home."
        )
    if os.geteuid() != 0 and place.data.exists() and place.data.stat().st_uid != os.geteuid():
        raise CannotStart(
            f"{place.data} belongs to another user. Run as that user, or set AISLE_HOME to a folder of your own."
        )
    with (place.home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
