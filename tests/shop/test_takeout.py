"""The whole shop as a zip: complete, explained, without secrets, fetched by a link that ends."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from inventory.models import Product
from shop import jobs, tasks
from shop.exports import documented, left_out
from shop.models import Download, Job, Membership
from shop.roles import Role
from shop.takeout import links, making, tables
from shop.tenancy import ShopOwned, use_shop
from tests.contracts import shelf
from tests.factories import Cast
from tests.importing import keep_uploads_in

pytestmark = pytest.mark.django_db
PAGE = "/s/green/settings/your-data/"


@pytest.fixture(autouse=True)
def own_uploads(tmp_path: Any, settings: Any) -> None:
    keep_uploads_in(tmp_path, settings)


def packed() -> zipfile.ZipFile:
    out = io.BytesIO()
    making.write(out)
    return zipfile.ZipFile(out)


def read(found: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(found.read(name).decode(), newline="")))


def test_every_table_is_in_it_or_left_out_for_a_reason() -> None:
    owned = {model._meta.db_table for model in apps.get_models() if issubclass(model, ShopOwned)}
    assert {table.name for table in tables.tables()} == owned - set(left_out())
    assert set(left_out()) <= owned and all(left_out().values())


def test_every_file_and_column_is_explained(cast: Cast) -> None:
    with use_shop(cast.green):
        text = packed().read("README.txt").decode()
    for table in tables.tables():
        assert f"tables/{table.name}.csv" in text
        assert table.about and len(table.columns) == len(table.means) and all(table.means)
    for name, export in documented().items():
        assert f"lists/{name}.csv" in text and len(export.header) == len(export.means)
    assert {"products", "stock", "prices"} <= set(documented())


def test_it_holds_this_shop_and_no_other(cast: Cast) -> None:
    with use_shop(cast.green):
        shelf.fill(cast.green)
        Product.objects.filter(sku="MILK").update(name="=Milk")
        found = packed()
        count = Product.objects.count()
    rows = read(found, "tables/inventory_product.csv")
    assert len(rows) == count
    assert next(row for row in rows if row["sku"] == "MILK")["name"] == "'=Milk"
    everything = b"".join(found.read(name) for name in found.namelist())
    assert b"Rival" not in everything
    assert read(found, "lists/products.csv")[0]["sku"]


def test_no_secret_is_in_it() -> None:
    for table in tables.tables():
        assert not [column for column in table.columns if any(word in column for word in tables.SECRETS)]


def _link(cast: Cast) -> str:
    text = cast.client().get(PAGE).content.decode()
    return next(part.split('"')[0] for part in text.split('href="') if "/file/?key=" in part)


def test_it_is_asked_for_made_and_taken(committed_cast: Cast) -> None:
    cast = committed_cast
    for _ in range(2):
        assert cast.client().post(f"{PAGE}make/").status_code == 302
    with use_shop(cast.green):
        job = Job.objects.get(kind=making.WHAT)
    assert "Being made" in cast.client().get(PAGE).content.decode()
    with use_shop(cast.green):
        jobs.run(job.pk)
    address = _link(cast)
    answer = cast.client().get(address)
    found = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    assert "README.txt" in found.namelist() and found.testzip() is None
    assert "no-store" in answer["Cache-Control"]
    with use_shop(cast.green):
        assert Download.objects.get().taken_at is not None


def _ready(cast: Cast, **fields: Any) -> Download:
    with use_shop(cast.green):
        path = default_storage.save("takeout/x/shop.zip", ContentFile(b"PK"))
        until = timezone.now() + dt.timedelta(days=1)
        values = {"what": making.WHAT, "name": "shop.zip", "needs": "CHANGE_SETTINGS", "expires_at": until} | fields
        return Download.objects.create(path=path, size=2, **values)  # type: ignore[no-any-return]


def test_rights_are_checked_again_at_the_download(cast: Cast) -> None:
    download = _ready(cast)
    address = f"{PAGE}{download.pk}/file/?key={links.key_of(download)}"
    manager = Membership.objects.get(user=cast.bob)
    Membership.objects.filter(pk=manager.pk).update(role=Role.MANAGER)
    answer = cast.client(cast.bob).get(address)
    assert answer.getvalue() == b"PK"
    Membership.objects.filter(pk=manager.pk).update(role=Role.CLERK)
    assert cast.client(cast.bob).get(address).status_code == 403
    assert cast.client(cast.charlie).get(address).status_code == 404
    assert cast.client(cast.charlie).get(address.replace("/green/", "/rival/")).status_code == 404


def test_a_link_ends_and_cannot_be_forged(cast: Cast) -> None:
    download, other = _ready(cast), _ready(cast)
    key = links.key_of(download)
    client = cast.client()
    for wrong in (f"{download.pk}/file/", f"{download.pk}/file/?key={key[:-1]}", f"{other.pk}/file/?key={key}"):
        assert client.get(PAGE + wrong).status_code == 404
    with time_machine.travel(timezone.now() + dt.timedelta(days=2)), use_shop(cast.green):
        assert links.find(download.pk, key, Membership.objects.get(user=cast.alice)) is None


def test_files_that_are_over_are_removed(cast: Cast) -> None:
    over = _ready(cast, expires_at=timezone.now() - dt.timedelta(hours=1))
    kept = _ready(cast)
    tasks.remove_old_downloads(shop_id=cast.green.pk)
    assert not default_storage.exists(over.path) and default_storage.exists(kept.path)
    with use_shop(cast.green):
        assert Download.objects.get(pk=over.pk).path == ""
