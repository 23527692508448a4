"""What holds for any file: taken back, a shop is as it was before; brought in again, as it was after."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import Customer
from inventory.models import Barcode, Category, Product, Supplier, TaxRate
from sales.models import BranchHour, CategoryDay, ProductDay, Sale, SaleLine
from shop.imports import running
from shop.imports.kinds import find_kind
from shop.imports.mapping import parse
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, source
from tests.kept_imports import kept, take_back

some = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
SKUS = st.sampled_from(["MILK", "CHOC", "APPLE", "RYE", "N1", "N2"])
cell = st.sampled_from(["", "1.20", "0.99", "3"])
name = st.sampled_from(["", "Milk", "Rye “dark”", "Äpfel; süß", 'Half "n half'])
category = st.sampled_from(["", "Bakery", "Dairy > Milk", "Fruit"])
product = st.tuples(SKUS, name, category, st.sampled_from(["", "Farm", "Baker"]), cell, cell)
receipt = st.tuples(
    st.sampled_from(["1", "2", "3"]),
    SKUS,
    st.sampled_from(["1", "2", "-1", "0.5"]),
    cell,
    st.sampled_from(["", "C1", "C2"]),
)
products = st.lists(product, min_size=1, max_size=6)
receipts = st.lists(receipt, min_size=1, max_size=6)


def product_file(rows: list[tuple[str, ...]]) -> str:
    return table("sku,name,category,supplier,price,cost", rows)


def receipt_file(rows: list[tuple[str, ...]]) -> str:
    return table(
        "receipt,time,product,quantity,total,customer",
        [(number, f"2026-03-0{number}T10:00", *rest) for number, *rest in rows],
    )


def table(header: str, rows: list[tuple[str, ...]]) -> str:
    cells = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    return "\n".join([header, *cells]) + "\n"


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


@contextmanager
def forgotten() -> Iterator[None]:
    """Each example in a shop as it was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def shop_as_told() -> dict[str, list[Any]]:
    """All that anybody is told, without ids, moments and voided receipts."""
    sold = SaleLine.objects.filter(sale__voided_at=None)
    return {
        "products": list(
            Product.objects.order_by("sku").values_list(
                "sku", "name", "category__name", "category__parent__name", "supplier__name", "tax_rate__rate", "unit",
                "price", "cost", "pack_size", "is_active", "needs_review",
            )
        ),
        "barcodes": list(Barcode.objects.order_by("code").values_list("product__sku", "code")),
        "categories": list(Category.objects.order_by("name", "parent__name").values_list("name", "parent__name")),
        "others": [sorted(model.objects.values_list("name", flat=True)) for model in (Supplier, TaxRate)],
        "customers": list(Customer.objects.order_by("code").values_list("code", "name", "needs_review")),
        "receipts": sorted(Sale.objects.counted().values_list("uuid", "receipt", "total", "customer__code")),
        "lines": sorted(sold.values_list("sale__receipt", "product__sku", "quantity", "net", "tax"), key=str),
        "days": sorted(ProductDay.objects.values_list("business_date", "product__sku", "net", "units"), key=str),
        "categories' days": sorted(CategoryDay.objects.values_list("business_date", "category__name", "net"), key=str),
        "hours": sorted(BranchHour.objects.values_list("business_date", "hour", "net", "baskets"), key=str),
    }  # fmt: skip


@some
@given(first=products, second=products)
def test_products_taken_back_are_as_before_and_brought_again_as_then(
    green: Cast, first: list[Any], second: list[Any]
) -> None:
    with forgotten():
        kept("products", product_file(first))
        before = shop_as_told()
        imported = kept("products", product_file(second))
        after = shop_as_told()
        assert take_back(imported).kept_count == 0
        assert shop_as_told() == before
        kept("products", product_file(second))
        assert shop_as_told() == after
        assert kept("products", product_file(second)).result["updated"] == 0


@some
@given(first=receipts, second=receipts)
def test_receipts_taken_back_are_as_before_and_brought_again_as_then(
    green: Cast, first: list[Any], second: list[Any]
) -> None:
    with forgotten():
        kept("sales_lines", receipt_file(first))
        before = shop_as_told()
        imported = kept("sales_lines", receipt_file(second))
        after = shop_as_told()
        take_back(imported)
        assert shop_as_told() == before
        kept("sales_lines", receipt_file(second))
        assert shop_as_told() == after


@some
@given(first=products, sold=receipts)
def test_taken_back_in_any_order_nothing_is_left_but_what_is_used(
    green: Cast, first: list[Any], sold: list[Any]
) -> None:
    """Products that receipts name stay while those receipts count."""
    with forgotten():
        before = shop_as_told()
        goods, sales = kept("products", product_file(first)), kept("sales_lines", receipt_file(sold))
        used = set(SaleLine.objects.filter(sale__imported=sales).values_list("product__sku", flat=True))
        stayed = {one.name for one in take_back(goods).kept if one.what == "product"}
        assert len(stayed) <= len(used)
        assert used <= set(Product.objects.values_list("sku", flat=True))
        take_back(sales)
        now = shop_as_told()
        assert [now[what] for what in ("receipts", "lines", "days", "hours")] == [
            before[what] for what in ("receipts", "lines", "days", "hours")
        ]


@some
@given(rows=products)
def test_a_check_says_what_the_import_does_and_writes_nothing(green: Cast, rows: list[Any]) -> None:
    with forgotten():
        before, kind = shop_as_told(), find_kind("products")
        checked = running.check(kind=kind, sources=[source(product_file(rows))], mapping=parse(kind, []))
        assert shop_as_told() == before
        done = bring_in("products", product_file(rows))
        assert counts(checked) == counts(done)
        assert (checked.groups, checked.absent_count) == (done.groups, done.absent_count)


@some
@given(rows=receipts)
def test_a_check_of_receipts_says_what_the_import_does(green: Cast, rows: list[Any]) -> None:
    with forgotten():
        before, kind = shop_as_told(), find_kind("sales_lines")
        checked = running.check(kind=kind, sources=[source(receipt_file(rows))], mapping=parse(kind, []))
        assert shop_as_told() == before
        done = bring_in("sales_lines", receipt_file(rows))
        assert (counts(checked), checked.facts) == (counts(done), done.facts)
