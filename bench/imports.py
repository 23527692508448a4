"""online_retail (541,909 receipt lines) from its file to finished roll-ups, against plain COPY of the same file."""

import argparse
import gzip
import re
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from bench import scratch
from bench.figures import say
from shop.db.postgresql.base import as_owner
from shop.imports import running
from shop.imports.kinds import find_kind
from shop.imports.mapping import parse
from shop.imports.reading import Source
from shop.services import create_shop
from shop.tenancy import use_shop

FILE = Path(settings.BASE_DIR).parent / "shared" / "data" / "online_retail" / "online_retail.csv.gz"
ROWS = 541_909
FLOORS = 5
LEAST = 0.03
COLUMNS = ("receipt=InvoiceNo", "time=InvoiceDate", "product=StockCode", "quantity=Quantity", "price=UnitPrice")
PLAIN = (
    "InvoiceNo text, StockCode text, Description text, Quantity int, InvoiceDate timestamp, UnitPrice numeric,"
    " CustomerID numeric, Country text"
)
MAPS = (*COLUMNS, "customer=CustomerID")


def run() -> Iterator[dict[str, Any]]:
    """Rows a second of the import and of COPY (median of five); the import again; memory growth in megabytes."""
    with scratch.database():
        shop = create_shop(slug="retail", currency="GBP", zone="Europe/London", country="GB")
        with use_shop(shop), Memory() as memory:
            seconds, result = _bring_in()
            grown = memory.grown()
            again, _ = _bring_in()
        floor = statistics.median(_plain_copy("") for _ in range(FLOORS))
        bare = statistics.median(_plain_copy("temp") for _ in range(FLOORS))
    yield {"figure": "import, rows a second", "value": ROWS / seconds, "floor": ROWS / floor, "least": LEAST}
    yield {"figure": "import against COPY without log, rows a second", "value": ROWS / seconds, "floor": ROWS / bare}
    yield {"figure": "the same file again, rows a second", "value": ROWS / again, "floor": ROWS / floor}
    yield {"figure": "memory growth of the process, MB", "value": grown["process"], "floor": None, "most": 400}
    yield {"figure": "memory growth of its database session, MB", "value": grown["session"], "floor": None, "most": 400}
    for name, took in sorted(result.statements.items(), key=lambda item: -item[1])[:12]:
        yield {"figure": f"of it: {name}, seconds", "value": took, "floor": None}
    yield {"figure": "of it: after the commit, seconds", "value": seconds - result.seconds, "floor": None}


def _bring_in() -> tuple[float, running.Result]:
    """As manage.py import_csv does it, roll-ups and all."""
    kind = find_kind("sales_lines")
    started = time.perf_counter()
    with transaction.atomic():
        source = Source(FILE.name, FILE.stat().st_size, lambda: FILE.open("rb"))
        result = running.run(kind=kind, sources=[source], mapping=parse(kind, MAPS))
    running.finish(kind, result.created + result.updated)
    return time.perf_counter() - started, result


def _plain_copy(kind: str) -> float:
    """Seconds of COPY, with its commit, of the unpacked file into a table of its columns without key or index."""
    text = gzip.decompress(FILE.read_bytes())
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"create {kind} table plain ({PLAIN})")
        started = time.perf_counter()
        with cursor.copy("copy plain from stdin with (format csv, header)") as copy:
            for start in range(0, len(text), 1 << 16):
                copy.write(text[start : start + (1 << 16)])
        took = time.perf_counter() - started
        cursor.execute("select count(*) from plain")
        assert cursor.fetchone()[0] == ROWS
        cursor.execute("drop table plain")
    return took


class Memory:
    """The most own memory that this process and its database session use, looked at ten times a second."""

    def __enter__(self) -> "Memory":
        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            self._processes = {"process": "self", "session": str(cursor.fetchone()[0])}
        self._before = self._now()
        self._most = dict(self._before)
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def grown(self) -> dict[str, float]:
        return {name: (self._most[name] - self._before[name]) / 1024 for name in self._most}

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            self._most = {name: max(self._most[name], now) for name, now in self._now().items()}

    def _now(self) -> dict[str, int]:
        return {name: _own_kilobytes(process) for name, process in self._processes.items()}

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._watcher.join()


def _own_kilobytes(process: str) -> int:
    """Memory of its own: a session's share of the server's common buffers is not its growth."""
    try:
        found = re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    except OSError:
        found = None
    return int(found[1]) if found else 0


def main(arguments: list[str]) -> None:
    argparse.ArgumentParser(prog="python -m bench imports", description=__doc__).parse_args(arguments)
    if not FILE.exists():
        raise SystemExit("NOT MEASURED: ../shared/data/online_retail/online_retail.csv.gz is not there.")
    for figure in run():
        say(**figure)
