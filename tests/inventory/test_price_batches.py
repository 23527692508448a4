"""Prices prepared together: put, approved, settled by the clock, taken back; and what tills are told meanwhile."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from inventory import price_batches, prices, services
from inventory.exports import price_rows
from inventory.models import PriceBatch, PriceChange, Product, ShelfPrice
from inventory.services import PriceRefused
from inventory.tasks import settle_prices
from shop.models import Branch
from shop.tenancy import use_shop
from tests.factories import Cast, make_product

D = Decimal
BY = "alice@shops.example"
HOUR = dt.timedelta(hours=1)
# The database's clock sets what a product's own new price ends, so that these tests move only forwards from now.
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)


@pytest.fixture
def shop(cast: Cast) -> Iterator[Any]:
    with use_shop(cast.green), time_machine.travel(NOW, tick=False):
        yield cast.green


@pytest.fixture
def high(shop: Any) -> Branch:
    branch: Branch = Branch.objects.get(name="High Street")
    return branch


@pytest.fixture
def bread(shop: Any) -> Product:
    return make_product(name="Bread", price="2.00")


def own(product: Product) -> Decimal | None:
    return Product.objects.get(pk=product.pk).price


def at(product: Product, branch: Branch, moment: dt.datetime) -> Decimal | None:
    return prices.price_at(branch.pk, moment, product)


def approved(product: Product, price: str, **plan: Any) -> PriceBatch:
    batch = price_batches.draft_batch(name=plan.pop("name", "Monday"), by=BY, **plan)
    price_batches.put(batch=batch.pk, prices={product.pk: D(price)}, by=BY)
    return price_batches.approve(batch=batch.pk, by=BY)


def test_a_draft_changes_nothing(bread: Product, high: Branch) -> None:
    batch = price_batches.draft_batch(name="Monday", by=BY)
    assert price_batches.put(batch=batch.pk, prices={bread.pk: D("2.20")}, by=BY) == 1
    price_batches.put(batch=batch.pk, prices={bread.pk: D("2.10")}, by=BY, note="Less")
    line = batch.lines.get()
    assert (line.price, line.note) == (D("2.10"), "Less")
    assert at(bread, high, NOW + HOUR) == 2
    price_batches.take_out(batch=batch.pk, product=bread.pk, by=BY)
    assert not batch.lines.exists()


def test_approved_now_it_is_the_own_price_and_undone_the_one_before(bread: Product, high: Branch) -> None:
    batch = approved(bread, "2.20")
    assert own(bread) == D("2.20") and batch.settled_at == NOW and batch.decided_by == BY
    assert not ShelfPrice.objects.filter(batch=batch).exists()
    change = PriceChange.objects.filter(product=bread).first()
    assert (change.price, change.actor, change.reason) == (D("2.20"), BY, "Monday")
    assert price_batches.approve(batch=batch.pk, by=BY).decided_at == batch.decided_at
    undone = price_batches.undo(batch=batch.pk, by="bob@shops.example")
    assert (undone.back, undone.left, own(bread)) == (1, [], 2)
    assert price_batches.undo(batch=batch.pk, by=BY).back == 0
    assert own(bread) == 2 and PriceBatch.objects.get().undone_by == "bob@shops.example"


def test_a_product_without_a_price_has_none_again(shop: Any) -> None:
    product = Product.objects.create(sku="NEW", name="New")
    batch = approved(product, "3.00")
    assert own(product) == 3
    price_batches.undo(batch=batch.pk, by=BY)
    assert own(product) is None


def test_a_coming_price_is_told_ahead_and_right_at_every_moment(bread: Product, high: Branch) -> None:
    approved(bread, "2.20", starts_at=NOW + HOUR)
    tick = dt.timedelta(microseconds=1)
    assert [at(bread, high, moment) for moment in (NOW, NOW + HOUR - tick, NOW + HOUR)] == [2, 2, D("2.20")]
    assert price_batches.settle(NOW) == 0 and own(bread) == 2
    assert price_batches.settle(NOW + HOUR) == 1 and price_batches.settle(NOW + HOUR) == 0
    assert own(bread) == D("2.20") and at(bread, high, NOW + HOUR) == D("2.20")
    assert not ShelfPrice.objects.filter(product=bread, ends_at=None).exists()
    assert PriceBatch.objects.get().lines.get().price_before == 2


def test_undoing_is_right_before_the_start_between_start_and_settling_and_after(bread: Product, high: Branch) -> None:
    coming = approved(bread, "2.20", starts_at=NOW + HOUR)
    price_batches.undo(batch=coming.pk, by=BY)
    assert not ShelfPrice.objects.exists() and at(bread, high, NOW + HOUR) == 2
    for settled in (False, True):
        batch = approved(bread, "2.30", starts_at=NOW + HOUR)
        with time_machine.travel(NOW + 2 * HOUR, tick=False):
            if settled:
                price_batches.settle()
            assert at(bread, high, NOW + 2 * HOUR) == D("2.30")
            price_batches.undo(batch=batch.pk, by=BY)
            assert own(bread) == 2 and at(bread, high, NOW + 2 * HOUR) == 2


def test_a_later_price_is_left_and_named(shop: Any, bread: Product) -> None:
    rolls = make_product(name="Rolls", price="1.00")
    batch = price_batches.draft_batch(name="Both", by=BY)
    price_batches.put(batch=batch.pk, prices={bread.pk: D("2.20"), rolls.pk: D("1.10")}, by=BY)
    price_batches.approve(batch=batch.pk, by=BY)
    services.change_prices(prices={rolls.pk: D("1.30")}, by=BY, reason="Cost went up")
    undone = price_batches.undo(batch=batch.pk, by=BY)
    assert (undone.back, undone.left) == (1, ["Rolls"])
    assert (own(bread), own(rolls)) == (2, D("1.30"))
    assert batch.lines.get(product=rolls).was_left


def test_a_later_batch_at_the_same_price_is_a_later_price(bread: Product) -> None:
    first = approved(bread, "2.20")
    with time_machine.travel(NOW + HOUR, tick=False):
        second = approved(bread, "2.20", name="Again")
        with pytest.raises(PriceRefused, match="Bread"):
            price_batches.undo(batch=first.pk, by=BY)
        price_batches.undo(batch=second.pk, by=BY)
        assert own(bread) == D("2.20")
        price_batches.undo(batch=first.pk, by=BY)
        assert own(bread) == 2


def test_batches_settled_together_end_with_the_one_that_started_last(bread: Product, high: Branch) -> None:
    """The clock's sweep was away for a day: two batches are due, approved in the other order."""
    second = approved(bread, "2.40", name="Second", starts_at=NOW + 2 * HOUR)
    approved(bread, "2.20", name="First", starts_at=NOW + HOUR)
    later = NOW + 3 * HOUR
    assert at(bread, high, later) == D("2.40")
    with time_machine.travel(later, tick=False):
        assert price_batches.settle() == 2
        assert own(bread) == D("2.40") and at(bread, high, later) == D("2.40")
        price_batches.undo(batch=second.pk, by=BY)
        assert own(bread) == D("2.20")


