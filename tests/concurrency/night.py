"""The night shift for tests: real beat and worker processes on this test's database and broker, nothing faked.

def test_x(committed_cast, night):
    night.start_worker()
    night.start_beat()
    ...
    night.kill9(worker); night.wipe_valkey(); night.wait(lambda: ...)
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import redis
from celery import current_app
from django.conf import settings
from django.db import connection

PROJECT = Path(__file__).resolve().parents[2]
Process = subprocess.Popen[bytes]
T = TypeVar("T")


class Night:
    """Starts, kills and forgets. What it started ends with the test; what they said is in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[Process] = []
        self.wipe_valkey()

    def start_worker(self, *, concurrency: int = 1, env: dict[str, str] | None = None) -> Process:
        """A worker as bin/dev starts it. `env` adds to its environment, such as the address of a fake vendor."""
        options = ["--concurrency", str(concurrency), "--without-mingle", "--without-gossip"]
        return self._start("worker", options, env)

    def start_beat(self) -> Process:
        """A beat with the database's schedule; several may run at once."""
        return self._start("beat", ["--pidfile=", "--loglevel", "INFO"], None)

    def kill9(self, process: Process) -> None:
        """End a process with its children as a power cut would."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def wipe_valkey(self) -> None:
        """Forget all that the broker knows: this test process has a database of it to itself."""
        _valkey().flushdb()

    def is_heard(self) -> bool:
        """Whether a worker listens to the queue."""
        return bool(_valkey().exists("_kombu.binding.celery"))

    def wait(self, found: Callable[[], T], seconds: float = 90) -> T:
        """Ask again until the answer is something; fails with what the processes said after a generous while."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if answer := found():
                return answer
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s\n{self.said()}")

    def said(self, lines: int = 15) -> str:
        """The last lines of every process, for a test that failed."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n" + "\n".join(log.read_text().splitlines()[-lines:]) for log in logs)

    def end(self) -> None:
        for process in self._started:
            self.kill9(process)

    def _start(self, what: str, options: list[str], env: dict[str, str] | None) -> Process:
        with (self.folder / f"{what}{len(self._started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "shop", what, *options],
                cwd=PROJECT,
                env={**_environment(), **(env or {})},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._started.append(process)
        return process


def _valkey() -> Any:
    return redis.Redis.from_url(current_app.conf.broker_url)


def _environment() -> dict[str, str]:
    name, host = connection.settings_dict["NAME"], connection.settings_dict["HOST"]
    user, port = connection.settings_dict["USER"], connection.settings_dict["PORT"]
    password: Any = connection.settings_dict["PASSWORD"]
    return {
        **os.environ,
        "DATABASE_URL": f"postgresql://{user}:{password}@/{name}?host={host}" + (f"&port={port}" if port else ""),
        "REDIS_URL": current_app.conf.broker_url,
        "SECRET_KEY": settings.SECRET_KEY,
        "UPLOADS_DIR": settings.STORAGES["default"]["OPTIONS"]["location"],
        "AISLE_DEV": "on",
    }
