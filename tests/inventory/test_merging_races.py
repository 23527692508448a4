"""Merging while others work: any order of events, two people at once, tills that sell meanwhile."""

import contextlib
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory import merging, services
from inventory.merging import MergeRefused
from inventory.models import Product, ProductMerge, StockLevel
from sales.models import SaleLine
from shop.models import Branch, Shop
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.inventory.test_merging import level, milk, sold, sums, twin
from tests.inventory.test_stock import assert_level_is_ledger
from tests.sales import tilling
from tests.sales.tilling import send, till_of


@pytest.fixture
def green(cast: Cast) -> Iterator[Shop]:
    with use_shop(cast.green):
        yield cast.green


ACTS = ["sell", "receive", "count", "waste", "merge", "undo", "fetch"]
STEPS = st.lists(st.tuples(st.sampled_from(ACTS), st.booleans(), st.integers(1, 5)), min_size=4, max_size=12)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_in_whatever_order_nothing_is_lost(green: Shop, steps: list[tuple[str, bool, int]]) -> None:
    """Stock is its ledger, both together have what one product would have, and every line is in the sums."""
    with transaction.atomic():
        gone, branch = twin(), Branch.objects.order_by("id")[0]
        tilling.count(green, 10)
        expected, lines = Decimal(20), 0
        for what, other, many in steps:
            moment = timezone.now()  # a merge happens when it is asked for
            product = Product.objects.get(pk=gone.pk if other else milk().pk)
            if what == "sell":
                sold(green, product.sku, str(many), moment)
                expected, lines = expected - many, lines + 1
            elif what == "receive":
                services.receive(branch=branch, product=product, quantity=Decimal(many), by="a", at=moment, lot="L")
                expected += many
            elif what == "waste":
                services.waste(branch=branch, product=product, quantity=Decimal(many), by="a", at=moment)
                expected -= many
            elif what == "count":
                there = StockLevel.objects.get(branch=branch, product=product.standing).quantity
                services.count_stock(branch=branch, counted={product.pk: Decimal(many)}, by="a", at=moment)
                expected += many - there
            elif what == "merge":
                kept, goes = (gone, milk()) if other else (milk(), gone)
                with contextlib.suppress(MergeRefused):
                    merging.merge(kept=kept, gone=goes, by="a")
            elif what == "undo" and (last := ProductMerge.objects.filter(undone_at=None).first()):
                merging.undo(merge=last, by="a")
            else:
                assert merging.catch_up() == 0
        levels = StockLevel.objects.filter(product__in=[gone, milk()]).aggregate(all=Sum("quantity"))["all"]
        assert (levels, sums()[4] or 0) == (expected, lines)
        assert_level_is_ledger()
        transaction.set_rollback(True)


def test_two_people_who_merge_at_once_make_one_merge(committed_cast: Cast) -> None:
    green = committed_cast.green
    with use_shop(green):
        gone, kept = twin(), milk()
        tilling.count(green, 10)

    def merges(one: Product, other: Product) -> str:
        with use_shop(green):
            try:
                return str(merging.merge(kept=one, gone=other, by="a").kept_id)
            except MergeRefused:
                return "refused"

    said = tilling.together([lambda: merges(kept, gone), lambda: merges(gone, kept), lambda: merges(kept, gone)])
    with use_shop(green):
        merge = ProductMerge.objects.get()
        assert set(said) <= {str(merge.kept_id), "refused"}
        assert (level(merge.kept), level(merge.gone)) == (20, 0)
        assert_level_is_ledger()


def test_tills_that_sell_during_a_merge_lose_nothing(committed_cast: Cast) -> None:
    green = committed_cast.green
    with use_shop(green):
        gone, kept = twin(), milk()
        tilling.count(green, 100)
    device = till_of(green)

    def sells(sku: str) -> str:
        lines = [{"sku": one, "quantity": "1", "unit_price": "1"} for one in (sku, "CHOC", "MILK", "B-77")]
        return send(device, *[tilling.document(*lines) for _ in range(6)])[-1].status

    def merges() -> str:
        with use_shop(green):
            return str(merging.merge(kept=kept, gone=gone, by="a").pk)

    said = tilling.together([lambda: sells("B-77"), lambda: sells("MILK"), merges, lambda: sells("B-77")])
    assert said.count("created") == 3
    with use_shop(green):
        merging.catch_up()
        lines = SaleLine.objects.order_by().values("product__sku").annotate(many=Sum("quantity"))
        assert {row["product__sku"]: row["many"] for row in lines} == {"MILK": 54, "CHOC": 18}
        assert (level(kept), level(gone)) == (200 - 54, 0)
        assert_level_is_ledger()
