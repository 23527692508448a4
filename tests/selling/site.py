"""A whole installation of a test's own: PostgreSQL, Valkey and gunicorn as deployed, each of which may be killed.

    with Site() as site:
        shop = site.stage(products=12, tills=6)     # a shop with stock on its shelves and enrolled tills
        site.serve()
        site.postgres.crash(); site.postgres.start(); site.kill_a_worker(chance); site.freeze_valkey()

Nothing in it is faked. Its processes know nothing of the test: they are started with an environment only.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import psycopg

from shop import embedded
from shop.embedded import valkey
from tests.concurrency.postgres import PrivatePostgres

PROJECT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
NO_LIMIT = "100000"


@dataclass(frozen=True)
class Till:
    """An enrolled till: where it sells and the key that proves it."""

    key: str
    branch: int
    register: int


@dataclass(frozen=True)
class Stage:
    """A shop made for selling: its tills, its products by number as (id, sku, price), and when they were counted.

    `session` is its owner's, signed in.
    """

    shop: int
    slug: str
    session: str
    tills: list[Till]
    products: list[tuple[int, str, str]]
    counted_at: str
    stocked: str


class Site:
    """Its servers start with the block and end with it. Without `fsync` a power cut, not a crash, could lose data.

    `migrated` False copies the tables of the database that Django uses in this process, which is quicker.
    """

    def __init__(self, *, fsync: bool = False, workers: int = 3, migrated: bool = False) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="aisle-selling-")).resolve()
        self.home.chmod(0o755)  # PostgreSQL runs as another account where the caller is root
        self.port, self.workers, self.migrated = _free_port(), workers, migrated
        self.postgres = PrivatePostgres(self.home, fsync=fsync)
        self._web: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        embedded.ensure(self.home, fsync=self.postgres.fsync)
        if self.migrated:
            self.manage("migrate", "--verbosity", "0")
        else:
            self.postgres.copy_tables()
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop_serving()
        with suppress(psutil.Error):
            self.thaw_valkey()
        embedded.stop(self.home)
        if error is None:
            shutil.rmtree(self.home, ignore_errors=True)

    def stage(self, *, products: int, tills: int, branches: int = 1, slug: str = "corner") -> Stage:
        said = self.python("-m", "tests.selling.stage", slug, str(products), str(tills), str(branches))
        made = json.loads(said.splitlines()[-1])
        return Stage(
            shop=made["shop"],
            slug=slug,
            session=made["session"],
            tills=[Till(**till) for till in made["tills"]],
            products=[(number, sku, price) for number, sku, price in made["products"]],
            counted_at=made["counted_at"],
            stocked=made["stocked"],
        )

    def manage(self, *arguments: str) -> str:
        return self.python("manage.py", *arguments)

    def python(self, *arguments: str) -> str:
        """Run a program of the project on this installation to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=PROJECT,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout[-500:]}\n{done.stderr[-2000:]}"
        return done.stdout

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {
            key: value
            for key, value in os.environ.items()
            if key not in OURS and not key.startswith(("PYTEST_", "COV_"))
        }
        return {
            **inherited,
            "AISLE_HOME": str(self.home),
            "DJANGO_SETTINGS_MODULE": "tests.selling.settings",
            "LOG_LEVEL": "WARNING",
            "AISLE_DEV": "on",
            "AISLE_API_RATE": NO_LIMIT,
            "AISLE_API_BURST": NO_LIMIT,
            **more,
        }

    # The web server ---------------------------------------------------------------------------------------------

    def serve(self, application: str = "", **environment: str) -> None:
        """Start gunicorn as deployed and wait for its first answer. `application` takes the product's place."""
        self.stop_serving()
        with self.log.open("ab") as log:
            self._web = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py", "-b", f"127.0.0.1:{self.port}"]
                + ["-w", str(self.workers), "--log-level", "warning", *([application] if application else [])],
                cwd=PROJECT,
                env=self.environment(**environment),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_for_answer()

    def serves(self) -> bool:
        return self._web is not None and self._web.poll() is None

    def stop_serving(self) -> None:
        if self._web is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._web.pid, signal.SIGKILL)
        self._web.wait()
        self._web = None

    def wait_for_answer(self, path: str = "/readyz", seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with suppress(OSError, http.client.HTTPException):
                if self.get(path)[0] == 200:
                    return
            time.sleep(0.02)
        raise AssertionError(f"{path} did not answer 200 within {seconds} s\n{self.said()}")

    def get(self, path: str, headers: dict[str, str] | None = None, timeout: float = 10) -> tuple[int, bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            line.request("GET", path, headers=headers or {})
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def web_workers(self) -> list[psutil.Process]:
        assert self._web
        return psutil.Process(self._web.pid).children()

    def kill_a_worker(self, chance: random.Random) -> bool:
        """End a worker as a power cut would; whether there was one to end."""
        with suppress(psutil.Error, IndexError):
            chance.choice(self.web_workers()).kill()
            return True
        return False

    def reload(self) -> None:
        """What a deployment asks gunicorn for: new workers, while the old ones finish what they have."""
        assert self._web
        self._web.send_signal(signal.SIGHUP)

    @property
    def log(self) -> Path:
        return self.home / "web.log"

    def said(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    # The servers behind it --------------------------------------------------------------------------------------

    def database(self) -> psycopg.Connection[Any]:
        """A session of the superuser, whom no wall stops: for checking, never for selling."""
        return psycopg.connect(self.postgres.url("postgres"), autocommit=True)

    def database_log(self) -> str:
        return self.postgres.place.log.read_text(errors="replace")

    def freeze_valkey(self) -> None:
        self._valkey().suspend()

    def thaw_valkey(self) -> None:
        self._valkey().resume()

    def stop_valkey(self) -> None:
        valkey.stop(self.postgres.place)

    def start_valkey(self) -> None:
        valkey.start(self.postgres.place)

    def _valkey(self) -> psutil.Process:
        # By its folder, not by asking it: a frozen one does not answer.
        mine = str(self.postgres.place.valkey)
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.name().startswith("valkey") and process.cwd() == mine:
                    return process
        raise psutil.NoSuchProcess(0, "valkey")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
