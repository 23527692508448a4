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


def storm(
    site: Site,
    *,
    sales: int,
    crashes: int,
    kills: int = 0,
    slug: str = "storm",
    every: float = 0.2,
    apart: float = 5,
    patience: float = 120,
) -> Outcome:
    """Sell that many, and go on until as many workers were killed; then read the books and their roll-ups."""
    stage = site.stage(products=12, tills=6, branches=2, slug=slug)
    story = Storyteller(stage)
    told = story.day(sales)
    crowd = Crowd(site, story, told)
    started = time.monotonic()
    with Trouble(site, every=every, crashes=crashes, apart=apart) as trouble:
        crowd.start()
        finished = crowd.wait(patience)
        while finished and trouble.killed < kills and time.monotonic() - started < patience:
            more = Crowd(site, story, told[-50:])  # what is kept already, told again, until there was trouble enough
            more.twice = {one.id for one in told}
            more.start()
            more.wait(patience)
            crowd.tally.odd.extend(more.tally.odd)
            crowd.tally.conflicts.update(more.tally.conflicts)
    seconds = time.monotonic() - started
    if not finished:
        crowd.tally.odd.append(f"not all was kept within {patience} s")
    with site.database() as database:
        books = Books(database, stage)
        findings = books.check(told, acked=crowd.tally.acked, conflicts=crowd.tally.conflicts)
        site.python("-m", "tests.selling.refresh", str(stage.shop))
        findings.rollups = books.check_rollups()
    return Outcome(len(told), crowd.tally, findings, trouble.killed, trouble.crashed, seconds)