def test_a_persons_own_price_wins_over_a_started_one_and_is_not_overwritten(bread: Product, high: Branch) -> None:
    """Between the start and the sweep: whatever sets the price, here a form's save."""
    started = ShelfPrice.objects.create(
        product=bread, price=D("2.20"), starts_at=NOW - 2 * HOUR, batch=_waiting(bread, NOW - 2 * HOUR)
    )
    assert at(bread, high, NOW) == D("2.20")
    bread.price = D("1.90")
    bread.save()
    assert ShelfPrice.objects.get(pk=started.pk).ends_at is not None
    with time_machine.travel(NOW + HOUR, tick=False):
        assert at(bread, high, NOW + HOUR) == D("1.90")
        assert price_batches.settle() == 1 and own(bread) == D("1.90")
        with pytest.raises(PriceRefused, match="Later prices stand"):
            price_batches.undo(batch=PriceBatch.objects.get().pk, by=BY)


def _waiting(product: Product, since: dt.datetime) -> PriceBatch:
    """Approved and started, and not yet settled."""
    batch: PriceBatch = PriceBatch.objects.create(
        name="Waiting", state="approved", starts_at=since, decided_by=BY, decided_at=since
    )
    batch.lines.create(product=product, price=D("2.20"), price_before=D("2.00"), shop=batch.shop)
    return batch


