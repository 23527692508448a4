"""A till that follows the catalogue has, after every sync, what the shop has: nothing missed, nothing left over."""

import datetime as dt
import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory import catalogue_feed
from inventory.catalogue_feed import CursorUnknown, page
from inventory.models import Barcode, BarcodeRule, Category, Product, ShelfPrice, TaxRate
from inventory.shelf import OnSale, products_at
from shop.db.postgresql.base import as_owner
from shop.models import Branch, Shop
from shop.tenancy import use_shop
from tests.factories import Cast, at, make_product

D = Decimal
NOON = at("2026-03-10T12:00")
HOUR = dt.timedelta(hours=1)


class Till:
    """Follows a branch's catalogue as the guide says to."""

    def __init__(self, branch: Branch, limit: int = 100) -> None:
        self.branch, self.limit = branch, limit
        self.has: dict[int, OnSale] = {}
        self.rules: list[str] = []
        self.cursor = ""
        self.resets = 0

    def step(self, now: dt.datetime = NOON) -> catalogue_feed.Page:
        told = page(self.branch.pk, self.cursor, now, self.limit)
        if told.reset:
            self.has, self.resets = {}, self.resets + 1
        self.has.update({product.id: product for product in told.products})
        for gone in told.removed:
            self.has.pop(gone.id, None)
        self.rules, self.cursor = [str(rule) for rule in told.rules], told.cursor
        return told

    def sync(self, now: dt.datetime = NOON) -> catalogue_feed.Page:
        for _ in range(1000):
            told = self.step(now)
            if not told.more:
                return told
        raise AssertionError("a round without an end")


def caught_up(branch: Branch) -> Till:
    """A till that was told everything. While any transaction of the server, a neighbour's too, is older than a change,
    that is told again with the next: tests ask that what changed is among what is told, not that it is all."""
    till = Till(branch)
    till.sync()
    till.sync()
    return till


def everything(branch: Branch, now: dt.datetime = NOON) -> dict[int, OnSale]:
    ids = list(Product.objects.active().values_list("pk", flat=True))
    return {product.id: product for product in products_at(branch.pk, now, ids)}


@pytest.fixture
def shop(committed_cast: Cast) -> Iterator[Shop]:
    with use_shop(committed_cast.green):
        yield committed_cast.green


@pytest.fixture
def high(shop: Shop) -> Branch:
    branch: Branch = Branch.objects.get(name="High Street")
    return branch


class Slow:
    """A second connection with a transaction that stays open until it is told to end."""

    def __init__(self) -> None:
        self.wrapper: Any = connection.copy()
        self.wrapper.set_autocommit(False)

    def execute(self, query: str, params: Any = ()) -> None:
        self.wrapper.tell_shop()
        with self.wrapper.connection.cursor() as cursor:  # past Django, which would commit each statement
            cursor.execute(query, params)

    def commit(self) -> None:
        self.wrapper.commit()

    def rollback(self) -> None:
        self.wrapper.rollback()


@pytest.fixture
def slow(shop: Shop) -> Iterator[Slow]:
    other = Slow()
    yield other
    other.wrapper.close()


def test_a_till_begins_with_all_that_is_on_sale(high: Branch) -> None:
    make_product(sku="OFF", is_active=False)
    till = Till(high)
    told = till.sync()
    assert (told.reset, told.more, told.removed) == (True, False, [])
    assert sorted(product.sku for product in till.has.values()) == ["APPLE", "CHOC", "MILK"]
    assert till.has == everything(high)


def test_a_big_catalogue_comes_by_pages_and_what_changes_meanwhile_with_it(high: Branch) -> None:
    for _ in range(7):
        make_product()
    till = Till(high, limit=3)
    first = till.step()
    assert (len(first.products), first.more, first.reset) == (3, True, True)
    early = first.products[0].id
    Product.objects.filter(pk=early).update(price=D("7.77"))
    Product.objects.filter(sku="CHOC").update(is_active=False)
    till.sync()
    assert till.has == everything(high)
    assert till.resets == 1


def test_nothing_new_is_told_as_nothing_and_the_cursor_stays(high: Branch) -> None:
    till = caught_up(high)
    before = till.cursor
    for _ in range(2):
        told = till.step(NOON + HOUR)
        assert (told.changed, told.products, told.removed, told.more) == (False, [], [], False)
    assert till.cursor == before
    # What people change elsewhere is nothing new either.
    Branch.objects.filter(pk=high.pk).update(needs_review=True)
    assert not till.step().changed


