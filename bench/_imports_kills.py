"""A real worker killed with -9 in each step of an import and of its undoing: the end equals a clean one."""

import io
import tempfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Sum

from bench import _retail, scratch
from customers.models import Customer
from inventory.models import Product
from sales.models import BranchHour, DirtyDay, Sale, SaleLine
from shop.imports import desk
from shop.models import Import, ImportedRow, Job
from shop.tasks import sweep_jobs
from shop.tenancy import use_shop
from tests.concurrency.night import Night

RECEIPTS = 40_000
BY = "bench@shops.example"
Moment = Callable[[Job], bool]


def _running(least: int) -> Moment:
    return lambda job: job.status == "running" and job.progress >= least


# Where the worker is killed: in which step, and when.
STAGES: dict[str, tuple[str, Moment]] = {
    "reading": ("read", _running(0)),
    "checking": ("check", _running(20)),
    "copying": ("go", _running(5)),
    "merging": ("go", _running(60)),
    "after the commit": ("go", lambda job: "result" in job.step),
    "undoing": ("undo", _running(5)),
}


def run() -> Iterator[dict[str, Any]]:
    """1 where the books are those of a clean import, and after the undoing those of an empty shop."""
    with tempfile.TemporaryDirectory() as folder, scratch.database():
        storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}
        settings.STORAGES = {**settings.STORAGES, "default": storage}
        night = Night(Path(folder))
        try:
            clean = _walk(night, "clean", "", lambda job: False)
            for name, (step, moment) in STAGES.items():
                found = _walk(night, name.replace(" ", "-"), step, moment)
                yield {"figure": f"killed while {name}: as a clean import", "value": float(found == clean), "least": 1}
        finally:
            night.end()


def _walk(night: Night, slug: str, step: str, moment: Moment) -> list[tuple[Any, ...]]:
    """Every step of one import in a shop of its own, the worker killed in one of them. The books after each."""
    books = []
    with use_shop(_retail.shop(slug)):
        file = desk.keep(io.BytesIO(_file()), name="till.csv", by=BY)
        imported = desk.begin(file=file, kind="sales_lines", by=BY)
        asks: dict[str, Callable[[], object]] = {
            "read": lambda: None,
            "check": lambda: desk.check(import_id=imported.pk, by=BY),
            "go": lambda: desk.go(import_id=imported.pk, by=BY),
            "undo": lambda: desk.undo(import_id=imported.pk, by=BY),
        }
        for name, ask in asks.items():
            ask()
            _work(night, imported, moment if name == step else None)
            books.append(_books(imported))
    return books


def _work(night: Night, imported: Import, moment: Moment | None) -> None:
    worker = night.start_worker()
    sweep_jobs()
    if moment is not None:
        night.wait(lambda: moment(_job(imported)) or _job(imported).has_ended, seconds=300)
        night.kill9(worker)
        assert not _job(imported).has_ended, "it ended before it could be killed"
        Job.objects.filter(pk=_job(imported).pk).update(lease_until="2026-01-01T00:00Z")
        worker = night.start_worker()
        sweep_jobs()
    night.wait(lambda: _job(imported).has_ended, seconds=300)
    night.kill9(worker)


def _job(imported: Import) -> Job:
    found: Job = Import.objects.select_related("job").get(pk=imported.pk).job
    return found


def _books(imported: Import) -> tuple[Any, ...]:
    imported.refresh_from_db()
    sums = SaleLine.objects.filter(sale__voided_at=None).aggregate(net=Sum("net"), units=Sum("quantity"))
    hours = BranchHour.objects.aggregate(net=Sum("net"))["net"] or Decimal(0)
    rows = (Sale.objects.counted(), Product.objects.all(), Customer.objects.all(), ImportedRow.objects.all())
    return (
        imported.state,
        sums["net"],
        sums["units"],
        hours,
        DirtyDay.objects.exists(),
        *(one.count() for one in rows),
    )


def _file() -> bytes:
    lines = (
        f"{number},2026-03-{1 + number % 28:02}T10:00,P{(number * 7 + line) % 900},{line},1,{line}.00,C{number % 500}\n"
        for number in range(RECEIPTS)
        for line in (1, 2, 3)
    )
    return ("receipt,time,product,price,quantity,total,customer\n" + "".join(lines)).encode()
