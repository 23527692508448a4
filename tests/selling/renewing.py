"""How the site comes back: after its database was away, and while its workers are renewed."""

from __future__ import annotations

import http.client
import threading
import time
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from tests.selling.sending import Line
from tests.selling.site import Site, Stage
from tests.selling.told import Storyteller


@dataclass
class Seen:
    """What a till that never stops sending was answered; `first` the seconds until the first sale was kept again."""

    met: Counter[str] = field(default_factory=Counter)
    first: float = 0


def back_after(site: Site, stage: Stage, *, away: float) -> Seen:
    """Crash the database, leave it away that long while tills go on sending, and start it again."""
    seen, over, lock = Seen(), threading.Event(), threading.Lock()
    returned: list[float] = []

    def sell() -> None:
        story, line = Storyteller(stage, seed=uuid.uuid4().int), Line(site)
        while not over.is_set():
            told = story.sale(lines=3)
            with suppress(http.client.HTTPException, OSError):
                status = line.post(told.till, "sales", told.document)[0]
                with lock:
                    seen.met[str(status)] += 1
                    if status == 201 and returned and not seen.first:
                        seen.first = max(0.0, time.monotonic() - returned[0])
            over.wait(0.05)
        line.close()

    tills = [threading.Thread(target=sell, daemon=True) for _ in range(4)]
    for till in tills:
        till.start()
    time.sleep(0.5)
    site.postgres.crash()
    time.sleep(away)
    site.postgres.start()
    returned.append(time.monotonic())
    until = time.monotonic() + 30
    while not seen.first and time.monotonic() < until:
        time.sleep(0.02)
    over.set()
    for till in tills:
        till.join(30)
    return seen


def renew_under_load(site: Site, stage: Stage, *, times: int, apart: float = 1) -> Counter[str]:
    """Ask gunicorn for new workers again and again while tills sell: the statuses they met, and broken connections."""
    met: Counter[str] = Counter()
    over = threading.Event()

    def sell(number: int) -> None:
        story, line = Storyteller(stage, seed=200 + number), Line(site)
        while not over.is_set():
            told = story.sale(lines=3)
            try:
                met[str(line.post(told.till, "sales", told.document)[0])] += 1
            except (http.client.HTTPException, OSError):
                met["broken"] += 1  # sent again by every till; the sale itself may be kept already
        line.close()

    tills = [threading.Thread(target=sell, args=(number,), daemon=True) for number in range(4)]
    for till in tills:
        till.start()
    for _ in range(times):
        time.sleep(apart)
        site.reload()
    time.sleep(apart)
    over.set()
    for till in tills:
        till.join(30)
    return met
