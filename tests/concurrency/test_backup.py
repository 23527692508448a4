"""A drill: two shops with a row in every table, backed up while they sell, restored on another server, and opened.

What a backup must refuse, and what it must never hold, is here too.
"""

import io
import json
import shutil
import stat
import subprocess
import tarfile
import time
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from psycopg import sql

from insights.models import ModelAccess
from inventory import catalogue_feed
from inventory.models import Product
from sales.models import Sale
from sales.services import Line, record_sale
from shop import walls
from shop.backup import BackupTrouble, Login, Made, make, programs, restore
from shop.backup.contents import Contents
from shop.db.postgresql.base import as_owner
from shop.encryption import encrypt
from shop.models import Branch, Shop
from shop.tenancy import use_shop
from tests.concurrency.postgres import PrivatePostgres
from tests.concurrency.seller import Seller
from tests.contracts.shelf import fill
from tests.factories import Cast, make_till

TABLES = [model._meta.db_table for model in walls.shop_owned_models()]
ELSEWHERE = "aisle_drill"
PROMISED_SECONDS = 30
FAR_AHEAD = 10**15  # more transactions than any new server has seen


def backup_role() -> Login:
    return Login.of(settings.DATABASE_BACKUP_URL, connection.settings_dict["NAME"])


@pytest.fixture
def other_server() -> Iterator[PrivatePostgres]:
    """Another machine: roles and no table of ours."""
    server = PrivatePostgres()
    server.start()
    yield server
    server.end()


@pytest.fixture
def two_full_shops(committed_cast: Cast) -> Cast:
    fill(committed_cast.green)
    fill(committed_cast.rival)
    return committed_cast


def restored_on(server: PrivatePostgres, file: Path, into: str = ELSEWHERE, **options: Any) -> Any:
    owner, app = Login.of(server.url("owner", into)), Login.of(server.url("app", into))
    with server.used_by_django(into):
        return restore(file, owner=owner, app=app, **options)


def test_the_drill(two_full_shops: Cast, other_server: PrivatePostgres, tmp_path: Path) -> None:
    began = time.monotonic()
    place_of_transactions(FAR_AHEAD)
    cursor = catalogue_cursor(two_full_shops)
    made = made_while_selling(two_full_shops, tmp_path)
    restored = restored_on(other_server, tmp_path / "backup.tar", uploads=tmp_path / "uploads-again")
    assert time.monotonic() - began < PROMISED_SECONDS

    assert restored.rows == made.rows
    assert [table for table in TABLES if not restored.rows[table]] == []
    assert (tmp_path / "uploads-again" / "7" / "till.csv").read_text() == "sku,quantity\n"
    the_walls_hold_on(other_server, two_full_shops, restored.rows)
    with other_server.used_by_django(ELSEWHERE):
        the_product_serves(two_full_shops)
        tills_start_over(two_full_shops, cursor)


def made_while_selling(cast: Cast, folder: Path) -> Made:
    """A backup is of one moment, although sales go on."""
    (folder / "uploads" / "7").mkdir(parents=True)
    (folder / "uploads" / "7" / "till.csv").write_text("sku,quantity\n")
    seller = Seller(cast)
    seller.start()
    assert seller.sells.wait(20)
    try:
        before = seller.sold
        made = make(folder / "backup.tar", backup_role(), folder / "uploads")
        assert seller.sold > before
    finally:
        seller.end()
    assert seller.problems == []
    assert (made.uploads, stat.S_IMODE((folder / "backup.tar").stat().st_mode)) == (1, 0o600)
    assert [path.name for path in folder.glob(".*")] == []
    return made


def the_walls_hold_on(server: PrivatePostgres, cast: Cast, rows: dict[str, int]) -> None:
    """The app's role sees nothing without a shop, and with one exactly its rows; a ledger cannot be rewritten."""
    seen = dict.fromkeys(TABLES, 0)
    with psycopg.connect(server.url("app", ELSEWHERE)) as app:
        assert {table: count(app, table) for table in TABLES} == seen
        for shop in (cast.green, cast.rival):
            app.execute("select set_config('app.shop_id', %s, true)", [str(shop.pk)])
            assert {table: count(app, table, f"shop_id <> {shop.pk}") for table in TABLES} == dict.fromkeys(TABLES, 0)
            seen = {table: seen[table] + count(app, table) for table in TABLES}
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("delete from inventory_stockmovement")
    assert seen == {table: rows[table] for table in TABLES}