def changes(shop: Shop) -> dict[str, Any]:
    """Ways to change what tills see of a product, by name."""
    return {
        "its price": lambda milk: Product.objects.filter(pk=milk.pk).update(price=D("1.99")),
        "its name": lambda milk: Product.objects.filter(pk=milk.pk).update(name="Whole milk"),
        "its SKU": lambda milk: Product.objects.filter(pk=milk.pk).update(sku="MILK-2"),
        "a new barcode": lambda milk: Barcode.objects.create(product=milk, code="1" * 13),
        "a barcode's pack": lambda milk: milk.barcodes.update(pack_quantity=6),
        "a barcode less": lambda milk: milk.barcodes.all().delete(),
        "its tax rate": lambda milk: TaxRate.objects.filter(pk=milk.tax_rate_id).update(rate=D("0.06")),
        "its category": lambda milk: Category.objects.filter(pk=milk.category_id).update(name="Cold"),
        "a shelf price": lambda milk: ShelfPrice.objects.create(product=milk, price=D("0.99")),
        "a coming price": lambda milk: ShelfPrice.objects.create(product=milk, price=D("0.9"), starts_at=NOON + HOUR),
        "its deposit": lambda milk: Product.objects.filter(pk=milk.pk).update(deposit=make_product(sku="DEP")),
        "its age": lambda milk: Product.objects.filter(pk=milk.pk).update(minimum_age=18),
        "its tenders": lambda milk: Product.objects.filter(pk=milk.pk).update(eligible_tenders=["meal_voucher"]),
    }


def test_every_change_of_what_tills_see_is_told(shop: Shop, high: Branch) -> None:
    till = Till(high)
    for name, change in changes(shop).items():
        till.sync()
        milk = Product.objects.get(sku__startswith="MILK")
        before = till.has[milk.pk]
        change(milk)
        told = till.sync()
        assert milk.pk in {product.id for product in told.products}, name
        assert till.has[milk.pk] != before, name
        assert till.has == everything(high), name
        assert till.resets == 1


def test_a_change_of_a_deposit_is_one_of_the_bottle(high: Branch) -> None:
    deposit = make_product(sku="DEP", price="0.25", tax_rate=TaxRate.objects.get(name="Zero"))
    water = make_product(sku="WATER", deposit=deposit)
    till = caught_up(high)
    for change in (
        lambda: Product.objects.filter(pk=deposit.pk).update(price=D("0.30")),
        lambda: ShelfPrice.objects.create(product=deposit, price=D("0.35"), branch=high),
        lambda: TaxRate.objects.filter(name="Zero").update(rate=D("0.01")),
    ):
        before = till.has[water.pk]
        change()
        till.sync()
        assert till.has[water.pk] != before
        assert till.has == everything(high)


def test_a_barcode_that_moves_changes_both_products(high: Branch) -> None:
    till = caught_up(high)
    milk, chocolate = Product.objects.get(sku="MILK"), Product.objects.get(sku="CHOC")
    milk.barcodes.update(product=chocolate)
    assert {product.id for product in till.sync().products} >= {milk.pk, chocolate.pk}
    assert till.has == everything(high)


def test_what_is_switched_off_or_deleted_is_taken_away_by_its_last_name(high: Branch) -> None:
    # What has had a price is kept for its history; a product that was never priced can be deleted.
    off, gone = make_product(sku="OFF"), Product.objects.create(sku="GONE", name="Gone")
    till = caught_up(high)
    Product.objects.filter(pk=off.pk).update(is_active=False)
    Product.objects.filter(pk=gone.pk).update(sku="GONE-2")
    Product.objects.filter(pk=gone.pk).delete()
    told = till.sync()
    assert [(one.id, one.sku) for one in told.removed] == [(off.pk, "OFF"), (gone.pk, "GONE-2")]
    Product.objects.filter(pk=off.pk).update(is_active=True)
    till.sync()
    assert till.has == everything(high)


def test_a_price_that_starts_or_ends_by_the_clock_is_told_when_it_does(high: Branch) -> None:
    milk = Product.objects.get(sku="MILK")
    ShelfPrice.objects.create(product=milk, price=D("0.50"), starts_at=NOON + HOUR, ends_at=NOON + 2 * HOUR)
    till = Till(high)
    seen = []
    for half_hours in range(6):
        till.sync(now := NOON + half_hours * HOUR / 2)
        seen.append(till.has[milk.pk].price)
        assert till.has == everything(high, now)
    assert [str(price) for price in seen] == ["1.4500", "1.4500", "0.5000", "0.5000", "1.4500", "1.4500"]
    assert till.resets == 1


