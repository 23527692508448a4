"""How much memory of its own this process and its database session come to use."""

import re
import threading
from pathlib import Path

from django.db import connection


class Memory:
    """The most own memory that this process and its database session use, looked at ten times a second."""

    def __enter__(self) -> "Memory":
        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            self._processes = {"process": "self", "session": str(cursor.fetchone()[0])}
        self._before = self._now()
        self._most = dict(self._before)
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def grown(self) -> dict[str, float]:
        """In megabytes."""
        return {name: (self._most[name] - self._before[name]) / 1024 for name in self._most}

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            self._most = {name: max(self._most[name], now) for name, now in self._now().items()}

    def _now(self) -> dict[str, int]:
        return {name: _own_kilobytes(process) for name, process in self._processes.items()}

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._watcher.join()


def _own_kilobytes(process: str) -> int:
    """Memory of its own: a session's share of the server's common buffers is not its growth."""
    try:
        found = re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    except OSError:
        found = None
    return int(found[1]) if found else 0