def count(app: "psycopg.Connection[Any]", table: str, condition: str = "true") -> int:
    query = sql.SQL("select count(*) from {} where {}").format(sql.Identifier(table), sql.SQL(condition))
    found = app.execute(query).fetchone()
    return int(found[0]) if found else 0


def the_product_serves(cast: Cast) -> None:
    """Whoever had an account signs in, sees his shop and not the other, and sells on: no number is given twice."""
    page = cast.client().get("/s/green/products/", secure=True)
    assert page.status_code == 200
    assert b"Green Grocer milk" in page.content
    assert cast.client().get("/s/rival/products/", secure=True).status_code == 404
    with use_shop(cast.green):
        before = Sale.objects.count()
        record_sale(
            uuid=uuid.uuid4(),
            branch=Branch.objects.order_by("pk")[0],
            lines=[Line(product=Product.objects.get(sku="MILK"), quantity=Decimal(1))],
            sold_at=timezone.now(),
            source="till",
            by="till 1",
        )
        assert Sale.objects.count() == before + 1


def place_of_transactions(number: int) -> None:
    """As if the server that is backed up had counted very far."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("update shop_change set transaction_id = %s::text::xid8", [str(number)])


def catalogue_cursor(cast: Cast) -> str:
    with use_shop(cast.green):
        return catalogue_feed.page(Branch.objects.order_by("pk")[0].pk, "", timezone.now()).cursor


def tills_start_over(cast: Cast, cursor: str) -> None:
    """A cursor of before is void; then, as ever, only what changes is told."""
    with use_shop(cast.green):
        branch = Branch.objects.order_by("pk")[0].pk
        anew = catalogue_feed.page(branch, cursor, timezone.now())
        assert anew.reset
        assert {product.sku for product in anew.products} >= {"MILK", "CHOC", "APPLE"}
        again = catalogue_feed.page(branch, anew.cursor, timezone.now())
        assert (again.reset, again.products, again.removed) == (False, [], [])
        Product.objects.filter(sku="CHOC").update(price=Decimal("2.60"))
        changed = catalogue_feed.page(branch, again.cursor, timezone.now())
        assert [product.sku for product in changed.products] == ["CHOC"]


def test_a_backup_holds_no_key(committed_cast: Cast, tmp_path: Path) -> None:
    """Of a till's key there is a hash, of a model's key what only this installation can read."""
    _, key = make_till(committed_cast.green)
    model_key = "sk-live-very-secret-0123456789"
    with use_shop(committed_cast.green):
        sealed = encrypt(model_key)
        ModelAccess.objects.create(kind="openai", name="OpenAI", model="gpt", secret=sealed)
    text = everything_in(make(tmp_path / "backup.tar", backup_role()))
    assert "Green Grocer milk" in text
    assert sealed in text
    assert settings.SECRET_KEY not in text
    assert model_key not in text
    assert key.rsplit("_", 1)[1] not in text


def everything_in(made: Made) -> str:
    """The backup as plain SQL."""
    folder = Path(made.backup).parent
    with tarfile.open(made.backup) as tar:
        tar.extract("database.dump", folder, filter="data")
    program = programs.find("pg_restore", 0)
    said = subprocess.run([str(program), "--file=-", str(folder / "database.dump")], capture_output=True, check=True)
    return said.stdout.decode()


def test_a_database_that_holds_anything_is_left_alone(committed_cast: Cast, tmp_path: Path) -> None:
    make(tmp_path / "backup.tar", backup_role())
    here = connection.settings_dict["NAME"]
    owner, app = Login.of(settings.DATABASE_OWNER_URL, here), Login.of(settings.DATABASE_URL, here)
    with pytest.raises(BackupTrouble, match=r"holds \d+ tables already. Nothing was changed"):
        restore(tmp_path / "backup.tar", owner=owner, app=app)
    with use_shop(committed_cast.green):
        assert Product.objects.count() == 3


def test_a_folder_that_holds_anything_is_left_alone(
    committed_cast: Cast, other_server: PrivatePostgres, tmp_path: Path
) -> None:
    make(tmp_path / "backup.tar", backup_role())
    with pytest.raises(BackupTrouble, match="is not empty"):
        restored_on(other_server, tmp_path / "backup.tar", uploads=tmp_path)


HARMS: dict[str, Any] = {
    "not all of it|no backup": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "is no backup": lambda file: file.write_bytes(b"hello"),
    "another version": lambda file: rewrite(file, "manifest.json", lambda text: text.replace(b": 1,", b": 9,", 1)),
    "was damaged": lambda file: rewrite(file, "database.dump", lambda text: text[:-100] + b"x" * 100),
    "newer version of Aisle: it has shop 9999_later": lambda file: rewrite(file, "manifest.json", newer),
    "inventory_product holds 6 rows, but not the same ones.\nDo not use the database": lambda file: rewrite(
        file, "manifest.json", another_hash
    ),
    "shop_shop holds 2 rows instead of 3 rows": lambda file: rewrite(file, "manifest.json", one_row_more),
}


def test_what_is_not_whole_is_not_restored(committed_cast: Cast, other_server: PrivatePostgres, tmp_path: Path) -> None:
    file, harmed = tmp_path / "backup.tar", tmp_path / "harmed.tar"
    make(file, backup_role())
    for number, (said, harm) in enumerate(HARMS.items()):
        shutil.copy(file, harmed)
        harm(harmed)
        with pytest.raises(BackupTrouble, match=said):
            restored_on(other_server, harmed, into=f"drill_{number}")


def rewrite(file: Path, name: str, change: Any) -> None:
    """The same tar, one member changed."""
    with tarfile.open(file) as tar:
        members = [(member, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    with tarfile.open(file, "w") as tar:
        for member, content in members:
            content = change(content) if member.name == name else content
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def newer(text: bytes) -> bytes:
    told = json.loads(text)
    return json.dumps({**told, "migrations": [*told["migrations"], ["shop", "9999_later"]]}).encode()


def another_hash(text: bytes) -> bytes:
    told = json.loads(text)
    told["contents"]["hashes"]["inventory_product"] = "1"
    return json.dumps(told).encode()


def one_row_more(text: bytes) -> bytes:
    told = json.loads(text)
    told["contents"]["rows"]["shop_shop"] += 1
    return json.dumps(told).encode()


def test_numbers_that_would_be_given_again_are_found() -> None:
    one = Contents({"shop_shop": 1}, {"shop_shop": "5"}, {"shop_shop_id_seq": 7})
    other = Contents({"shop_shop": 1}, {"shop_shop": "5"}, {"shop_shop_id_seq": 6})
    assert one.differences(other) == ["shop_shop_id_seq would give numbers again that are taken."]
    assert other.differences(one) == []


def test_a_role_that_the_walls_hold_makes_no_empty_backup(committed_cast: Cast, tmp_path: Path) -> None:
    for url in (settings.DATABASE_URL, settings.DATABASE_OWNER_URL):
        with pytest.raises(BackupTrouble, match="does not see every shop's rows"):
            make(tmp_path / "backup.tar", Login.of(url, connection.settings_dict["NAME"]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "backup.tar").write_text("of yesterday")
    with pytest.raises(BackupTrouble, match="is there already"):
        make(tmp_path / "backup.tar", backup_role())
    assert (tmp_path / "backup.tar").read_text() == "of yesterday"


def test_programs_that_are_too_old_are_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)'\n")
    old.chmod(0o755)
    monkeypatch.setattr(programs, "_candidates", lambda name: [old])
    assert programs.find("pg_dump", 150_004) == old
    with pytest.raises(BackupTrouble, match=r"pg_dump of PostgreSQL 18 .* is of 15. Install .*postgresql-client-18"):
        programs.find("pg_dump", 180_004)


def test_the_commands_speak_json_and_plain_words(
    committed_cast: Cast, tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    name = connection.settings_dict["NAME"]
    settings.DATABASE_BACKUP_URL = settings.DATABASE_BACKUP_URL.replace("/aisle?", f"/{name}?")
    call_command("backup", str(tmp_path / "backup.tar"), "--no-uploads")
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"]["inventory_product"], told["rows"]["shop_shop"]) == (6, Shop.objects.count())
    assert told["bytes"] == (tmp_path / "backup.tar").stat().st_size
    assert len(told["sha256"]) == 64
    with pytest.raises(CommandError, match="holds"):
        call_command("restore", str(tmp_path / "backup.tar"), "--into", name)
    settings.DATABASE_BACKUP_URL = ""
    with pytest.raises(CommandError, match="DATABASE_BACKUP_URL is not set"):
        call_command("backup", str(tmp_path / "other.tar"))