def test_the_rules_for_codes_come_along(high: Branch) -> None:
    till = caught_up(high)
    BarcodeRule.objects.create(name="Scale", pattern="21IIIIIVVVVVC", holds="weight")
    assert till.sync().changed
    assert till.rules == ["Scale"]


def test_a_transaction_that_commits_late_is_not_missed(high: Branch, slow: Slow) -> None:
    """Its change has a lower number than one that a till has seen before it was there."""
    till = caught_up(high)
    milk, chocolate = Product.objects.get(sku="MILK"), Product.objects.get(sku="CHOC")
    slow.execute("update inventory_product set price = 9.99 where sku = 'MILK'")
    Product.objects.filter(pk=chocolate.pk).update(price=D("8.88"))
    # The quick one is told at once, though the slow one is not done, and not again with every call.
    assert chocolate.pk in [product.id for product in till.sync().products]
    assert till.has[milk.pk].price != D("9.99")
    assert not till.sync().changed
    slow.commit()
    assert milk.pk in [product.id for product in till.sync().products]
    assert till.has == everything(high)
    assert till.has[milk.pk].price == D("9.99")
    assert not till.sync().changed


def test_a_product_added_by_a_slow_transaction_during_the_first_sync_is_not_missed(high: Branch, slow: Slow) -> None:
    till = Till(high, limit=2)
    slow.execute(
        "insert into inventory_product (shop_id, sku, name, unit, content_unit, plu, is_active, needs_review, added_at)"
        " values (%s, 'SLOW', 'Slow', 'piece', '', '', true, false, now())",
        [high.shop_id],
    )
    for _ in range(3):
        make_product()
    till.sync()
    assert "SLOW" not in {product.sku for product in till.has.values()}
    slow.commit()
    till.sync()
    assert "SLOW" in {product.sku for product in till.has.values()}
    assert till.has == everything(high)
    assert till.resets == 1


def test_what_is_rolled_back_was_never_there(high: Branch) -> None:
    till = caught_up(high)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Product.objects.filter(sku="MILK").update(price=D("9"))
        _ = 1 / 0
    assert not till.sync().changed


def test_a_cursor_of_another_branch_or_shop_or_of_the_future_starts_over(committed_cast: Cast) -> None:
    with use_shop(committed_cast.green):
        high, station = Branch.objects.order_by("name")
        till = Till(high)
        till.sync()
        other = Till(station)
        other.cursor = till.cursor
        assert other.step().reset
    with use_shop(committed_cast.rival):
        market = Till(Branch.objects.get())
        market.cursor = till.cursor
        assert market.step().reset
    with use_shop(committed_cast.green):
        token, since, *rest = till.cursor.split("-")
        till.cursor = "-".join([token, str(int(since) + 1_000_000), *rest])
        assert till.step().reset


def test_a_cursor_from_before_a_restore_starts_over(high: Branch) -> None:
    """A restore makes the tables anew, and with them the token that every cursor carries."""
    till = caught_up(high)
    before = till.cursor.split("-")[0]
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("cluster shop_change using shop_change_pkey")  # like `pg_restore --clean`, a new file
    assert till.step().reset
    assert till.cursor.split("-")[0] != before
    assert till.has == everything(high)


@pytest.mark.parametrize(
    "text", ["x", "0", "a" * 12, "a" * 12 + "-1" * 6, "a" * 12 + "-" + "9" * 30, "-" * 40, "é" * 12]
)
def test_what_was_never_a_cursor_is_refused(text: str) -> None:
    with pytest.raises(CursorUnknown):
        catalogue_feed.read(text)


def test_any_cursor_of_the_right_shape_is_answered(high: Branch) -> None:
    till = caught_up(high)
    token = till.cursor.split("-")[0]
    numbers = (0, 1, 2**62, 2**63 - 1)
    for parts in itertools.product(numbers, repeat=3):
        since, moment, after = parts
        for until in (0, 2**63 - 1):
            asked = f"{token}-{since}-0-{moment}-{until}-0-{moment}-{after}"
            page(high.pk, asked, NOON, 10)


def test_pages_cost_the_same_queries_however_long(high: Branch) -> None:
    def queries_for(limit: int) -> list[int]:
        till, counted, more = Till(high, limit), [], True
        while more:
            with CaptureQueriesContext(connection) as queries:
                more = till.step().more
            counted.append(sum(not query["sql"].startswith(("BEGIN", "COMMIT")) for query in queries))
        return counted

    deposit = make_product(sku="DEP", tax_rate=TaxRate.objects.first())
    for _ in range(20):
        sold = make_product(deposit=deposit, category=Category.objects.first(), tax_rate=TaxRate.objects.last())
        Barcode.objects.create(product=sold, code=f"9{sold.pk:012d}")
        ShelfPrice.objects.create(product=sold, branch=high, price=D(1))
    few, many = queries_for(7), queries_for(1000)
    assert max(few) <= many[0] <= 10


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["price", "name", "sku", "off", "on", "delete", "add", "barcode", "moved", "tax", "category", "deposit"]
            + ["shelf", "shelf_off", "slow", "commit", "undo", "page", "sync", "clock"]
        ),
        st.integers(0, 5),
    ),
    max_size=25,
)


