"""The server: http://127.0.0.1:PORT, one thread a request."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.vendors import dialects, faults
from tests.vendors.faults import FAULTS, Fault


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    key: str
    body: dict[str, Any]
    raw: str


@dataclass
class Vendor:
    """A vendor under the test's control.

    `script(...)` sets what the next requests meet, in order: a Fault, or data to answer with. Afterwards every
    request meets `always`; with None it answers `data`, or the plainest data its schema takes.
    """

    keys: set[str] | None = None  # None: takes any key
    always: Fault | None = None
    data: Any = None
    patience: float = 30.0  # how long a hanging answer hangs at most
    slowness: float = 0.3
    elsewhere: str = "http://127.0.0.1:9"
    seen: list[Seen] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._steps: deque[Any] = deque()
        self._lock = threading.Lock()
        handler = type("VendorHandler", (Handler,), {"vendor": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def asked(self) -> list[Seen]:
        """The requests that ask for an answer or for vectors: those that cost money."""
        return [seen for seen in self.seen if seen.method == "POST"]

    def script(self, *steps: Any) -> None:
        self._steps.extend(steps)

    def forget(self) -> None:
        """As new: no script, no memory of requests."""
        self._steps.clear()
        self.seen.clear()
        self.always = self.data = self.keys = None

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def remember(self, seen: Seen) -> Any:
        """Note a request; returns the step it meets (None: answer well)."""
        with self._lock:
            self.seen.append(seen)
            return self._steps.popleft() if self._steps else self.always


class Handler(BaseHTTPRequestHandler):
    """Speaks both dialects on one port."""

    vendor: Vendor
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._meet()

    def do_POST(self) -> None:
        self._meet()

    def log_message(self, *args: Any) -> None:
        """Says nothing: the test reads `seen`."""

    def _meet(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.body = json.loads(raw) if raw else {}
        self.where = self.path.partition("?")[0]
        self.dialect = dialects.dialect_of(self.where)
        if self.headers.get("x-goog-api-key"):
            self.dialect = dialects.GEMINI
        self.model = self.body.get("model") or self.where.rpartition("/")[2].partition(":")[0]
        key = self.headers.get("x-goog-api-key") or self.headers.get("Authorization", "").removeprefix("Bearer ")
        step = self.vendor.remember(Seen(self.command, self.where, key, self.body, raw))
        try:
            if self.vendor.keys is not None and key not in self.vendor.keys:
                FAULTS[Fault.KEY_REFUSED](self)
            elif isinstance(step, Fault):
                FAULTS[step](self)
            else:
                self.answer_well(data=step)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def answer_well(self, *, data: Any = None, words: str = "Plain words.", usage: tuple[int, int] = (12, 34)) -> None:
        """The answer of a healthy vendor; `words` stand wherever its schema takes any."""
        if self.command == "GET":
            faults.say(self, 200, dialects.wire(self._models()))
        elif "embed" in self.where.lower():
            faults.say(self, 200, dialects.wire(dialects.embeddings(self.where, self.body)))
        else:
            data = data if data is not None else self.vendor.data
            if data is None:
                data = dialects.example(dialects.schema_of(self.dialect, self.body), words)
            text = data if isinstance(data, str) else json.dumps(data)
            faults.answer(self, text, usage)

    def _models(self) -> dict[str, Any]:
        name = self.where.rpartition("/")[2]
        if name == "models":
            return dialects.models(self.dialect, ["test-model", "test-embedding"])
        return dialects.model(self.dialect, name)
