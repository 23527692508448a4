"""How quickly sales go in over HTTP, beside plain psycopg writing the same rows in the same minute."""

import datetime as dt
import json
import statistics
import time
import uuid
from collections.abc import Sequence
from typing import Any

from bench import _selling_floor as floor
from bench import _selling_load as load
from bench.figures import say
from tests.selling.sending import Line
from tests.selling.site import Site, Stage
from tests.selling.told import Storyteller

LINES, BATCH = 8, 100
SINGLE_PROMISED, BATCH_PROMISED, P95_PROMISED = 0.10, 0.35, 25.0


def speed(site: Site, stage: Stage, *, rounds: int, sales: int) -> None:
    """Singles, batches and the floor in turns, so that a busy moment of the machine hits all three."""
    floors, singles, batches = [], [], []
    _live_in(site, stage)
    for _ in range(rounds):
        floors.append(floor.sales_a_second(site.postgres.url(), stage, sales=sales))
        singles.append(_sell(site, singles_of(stage, sales)))
        batches.append(_sell(site, batches_of(stage, sales // BATCH), BATCH))
    for name, rates, promised in (
        ("sales a second, one by one", singles, SINGLE_PROMISED),
        ("sales a second, in batches of 100", batches, BATCH_PROMISED),
    ):
        ratios = sorted(rate / base for rate, base in zip(rates, floors, strict=True))
        more = {"lowest": round(ratios[0], 3), "highest": round(ratios[-1], 3), "promised": promised}
        say(name, statistics.median(rates), statistics.median(floors), **more)


def latency(site: Site, stage: Stage, *, seconds: int, a_second: float = 50) -> None:
    """Sales that leave by the clock, whether the one before is answered or not."""
    answers = load.evenly(site.port, singles_of(stage, int(seconds * a_second)), a_second=a_second)
    _all_new(answers, 201)
    say(
        f"milliseconds, 95th percentile at {a_second:.0f} sales a second",
        answers.percentile(0.95),
        P95_PROMISED,
        median=round(answers.percentile(0.5), 1),
        most=round(answers.percentile(1), 1),
    )


def _live_in(site: Site, stage: Stage) -> None:
    """As a shop is after its first hour: with sales, and statistics about them, for which statements are planned."""
    _sell(site, batches_of(stage, 20), BATCH)
    with site.database() as database:
        database.execute("analyze")
    _sell(site, singles_of(stage, 200))


def close_a_day(site: Site, stage: Stage, *, sales: int) -> float:
    """Milliseconds to close a shift of that many sales, its report made and kept."""
    till, shift = stage.tills[0], str(uuid.uuid4())
    opened = dt.datetime.fromisoformat(stage.counted_at)
    line = Line(site, timeout=60)
    status, _, said = line.post(till, "shifts", {"id": shift, "opened_at": opened.isoformat(), "float": "100.00"})
    assert status == 201, said
    story, made = Storyteller(stage, seed=uuid.uuid4().int), []
    for _ in range(sales // BATCH):
        documents = [{**story.sale(lines=LINES, till=till).document, "shift": shift} for _ in range(BATCH)]
        made.append(load.request("/api/v1/sales:batch", till.key, json.dumps({"sales": documents}).encode()))
    line.close()
    _sell(site, made, BATCH)
    closing = {"closed_at": dt.datetime.now(dt.UTC).isoformat(), "counted": {"cash": "100.00"}, "sales": sales}
    started = time.perf_counter()
    status, _, said = line.post(till, f"shifts/{shift}:close", closing)
    took = (time.perf_counter() - started) * 1000
    assert status in {200, 201}, said
    line.close()
    return took


def singles_of(stage: Stage, sales: int) -> list[bytes]:
    told = Storyteller(stage, seed=uuid.uuid4().int).sales(sales, lines=(LINES, LINES))
    return [load.request("/api/v1/sales", one.till.key, json.dumps(one.document).encode()) for one in told]


def batches_of(stage: Stage, batches: int) -> list[bytes]:
    story, made = Storyteller(stage, seed=uuid.uuid4().int), []
    for number in range(batches):
        till = stage.tills[number % len(stage.tills)]
        documents = [story.sale(lines=LINES, till=till).document for _ in range(BATCH)]
        made.append(load.request("/api/v1/sales:batch", till.key, json.dumps({"sales": documents}).encode()))
    return made


def _sell(site: Site, requests: Sequence[bytes], each: int = 1) -> float:
    answers = load.flat_out(site.port, requests)
    _all_new(answers, 201 if each == 1 else 200)
    return len(requests) * each / answers.seconds


def _all_new(answers: Any, wanted: int) -> None:
    assert set(answers.statuses) == {wanted}, answers.statuses
