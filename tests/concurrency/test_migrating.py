"""Tables change while people sell: a forgotten reader holds up the migration, and the migration holds up nobody."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.db.models.signals import pre_migrate

from sales.models import Sale
from shop.db import patience
from shop.db.patience import NeverLetIn, patiently
from shop.db.postgresql.base import as_owner
from shop.tenancy import use_shop
from tests.concurrency.seller import Seller
from tests.factories import Cast

LONGEST_STALL = 2.0  # seconds, on a busy machine; without the short wait it is as long as the reader reads
READS_FOR = 4.0
COLUMN = "shelf_colour"


@pytest.fixture
def seller(committed_cast: Cast) -> Iterator[Seller]:
    seller = Seller(committed_cast)
    seller.start()
    assert seller.sells.wait(20)
    seller.longest = 0.0  # the first sale also opened a connection
    yield seller
    seller.end()
    assert seller.problems == []


@contextmanager
def a_reader_of_products(seconds: float) -> Iterator[None]:
    """Somebody who looked at the products and keeps his transaction open."""
    settings = connection.settings_dict
    login = {"host": settings["HOST"], "port": settings["PORT"] or None, "password": settings["PASSWORD"] or None}
    with psycopg.connect(dbname=settings["NAME"], user=settings["USER"], **login) as reader:
        reader.execute("select count(*) from inventory_product")
        ends = threading.Timer(seconds, reader.rollback)
        ends.start()
        yield
        ends.join()


def add_a_column(**_: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"alter table inventory_product add column if not exists {COLUMN} text")


@pytest.fixture
def column_removed(committed_cast: Cast) -> Iterator[None]:
    yield
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"alter table inventory_product drop column if exists {COLUMN}")


@pytest.mark.usefixtures("column_removed")
def test_sales_go_on_while_a_migration_waits_for_a_reader(seller: Seller) -> None:
    pre_migrate.connect(add_a_column)
    try:
        with a_reader_of_products(READS_FOR):
            before, began = seller.sold, time.monotonic()
            call_command("migrate", verbosity=0)
            took = time.monotonic() - began
    finally:
        pre_migrate.disconnect(add_a_column)
    seller.end()
    assert COLUMN in columns()
    assert took > READS_FOR * 0.8, "the reader was in the way"
    assert seller.longest < LONGEST_STALL
    assert seller.sold > before
    with use_shop(seller.cast.green):
        assert Sale.objects.count() == seller.sold


def test_without_the_short_wait_sales_stand_behind_the_migration(
    seller: Seller, column_removed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the test above can fail."""
    monkeypatch.setattr(patience, "LOCK_WAIT", "0")
    with a_reader_of_products(READS_FOR), as_owner():
        patiently(add_a_column)
    seller.end()
    assert seller.longest > LONGEST_STALL


def test_a_reader_who_never_ends_is_said_and_nothing_is_half_done(committed_cast: Cast) -> None:
    said: list[str] = []
    with a_reader_of_products(1.5), as_owner(), pytest.raises(NeverLetIn, match="pg_stat_activity"):
        patiently(add_a_column, seconds=1, say=said.append)
    assert said
    assert COLUMN not in columns()


def test_another_fault_is_not_tried_again(committed_cast: Cast) -> None:
    tries: list[int] = []

    def broken() -> None:
        tries.append(1)
        raise OperationalError("no such thing")

    with as_owner(), pytest.raises(OperationalError):
        patiently(broken)
    assert len(tries) == 1


def columns() -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, "inventory_product")}
