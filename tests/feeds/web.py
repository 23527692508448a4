"""A web server on this machine, over TLS, that offers what the test puts there and remembers what it was asked."""

from __future__ import annotations

import hashlib
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]


@dataclass
class Site:
    """`files` by path; `rules` by path answer themselves. With `tags` it says 304 to who has the file already."""

    context: ssl.SSLContext | None
    files: dict[str, bytes] = field(default_factory=dict)
    rules: dict[str, Callable[[Any], None]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/csv"})
    needs: tuple[str, str] | None = None
    tags: bool = True

    def __post_init__(self) -> None:
        handler = type("SiteHandler", (_Handler,), {"site": self})
        self._server = _Quiet(("127.0.0.1", 0), handler)
        if self.context is not None:
            self._server.socket = self.context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{'https' if self.context else 'http'}://localhost:{self.port}"

    def leads(self, path: str, location: str, status: int = 302) -> None:
        """Let a path lead elsewhere."""

        def lead(handler: _Handler) -> None:
            handler.send_response(status)
            handler.send_header("Location", location)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        self.rules[path] = lead

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that breaks off is no news."""


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        self.site.asked.append(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}))
        path = self.path.partition("?")[0]
        if path in self.site.rules:
            self.site.rules[path](self)
        elif self.site.needs and self.headers.get(self.site.needs[0]) != self.site.needs[1]:
            self.send_error(401)
        elif path not in self.site.files:
            self.send_error(404)
        else:
            self.offer(self.site.files[path])

    def offer(self, body: bytes) -> None:
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        known = self.site.tags and self.headers.get("If-None-Match") == tag
        self.send_response(304 if known else 200)
        for name, value in {**({"ETag": tag} if self.site.tags else {}), **self.site.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0" if known else str(len(body)))
        self.end_headers()
        if not known:
            self.wfile.write(body)

    def drip(self, seconds: float) -> None:
        """A byte at a time, without end."""
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.end_headers()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.05)

    def log_message(self, *args: Any) -> None:
        """Says nothing: the test reads `asked`."""
