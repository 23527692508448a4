"""The roll-ups: cheap when nothing changed, right whatever changes at the same moment."""

import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from inventory.models import Category, Product
from sales import reports, rollups, tasks
from sales.models import BranchHour, CategoryDay, DirtyDay, ProductDay
from shop.models import Branch, Shop
from shop.periods import Period
from shop.services import change_settings
from shop.tenancy import no_shop, use_shop
from tests.sales import raw

DAY = dt.timedelta(1)
MIDDLE = dt.date(2026, 3, 29)
ALL = Period(MIDDLE - 500 * DAY, MIDDLE + 500 * DAY)


def doc(minutes: int = 0, *, net: int = 10, product: int | None = 0, **fields: Any) -> raw.Doc:
    line = (product, Decimal(1), Decimal(net), Decimal(2), Decimal(0), Decimal(6))
    given = {"branch": 0, "kind": "sale", "minutes": minutes, "late": False, "voided": False, "lines": (line,)}
    return raw.Doc(**{**given, **fields})


@pytest.fixture
def shop(db: None) -> Any:
    shop = raw.open_shop("Europe/Lisbon", 0)
    with use_shop(shop):
        yield shop


def snapshot() -> list[Any]:
    return [
        list(
            model.objects.order_by("business_date", "branch_id", "net").values_list(
                "business_date", "net", "tax", "units"
            )
        )
        for model in (ProductDay, CategoryDay, BranchHour)
    ]


def test_refreshing_again_or_marking_for_nothing_changes_nothing(shop: Shop) -> None:
    raw.write(shop, [doc(step * 400, branch=step % 2) for step in range(20)])
    assert rollups.refresh() > 2
    before = snapshot()
    assert rollups.refresh() == 0
    marks = [(branch.pk, day) for branch in Branch.objects.all() for day in Period(MIDDLE - 9 * DAY, MIDDLE + 9 * DAY)]
    rollups.mark_dirty(marks + marks)
    assert rollups.refresh() == len(marks)
    assert snapshot() == before
    assert not DirtyDay.objects.exists()


def test_nothing_changed_costs_one_query(shop: Shop, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        rollups.refresh(ALL)


def test_many_days_are_rebuilt_by_the_same_few_statements(shop: Shop, django_assert_num_queries: Any) -> None:
    for days in (1, 300):
        raw.write(shop, [doc(-1440 * step) for step in range(days)])
        # Any marks? lock, take them, choose the plan, empty the days, fill the grains.
        with django_assert_num_queries(7):
            assert rollups.refresh() == days
    assert reports.totals(ALL).net == 3010


def test_only_the_days_asked_for_are_rebuilt(shop: Shop) -> None:
    raw.write(shop, [doc(0), doc(1440)])
    assert rollups.refresh(Period(MIDDLE, MIDDLE)) == 1
    assert [mark.business_date for mark in DirtyDay.objects.all()] == [MIDDLE + DAY]
    assert ProductDay.objects.count() == 1


def test_a_day_whose_documents_are_all_voided_has_no_rows_left(shop: Shop) -> None:
    (sale,) = raw.write(shop, [doc()])
    rollups.refresh()
    sale.voided_at = dt.datetime.now(dt.UTC)
    sale.save(update_fields=["voided_at"])
    rollups.mark_dirty([(sale.branch_id, sale.business_date)])
    rollups.refresh()
    assert snapshot() == [[], [], []]


def test_moving_a_product_to_another_category_moves_its_days(shop: Shop) -> None:
    raw.write(shop, [doc(0), doc(-1440), doc(0, product=1)])
    rollups.refresh()
    bakery = Category.objects.get(name="Bakery")
    Product.objects.filter(sku="P0").update(name="Renamed")
    Product.objects.filter(sku="P2").update(category=bakery)  # never sold
    assert not DirtyDay.objects.exists()
    Product.objects.filter(sku="P0").update(category=bakery)
    assert DirtyDay.objects.count() == 2
    (only,) = reports.by_category(ALL)
    assert (only.id, only.sums.net) == (bakery.pk, 30)


def test_moving_a_shop_to_another_zone_moves_its_hours(shop: Shop) -> None:
    raw.write(shop, [doc(0)])
    assert set(reports.by_weekday_hour(ALL)) == {(6, 2)}  # the clocks went forward at this moment
    with no_shop():
        change_settings(shop=shop, by="alice", zone="Asia/Kathmandu")
    assert set(reports.by_weekday_hour(ALL)) == {(6, 6)}


def test_the_upkeep_task_refreshes_every_shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    raw.write(shop, [doc()])
    sent: list[dict[str, int]] = []
    monkeypatch.setattr(tasks.current_app, "send_task", lambda name, kwargs, retry: sent.append(kwargs))
    tasks.refresh_all_rollups()
    assert {"shop_id": shop.pk} in sent
    with no_shop():
        tasks.refresh_rollups(shop_id=shop.pk)
    assert BranchHour.objects.count() == 1


# --- At the same moment: committed data, a connection each -------------------------------------------------------


@pytest.fixture
def busy(transactional_db: None) -> Shop:
    return raw.open_shop("Europe/Lisbon", 0)


def beside(shop: Shop, work: Callable[[], Any]) -> threading.Thread:
    """Run this in a thread with the shop chosen and a connection of its own."""

    def run() -> None:
        try:
            with use_shop(shop):
                work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_writer_that_commits_after_the_rebuild_left_its_own_mark(busy: Shop) -> None:
    written, rebuilt = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            raw.write(busy, [doc(net=7)])
            written.set()
            assert rebuilt.wait(10)

    with use_shop(busy):
        raw.write(busy, [doc(net=1)])
        writer = beside(busy, slow_writer)
        assert written.wait(10)
        assert reports.totals(ALL).net == 1
        rebuilt.set()
        writer.join()
        assert reports.totals(ALL).net == 8


def test_a_category_changed_during_a_rebuild_is_not_lost(busy: Shop) -> None:
    with use_shop(busy):
        raw.write(busy, [doc()])
        bakery = Category.objects.get(name="Bakery")
        with transaction.atomic():
            rollups.refresh()  # the first time these days are made: no row yet tells the other what to mark
            mover = beside(busy, lambda: Product.objects.filter(sku="P0").update(category=bakery))
            mover.join(0.3)
            assert mover.is_alive(), "it waits for the rebuild"
        mover.join()
        assert [row.id for row in reports.by_category(ALL)] == [bakery.pk]


def test_writers_and_readers_at_once_end_with_the_truth(busy: Shop) -> None:
    problems: list[BaseException] = []

    def write_and_read(branch: int) -> Callable[[], None]:
        def work() -> None:
            try:
                for step in range(8):
                    raw.write(busy, [doc(step * 700, branch=branch)])
                    seen = reports.totals(ALL, branch=Branch.objects.order_by("id")[branch].pk).net
                    assert seen >= 10 * (step + 1), "a report shows at least what its reader wrote"
            except BaseException as error:
                problems.append(error)

        return work

    threads = [beside(busy, write_and_read(number % 2)) for number in range(4)]
    for thread in threads:
        thread.join()
    assert problems == []
    with use_shop(busy):
        assert reports.totals(ALL).net == 4 * 8 * 10
        assert {row.sums.net for row in reports.by_branch(ALL)} == {160}
