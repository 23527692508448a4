"""What selling through the till API promises: nothing lost whatever is killed, and how quickly. See docs/selling.md.

Runs on an installation of its own, made in a temporary folder and removed afterwards.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable

from bench import _selling_speed as speed
from bench import backup
from bench.figures import say
from tests.selling import races, renewing, without_broker
from tests.selling.books import Books
from tests.selling.site import Site
from tests.selling.storm import Outcome, storm
from tests.selling.told import Storyteller


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench selling", description=__doc__)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS), help="Parts to run (all).")
    parser.add_argument("--tenth", action="store_true", help="A tenth of everything, for a quick try.")
    options = parser.parse_args(arguments)
    size = 0.1 if options.tenth else 1.0
    for name in options.only:
        PARTS[name](size)
        sys.stdout.flush()


def in_storms(size: float) -> None:
    """The product, then its weak twin, which must be found out."""
    with Site(migrated=True, fsync=True) as site:
        site.serve()
        outcome = storm(site, sales=int(3000 * size), kills=int(150 * size), crashes=4)
        say("acknowledged sales lost, doubled or torn in a storm", _wrong(outcome), promised=0, **outcome.figures())
        assert not outcome.findings, str(outcome.findings)
        assert not outcome.tally.odd, outcome.tally.odd[:5]
        site.serve("tests.selling.weak:application")
        weak = storm(site, sales=int(600 * size), kills=int(60 * size), crashes=0, slug="weak")
        say("the same in the weak twin's storm", _wrong(weak), promised="above 0", **weak.figures())


def at_once(size: float) -> None:
    with Site(migrated=True) as site:
        site.serve()
        stage = site.stage(products=12, tills=4, slug="hammer")
        told = Storyteller(stage).sales(int(500 * size))
        met = races.hammer(site, told)
        with site.database() as database:
            findings = Books(database, stage).check(told, acked=[one.id for one in told])
        say("sales booked of those sent eight times at once", met["201"], len(told), again=met["again"])
        assert not findings, str(findings)
        hot = site.stage(products=12, tills=8, slug="hot")
        met = races.hot(site, hot, sales=int(2000 * size))
        say("deadlocks among eight tills and twelve products", races.deadlocks(site), promised=0, met=dict(met))


def quickly(size: float) -> None:
    with Site(migrated=True, fsync=True, workers=2) as site:
        site.serve()
        stage = site.stage(products=200, tills=4, slug="quick")
        speed.speed(site, stage, rounds=5, sales=max(400, int(2000 * size)))
        speed.latency(site, stage, seconds=max(5, int(30 * size)))
        closing = site.stage(products=200, tills=1, slug="closing")
        say("milliseconds to close a shift of 5,000 sales", speed.close_a_day(site, closing, sales=5000), 500)


def with_parts_away(size: float) -> None:
    with Site(migrated=True) as site:
        site.serve()
        stage = site.stage(products=12, tills=4, slug="away")
        found = without_broker.ask_in_every_state(site, stage, rounds=max(2, int(10 * size)))
        there = found["there"]
        for state in ("stopped", "frozen"):
            other = [what for what, statuses in found[state].statuses.items() if statuses != there.statuses[what]]
            p95 = found[state].p95(), there.p95()
            say(f"milliseconds, 95th percentile with Valkey {state}", *p95, promised=1.5, answered_otherwise=other)
        for away in (1, 5, 15):
            seen = renewing.back_after(site, stage, away=away)
            name = f"seconds from the database's return after {away} s to the first sale"
            say(name, seen.first, 3, met=dict(seen.met))
        met = renewing.renew_under_load(site, stage, times=5)
        say("answers that no till should send again, over five renewals", _final(met), promised=0, met=dict(met))


def backed_up(size: float) -> None:
    measured = backup.measure(int(1_000_000 * size))
    more = {"rows": measured.rows, "backup": round(measured.backup, 1), "restore": round(measured.restore, 1)}
    say("seconds to back up and restore", measured.backup + measured.restore, backup.PROMISED_SECONDS, **more)


def fuzzed(size: float) -> None:
    """The generated calls of tests/contracts/test_api_fuzz.py, as many as were asked for."""
    cases = int(5000 * size)
    command = [sys.executable, "-m", "pytest", "tests/contracts/test_api_fuzz.py", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, env={**os.environ, "API_CASES": str(cases)}, capture_output=True, text=True)
    last = done.stdout.strip().splitlines()[-1:] or [done.stderr[-200:]]
    made = re.search(r"(\d+) calls of the till API", done.stdout)
    more = {"cases": int(made[1]) if made else 0, "asked_for": cases, "said": last[0]}
    say("generated calls that crashed or were refused without a problem", done.returncode, promised=0, **more)


def _wrong(outcome: Outcome) -> int:
    found = outcome.findings
    return len(found.lost) + len(found.doubled) + len(found.torn)


def _final(met: dict[str, int]) -> int:
    return sum(times for what, times in met.items() if what not in {"201", "503", "broken"})


PARTS: dict[str, Callable[[float], None]] = {
    "storm": in_storms,
    "races": at_once,
    "speed": quickly,
    "away": with_parts_away,
    "cases": fuzzed,
    "backup": backed_up,
}
