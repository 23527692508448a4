"""import_csv and create_shop as scripts call them, and the page that documents them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from sales.models import Sale
from shop.imports.kinds import every_kind
from shop.management.commands.imports_table import table
from shop.models import Branch, Membership, Shop
from shop.tenancy import use_shop
from tests.factories import Cast

FILE = "Receipt,Date,Time,SKU,Qty,Price\nR1,2026-03-02,10:00,MILK,2,1.45\nR2,2026-03-02,10:05,MILK,x,1.45\n"
MAPS = [
    "--map",
    "receipt=Receipt",
    "--map",
    "time=Date",
    "--map",
    "time=Time",
    "--map",
    "product=SKU",
    "--map",
    "quantity=Qty",
]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "till.csv"
    path.write_text(FILE)
    return str(path)


def said(*arguments: str) -> tuple[dict[str, Any], str]:
    """The JSON of the last line, and all that was printed."""
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    text = out.getvalue()
    return json.loads(text.strip().splitlines()[-1]), text


def test_the_last_line_is_json_and_refused_rows_are_a_file(cast: Cast, file: str, tmp_path: Path) -> None:
    refused = str(tmp_path / "refused.csv")
    result, text = said("import_csv", "green", "sales_lines", file, *MAPS, "--branch", "Station", "--refused", refused)
    assert set(result) == {"created", "updated", "unchanged", "refused", "seconds"}
    assert (result["created"], result["refused"]) == (1, 1)
    assert f"Refused rows, with reasons: {refused}" in text
    assert Path(refused).read_text().splitlines()[1].startswith("R2,2026-03-02,10:05,MILK,x,1.45,3,quantity: “x”")
    with use_shop(cast.green):
        assert Sale.objects.get().branch.name == "Station"


def test_refused_rows_have_a_place_without_being_asked(cast: Cast, file: str, tmp_path: Path, settings: Any) -> None:
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    _, text = said("import_csv", "green", "sales_lines", file, *MAPS)
    path = next(line for line in text.splitlines() if line.startswith("Refused rows")).partition(": ")[2]
    assert Path(path).read_text().count("\n") == 2


def test_a_dry_run_counts_and_changes_nothing(cast: Cast, file: str, tmp_path: Path) -> None:
    result, text = said(
        "import_csv", "green", "sales_lines", file, *MAPS, "--dry-run", "--refused", str(tmp_path / "r")
    )
    assert result["created"] == 1 and "Nothing was changed" in text
    with use_shop(cast.green):
        assert not Sale.objects.exists()


def test_several_maps_after_one_option(cast: Cast, file: str, tmp_path: Path) -> None:
    maps = ["--map", "receipt=Receipt", "time=Date", "time=Time", "product=SKU", "quantity:=1", "branch:=Harbour"]
    assert said("import_csv", "green", "sales_lines", file, *maps)[0]["created"] == 2
    with use_shop(cast.green):
        assert Branch.objects.get(name="Harbour").needs_review


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere", "products"], "There is no shop “nowhere”"),
        (["green", "recipes"], "“recipes” cannot be imported. What can: baskets, calendar_events, competitor_prices"),
        (["green", "customers"], "No column gives id"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(cast: Cast, file: str, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("import_csv", *arguments, file)
    with pytest.raises(CommandError, match="There is no file"):
        call_command("import_csv", "green", "products", f"{file}.missing")


def test_create_shop_makes_shop_branches_and_owner(db: None) -> None:
    out = io.StringIO()
    options = ["--name", "Corner Shop", "--currency", "GBP", "--zone", "Europe/London", "--country", "GB"]
    call_command("create_shop", "corner", *options, "--owner", "new@shops.example", "--branches", "A, B", stdout=out)
    shop = Shop.objects.get(slug="corner")
    assert (shop.name, shop.currency, shop.zone, shop.country) == ("Corner Shop", "GBP", "Europe/London", "GB")
    assert Membership.objects.get(shop=shop).user.email == "new@shops.example"
    assert "has no password yet" in out.getvalue()
    with use_shop(shop):
        assert list(Branch.objects.values_list("name", flat=True)) == ["A", "B"]


def test_create_shop_alone_has_the_branch_main_and_refuses_a_taken_name(db: None) -> None:
    call_command("create_shop", "plain", stdout=io.StringIO())
    with use_shop(Shop.objects.get(slug="plain")):
        assert Branch.objects.get().name == "main"
    with pytest.raises(CommandError):
        call_command("create_shop", "plain", stdout=io.StringIO())


def test_the_documented_kinds_and_fields_are_the_declared_ones() -> None:
    page = (Path(settings.BASE_DIR) / "docs" / "imports.md").read_text()
    assert page == table(), "Print it again: manage.py imports_table > docs/imports.md"


def test_field_names_are_the_ones_scripts_rely_on() -> None:
    fields = {kind.name: " ".join(field.name for field in kind.fields) for kind in every_kind()}
    assert fields == {
        "sales_lines": (
            "receipt time product quantity price total discount tax tender customer branch register cashier"
        ),
        "sales_daily": "date product quantity net price cost branch",
        "competitor_prices": "competitor name barcode size price promotion seen_on source",
        "products": "sku name barcode category unit price cost tax_rate supplier pack_size shelf_life_days",
        "stock": "product branch quantity lot best_before use_by",
        "customers": "id name email phone joined",
        "promotions": "product first_date last_date branch price share_off name",
        "reviews": "code text source product branch rating title author date",
        "receipts": "receipt time items total tender customer branch register cashier",
        "baskets": "items time branch",
        "purchases": "time product customer receipt quantity branch",
        "prices": "product price from_date branch look_first",
        "suppliers": "name email phone lead_time_days delivery_weekdays order_by minimum_order",
        "supplier_prices": ("supplier code name barcode product cost case_cost pack_size from_date take_cost"),
        "purchase_orders": (
            "number supplier product supplier_code quantity received unit_cost pack_size ordered_on expected_on branch"
        ),
        "loyalty": "customer points tier joined",
        "calendar_events": "name first_date last_date branch category closed change",
    }


def test_refused_rows_run_no_formula_and_keep_their_numbers(cast: Cast, tmp_path: Path) -> None:
    path, refused = tmp_path / "till.csv", tmp_path / "refused.csv"
    path.write_text('receipt,time,product,quantity,price\nR9,2026-03-02 10:00,"=HYPERLINK(""x"")",nine,"-1,50"\n')
    result, _ = said("import_csv", "green", "sales_lines", str(path), "--refused", str(refused))
    assert result["refused"] == 1
    (row,) = list(csv.reader(refused.read_text().splitlines()))[1:]
    assert row[2:5] == ['\'=HYPERLINK("x")', "nine", "-1,50"]
