"""The reference client in the storm: its own processes are killed too, between its disk and the line."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

from clients.python.aisle_till import Till
from tests.selling.books import Books
from tests.selling.sending import Trouble
from tests.selling.site import PROJECT, Site, Stage
from tests.selling.told import Told

SALES, TILLS, KILLS = 40, 4, 12


def test_tills_web_and_database_are_killed_and_every_sale_is_booked_once(serving: Site, tmp_path: Path) -> None:
    stage = serving.stage(products=12, tills=TILLS, branches=2, slug="reference")
    files = [enrolled(serving, stage, number, tmp_path) for number in range(TILLS)]
    with Trouble(serving, every=0.3, crashes=1, apart=2) as trouble:
        killed = sell_and_be_killed(files, stage)
    assert killed == KILLS and trouble.killed > 5 and trouble.crashed == 1
    told, sent = [], []
    for file, place in zip(files, stage.tills, strict=True):
        till = Till(file)
        assert till.sync(patience=20).waiting == 0
        assert till.kept() == 0 and till.alarms() == []
        bodies = till.outbox.db.execute("select body from item order by n").fetchall()
        documents = [json.loads(body) for (body,) in bodies]
        assert [document["seq"] for document in documents] == list(range(1, len(documents) + 1))
        assert {document["epoch"] for document in documents} == {till.outbox.fact("epoch")}
        told += [Told(place, document) for document in documents]
        sent += [document["id"] for document in documents]
        till.close()
    assert len(sent) >= SALES * TILLS
    with serving.database() as database:
        books = Books(database, stage)
        findings = books.check(told, acked=sent)
        assert not findings, str(findings)


def enrolled(site: Site, stage: Stage, number: int, folder: Path) -> Path:
    """A till's file with the key it would have had for a code."""
    file = folder / f"{number}.db"
    till = Till(file)
    with till.outbox.write():
        till.outbox.keep(url=f"http://127.0.0.1:{site.port}", key=stage.tills[number].key, device={})
        till.outbox.begin_epoch(till.now())
    till.close()
    return file


def sell_and_be_killed(files: list[Path], stage: Stage) -> int:
    """Run each till until it has sold and sent all; end some of them as a pulled plug would, and start them again."""
    chance, killed, until = random.Random(5), 0, time.monotonic() + 120
    running = {file: start(file, stage) for file in files}
    while running and time.monotonic() < until:
        time.sleep(0.4)
        for file in [file for file, till in running.items() if till.poll() is not None]:
            assert running.pop(file).returncode == 0
        if killed < KILLS:
            # A till that is done already starts again too, finds all of it sent, and ends.
            file = chance.choice(files)
            if file in running:
                running[file].kill()
                running[file].wait()
            running[file] = start(file, stage)
            killed += 1
    for till in running.values():
        till.kill()
    assert not running, "the tills were not done in time"
    return killed


def start(file: Path, stage: Stage) -> subprocess.Popen[bytes]:
    goods = [f"{sku}:{price}" for _, sku, price in stage.products]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.selling.reference_till", str(file), str(SALES), *goods], cwd=PROJECT
    )
