"""The database's disk fills up: sales are answered 503 and kept by their tills, and go on by themselves once there is
room. PostgreSQL's log (pg_wal) lies on another disk, as docs/backup.md advises: where that fills up too, it stops.

Needs root, to mount a small disk in memory.
"""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from psycopg import errors

from inventory.models import Product, StockLevel, StockMovement
from sales.models import Sale, SaleLine
from sales.services import Line, record_sale
from shop.models import Branch, Shop
from shop.tenancy import use_shop
from tests.concurrency.postgres import PrivatePostgres
from tests.factories import at, make_cast, make_till, till_client

MEGABYTE = 1 << 20
DISK, LEFT = 200, 3  # megabytes
LINES, MOST = 40, 2000
AFTERWARDS = 10


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 200 MB and, beside it, room on the usual one."""
    folder = Path(tempfile.mkdtemp(prefix="aisle-disk-")).resolve()
    folder.chmod(0o755)
    disk = folder / "small"
    disk.mkdir(mode=0o755)
    options = f"size={DISK}m,mode=0755"
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)], check=False, capture_output=True
    )
    if not mounted or mounted.returncode:
        shutil.rmtree(folder)
        pytest.skip("NOT TRIED: what happens on a full disk, as no small disk can be mounted here (needs root).")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)
    shutil.rmtree(folder)


@pytest.fixture
def server(small_disk: Path, transactional_db: None) -> Iterator[PrivatePostgres]:
    server = PrivatePostgres(small_disk / "home")
    server.start()
    server.crash()
    log, elsewhere = server.place.data / "pg_wal", small_disk.parent / "pg_wal"
    shutil.copytree(log, elsewhere)
    for path in (elsewhere, *elsewhere.rglob("*")):
        shutil.chown(path, server.place.account.pw_uid, server.place.account.pw_gid)
    shutil.rmtree(log)
    log.symlink_to(elsewhere)
    server.start()
    server.copy_tables()
    with server.used_by_django():
        yield server
    server.end()


@dataclass
class Told:
    """What the till was told of the sales it sent."""

    kept: set[uuid.UUID] = field(default_factory=set)
    refused: list[dict[str, Any]] = field(default_factory=list)
    others: list[int] = field(default_factory=list)


def test_a_full_disk_loses_no_sale_and_is_left_behind_by_itself(
    server: PrivatePostgres, small_disk: Path, settings: Any
) -> None:
    settings.API_RATE = settings.API_BURST = 100_000
    shop = make_cast().green
    _, key = make_till(shop)
    till, told, process = till_client(key), Told(), _process(server)
    fill_up(small_disk)

    for _ in range(MOST):
        send(till, told, a_sale())
        if len(told.refused) >= AFTERWARDS:
            break
    assert len(told.refused) >= AFTERWARDS
    assert told.others == []
    assert _process(server) == process, "the server stayed up"
    a_refusal_says_what_it_is(shop)
    assert Client().get("/readyz", secure=True).status_code == 200
    some_sale = next(iter(told.kept))
    assert till.get(f"/api/v1/sales/{some_sale}", secure=True).status_code == 200

    (small_disk / "ballast").unlink()
    again, told.refused = told.refused, []
    for sale in again:
        send(till, told, sale)
    assert (told.refused, told.others) == ([], [])
    assert _process(server) == process
    with use_shop(shop):
        the_books_are_whole(told.kept)


def a_sale() -> dict[str, Any]:
    lines = [{"sku": ("MILK", "CHOC", "APPLE")[number % 3], "quantity": "1"} for number in range(LINES)]
    return {"id": str(uuid.uuid4()), "sold_at": "2026-03-10T12:00:00+00:00", "lines": lines}


def send(till: Client, told: Told, sale: dict[str, Any]) -> None:
    answer = till.post("/api/v1/sales", sale, content_type="application/json", secure=True)
    if answer.status_code == 201:
        told.kept.add(uuid.UUID(sale["id"]))
    elif answer.status_code == 503 and answer.headers["Retry-After"]:
        told.refused.append(sale)
    else:
        told.others.append(answer.status_code)


def a_refusal_says_what_it_is(shop: Shop) -> None:
    """To those who book without the API."""
    with use_shop(shop), pytest.raises(OperationalError) as refusal:
        for _ in range(MOST):
            record_sale(
                uuid=uuid.uuid4(),
                branch=Branch.objects.order_by("pk")[0],
                lines=[Line(product=Product.objects.get(sku="MILK"), quantity=1)] * LINES,  # type: ignore[arg-type]
                sold_at=at("2026-03-10T12:00"),
                source="hand",
                by="test",
            )
    assert isinstance(refusal.value.__cause__, errors.DiskFull)


def the_books_are_whole(kept: set[uuid.UUID]) -> None:
    sales = {sale.uuid: sale for sale in Sale.objects.exclude(source="hand")}
    assert sales.keys() == kept
    assert SaleLine.objects.filter(sale__in=sales.values()).count() == LINES * len(kept)
    for level in StockLevel.objects.all():
        moved = StockMovement.objects.filter(branch=level.branch, product=level.product)
        assert level.quantity == sum(movement.quantity for movement in moved)


def fill_up(disk: Path) -> None:
    free = os.statvfs(disk)
    with (disk / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, free.f_bavail * free.f_frsize - LEFT * MEGABYTE)


def _process(server: PrivatePostgres) -> str:
    return (server.place.data / "postmaster.pid").read_text().splitlines()[0]
