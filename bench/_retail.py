"""online_retail (541,909 receipt lines), for the parts of `python -m bench imports` that bring it in."""

import gzip
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from bench.figures import NotMeasured
from shop.db.postgresql.base import as_owner
from shop.imports import running
from shop.imports.kinds import find_kind
from shop.imports.mapping import parse
from shop.imports.reading import Source
from shop.models import Import, RawFile, Shop
from shop.services import create_shop

FILE = Path(settings.BASE_DIR).parent / "shared" / "data" / "online_retail" / "online_retail.csv.gz"
ROWS = 541_909
COLUMNS = ("receipt=InvoiceNo", "time=InvoiceDate", "product=StockCode", "quantity=Quantity", "price=UnitPrice")
MAPS = (*COLUMNS, "customer=CustomerID")
PLAIN = (
    "InvoiceNo text, StockCode text, Description text, Quantity int, InvoiceDate timestamp, UnitPrice numeric,"
    " CustomerID numeric, Country text"
)


def shop(slug: str) -> Shop:
    return create_shop(slug=slug, currency="GBP", zone="Europe/London", country="GB")


def must_be_there() -> None:
    if not FILE.exists():
        raise NotMeasured("../shared/data/online_retail/online_retail.csv.gz is not there.")


def bring_in(kind: str, path: Path, maps: Sequence[str] = ()) -> tuple[float, running.Result, Import]:
    """As the desk's job does it: checked, with every row's line kept, committed, with all that follows. In seconds."""
    found = find_kind(kind)
    file = RawFile.objects.create(name=path.name, size=path.stat().st_size, sha256="0" * 64)
    imported: Import = Import.objects.create(file=file, kind=kind, state=Import.State.IMPORTING)
    started = time.perf_counter()
    with transaction.atomic():
        source = Source(path.name, path.stat().st_size, lambda: path.open("rb"))
        result = running.run(kind=found, sources=[source], mapping=parse(found, maps), imported=imported)
        imported.state, imported.imported_at = Import.State.DONE, timezone.now()
        imported.save()
    running.finish(found, result.created + result.updated, imported)
    return time.perf_counter() - started, result, imported


def plain_copy(kind: str) -> float:
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
