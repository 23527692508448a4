"""Tills that send at the same instant: the same sale eight times, and many sales of the same few goods."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from contextlib import suppress

from tests.selling.sending import Line
from tests.selling.site import Site, Stage
from tests.selling.told import Storyteller, Told

TIMES = 8


def hammer(site: Site, told: list[Told]) -> Counter[str]:
    """Each of these sent eight times at once, each over its own connection: how often it was new, how often not."""
    met: Counter[str] = Counter()
    together = threading.Barrier(TIMES)

    def send() -> None:
        line = Line(site)
        for one in told:
            together.wait(60)
            status, headers, answer = line.post(one.till, "sales", one.document)
            met["again" if headers.get("idempotency-replayed") else str(status)] += 1
        line.close()

    _run([send] * TIMES)
    return met


def hot(site: Site, stage: Stage, *, sales: int, threads: int = 8) -> Counter[str]:
    """Sales of eight of twelve goods each, told in any order of goods by eight tills at once; the statuses met."""
    met: Counter[str] = Counter()
    story = Storyteller(stage, seed=5)
    told = story.sales(sales, lines=(8, 8))

    def send(number: int) -> None:
        line = Line(site)
        for one in told[number::threads]:
            with suppress(http.client.HTTPException, OSError):
                met[str(line.post(one.till, "sales", one.document)[0])] += 1
        line.close()

    _run([lambda number=number: send(number) for number in range(threads)])  # type: ignore[misc]
    return met


def deadlocks(site: Site) -> int:
    """How many the server counted or wrote down since it started."""
    with site.database() as database:
        counted = database.execute("select sum(deadlocks) from pg_stat_database").fetchone()
    return int(counted[0] if counted else 0) + site.database_log().count("deadlock detected")


def _run(work: list[object]) -> None:
    threads = [threading.Thread(target=each, daemon=True) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
        assert not thread.is_alive(), "a till still waits for its answer"
