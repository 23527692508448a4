"""Undoing as a job, in transactions of its own: asked twice, cancelled, killed at any stage; and stock over time."""

import threading
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections
from django.db.models import Sum
from django.utils import timezone

from inventory import services as inventory
from inventory.models import Product, StockLevel, StockMovement
from sales.models import BranchHour, Sale
from sales.services import Line, record_sale
from shop import jobs
from shop.imports import undo
from shop.imports.errors import ImportRefused
from shop.models import Branch, Import, Job
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.kept_imports import kept, take_back
from tests.shop.test_imports_jobs import at_progress, let_lease_run_out, run_killed

BY = "alice@shops.example"
SALES = "receipt,time,product,quantity,price\n" + "".join(f"R{n},2026-03-02 10:00,NEW{n % 7},1,1\n" for n in range(50))
NOT_TAKEN_BACK = {"sales": 0, "hours": 0}


@pytest.fixture
def shop(committed_cast: Cast) -> Iterator[Cast]:
    with use_shop(committed_cast.green):
        yield committed_cast


def books() -> tuple[int, Decimal, set[str]]:
    made = set(Product.objects.filter(sku__startswith="NEW").values_list("sku", flat=True))
    return Sale.objects.counted().count(), BranchHour.objects.aggregate(net=Sum("net"))["net"] or Decimal(0), made


def state(imported: Import) -> str:
    imported.refresh_from_db()
    return imported.state


def test_asked_twice_and_run_twice_is_once(shop: Cast) -> None:
    before = books()
    imported = kept("sales_lines", SALES)
    job = undo.ask(imported=imported, by=BY)
    assert undo.ask(imported=imported, by="bob@shops.example") == job and state(imported) == "undoing"
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.result["kept_count"], state(imported)) == ("done", 0, "undone")
    assert books() == before and undo.ask(imported=imported, by=BY) == job
    Job.objects.filter(pk=job.pk).update(status="queued")
    jobs.run(job.pk)
    assert books() == before
    matching = Import.objects.create(file=imported.file, kind="products", state="matching")
    with pytest.raises(ImportRefused, match="in the books"):
        undo.ask(imported=matching, by=BY)


@pytest.mark.parametrize("stage", [0.01, 0.2, 0.6, 0.95])
def test_killed_at_any_stage_it_is_taken_back_by_the_next_worker(shop: Cast, monkeypatch: Any, stage: float) -> None:
    before = books()
    imported = kept("sales_lines", SALES)
    after = books()
    job = undo.ask(imported=imported, by=BY)
    run_killed(job, monkeypatch, at_progress(stage))
    assert (books(), state(imported)) == (after, "undoing")
    let_lease_run_out(job)
    jobs.run(job.pk)
    assert (books(), state(imported)) == (before, "undone")


def test_cancelled_it_leaves_the_import_in_the_books(shop: Cast, monkeypatch: Any) -> None:
    before = books()
    imported = kept("sales_lines", SALES)
    after = books()
    job = undo.ask(imported=imported, by=BY)

    def progress(self: Any, done: int, total: int) -> None:
        if done >= 50:
            raise jobs.Cancelled

    with monkeypatch.context() as patch:
        patch.setattr(jobs.Report, "progress", progress)
        jobs.run(job.pk)
    assert (books(), state(imported)) == (after, "done")
    waiting = undo.ask(imported=imported, by=BY)
    jobs.cancel(job_id=waiting.pk)
    again = undo.ask(imported=imported, by=BY)
    assert len({job.pk, waiting.pk, again.pk}) == 3
    jobs.run(again.pk)
    assert (books(), state(imported)) == (before, "undone")


def test_an_undoing_and_an_import_at_once_are_one_after_the_other(shop: Cast) -> None:
    before = books()
    imported = kept("sales_lines", SALES)
    after = books()

    def work(do: Any) -> None:
        try:
            with use_shop(shop.green):
                do()
        finally:
            connections.close_all()

    other = SALES.replace("R", "S")
    threads = [
        threading.Thread(target=work, args=(do,))
        for do in (lambda: take_back(imported), lambda: kept("sales_lines", other))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (books()[0], state(imported)) == (before[0] + 50, "undone")
    assert books() == after


def level() -> Decimal | None:
    found = StockLevel.objects.filter(product__sku="CHOC", branch__name="Station").first()
    assert found is None or found.quantity == explained()
    return found and found.quantity


def explained() -> Decimal:
    moved = StockMovement.objects.filter(product__sku="CHOC", branch__name="Station")
    return moved.aggregate(sum=Sum("quantity"))["sum"] or Decimal(0)


def count(quantity: int, **more: Any) -> Import:
    return kept("stock", f"product,branch,quantity\nCHOC,Station,{quantity}\n", **more)


def sell(quantity: int) -> None:
    record_sale(
        uuid=uuid.uuid4(), branch=Branch.objects.get(name="Station"), sold_at=timezone.now(), source="test", by=BY,
        lines=[Line(quantity=Decimal(quantity), product=Product.objects.get(sku="CHOC"), unit_price=Decimal(3))],
    )  # fmt: skip


def test_stock_is_what_it_would_be_without_the_count(shop: Cast) -> None:
    assert level() is None
    first = count(10)
    sell(1)
    second = count(7)
    sell(2)
    assert level() == 5
    take_back(second)
    assert level() == 7, "ten, less the three sold"
    found = StockLevel.objects.get(product__sku="CHOC", branch__name="Station")
    assert found.counted_at == StockMovement.objects.filter(kind="count").order_by("pk")[0].occurred_at
    take_back(first)
    assert level() == -3, "followed since, so what was sold is known"


def test_a_first_count_taken_back_leaves_nothing_followed(shop: Cast) -> None:
    imported = count(10)
    take_back(imported)
    assert level() is None and explained() == 0
    count(4)
    assert level() == 4


def test_a_later_count_stands(shop: Cast) -> None:
    imported = count(10)
    inventory.count_stock(
        branch=Branch.objects.get(name="Station"), counted={Product.objects.get(sku="CHOC").pk: Decimal(8)}, by=BY
    )
    take_back(imported)
    assert level() == 8


def test_absent_stock_is_set_to_nothing_and_back(shop: Cast) -> None:
    count(10)
    milk = "product,branch,quantity\nMILK,Station,4\n"
    others = StockLevel.objects.filter(branch__name="Station").exclude(product__sku__in=["MILK"]).exclude(quantity=0)
    wanted = others.count()
    assert kept("stock", milk).result["absent_count"] == wanted and level() == 10
    imported = kept("stock", milk, absent="zero")
    assert imported.result["absent_count"] == wanted and level() == 0
    take_back(imported)
    assert level() == 10


def test_what_imported_sales_moved_comes_back(shop: Cast) -> None:
    count(10)
    at = timezone.localtime().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    sold = f"receipt,time,branch,product,quantity,price\n1,{at},Station,CHOC,3,1\n2,{at},Station,CHOC,2,1\n"
    imported = kept("sales_lines", sold)
    assert level() == 5
    take_back(imported)
    assert level() == 10
    again = kept("sales_lines", sold)
    assert level() == 5
    count(4)
    take_back(again)
    assert level() == 4, "the count saw what was there"
