"""Kinds whose files need a word from the desk: whose price list it is, and which day baskets are of."""

import io
from collections.abc import Iterator
from typing import Any

import pytest

from inventory.models import SupplierPrice
from sales.models import Sale
from shop.imports import desk
from shop.imports.mapping import Mapping
from shop.models import Import
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import BY, keep_uploads_in, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def green(committed_cast: Cast, tmp_path: Any, settings: Any) -> Iterator[Cast]:
    keep_uploads_in(tmp_path, settings)
    with use_shop(committed_cast.green):
        yield committed_cast


def begun(content: bytes, **more: Any) -> Import:
    file = desk.keep(io.BytesIO(content), name="file.csv", by=BY)
    return work(desk.begin(file=file, by=BY, **more))


def done(imported: Import) -> Import:
    imported = work(desk.check(import_id=imported.pk, by=BY))
    assert imported.state == "ready", imported.problem
    return work(desk.go(import_id=imported.pk, by=BY))


def test_a_price_list_takes_its_supplier_from_the_upload(green: Cast) -> None:
    file = b"Article No,Description,EAN,Price\nD1,Milk 2 L,,1.17\nD2,Butter,,2.10\n"
    imported = begun(file, kind="supplier_prices", supplier="Dairy")
    assert imported.mapping["constants"] == {"supplier": "Dairy"}
    assert done(imported).result["created"] == 2
    assert SupplierPrice.objects.filter(item__supplier__name="Dairy").count() == 2


def test_baskets_without_column_names_come_in_with_one_day_for_all(green: Cast) -> None:
    imported = begun(b"milk,bread\nbread\nbutter,jam,milk,tea\n", kind="baskets")
    assert imported.mapping["columns"] == {"items": [f"column {number}" for number in range(1, 5)]}
    mapping = Mapping(dict(Mapping.from_json(imported.mapping).columns), {"time": "2026-11-20"})
    imported = done(desk.change(import_id=imported.pk, mapping=mapping))
    assert (imported.result["created"], imported.result["refused"]) == (3, 0)
    assert sorted(Sale.objects.values_list("line_count", flat=True)) == [1, 2, 4]
