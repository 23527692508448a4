"""One product under two codes: nothing is lost by merging, reports show one, and undoing puts every row back."""

import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from customers.models import Review
from inventory import lookup, merging, services
from inventory.codes import read_code
from inventory.merging import MergeRefused, links
from inventory.models import (
    Barcode,
    Lot,
    MinimumStock,
    PriceChange,
    Product,
    ProductMerge,
    ProductPair,
    StockLevel,
    StockMovement,
    Supplier,
    SupplierItem,
)
from sales import rollups
from sales.models import DirtyDay, ProductDay, SaleLine
from shop.models import Branch, Change, Shop
from shop.tenancy import use_shop
from shop.walls import shop_owned_models
from tests.factories import Cast, make_product
from tests.importing import bring_in, counts
from tests.inventory.test_stock import assert_level_is_ledger
from tests.sales import tilling
from tests.sales.tilling import NOW, send, till_of

# Ledgers and history only grow; roll-ups are made anew with other ids.
GROWS = {Change, PriceChange, StockMovement, ProductMerge, DirtyDay}


@pytest.fixture
def green(cast: Cast) -> Iterator[Shop]:
    with use_shop(cast.green):
        yield cast.green


def milk() -> Product:
    return Product.objects.get(sku="MILK")


def twin(**fields: Any) -> Product:
    """The same milk, as another till called it."""
    made = make_product(**{"sku": "B-77", "name": "Milk, two litres", "price": "1.50", "cost": "1.12"} | fields)
    Barcode.objects.create(product=made, code="4006381333931")
    return made


def sold(shop: Shop, sku: str, quantity: str = "2", when: dt.datetime = NOW) -> dict[str, Any]:
    told = tilling.document({"sku": sku, "quantity": quantity, "unit_price": "1.45"}, sold_at=when.isoformat())
    (outcome,) = send(till_of(shop), told, at=max(when, NOW))
    assert outcome.status == "created", outcome
    return told


def level(product: Product) -> Decimal | None:
    return StockLevel.objects.filter(product=product).aggregate(all=Sum("quantity"))["all"]


