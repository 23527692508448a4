"""Spike 1: product with barcodes under both walls, as the app role, by every road that writes or reads."""

import random
import threading
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.models import Exists, F, OuterRef
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from inventory.models import Barcode, Category, PriceChange, Product
from shop.db.postgresql.base import as_owner
from shop.models import Change, Job
from shop.scope import acting, all_shops, no_shop, use_shop
from shop.tasks import run_job, shop_task
from shop.tenancy import NoShopChosen
from tests import factories
from tests.factories import Cast, make_product

READS: dict[str, Any] = {
    "list": lambda rows: list(rows),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "exclude exists": lambda rows: rows.exclude(sku="MILK").exists(),
    "alias exists": lambda rows: rows.alias(x=F("sku")).exists(),
    "explain": lambda rows: rows.explain(),
    "values": lambda rows: list(rows.values("sku")),
    "iterator": lambda rows: list(rows.iterator(chunk_size=2)),
    "in bulk": lambda rows: rows.in_bulk(),
    "first": lambda rows: rows.first(),
    "union": lambda rows: list(rows.union(rows)),
    "subquery": lambda rows: list(Category.objects.filter(Exists(rows.filter(category=OuterRef("pk"))))),
    "own word": lambda rows: list(rows.active()),
    "update": lambda rows: rows.update(name="Stolen"),
    "delete": lambda rows: rows.filter(sku="none").delete(),
    "related": lambda rows: list(rows.filter(barcodes__code="x")),
    "prefetch": lambda rows: list(rows.prefetch_related("barcodes")),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_no_query_runs_before_a_shop_is_chosen(cast: Cast, read: Any) -> None:
    with pytest.raises(NoShopChosen):
        read(Product.objects.all())


def test_a_write_needs_the_chosen_shop(cast: Cast) -> None:
    with pytest.raises(NoShopChosen):
        Product.objects.create(sku="X", name="X")
    with pytest.raises(NoShopChosen):
        Product.objects.bulk_create([Product(sku="X", name="X")])
    with use_shop(cast.green), pytest.raises(NoShopChosen):
        Product.objects.create(sku="X", name="X", shop=cast.rival)


def test_each_shop_sees_and_changes_only_its_own(cast: Cast) -> None:
    with use_shop(cast.rival):
        theirs = Product.objects.get(sku="MILK")
    with use_shop(cast.green):
        assert Product.objects.count() == 3
        assert not Product.objects.filter(pk=theirs.pk).exists()
        assert Product.objects.filter(pk=theirs.pk).update(name="Stolen") == 0
        with pytest.raises(NoShopChosen):
            theirs.save()
    with use_shop(cast.rival):
        theirs.refresh_from_db()
        assert theirs.name == "Rival Market milk 2 L"


def test_wall_two_stands_when_wall_one_is_lifted(cast: Cast) -> None:
    """all_shops() lifts the manager's filter; the app role still sees no row of any shop."""
    with all_shops():
        assert Product.objects.count() == 0
    with use_shop(cast.green), connection.cursor() as cursor:
        cursor.execute("select distinct shop_id from inventory_product")
        assert cursor.fetchall() == [(cast.green.pk,)]
        cursor.execute("update inventory_product set name = 'Stolen' where shop_id = %s", [cast.rival.pk])
        assert cursor.rowcount == 0


@pytest.mark.django_db(transaction=True)
def test_wall_one_stands_when_wall_two_is_away(committed_cast: Cast) -> None:
    """The owner's role passes every policy, so here only the manager keeps the shops apart."""
    with use_shop(committed_cast.rival):
        theirs = Product.objects.get(sku="MILK")
    with as_owner(), use_shop(committed_cast.green):
        assert {p.shop_id for p in Product.objects.all()} == {committed_cast.green.pk}
        assert not Product.objects.filter(pk=theirs.pk).exists()
        assert Product.objects.filter(pk=theirs.pk).update(name="Stolen") == 0
        assert Barcode.objects.filter(product_id=theirs.pk).delete()[0] == 0


def test_the_database_refuses_another_shops_row_and_another_shops_parent(cast: Cast) -> None:
    with use_shop(cast.rival):
        theirs = Product.objects.get(sku="MILK")
    insert = "insert into inventory_barcode (shop_id, product_id, code, pack_quantity) values (%s, %s, 'Z', 1)"
    with use_shop(cast.green), connection.cursor() as cursor:
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            cursor.execute(insert, [cast.rival.pk, theirs.pk])
        with pytest.raises(IntegrityError, match="in_shop"), transaction.atomic():
            cursor.execute(insert, [cast.green.pk, theirs.pk])
            cursor.execute("set constraints all immediate")


def test_the_belief_about_the_shop_survives_savepoints(cast: Cast) -> None:
    """A rolled back inner block restores what PostgreSQL had heard before; the backend must not believe otherwise."""
    with use_shop(cast.green):
        assert Product.objects.count() == 3
        with pytest.raises(RuntimeError), use_shop(cast.rival), transaction.atomic():
            assert Product.objects.filter(name__startswith="Rival").count() == 3
            raise RuntimeError
        with use_shop(cast.rival):
            assert Product.objects.filter(name__startswith="Rival").count() == 3
        assert Product.objects.filter(name__startswith="Green").count() == 3


def test_history_sees_save_bulk_and_copy_alike(cast: Cast) -> None:
    with use_shop(cast.green), acting("alice@shops.example", "spring prices"):
        milk = Product.objects.get(sku="MILK")
        milk.price = Decimal("1.55")
        milk.save()
        Product.objects.filter(sku="CHOC").update(price=Decimal("2.50"))
        with connection.cursor() as cursor:
            cursor.execute("create temp table incoming (sku text, price numeric) on commit drop")
            with cursor.copy("copy incoming from stdin") as copy:
                copy.write_row(("APPLE", "1.95"))
            cursor.execute("update inventory_product p set price = i.price from incoming i where i.sku = p.sku")
        changes = Change.objects.filter(table="inventory_product", action="update", reason="spring prices")
        assert {c.after["sku"]: (c.before["price"], c.after["price"], c.actor) for c in changes} == {
            "MILK": (1.45, 1.55, "alice@shops.example"),
            "CHOC": (2.4, 2.5, "alice@shops.example"),
            "APPLE": (1.8, 1.95, "alice@shops.example"),
        }
        prices = PriceChange.objects.filter(reason="spring prices")
        assert {p.product.sku: p.price for p in prices} == {
            "MILK": Decimal("1.5500"),
            "CHOC": Decimal("2.5000"),
            "APPLE": Decimal("1.9500"),
        }
        Product.objects.filter(sku="MILK").update(price=Decimal("1.55"))
        assert changes.count() == 3, "an update that changes nothing is no change"
    with use_shop(cast.rival):
        assert not Change.objects.filter(reason="spring prices").exists()


def test_copy_straight_into_a_shop_table_is_refused(cast: Cast) -> None:
    """Which is why imports go through a temporary table: COPY would not ask the policy."""
    with use_shop(cast.green), connection.cursor() as cursor:
        cursor.execute("select 1")
        with (
            pytest.raises(Exception, match="row-level security"),
            transaction.atomic(),
            cursor.copy("copy inventory_barcode (shop_id, product_id, code, pack_quantity) from stdin") as copy,
        ):
            copy.write_row((cast.green.pk, 1, "Z", 1))


def test_a_task_runs_in_its_own_shop_and_only_there(cast: Cast) -> None:
    seen: list[int] = []

    @shop_task
    def count_products(*, shop_id: int) -> None:
        seen.append(Product.objects.count())
        assert {p.shop_id for p in Product.objects.all()} == {shop_id}

    with use_shop(cast.green):
        make_product()
    for shop in (cast.green, cast.rival, cast.green):
        count_products(shop_id=shop.pk)
    assert seen == [4, 3, 4]
    with pytest.raises(TypeError):
        count_products()
    with pytest.raises(TypeError):
        run_job(job_id=1)
    with pytest.raises(NoShopChosen):
        Job.objects.count()


def test_signing_in_needs_no_shop(cast: Cast) -> None:
    client = Client()
    answer = client.post("/accounts/login/", {"login": "alice@shops.example", "password": factories.PASSWORD})
    assert answer.status_code == 302
    request = RequestFactory().get("/")
    request.session = client.session
    assert get_user(request) == cast.alice


@pytest.mark.django_db(transaction=True)
def test_a_failing_view_leaves_nothing_half_written(committed_cast: Cast) -> None:
    """A unit of work is one atomic block; around the whole request there is none (it would commit on a 500)."""
    from shop.services import create_shop

    def view(request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            create_shop(slug="half", owner=committed_cast.alice)
            raise RuntimeError("after the shop, before the end")

    with pytest.raises(RuntimeError):
        view(RequestFactory().post("/"))
    from shop.models import Shop

    assert not Shop.objects.filter(slug="half").exists()


@pytest.mark.django_db(transaction=True)
def test_pooled_connections_carry_no_shop_to_the_next_user(committed_cast: Cast) -> None:
    """Five threads, two shops and none at all, errors in between: each read sees its own shop, and an idle
    connection has heard nothing."""
    shops = [committed_cast.green, committed_cast.rival]
    wrong: list[object] = []

    def ask(seed: int) -> None:
        pick = random.Random(seed)
        try:
            for _ in range(60):
                shop = pick.choice(shops)
                with use_shop(shop):
                    if pick.random() < 0.3:
                        with pytest.raises(ZeroDivisionError), transaction.atomic():
                            Product.objects.count()
                            1 / 0  # noqa: B018
                    wrong.extend(p for p in Product.objects.all() if p.shop_id != shop.pk)
                with no_shop(), connection.cursor() as cursor:
                    cursor.execute("select coalesce(current_setting('app.shop_id', true), '')")
                    wrong.extend(row for row in cursor.fetchall() if row != ("",))
                connection.close()
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert connection.settings_dict["OPTIONS"].get("pool"), "this test is about pooled connections"


def test_barcodes_follow_their_product(cast: Cast) -> None:
    with use_shop(cast.green):
        milk = Product.objects.get(sku="MILK")
        Barcode.objects.create(product=milk, code="5012345678900", pack_quantity=6)
        with pytest.raises(IntegrityError), transaction.atomic():
            Barcode.objects.create(product=milk, code="5012345678900")
    with use_shop(cast.rival):  # the same code is no secret and no conflict elsewhere
        Barcode.objects.create(product=Product.objects.get(sku="MILK"), code="5012345678900")
