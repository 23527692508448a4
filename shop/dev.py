"""What `bin/dev` runs: the web server, the worker and the clock of Aisle on this machine, as one.

Ctrl-C or SIGTERM stops everything that was started here. After a SIGKILL the next start clears what is left.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from types import FrameType

import psutil
import psycopg

from shop import embedded

MARK = "AISLE_DEV_HOME"  # in the environment of every process started here, so that the next start knows them
PATIENCE = 15  # seconds a process has to end by itself
Process = subprocess.Popen[bytes]
MANAGE = [sys.executable, "manage.py"]


class Stopped(Exception):
    """Somebody asked this program to end."""


class CannotRun(RuntimeError):
    """Something needed did not work; the message says what to do."""


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    home = embedded.home()
    home.mkdir(parents=True, exist_ok=True)
    try:
        with _only_one(home), ExitStack() as stack:
            _clear_leftovers(home)
            _need_free_port(options.port)
            if embedded.in_use():
                print("Starting PostgreSQL and Valkey ...", flush=True)
                stack.enter_context(embedded.held())
            return _serve(home, options)
    except Stopped:
        print("\nStopped.", flush=True)
        return 0
    except (embedded.CannotStart, CannotRun) as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/dev", description="Runs Aisle on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="where the pages are served (default: 8000)")
    parser.add_argument("--empty", action="store_true", help="do not make the demo shop")
    return parser.parse_args(arguments)


def _stop(number: int, frame: FrameType | None) -> None:
    for later in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(later, signal.SIG_IGN)
    raise Stopped


def _serve(home: Path, options: argparse.Namespace) -> int:
    """Prepares the data, runs the three processes and watches them until one ends or somebody stops this."""
    processes: dict[str, Process] = {}
    try:
        processes["static"] = _start("static", [*MANAGE, "collectstatic", "--noinput", "--verbosity", "0"], home)
        _do("Bringing the database up to date", [*MANAGE, "migrate", "--verbosity", "0"], home)
        if not options.empty and not _has_a_shop():
            _do("Making the demo shop, which takes a minute or two", [*MANAGE, "demo"], home)
        if processes.pop("static").wait():
            raise CannotRun(f"The static files could not be collected.\n{_tail(home, 'static')}")
        for name, command in _commands(options.port).items():
            processes[name] = _start(name, command, home)
        _wait_until_it_answers(options.port, processes["web"], home)
        _welcome(home, options.port)
        return _watch(processes, home)
    finally:
        _end(processes)


def _commands(port: int) -> dict[str, list[str]]:
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "shop"]
    return {
        "web": [*python, "gunicorn", "-c", "deploy/gunicorn.py", "-b", f"127.0.0.1:{port}", "-w", "2"],
        "worker": [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO", "--without-gossip"],
        "beat": [*celery, "beat", "--loglevel", "INFO", "--pidfile="],
    }


def _do(what: str, command: list[str], home: Path) -> None:
    """Runs one step to its end, with its words shown."""
    print(f"{what} ...", flush=True)
    process = _start("", command, home)
    try:
        ended = process.wait()
    finally:
        _end({"": process})
    if ended:
        raise CannotRun(f"{' '.join(command[1:])} ended with {ended}. The reason is above.")


def _start(name: str, command: list[str], home: Path) -> Process:
    """Starts a process in a group of its own. What it says goes to a log in the home, or is shown if it has no name."""
    with ExitStack() as stack:
        out = None
        if name:
            _log(home, name).parent.mkdir(exist_ok=True)
            out = stack.enter_context(_log(home, name).open("wb"))
        return subprocess.Popen(
            command,
            cwd=embedded.REPOSITORY,
            env=os.environ | {MARK: str(home)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out and subprocess.STDOUT,
            start_new_session=True,
        )


def _end(processes: dict[str, Process]) -> None:
    """Ends processes with all they started: asked first, then killed."""
    for process in processes.values():
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + PATIENCE
    for process in processes.values():
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.1, deadline - time.monotonic()))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_it_answers(port: int, web: Process, home: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if web.poll() is not None:
                break
            time.sleep(0.1)
    raise CannotRun(f"The web server does not answer. The end of {_log(home, 'web')}:\n{_tail(home, 'web')}")


def _watch(processes: dict[str, Process], home: Path) -> int:
    while True:
        for name, process in processes.items():
            if process.poll() is not None:
                raise CannotRun(
                    f"The {name} process ended with {process.returncode}, so everything was stopped. "
                    f"The end of {_log(home, name)}:\n{_tail(home, name)}"
                )
        time.sleep(0.5)


def _welcome(home: Path, port: int) -> None:
    print(f"\nAisle is at  http://localhost:{port}/", flush=True)
    note = home / "demo-sign-in"
    if note.exists():
        print(note.read_text(encoding="utf-8").strip(), flush=True)
    print(f"Logs are in  {home / 'log'}\nCtrl-C stops it.", flush=True)


def _has_a_shop() -> bool:
    from shop.settings import DATABASE_URL

    with psycopg.connect(DATABASE_URL) as connection:
        return connection.execute("SELECT FROM shop_shop LIMIT 1").fetchone() is not None


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Holds the home, which two of these would fight over."""
    with (home / "dev.lock").open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise CannotRun(
                f"Aisle already runs from {home}. Stop it there first, or set AISLE_HOME to another folder."
            ) from None
        yield


def _clear_leftovers(home: Path) -> None:
    """Ends what an earlier start from this home left running when it was killed."""
    left = [process for process in psutil.process_iter() if _started_from(process, home)]
    for process in left:
        process.kill()
    psutil.wait_procs(left, timeout=PATIENCE)


def _started_from(process: psutil.Process, home: Path) -> bool:
    try:
        return bool(process.environ().get(MARK) == str(home)) and process.pid != os.getpid()
    except (psutil.Error, OSError):
        return False


def _need_free_port(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotRun(f"Port {port} cannot be used ({error.strerror}). Try bin/dev --port {port + 1}") from None


def _log(home: Path, name: str) -> Path:
    return home / "log" / f"{name}.log"


def _tail(home: Path, name: str) -> str:
    lines = _log(home, name).read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-20:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
