"""Which column gives which field: by names in several languages, by values, and how sure that is."""

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench import headers
from shop.imports import guessing
from shop.imports.kinds import find_kind
from shop.imports.reading import Layout
from tests.importing import shared

# file, kind, and what a person who knows the file would choose
REAL: list[tuple[str, str, dict[str, str]]] = [
    (
        "supermarket_sales/supermarket_sales.csv",
        "sales_lines",
        {
            "receipt": "Invoice ID", "time": "Date+Time", "product": "Product line", "quantity": "Quantity",
            "price": "Unit price", "total": "Total", "tax": "Tax 5%", "tender": "Payment", "branch": "Branch",
        },
    ),
    (
        "online_retail/online_retail.csv.gz",
        "sales_lines",
        {
            "receipt": "InvoiceNo", "time": "InvoiceDate", "product": "StockCode", "quantity": "Quantity",
            "price": "UnitPrice", "customer": "CustomerID",
        },
    ),
    (
        "groceries_member/Groceries_dataset.csv",
        "sales_lines",
        {
            "receipt": "Member_number+Date", "time": "Date", "product": "itemDescription",
            "customer": "Member_number",
        },
    ),
    (
        "grocery_inventory/Grocery_Inventory_and_Sales_Dataset.csv",
        "products",
        {
            "sku": "Product_ID", "name": "Product_Name", "category": "Catagory", "price": "Unit_Price",
            "supplier": "Supplier_Name",
        },
    ),
    (
        "open_food_facts/openfoodfacts_products.csv",
        "products",
        {"sku": "code", "name": "product_name", "barcode": "barcode_from_url"},
    ),
    (
        "complete_journey_dev/transactions.csv.gz",
        "sales_lines",
        {
            "receipt": "basket_id", "time": "transaction_timestamp", "product": "product_id", "quantity": "quantity",
            "total": "sales_value", "discount": "retail_disc", "customer": "household_id", "branch": "store_id",
        },
    ),
    ("bigmart/Train.csv", "products", {"sku": "Item_Identifier", "category": "Item_Type", "price": "Item_MRP"}),
    (
        "womens_reviews_dev/womens_clothing_reviews.csv.gz",
        "reviews",
        {"text": "Review Text", "product": "Clothing ID", "rating": "Rating", "title": "Title"},
    ),
]  # fmt: skip