def test_a_coming_price_survives_an_own_price_set_before_it(bread: Product, high: Branch) -> None:
    approved(bread, "2.20", starts_at=NOW + HOUR)
    services.change_prices(prices={bread.pk: D("1.90")}, by=BY, reason="For today")
    assert at(bread, high, NOW) == D("1.90") and at(bread, high, NOW + HOUR) == D("2.20")
    price_batches.settle(NOW + HOUR)
    assert own(bread) == D("2.20")


def test_a_branchs_batch_stays_there_and_gives_way_to_a_later_one(bread: Product, high: Branch) -> None:
    station = Branch.objects.get(name="Station")
    batch = approved(bread, "2.20", branch=high)
    assert (at(bread, high, NOW), at(bread, station, NOW), own(bread)) == (D("2.20"), 2, 2)
    assert price_batches.settle(NOW + HOUR) == 0
    with time_machine.travel(NOW + HOUR, tick=False):
        prices.set_shelf_prices(prices={bread.pk: D("2.50")}, by=BY, reason="Later", branch=high)
        assert at(bread, high, NOW + HOUR) == D("2.50")
        with pytest.raises(PriceRefused, match="Bread"):
            price_batches.undo(batch=batch.pk, by=BY)


def test_an_offer_ends_by_itself_and_can_be_ended_sooner(bread: Product, high: Branch) -> None:
    batch = approved(bread, "1.50", ends_at=NOW + 4 * HOUR)
    assert [at(bread, high, NOW + n * HOUR) for n in (0, 3, 4)] == [D("1.50"), D("1.50"), 2]
    assert price_batches.settle(NOW + HOUR) == 0 and own(bread) == 2
    with time_machine.travel(NOW + HOUR, tick=False):
        price_batches.undo(batch=batch.pk, by=BY)
        assert at(bread, high, NOW + HOUR) == 2
    assert ShelfPrice.objects.get().ends_at == NOW + HOUR  # it has held, and stays on record


def test_an_offer_goes_over_a_new_ordinary_price(bread: Product, high: Branch) -> None:
    """Before and after settling alike: a price that starts during an offer does not cut it short."""
    approved(bread, "1.50", name="Offer", ends_at=NOW + 4 * HOUR)
    approved(bread, "2.20", name="Ordinary", starts_at=NOW + HOUR)
    expected = [D("1.50"), D("1.50"), D("2.20")]
    assert [at(bread, high, NOW + n * HOUR) for n in (0, 2, 4)] == expected
    price_batches.settle(NOW + HOUR)
    assert [at(bread, high, NOW + n * HOUR) for n in (0, 2, 4)] == expected


@pytest.mark.parametrize("price", ["0", "-1", "1.00001", "10000000", "NaN"])
def test_what_can_be_no_price_is_refused(bread: Product, price: str) -> None:
    batch = price_batches.draft_batch(name="Monday", by=BY)
    with pytest.raises(PriceRefused):
        price_batches.put(batch=batch.pk, prices={bread.pk: D(price)}, by=BY)
    assert not batch.lines.exists()


