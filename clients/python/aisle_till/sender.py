"""Empties the outbox: in order, in batches, the same bytes until the shop has said what became of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .outbox import SALE, Item, Outbox
from .wire import LOCKED_OUT, Answer, Verdict, Wire, pause

MOST_SALES = 100
LARGEST = 900_000  # of the 1 MiB one call may have
HAVE = frozenset({"created", "duplicate", "conflict", "parked"})
TO_LOOK_AT = frozenset({"conflict", "parked"})
REFUSED = frozenset({"invalid", "forbidden", "refused"})


@dataclass(frozen=True)
class Sent:
    """What one round did. `wait`: seconds until it is worth another try; 0 where nothing waits."""

    done: int
    kept: int
    waiting: int
    wait: float = 0.0
    locked_out: bool = False


class Sender:
    """One round of sending. Killed anywhere, the next round sends again what was not settled: the ids make it safe."""

    def __init__(
        self,
        outbox: Outbox,
        wire: Wire,
        now: Callable[[], datetime],
        *,
        compare: bool = True,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.outbox, self.wire, self.now, self.sleep = outbox, wire, now, sleep
        self.compare = compare
        self.done = self.kept = 0

    def send(self, patience: float) -> Sent:
        """Send until nothing waits, the key is refused, or nothing got through for `patience` seconds."""
        with self.outbox.only_sender() as mine:
            if not mine:
                return self._sent(wait=1.0)
            if self.compare:
                self._compare_counts()
            tries, waited = 0, 0.0
            while items := self.outbox.next(MOST_SALES, LARGEST):
                before = self.done + self.kept
                answer = (
                    self._send_batch(items) if items[0].kind == SALE and len(items) > 1 else self._send_one(items[0])
                )
                if _locked_out(answer):
                    return self._locked_out(answer)
                if self.done + self.kept > before:
                    tries, waited = 0, 0.0
                    continue
                wait = pause(tries, answer)
                if waited + wait > patience:
                    return self._sent(wait=wait)
                self.sleep(wait)
                tries, waited = tries + 1, waited + wait
            return self._sent()

    def _sent(self, wait: float = 0.0, *, locked_out: bool = False) -> Sent:
        return Sent(self.done, self.kept, self.outbox.count("waiting"), wait, locked_out)

    def _locked_out(self, answer: Answer) -> Sent:
        """The key is good no more. Nothing is wrong with the sales: they wait for the next key."""
        with self.outbox.write():
            self.outbox.alarm("alarm", f"The shop does not let this till in. {answer.words}", self.now())
        return self._sent(wait=60.0, locked_out=True)

    # --- Calls ------------------------------------------------------------------------------------------------------

    def _send_batch(self, items: list[Item]) -> Answer:
        body = b'{"sales":[' + b",".join(item.body for item in items) + b"]}"
        answer = self.wire.call("POST", "sales:batch", body, at=self.now())
        if answer.verdict is Verdict.KEEP and not _locked_out(answer):
            return self._send_each(items)
        # A 503 may say how far it came; what it does not say is sent again.
        results = answer.body.get("results", []) if isinstance(answer.body, dict) else []
        with self.outbox.write():
            for item, result in zip(items, results, strict=False):
                if isinstance(result, dict) and result.get("id") == item.id:
                    self._settle(item, str(result.get("status")), result)
        return answer

    def _send_each(self, items: list[Item]) -> Answer:
        """The batch as a whole was refused: one by one, so that one bad sale holds up no other."""
        answer = Answer()
        for item in items:
            answer = self._send_one(item)
            if answer.verdict is Verdict.RETRY or _locked_out(answer):
                break
        return answer

    def _send_one(self, item: Item) -> Answer:
        answer = self.wire.call("POST", item.path, item.body, at=self.now())
        if answer.verdict is Verdict.RETRY or _locked_out(answer):
            return answer
        with self.outbox.write():
            if answer.verdict is Verdict.KEEP:
                self._keep(item, answer.body, answer.words)
            else:
                self._have(item, answer.body, _outcome(answer))
        return answer

    # --- What became of an item -------------------------------------------------------------------------------------

    def _settle(self, item: Item, status: str, result: dict[str, Any]) -> None:
        """An outcome this program does not know settles nothing: the item is sent again."""
        if status in HAVE:
            self._have(item, result, status)
        elif status in REFUSED:
            self._keep(item, result, Answer(422, {"title": "The sale could not be read", **result}).words)

    def _have(self, item: Item, body: Any, outcome: str) -> None:
        self.outbox.settle(item, "done", body)
        self.done += 1
        if outcome in TO_LOOK_AT:
            words = "Its number was used before for another one" if outcome == "conflict" else "It was set aside"
            self.outbox.alarm("notice", f"{words}; it is in the shop's inbox.", self.now(), item.id)
        if "seq_reused" in json.dumps(body) and json.loads(item.body).get("epoch") == self.outbox.fact("epoch"):
            self._count_anew()

    def _keep(self, item: Item, body: Any, words: str) -> None:
        self.outbox.settle(item, "kept", body)
        self.kept += 1
        self.outbox.alarm("alarm", f"The shop refused it, it is kept here. {words}", self.now(), item.id)

    # --- The count --------------------------------------------------------------------------------------------------

    def _compare_counts(self) -> None:
        """Where the shop knows a higher number of this epoch than we gave, our file is an old copy."""
        answer = self.wire.call("GET", "sync-state", at=self.now())
        if answer.verdict is not Verdict.DONE:
            return
        self.compare = False
        with self.outbox.write():
            epoch, seq = self.outbox.fact("epoch"), self.outbox.fact("seq")
            told = (one for one in answer.body.get("epochs", []) if one.get("epoch") == epoch)
            if max((int(one["last_seq"]) for one in told), default=0) > seq:
                self._count_anew()

    def _count_anew(self) -> None:
        self.outbox.begin_epoch(self.now())
        words = "This file is an old copy: the shop has sales it does not know. A new count begins."
        self.outbox.alarm("alarm", words, self.now())


def _locked_out(answer: Answer) -> bool:
    """The key is refused, not the sale; a sale that names another register is refused by itself."""
    of_the_sale = isinstance(answer.body, dict) and str(answer.body.get("type", "")).endswith("/not-this-till")
    return answer.status in LOCKED_OUT and not of_the_sale


def _outcome(answer: Answer) -> str:
    """A call about one item says by its status what a batch says in words."""
    return {409: "conflict", 202: "parked"}.get(answer.status, "created")
