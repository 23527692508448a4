"""The embedded PostgreSQL: one cluster in the home, reached by a socket that only its account may open."""

import shlex
import shutil
import socket
import time
from pathlib import Path

from shop.embedded.place import REPOSITORY, SOCKET_NAME, CannotStart, Place, folder, run, tail

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "synchronous_commit": "on",
}
NO_FSYNC = {"fsync": "off", "full_page_writes": "off"}


def ready(place: Place) -> bool:
    """Whether it takes queries now."""
    return _postmaster_lines(place)[-1:] == ["ready"] and _listens(place.sockets / SOCKET_NAME)


def start(place: Place, *, fsync: bool) -> None:
    """Starts it, after a first `initdb` where there is no cluster yet; returns when it takes queries."""
    folder(place, place.sockets)
    if not place.data.exists():
        _make_cluster(place)
    settings = POSTGRES_SETTINGS | {"unix_socket_directories": f'"{place.sockets}"'} | ({} if fsync else NO_FSYNC)
    options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
    deadline = time.monotonic() + 60
    while True:
        _forget_reused_pids(place)
        started = run(
            place, "pg_ctl", "-D", str(place.data), "-l", str(place.log), "-w", "-t", "120", "-o", options, "start",
            check=False,
        )  # fmt: skip
        if ready(place):
            return
        if time.monotonic() > deadline:
            raise CannotStart(f"PostgreSQL did not start: {started}\n{tail(place.log)}")
        time.sleep(0.5)  # after a crash its last backends may still be leaving


def _make_cluster(place: Place) -> None:
    """A new, empty cluster; whole or not there at all."""
    unfinished = place.home / "postgres.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    folder(place, unfinished)
    run(
        place, "initdb", "-D", str(unfinished), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
    )  # fmt: skip
    unfinished.rename(place.data)


def stop(place: Place) -> None:
    """Stops it in good order; connections are closed, nothing committed is lost."""
    if (place.data / "postmaster.pid").exists() and _listens(place.sockets / SOCKET_NAME):
        run(place, "pg_ctl", "-D", str(place.data), "-m", "fast", "-w", "-t", "60", "stop")


def prepared(place: Place) -> bool:
    """Whether the roles and the database are there, as this version wants them."""
    mark = place.data / "aisle.ready"
    return mark.exists() and mark.read_text(encoding="utf-8") == _roles_and_database()


def prepare(place: Place) -> None:
    """Makes the roles and the database; safe to run again after it was broken off."""
    sql = _roles_and_database()
    run(place, "psql", "-X", "-q", "-h", str(place.sockets), "-U", "postgres", "-d", "postgres", stdin=sql)
    (place.data / "aisle.ready").write_text(sql, encoding="utf-8")


def _roles_and_database() -> str:
    return (REPOSITORY / "deploy" / "database.sql").read_text(encoding="utf-8")


def _forget_reused_pids(place: Place) -> None:
    """Removes the lock files of a server that is gone and whose process number now belongs to another program.

    PostgreSQL itself deals with a number that nobody has; it would wait for ever for one that somebody else has.
    """
    import psutil

    for file in (place.data / "postmaster.pid", place.sockets / f"{SOCKET_NAME}.lock"):
        try:
            number = int(file.read_text(encoding="utf-8").split()[0])
            command = psutil.Process(number).cmdline()
        except (OSError, ValueError, IndexError, psutil.Error):
            continue
        if str(place.data) not in command:
            file.unlink(missing_ok=True)


def _postmaster_lines(place: Place) -> list[str]:
    try:
        lines = (place.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [line.strip() for line in lines]


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(2)
        try:
            line.connect(str(path))
        except OSError:
            return False
    return True