number = itertools.count(1)


class Story:
    """Edits, some of them in a slow second transaction, with a till that syncs whenever it likes."""

    def __init__(self, branch: Branch, slow: Slow) -> None:
        self.slow, self.till, self.now = slow, Till(branch, limit=2), NOON
        self.tax, self.category = TaxRate.objects.order_by("pk").first(), Category.objects.first()

    def pick(self, place: int) -> Product:
        rows: Any = Product.objects.order_by("pk")
        return rows[place % rows.count()]  # type: ignore[no-any-return]

    def edit(self, place: int, **fields: Any) -> None:
        with transaction.atomic():
            # A row that the slow transaction holds would be waited for.
            free = Product.objects.filter(pk=self.pick(place).pk).select_for_update(skip_locked=True)
            Product.objects.filter(pk__in=free).update(**fields)

    def run(self, step: str, place: int) -> None:
        fresh = next(number)
        match step:
            case "price":
                self.edit(place, price=D(fresh))
            case "name":
                self.edit(place, name=f"Name {fresh}")
            case "sku":
                self.edit(place, sku=f"S{fresh}")
            case "off" | "on":
                self.edit(place, is_active=step == "on")
            case "deposit":
                self.edit(place, deposit=self.pick(place + 1))
            case "clock":
                self.now += place * HOUR
            case "page":
                self.till.step(self.now)
            case "sync":
                self.till.sync(self.now)
            case _:
                getattr(self, f"_{step}")(place, fresh)

    def _tax(self, place: int, fresh: int) -> None:
        TaxRate.objects.filter(pk=self.tax.pk).update(rate=D(fresh % 999) / 1000)

    def _category(self, place: int, fresh: int) -> None:
        Category.objects.filter(pk=self.category.pk).update(name=f"Category {fresh}")

    def _add(self, place: int, fresh: int) -> None:
        Product.objects.create(sku=f"A{fresh}", name="New", tax_rate=self.tax, category=self.category)

    def _delete(self, place: int, fresh: int) -> None:
        deposits = Product.objects.exclude(deposit=None).values("deposit")
        never_priced = Product.objects.filter(price_changes=None).exclude(pk__in=deposits)
        with transaction.atomic():
            free = Product.objects.filter(pk=never_priced.values_list("pk", flat=True).first())
            for product in free.select_for_update(skip_locked=True):
                product.delete()

    def _barcode(self, place: int, fresh: int) -> None:
        Barcode.objects.create(product=self.pick(place), code=f"B{fresh}")

    def _moved(self, place: int, fresh: int) -> None:
        first = Barcode.objects.order_by("?").values_list("pk", flat=True).first()
        Barcode.objects.filter(pk=first).update(product=self.pick(place))

    def _shelf(self, place: int, fresh: int) -> None:
        starts_at = NOON + place * HOUR
        product = self.pick(place + 1)
        ShelfPrice.objects.create(
            product=product, price=D(fresh), starts_at=starts_at, ends_at=starts_at + (place + 2) * HOUR
        )

    def _shelf_off(self, place: int, fresh: int) -> None:
        ShelfPrice.objects.filter(pk__in=list(ShelfPrice.objects.values_list("pk", flat=True)[:1])).delete()

    def _slow(self, place: int, fresh: int) -> None:
        self.slow.execute(
            "update inventory_product set price = %s where (shop_id, id) in (select shop_id, id from inventory_product"
            " order by id limit 1 offset %s for no key update skip locked)",
            [fresh, place],
        )

    def _commit(self, place: int, fresh: int) -> None:
        self.slow.commit()

    def _undo(self, place: int, fresh: int) -> None:
        self.slow.rollback()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_after_any_edits_and_syncs_the_till_has_what_the_shop_has(
    high: Branch, slow: Slow, steps: list[tuple[str, int]]
) -> None:
    story = Story(high, slow)
    for step, place in steps:
        story.run(step, place)
    slow.rollback()
    story.till.sync(story.now)
    assert story.till.has == everything(high, story.now)
    assert not story.till.sync(story.now).changed
