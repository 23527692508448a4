"""Tills that send what they were given until they are told it is kept, whatever happens meanwhile."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.selling.site import Site, Till
from tests.selling.told import Document, Storyteller, Told

KEPT = {200, 201, 202, 409}
TRY_AGAIN = {429, 503}


@dataclass
class Tally:
    """What the tills were told, all together."""

    acked: dict[str, str] = field(default_factory=dict)
    in_doubt: set[str] = field(default_factory=set)
    conflicts: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Line:
    """One till's connection; a broken one is opened again."""

    def __init__(self, site: Site, timeout: float = 20) -> None:
        self.site, self.timeout = site, timeout
        self._open: http.client.HTTPConnection | None = None

    def post(self, till: Till, path: str, body: Any) -> tuple[int, dict[str, str], Document]:
        """Status, headers (in small letters) and body of the answer. Raises OSError or HTTPException without one."""
        return self.post_bytes(till, path, json.dumps(body).encode())

    def post_bytes(self, till: Till, path: str, body: bytes) -> tuple[int, dict[str, str], Document]:
        if self._open is None:
            self._open = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=self.timeout)
        headers = {"Authorization": f"Bearer {till.key}", "Content-Type": "application/json"}
        try:
            self._open.request("POST", f"/api/v1/{path}", body, headers)
            answer = self._open.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        told = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, told, json.loads(content or b"{}")

    def close(self) -> None:
        if self._open:
            self._open.close()
            self._open = None


class Crowd:
    """Several tills at once: batches and single sales, some told twice, some again once kept, some altered."""

    def __init__(self, site: Site, story: Storyteller, told: list[Told], *, clients: int = 4, seed: int = 3) -> None:
        self.site, self.story, self.tally = site, story, Tally()
        chance = random.Random(seed)
        self.twice = {one.id for one in told if chance.random() < 0.05}
        self._queue = [*told, *(one for one in told if one.id in self.twice)]
        chance.shuffle(self._queue)
        self._threads = [threading.Thread(target=self._work, args=(number,), daemon=True) for number in range(clients)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether all that was told is kept within that time."""
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self, number: int) -> None:
        chance, line = random.Random(number), Line(self.site)
        try:
            while batch := self._take(chance):
                self._send(line, batch, chance)
                if chance.random() < 0.1:  # a till that does not trust the answer it had
                    self._send_again(line, chance.choice(batch), chance)
        except Exception as error:  # a thread's end would otherwise look like success
            self.tally.odd.append(f"client {number}: {error!r}")
            raise
        finally:
            line.close()

    def _take(self, chance: random.Random) -> list[Told]:
        """The next few of the queue that are of the same till."""
        with self.tally.lock:
            if not self._queue:
                return []
            till, size = self._queue[-1].till, chance.randint(1, 5)
            taken = [number for number in range(len(self._queue) - 1, -1, -1) if self._queue[number].till == till][
                :size
            ]
            return [self._queue.pop(number) for number in taken]

    def _send(self, line: Line, batch: list[Told], chance: random.Random) -> None:
        """Send until each is kept. What was answered for is not sent again."""
        waiting = {one.id: one for one in batch}
        while waiting:
            some = list(waiting.values())
            answer = self._once(line, some[0].till, "sales:batch" if len(some) > 1 else "sales", _body(some))
            if answer is None:
                time.sleep(chance.uniform(0.01, 0.05))
                continue
            status, results = answer
            for result in results:
                self._note(str(result.get("id")), str(result.get("status")))
                waiting.pop(str(result.get("id")), None)
            if status in TRY_AGAIN:
                time.sleep(chance.uniform(0.02, 0.1))

    def _once(self, line: Line, till: Till, path: str, body: Any) -> tuple[int, list[Document]] | None:
        """The status and what became of each document that was answered for; None where nothing came of it."""
        try:
            status, headers, answer = line.post(till, path, body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.tally.met[type(error).__name__] += 1
            return None
        self.tally.met[str(status)] += 1
        problem = headers.get("content-type", "").startswith("application/problem+json")
        if status in TRY_AGAIN and not (problem and headers.get("retry-after")):
            self.tally.odd.append(f"{status} without a problem or Retry-After: {answer}")
        if status not in KEPT | TRY_AGAIN:
            self.tally.odd.append(f"{status} {json.dumps(answer)[:300]}")
            time.sleep(0.2)
            return None
        if path == "sales" and headers.get("idempotency-replayed"):
            answer["status"] = "duplicate"
        return status, answer.get("results", [answer] if status in KEPT else [])

    def _note(self, id: str, status: str) -> None:
        with self.tally.lock:
            if status not in {"created", "duplicate"}:
                self.tally.odd.append(f"{id}: {status}")
            if status == "duplicate" and id not in self.tally.acked and id not in self.twice:
                self.tally.in_doubt.add(id)
            self.tally.acked.setdefault(id, status)

    def _send_again(self, line: Line, told: Told, chance: random.Random) -> None:
        """The same again, or something else under the same id: neither may change the books."""
        altered = chance.random() < 0.4
        again = self.story.altered(told) if altered else told
        while (answer := self._once(line, again.till, "sales", again.document)) is None or answer[0] in TRY_AGAIN:
            time.sleep(0.05)
        if answer[0] != (409 if altered else 200):
            self.tally.odd.append(f"{'altered' if altered else 'repeated'}: {answer[0]}")
        if altered:
            with self.tally.lock:
                self.tally.conflicts.add(told.id)


def _body(told: Iterable[Told]) -> Any:
    documents = [one.document for one in told]
    return {"sales": documents} if len(documents) > 1 else documents[0]


class Trouble:
    """Kills a web worker every moment, and PostgreSQL a few times, until it is told to stop.

    With `kept`, how much is kept by now, it goes by that instead of the clock: a worker falls each time `step` more is
    kept, PostgreSQL each `apart` times that. So a slow machine has the same storm, and gets through it.
    """

    def __init__(
        self,
        site: Site,
        *,
        every: float = 0.2,
        crashes: int = 4,
        apart: float = 5,
        kept: Callable[[], int] | None = None,
        step: int = 0,
    ) -> None:
        self.site, self.every, self.crashes, self.apart, self.kept, self.step = site, every, crashes, apart, kept, step
        self.killed = self.crashed = 0
        self._over = threading.Event()
        self._chance = random.Random(11)
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._kill, self._crash)]

    def __enter__(self) -> Trouble:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def _kill(self) -> None:
        while self._wait(self.every, self.step):
            self.killed += self.site.kill_a_worker(self._chance)

    def _crash(self) -> None:
        for _ in range(self.crashes):
            if not self._wait(self.apart, int(self.apart * self.step)):
                return
            self.site.postgres.crash()
            time.sleep(0.3)
            self.site.postgres.start()
            self.crashed += 1

    def _wait(self, seconds: float, more: int) -> bool:
        """Until it is time for the next blow; False where it is over."""
        if self.kept is None:
            return not self._over.wait(seconds)
        before = self.kept()
        while not self._over.wait(0.005):
            if self.kept() >= before + more:
                return True
        return False