def head(path: Path, rows: int = 200) -> tuple[Layout, list[list[str]]]:
    opens = gzip.open if path.suffix == ".gz" else open
    with opens(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(file)
        header = tuple(next(reader))
        return Layout("utf-8", ",", header), [row for _, row in zip(range(rows), reader, strict=False)]


def found(kind: str, header: Sequence[str], *rows: Sequence[str]) -> dict[str, str]:
    guess = guessing.guess(find_kind(kind), Layout("utf-8", ",", tuple(header)), rows)
    return {name: "+".join(columns) for name, columns in guess.mapping.columns.items()}


@pytest.mark.parametrize(("file", "kind", "expected"), REAL, ids=[f"{kind}-{file[:20]}" for file, kind, _ in REAL])
def test_real_headers_are_matched_without_help(file: str, kind: str, expected: dict[str, str]) -> None:
    layout, rows = head(shared(file))
    guess = guessing.guess(find_kind(kind), layout, rows)
    assert {name: "+".join(columns) for name, columns in guess.mapping.columns.items()} == expected
    assert all(guessing.LEAST <= guess.confidence[name] <= 1 and guess.why[name] for name in expected)
    # A file without prices is a kind of its own.
    assert guessing.kind_of(layout, rows)[0][0] == ("purchases" if "Member_number" in layout.header else kind)


@pytest.mark.parametrize(
    "header",
    [
        (
            "Belegnummer",
            "Datum",
            "Uhrzeit",
            "Artikelnummer",
            "Menge",
            "Einzelpreis",
            "Filiale",
            "Kasse",
            "Kundennummer",
        ),
        ("N° ticket", "Date", "Heure", "Code article", "Quantité", "Prix unitaire", "Magasin", "Caisse", "N° client"),
        ("Ticket", "Fecha", "Hora", "Código artículo", "Cantidad", "Precio unitario", "Tienda", "Caja", "Cliente"),
        ("Scontrino", "Data", "Ora", "Codice articolo", "Quantità", "Prezzo unitario", "Negozio", "Cassa", "Cliente"),
        ("Bonnummer", "Datum", "Tijd", "Artikelnummer", "Aantal", "Stuksprijs", "Filiaal", "Kassa", "Klantnummer"),
        (
            "Nr paragonu",
            "Data",
            "Godzina",
            "Numer artykułu",
            "Ilość",
            "Cena jednostkowa",
            "Sklep",
            "Kasa",
            "Nr klienta",
        ),
    ],
    ids=["de", "fr", "es", "it", "nl", "pl"],
)
def test_tills_of_six_countries_are_understood(header: tuple[str, ...]) -> None:
    row = ["1001", "27.04.2026", "17:30", "A1", "2", "1,45", "Nord", "1", "77"]
    assert found("sales_lines", header, row, row) == {
        "receipt": header[0], "time": f"{header[1]}+{header[2]}", "product": header[3], "quantity": header[4],
        "price": header[5], "branch": header[6], "register": header[7], "customer": header[8],
    }  # fmt: skip


def test_barcodes_are_known_by_their_check_digits() -> None:
    rows = [["A", "4006381333931"], ["B", "5000112637922"], ["C", "96385074"]]
    assert found("products", ("sku", "x"), *rows)["barcode"] == "x"
    assert "barcode" not in found("products", ("sku", "x"), ["A", "4006381333932"], ["B", "123"])


def test_codes_that_are_barcodes_are_both() -> None:
    assert found("products", ("code", "name"), ["4006381333931", "Pen"], ["5000112637922", "Cola"]) == {
        "sku": "code", "name": "name", "barcode": "code",
    }  # fmt: skip


def test_values_that_cannot_be_read_so_turn_a_name_down() -> None:
    assert found("products", ("sku", "price"), ["A", "dear"], ["B", "cheap"]) == {"sku": "sku"}
    assert "price" not in found("sales_lines", ("receipt", "price"), ["1", "2026-04-27"], ["2", "2026-04-28"])


def test_words_that_turn_the_meaning_are_heeded() -> None:
    header = ("Invoice", "Date", "Customer type", "Gross margin rate", "Product volume")
    assert set(found("sales_lines", header)) <= {"receipt", "time"}


def test_pence_and_seconds_bring_their_step() -> None:
    layout = Layout("utf-8", ",", ("sku", "price_cents"))
    assert guessing.guess(find_kind("products"), layout, [["A", "150"]]).mapping.steps == {
        "price": ({"do": "from_minor"},)
    }
    layout = Layout("utf-8", ",", ("receipt", "created_at", "product"))
    guess = guessing.guess(find_kind("sales_lines"), layout, [["1", "1489090279", "A"]])
    assert guess.mapping.steps == {"time": ({"do": "unix_time"},)}


def test_nothing_is_guessed_of_nothing() -> None:
    assert found("products", ("a", "b"), ["1", "2"]) == {}
    assert guessing.kind_of(Layout("utf-8", ",", ("a", "b")), [])[0][1] == 0


def test_what_is_left_over_is_the_list_of_a_basket() -> None:
    header = ("column 1", "column 2", "column 3")
    assert found("baskets", header, ["citrus fruit", "bread", "margarine"], ["whole milk", "", ""])["items"]


def test_messy_headers_stay_as_well_matched_as_they_are() -> None:
    figures = {figure["figure"].split(", ")[1].split(" of")[0]: figure["value"] for figure in headers.run()}
    assert figures["fields right"] >= 82 and figures["fields given another column"] <= 2
    assert figures["fields given that have none"] <= 1 and figures["kind told first"] >= 10
