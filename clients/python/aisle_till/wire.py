"""One call to the API, and what its answer means for what was sent."""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

KEEP = frozenset({400, 401, 403, 413, 415, 422})
LOCKED_OUT = frozenset({401, 403})
LONGEST_PAUSE = 60.0


class Verdict(Enum):
    """What the till does with what it sent: forget it, keep it and tell a person, or send the same bytes again."""

    DONE = "done"
    KEEP = "keep"
    RETRY = "retry"


@dataclass(frozen=True)
class Answer:
    """An answer; status 0 is silence. `body` is the JSON in it, None where there was none."""

    status: int = 0
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        if self.status in KEEP:
            return Verdict.KEEP
        # A page of a hotel's network or a proxy is a 200 too, but not in our JSON: nothing was said then.
        told = isinstance(self.body, dict) and (200 <= self.status < 300 or self.status == 409)
        return Verdict.DONE if told else Verdict.RETRY

    @property
    def words(self) -> str:
        """Why it was not taken, for a person."""
        said = self.body if isinstance(self.body, dict) else {}
        errors = said.get("errors") or []
        places = "; ".join(
            f"{e.get('pointer', '')} {e.get('detail', '')}".strip() for e in errors if isinstance(e, dict)
        )
        parts = (said.get("title") or f"Status {self.status}", said.get("detail") or "", places)
        return ". ".join(str(part).rstrip(".") for part in parts if part)

    @property
    def wait(self) -> float:
        """Seconds the server asked to be left alone."""
        asked = self.headers.get("retry-after", "")
        return min(float(asked), LONGEST_PAUSE) if asked.isdigit() else 0.0


def pause(tries: int, answer: Answer) -> float:
    """Seconds to wait before try number `tries` + 1: from 1, doubled each time up to 60, and not all tills at once."""
    most: float = min(LONGEST_PAUSE, 2.0 ** min(tries, 6))
    return max(answer.wait, most * random.uniform(0.5, 1.0), 0.5)


@dataclass(frozen=True)
class Wire:
    """The way to one server with one key. A call never raises for what the network does: it answers silence."""

    url: str
    key: str = ""
    timeout: float = 10.0

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        at: datetime | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """`path` is below /api/v1/. `at` is the till's own time, by which the server sees how far its clock is off."""
        said = {"Accept": "application/json", "Connection": "close", **(headers or {})}
        if self.key:
            said["Authorization"] = f"Bearer {self.key}"
        if body is not None:
            said["Content-Type"] = "application/json"
        if at is not None:
            said["X-Client-Time"] = at.isoformat()
        try:
            return self._call(method, path, body, said)
        except (OSError, http.client.HTTPException):
            return Answer()

    def _call(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        where = urlsplit(self.url)
        secure = where.scheme == "https"
        make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = make(where.hostname or "", where.port or (443 if secure else 80), timeout=self.timeout)
        try:
            connection.request(method, f"{where.path.rstrip('/')}/api/v1/{path}", body, dict(headers))
            response = connection.getresponse()
            raw = response.read()
        finally:
            connection.close()
        named = {name.lower(): value for name, value in response.getheaders()}
        try:
            return Answer(response.status, json.loads(raw) if raw else None, named)
        except ValueError:
            return Answer(response.status, None, named)