def test_what_cannot_be_approved_undone_or_changed_is_said(bread: Product) -> None:
    empty = price_batches.draft_batch(name="Empty", by=BY)
    with pytest.raises(PriceRefused, match="nothing in it"):
        price_batches.approve(batch=empty.pk, by=BY)
    with pytest.raises(PriceRefused, match="never approved"):
        price_batches.undo(batch=empty.pk, by=BY)
    price_batches.put(batch=empty.pk, prices={bread.pk: D("2.20")}, by=BY)
    price_batches.plan(batch=empty.pk, by=BY, name="Late", ends_at=NOW - HOUR)
    with pytest.raises(PriceRefused, match="end has passed"):
        price_batches.approve(batch=empty.pk, by=BY)
    assert price_batches.discard(batch=empty.pk, by=BY).state == "discarded"
    with pytest.raises(PriceRefused, match="discarded"):
        price_batches.put(batch=empty.pk, prices={bread.pk: D("2.20")}, by=BY)
    Product.objects.filter(pk=bread.pk).update(is_active=False)
    with pytest.raises(PriceRefused, match="No longer on sale: Bread"):
        approved(bread, "2.20")


def test_another_shops_products_and_batches_are_as_if_not_there(cast: Cast, bread: Product) -> None:
    with use_shop(cast.rival):
        theirs = Product.objects.get(sku="MILK")
    batch = price_batches.draft_batch(name="Monday", by=BY)
    assert price_batches.put(batch=batch.pk, prices={theirs.pk: D("9.00")}, by=BY) == 0
    with use_shop(cast.rival), pytest.raises(PriceRefused, match="no such batch"):
        price_batches.approve(batch=batch.pk, by=BY)


def test_the_sweep_of_every_shop_settles(bread: Product, shop: Any) -> None:
    approved(bread, "2.20", starts_at=NOW + HOUR)
    with time_machine.travel(NOW + HOUR, tick=False):
        settle_prices(shop_id=shop.pk)
    assert own(bread) == D("2.20")


def test_a_sweep_that_dies_halfway_changes_nothing_and_the_next_does_it_all(bread: Product, monkeypatch: Any) -> None:
    batch = approved(bread, "2.20", starts_at=NOW + HOUR)

    def dies(**rest: Any) -> int:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(services, "change_prices", dies)
        with pytest.raises(RuntimeError):
            price_batches.settle(NOW + HOUR)
    assert ShelfPrice.objects.get().batch_id == batch.pk and own(bread) == 2
    assert price_batches.settle(NOW + HOUR) == 1 and own(bread) == D("2.20")


def test_the_file_for_a_till_has_prices_of_now_and_to_come(cast: Cast, bread: Product) -> None:
    approved(bread, "1.50", name="Offer", starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    mine = [row for row in price_rows(NOW) if row[0] == bread.sku and row[2] == "High Street"]
    assert mine == [
        (bread.sku, "Bread", "High Street", D("2.00"), None, NOW + HOUR),
        (bread.sku, "Bread", "High Street", D("1.50"), NOW + HOUR, NOW + 2 * HOUR),
        (bread.sku, "Bread", "High Street", D("2.00"), NOW + 2 * HOUR, None),
    ]
    assert list(price_rows(NOW)) == list(price_rows(NOW))
    price_batches.settle(NOW)
    with use_shop(cast.rival):
        assert not [row for row in price_rows(NOW) if row[1] == "Bread"]


def test_who_sets_an_own_price_is_told_of_others(cast: Cast, bread: Product) -> None:
    approved(bread, "1.50", name="Offer", ends_at=NOW + HOUR)
    assert prices.with_others([bread.pk], NOW) == 1 and prices.with_others([bread.pk], NOW + HOUR) == 0
    client = cast.client()
    path = f"/s/green/admin/inventory/product/{bread.pk}/change/"
    form = {"sku": bread.sku, "name": "Bread", "price": "2.10", "unit": "piece"}
    form |= {f"{part}-{many}_FORMS": "0" for part in ("barcodes", "price_changes") for many in ("TOTAL", "INITIAL")}
    told = client.post(path, form, follow=True).content.decode()
    assert own(bread) == D("2.10") and "1 product has another price" in told
