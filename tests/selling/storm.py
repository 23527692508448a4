"""A day at the tills in a storm: everything is killed while they sell, and the books are read afterwards."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.selling.books import Books, Findings
from tests.selling.sending import Crowd, Tally, Trouble
from tests.selling.site import Site
from tests.selling.told import Storyteller


@dataclass(frozen=True)
class Outcome:
    """What the tills met and what the books hold."""

    told: int
    tally: Tally
    findings: Findings
    killed: int
    crashed: int
    seconds: float

    def figures(self) -> dict[str, object]:
        return {
            "acked": len(self.tally.acked),
            **self.findings.counts(),
            "odd_answers": len(self.tally.odd),
            "worker_kills": self.killed,
            "database_crashes": self.crashed,
            "in_doubt": len(self.tally.in_doubt),
            "altered": len(self.tally.conflicts),
            "seconds": round(self.seconds, 1),
            "met": dict(self.tally.met),
        }


def storm(site: Site, *, sales: int, kills: int, crashes: int, slug: str = "storm", patience: float = 170) -> Outcome:
    """Sell that many while about as many workers are killed; then read the books and their roll-ups."""
    stage = site.stage(products=12, tills=6, branches=2, slug=slug)
    story = Storyteller(stage)
    told = story.day(sales)
    crowd = Crowd(site, story, told)
    step = max(1, int(sales / kills / 1.6))
    apart = sales / step / (crashes + 1)
    started = time.monotonic()
    with Trouble(site, crashes=crashes, apart=apart, kept=lambda: len(crowd.tally.acked), step=step) as trouble:
        crowd.start()
        finished = crowd.wait(patience)
    seconds = time.monotonic() - started
    if not finished:
        crowd.tally.odd.append(f"not all was kept within {patience} s")
    with site.database() as database:
        books = Books(database, stage)
        findings = books.check(told, acked=crowd.tally.acked, conflicts=crowd.tally.conflicts)
        site.python("-m", "tests.selling.refresh", str(stage.shop))
        findings.rollups = books.check_rollups()
    return Outcome(len(told), crowd.tally, findings, trouble.killed, trouble.crashed, seconds)
