"""What the site answers while Valkey is there, stopped and frozen: the same, and as quickly."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.selling.sending import Line
from tests.selling.site import Site, Stage
from tests.selling.told import Storyteller

API = ("device", "catalogue", "stock?sku=P001", "sync-state", "shifts/current", "openapi.json")
STATES = ("there", "stopped", "frozen")


@dataclass(frozen=True)
class Answered:
    """By what was asked: the statuses it had and how long each answer took in milliseconds."""

    statuses: dict[str, set[int]]
    took: list[float]

    def p95(self) -> float:
        return sorted(self.took)[int(len(self.took) * 0.95)]


def ask_in_every_state(site: Site, stage: Stage, *, rounds: int) -> dict[str, Answered]:
    """Pages, the till API's reads and sales, in turns, so that a busy moment of the machine hits every state."""
    asked = [*main_pages(site, stage), *(f"/api/v1/{path}" for path in API)]
    story, line = Storyteller(stage, seed=23), Line(site)
    found = {state: Answered({}, []) for state in STATES}
    for path in asked:  # what the first visit pays is not what is compared
        _ask(site, stage, path)
    for _ in range(rounds):
        for state in STATES:
            with _valkey(site, state):
                for path in asked:
                    _note(found[state], path, *_ask(site, stage, path))
                for told in story.sales(5):
                    started = time.perf_counter()
                    status = line.post(told.till, "sales", told.document)[0]
                    _note(found[state], "sale", status, (time.perf_counter() - started) * 1000)
    line.close()
    return found


def main_pages(site: Site, stage: Stage) -> list[str]:
    """Every page of the shop that its first page leads to."""
    front = f"/s/{stage.slug}/today/"
    html = site.get(front, _cookie(stage))[1].decode()
    return sorted({front, *re.findall(rf'href="(/s/{stage.slug}/[a-z/-]*)"', html)})


def _ask(site: Site, stage: Stage, path: str) -> tuple[int, float]:
    headers = {"Authorization": f"Bearer {stage.tills[0].key}"} if path.startswith("/api/") else _cookie(stage)
    started = time.perf_counter()
    status = site.get(path, headers)[0]
    return status, (time.perf_counter() - started) * 1000


def _note(answered: Answered, path: str, status: int, took: float) -> None:
    answered.statuses.setdefault(path, set()).add(status)
    answered.took.append(took)


def _cookie(stage: Stage) -> dict[str, str]:
    return {"Cookie": f"sessionid={stage.session}"}


@contextmanager
def _valkey(site: Site, state: str) -> Iterator[None]:
    if state == "stopped":
        site.stop_valkey()
    elif state == "frozen":
        site.freeze_valkey()
    try:
        yield
    finally:
        if state == "stopped":
            site.start_valkey()
        elif state == "frozen":
            site.thaw_valkey()