def sums() -> tuple[Any, ...]:
    rollups.refresh()
    found = ProductDay.objects.aggregate(*[Sum(name) for name in ("net", "tax", "units", "cost", "lines", "discount")])
    return tuple(found.values())


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that merging may not lose or change for good."""
    rollups.refresh()
    found = {}
    for model in shop_owned_models():
        if model in GROWS:
            continue
        names = [field.attname for field in model._meta.concrete_fields]
        if not model.wall_key:  # roll-ups: made anew
            names.remove("id")
        found[model._meta.label] = sorted(model.objects.values_list(*names), key=str)
    return found


def test_every_link_to_a_product_says_what_becomes_of_it() -> None:
    declared, there = {link.key for link in links.every_link()}, set(links.product_fields())
    assert there - declared == set(), "declare it in the merging module of its app: moves(...) or stays(..., why)"
    assert declared - there == set(), "it is not there any more"
    for link in links.every_link():
        updates = link.model.wall_updates if link.model.append_only else None
        assert not link.moves or updates is None or f"{link.field}_id" in updates, f"{link.key} may not be changed"


def test_two_become_one_and_nothing_is_lost(green: Shop) -> None:
    gone = twin()
    tilling.count(green, 10)
    sold(green, "MILK"), sold(green, "B-77", "3")
    Review.objects.create(source="web", code="1", product=gone, text="Fresh.")
    before = sums()
    rows = ProductDay.objects.filter(product__in=[milk(), gone]).aggregate(units=Sum("units"), net=Sum("net"))
    made = merging.merge(kept=milk(), gone=gone, by="alice")
    assert sums() == before
    assert ProductDay.objects.filter(product=milk()).aggregate(units=Sum("units"), net=Sum("net")) == rows
    assert not SaleLine.objects.filter(product=gone).exists()
    assert (level(milk()), level(gone)) == (15, 0)
    assert_level_is_ledger()
    gone.refresh_from_db()
    assert (gone.is_active, gone.merged_into) == (False, milk())
    assert Review.objects.get().product == milk()
    assert set(milk().barcodes.values_list("code", flat=True)) >= {"4006381333931"}
    assert PriceChange.objects.filter(product=gone).exists()
    assert made.moved["rows"]["sales.SaleLine.product"] == [
        *SaleLine.objects.filter(quantity=3).values_list("pk", flat=True)
    ]
    assert merging.merge(kept=milk(), gone=gone, by="bob").pk == made.pk


def test_undoing_puts_every_row_back(green: Shop) -> None:
    gone, branch = twin(cost=None, supplier=Supplier.objects.create(name="Other")), Branch.objects.order_by("id")[0]
    milk_now = milk()
    Product.objects.filter(pk=milk_now.pk).update(supplier=None, category=None)
    make_product(sku="CRATE", deposit=gone)
    services.receive(branch=branch, product=gone, quantity=Decimal(4), by="a", lot="L1", at=NOW - dt.timedelta(days=3))
    services.receive(branch=branch, product=milk_now, quantity=Decimal(6), by="a", lot="L1", at=NOW)
    station = Branch.objects.order_by("id")[1]
    services.count_stock(branch=station, counted={gone.pk: Decimal(7)}, by="a", at=NOW - dt.timedelta(days=2))
    for product in (gone, milk_now):
        MinimumStock.objects.create(branch=branch, product=product, quantity=2)
    SupplierItem.objects.create(supplier=Supplier.objects.get(name="Other"), code="9", product=gone)
    ProductPair.objects.create(first=milk_now, second=gone, score=Decimal("0.9"))
    sold(green, "MILK"), sold(green, "B-77", "3")
    before = everything()
    made = merging.merge(kept=milk(), gone=gone, by="alice")
    assert everything() != before
    assert milk().supplier.name == "Other"
    assert Lot.objects.get(product=milk(), branch=branch).quantity == 10
    assert ProductPair.objects.get().state == "merged"
    assert_level_is_ledger()
    merging.undo(merge=made, by="alice")
    assert everything() == before
    assert_level_is_ledger()
    assert merging.undo(merge=made, by="bob").undone_by == "alice"


def test_what_came_since_stays_with_the_kept_one(green: Shop) -> None:
    gone = twin()
    tilling.count(green, 10)
    sold(green, "B-77", "3")
    made = merging.merge(kept=milk(), gone=gone, by="alice")
    ProductMerge.objects.filter(pk=made.pk).update(merged_at=NOW)
    made.refresh_from_db()
    sold(green, "B-77", "1", NOW + dt.timedelta(hours=1))
    assert level(milk()) == 16
    plan = merging.undo_plan(made)
    assert [(said.words, said.many) for said in plan.stays] == [("sold lines", 1)]
    assert ("barcodes", 1) in [(said.words, said.many) for said in plan.back]
    merging.undo(merge=made, by="alice")
    assert (level(milk()), level(gone)) == (9, 7)
    assert SaleLine.objects.get(quantity=1).product == milk()
    assert_level_is_ledger()


def test_whoever_tells_an_old_code_means_the_kept_one(green: Shop) -> None:
    gone = twin(plu="4011")
    merging.merge(kept=milk(), gone=gone, by="alice")
    for code in ("B-77", "4006381333931", "4011", "04006381333931"):
        assert read_code(code).product == milk(), code
    branch = Branch.objects.order_by("id")[0]
    assert lookup.look_up("B-77", branch=branch.pk, moment=NOW, today=NOW.date()).product.sku == "MILK"
    assert lookup.stock_of("B-77", here=branch.pk).sku == "MILK"
    for named in ({"product": gone.pk}, {"sku": "B-77"}, {"barcode": "4006381333931"}):
        told = tilling.document({**named, "quantity": "1", "unit_price": "1"})
        assert send(till_of(green), told)[0].status == "created"
    assert set(SaleLine.objects.values_list("product__sku", flat=True)) == {"MILK"}
    gone.refresh_from_db()
    services.receive(branch=branch, product=gone, quantity=Decimal(5), by="a")
    services.count_stock(branch=branch, counted={gone.pk: Decimal(4)}, by="a")
    assert (level(milk()), level(gone)) == (4, None)


def test_taking_back_what_the_old_one_sold_fills_the_kept_ones_shelf(green: Shop) -> None:
    gone = twin()
    tilling.count(green, 10)
    told = sold(green, "B-77", "3")
    merging.merge(kept=milk(), gone=gone, by="alice")
    services.take_back(sources=[f"sale:{told['id']}:1"], by="alice", note="Voided")
    services.take_back(sources=[f"sale:{told['id']}:1"], by="alice", note="Voided")
    assert (level(milk()), level(gone)) == (20, 0)
    assert_level_is_ledger()


def test_what_came_too_late_is_fetched(green: Shop) -> None:
    """A till looked its goods up before the merging and books after it."""
    gone = twin()
    tilling.count(green, 10)
    made = merging.merge(kept=milk(), gone=gone, by="alice")
    Product.objects.filter(pk=gone.pk).update(merged_into=None)  # what the till still sees
    followed, unfollowed = sold(green, "B-77", "3"), None
    StockLevel.objects.filter(product=gone).update(tracked_from=NOW + dt.timedelta(days=1))
    unfollowed = sold(green, "B-77", "2")
    Product.objects.filter(pk=gone.pk).update(merged_into=milk())
    ProductMerge.objects.update(merged_at=NOW - dt.timedelta(hours=1))
    assert (level(milk()), level(gone)) == (20, -3)
    assert merging.catch_up() == 2
    assert (level(milk()), level(gone)) == (15, 0)
    assert set(SaleLine.objects.values_list("product", flat=True)) == {milk().pk}
    assert StockMovement.objects.filter(source=f"sale:{unfollowed['id']}:1", product=milk()).exists()
    assert not StockMovement.objects.filter(source=f"sale:{followed['id']}:1", product=milk()).exists()
    assert merging.catch_up() == 0
    assert_level_is_ledger()
    merging.undo(merge=ProductMerge.objects.get(pk=made.pk), by="alice")
    assert set(SaleLine.objects.values_list("product", flat=True)) == {gone.pk}
    assert_level_is_ledger()


def test_chains_are_undone_from_their_end(green: Shop) -> None:
    gone = twin()
    third = make_product(sku="C-5", name="Milk 2L")
    first = merging.merge(kept=gone, gone=third, by="alice")
    second = merging.merge(kept=milk(), gone=gone, by="alice")
    assert read_code("C-5").product == milk()
    with pytest.raises(MergeRefused, match="Undo that first"):
        merging.undo(merge=first, by="alice")
    merging.undo(merge=second, by="alice")
    assert read_code("C-5").product == gone
    merging.undo(merge=first, by="alice")
    assert read_code("C-5").product == third


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"unit": "kg"}, "sold by the piece"),
        ({"deposit": "milk"}, "deposit"),
        ({"merged": True}, "already"),
        ({"same": True}, "two different"),
    ],
)
def test_what_cannot_be_one_is_refused_in_words(green: Shop, fields: dict[str, Any], words: str) -> None:
    other = twin(unit=fields.get("unit", "piece"), deposit=milk() if "deposit" in fields else None)
    if "merged" in fields:
        merging.merge(kept=Product.objects.get(sku="CHOC"), gone=other, by="alice")
        other.refresh_from_db()
    gone = milk() if "same" in fields else other
    assert merging.plan(milk(), gone).refusals
    with pytest.raises(MergeRefused, match=words):
        merging.merge(kept=milk(), gone=gone, by="alice")


def test_the_plan_says_what_merging_then_does(green: Shop) -> None:
    gone = twin(content_size=Decimal(1), content_unit="ml", pack_size=6)
    tilling.count(green, 10)
    sold(green, "B-77", "3")
    branch = Branch.objects.order_by("id")[0]
    for product in (gone, milk()):
        MinimumStock.objects.create(branch=branch, product=product, quantity=2)
    plan = merging.plan(milk(), gone)
    assert {said.words: said.many for said in plan.moves} == {"sold lines": 1, "barcodes": 1}
    assert {said.words: said.many for said in plan.clashes} == {"least amounts wanted": 1}
    assert [(one.kept, one.gone, one.both) for one in plan.stock] == [(10, 7, 17)]
    assert {one.field: one.value for one in plan.filled} == {
        "pack_size": 6, "content_size": Decimal(1), "content_unit": "ml",
    }  # fmt: skip
    made = merging.merge(kept=milk(), gone=gone, by="alice")
    done = {key.split(".")[1]: len(ids) for key, ids in made.moved["rows"].items()}
    assert done == {"SaleLine": 1, "Barcode": 1}


def test_files_that_name_the_old_code_find_the_kept_one(green: Shop) -> None:
    """The kept product keeps its own details; a file fills what it lacks and brings barcodes, and counts add up."""
    gone = twin(cost=None)
    Product.objects.filter(sku="MILK").update(cost=None)
    made = merging.merge(kept=milk(), gone=gone, by="alice")
    rows = "sku,name,price,cost,barcode\nB-77,Milk other,9.99,1.05,4006381333931\n"
    assert counts(bring_in("products", rows)) == (0, 1, 0, 0)
    assert (milk().name, milk().price, milk().cost) == ("Green Grocer milk 2 L", Decimal("1.45"), Decimal("1.05"))
    both = "sku,name,price,barcode\nB-77,Milk other,9.99,4012345678901\nMILK,Milk 2 L,1.49,\n"
    result = bring_in("products", both)
    assert (counts(result)[0], counts(result)[3]) == (0, 0)
    assert (milk().name, milk().price) == ("Milk 2 L", Decimal("1.49"))
    assert milk().barcodes.filter(code="4012345678901").exists()
    bring_in("stock", "product,branch,quantity\nB-77,Station,3\nMILK,Station,10\n")
    assert (level(milk()), level(gone)) == (13, None)
    lines = "receipt,time,product,quantity,price\n1,2026-03-10 12:00,B-77,2,1.45\n"
    assert counts(bring_in("sales_lines", lines))[0] == 1
    assert SaleLine.objects.get().product == milk()
    gone.refresh_from_db()
    assert (gone.name, gone.price, gone.merged_into_id) == ("Milk, two litres", Decimal("1.50"), milk().pk)
    assert merging.undo(merge=made, by="alice").undone_at


def test_another_shop_neither_sees_nor_merges(cast: Cast) -> None:
    with use_shop(cast.green):
        gone, kept = twin(), milk()
    with use_shop(cast.rival), pytest.raises(Product.DoesNotExist):
        merging.merge(kept=milk(), gone=gone, by="charlie")
    with use_shop(cast.green):
        gone.refresh_from_db()
        assert gone.merged_into_id is None
        merging.merge(kept=kept, gone=gone, by="alice")
    with use_shop(cast.rival):
        assert not ProductMerge.objects.exists()


def test_a_merged_product_cannot_be_put_on_sale(green: Shop) -> None:
    gone = twin()
    merging.merge(kept=milk(), gone=gone, by="alice")
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.filter(pk=gone.pk).update(is_active=True)


def test_unknown_ids_are_no_product(green: Shop) -> None:
    told = tilling.document({"sku": str(uuid.uuid4()), "quantity": "1", "unit_price": "1"})
    assert send(till_of(green), told)[0].status == "created"
    assert SaleLine.objects.get().product is None
