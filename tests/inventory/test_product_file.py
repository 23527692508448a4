"""A product file goes out and comes back in: nothing is created, nothing is changed, whatever the products are like."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.imports.products import PRODUCTS
from inventory.models import Barcode, Category, Product, Supplier, TaxRate
from inventory.product_file import COLUMNS, columns
from shop import files
from shop.exports import export, find_export
from shop.files import Format
from shop.imports.opening import open_tables
from shop.imports.reading import look
from shop.models import Change
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, source

pytestmark = pytest.mark.django_db
_SIGNS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs"), exclude_characters="\x85")
_NAMES = st.one_of(st.sampled_from(["=1+1", "'=x", "''+y", "-", "Käse, \"fein\"", "a;b", "1,5", "@x", "0012"]),
                   st.text(_SIGNS, min_size=1, max_size=12))  # fmt: skip
_MONEY = st.none() | st.decimals(0, 99_999, places=4)
_WHOLE = st.none() | st.integers(0, 9999)
_PRODUCTS = st.lists(
    st.fixed_dictionaries(
        {
            "name": _NAMES, "unit": st.sampled_from(["piece", "kg"]), "price": _MONEY, "cost": _MONEY,
            "pack_size": _WHOLE, "shelf_life_days": _WHOLE, "category": st.none() | st.integers(0, 3),
            "supplier": st.none() | _NAMES, "rate": st.none() | st.integers(0, 3),
            "barcodes": st.integers(0, 2), "is_active": st.booleans(),
        }
    ),
    max_size=4,
)  # fmt: skip


def test_every_column_the_import_knows_goes_out() -> None:
    assert tuple(field.name for field in PRODUCTS.fields) == COLUMNS
    assert "cost" not in columns(cost=False)
    assert len(columns(cost=False)) == len(COLUMNS) - 1


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(products=_PRODUCTS, top=_NAMES, below=_NAMES)
def test_it_comes_back_unchanged(cast: Cast, products: list[dict[str, Any]], top: str, below: str) -> None:
    with use_shop(cast.green), transaction.atomic():
        made = _make(products, top, below)
        before, changes = _state(), Change.objects.count()
        text = "".join(export("products"))
        result = bring_in("products", text)
        assert counts(result) == (0, 0, Product.objects.count(), 0), result.reasons
        assert _state() == before
        assert Change.objects.count() == changes
        assert len(list(csv.reader(io.StringIO(text)))) - 1 >= made
        transaction.set_rollback(True)


def test_a_workbook_of_it_comes_back_too(cast: Cast, tmp_path: Any) -> None:
    with use_shop(cast.green), transaction.atomic():
        _make(
            [{"name": "=Ä", "unit": "kg", "price": Decimal("1.2345"), "barcodes": 1, "category": 3, "rate": 1}],
            "A",
            "B",
        )
        before = _state()
        out, wanted = io.BytesIO(), find_export("products")
        files.write(out, Format.XLSX, "products", wanted.header, wanted.rows(None))
        (member,) = open_tables(source(out.getvalue(), "products.xlsx"), tmp_path)
        with member.source.opens() as opened:
            result = bring_in("products", opened.read().decode())
        assert look(member.source, said=member.said).header == COLUMNS
        assert counts(result)[:2] == (0, 0), result.reasons
        assert _state() == before


def _make(products: list[dict[str, Any]], top: str, below: str = "B") -> int:
    """Two branches of categories that share a name, and rates that share a share."""
    dairy = Category.objects.create(name=f"{top}x")
    places = [dairy, Category.objects.create(name=below, parent=dairy), Category.objects.create(name=below)]
    places.append(Category.objects.create(name="last", parent=places[1]))
    shares = ("0.06", "0.06", "0.125", "0")
    rates = [TaxRate.objects.create(name=f"rate {n}", rate=Decimal(share)) for n, share in enumerate(shares)]
    for number, details in enumerate(products):
        row = dict(details)
        barcodes, category, rate, supplier = (
            row.pop(name, None) for name in ("barcodes", "category", "rate", "supplier")
        )
        product = Product.objects.create(
            sku=f"{'=' if number % 2 else '00'}{number}",
            category=None if category is None else places[category],
            tax_rate=None if rate is None else rates[rate],
            supplier=Supplier.objects.get_or_create(name=supplier)[0] if supplier else None,
            **row,
        )
        for extra in range(barcodes or 0):
            Barcode.objects.create(product=product, code=f"40063{product.pk:06d}{extra}")
    return len(products)


def _state() -> list[Any]:
    rows = Product.objects.order_by("pk").values_list(
        "pk", "sku", "name", "category_id", "supplier_id", "tax_rate_id", "unit", "price", "cost", "pack_size",
        "shelf_life_days", "is_active",
    )  # fmt: skip
    return [list(rows), sorted(Barcode.objects.values_list("product_id", "code")), Category.objects.count()]
