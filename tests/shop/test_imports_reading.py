"""How files are read: encodings, delimiters, packing, column names, ragged rows, mapping."""

import gzip
from collections.abc import Iterator

import pytest

from inventory.models import Product
from shop.imports import reading
from shop.imports.errors import ImportRefused
from shop.imports.kinds import find_kind
from shop.imports.mapping import complete, guess, parse
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, reasons, source

TEXT = "sku,name,price\nA1,Café crème,1.50\nB2,Müsli,2\n"


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (TEXT.encode(), "p.csv"),
        (TEXT.encode("utf-8-sig"), "p.csv"),
        (TEXT.encode("utf-16"), "p.csv"),
        (TEXT.encode("utf-16-le"), "p.csv"),
        (TEXT.encode("utf-16-be"), "p.csv"),
        (TEXT.encode("cp1252"), "p.csv"),
        (gzip.compress(TEXT.encode(), mtime=0), "p.csv.gz"),
        (TEXT.replace(",", "\t").encode(), "p.tsv"),
        (gzip.compress(TEXT.replace(",", "\t").encode(), mtime=0), "p.tsv.gz"),
        (TEXT.replace(",", ";").encode(), "p.csv"),
        (TEXT.replace(",", "|").encode(), "p.txt"),
        (TEXT.replace("\n", "\r\n").encode(), "p.csv"),
        (f"\n\n{TEXT}\n,,\n\n".encode(), "p.csv"),
        (TEXT.replace("name", " Name ").replace("A1", " A1\u00a0").encode(), "p.csv"),
    ],
)
def test_every_way_of_writing_gives_the_same_products(green: Cast, content: bytes, name: str) -> None:
    result = bring_in("products", source(content, name))
    assert counts(result) == (2, 0, 0, 0)
    assert Product.objects.get(sku="A1").name == "Café crème"
    assert Product.objects.get(sku="B2").name == "Müsli"
    assert any("not UTF-8" in note for note in result.notes) == (content == TEXT.encode("cp1252"))


def test_a_wrong_byte_after_the_first_block_still_decides_the_encoding(green: Cast) -> None:
    rows = "".join(f"S{n},Item {n},1\n" for n in range(60_000))
    result = bring_in("products", (f"sku,name,price\n{rows}".encode() + "LAST,Käse,1\n".encode("cp1252")))
    assert result.created == 60_001
    assert Product.objects.get(sku="LAST").name == "Käse"


def test_several_files_are_one_import(green: Cast) -> None:
    other = "price,sku,name\n3,C3,Oats\n"
    assert counts(bring_in("products", TEXT, source(other, "more.csv"))) == (3, 0, 0, 0)
    assert str(Product.objects.get(sku="C3").price) == "3.0000"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"  \n \n", "is empty"),
        (b"sku,name\n", "no rows below"),
        (b"sku,name\nA1,\0\n", "binary zeros"),
        (b"PK\x03\x04" + b"x" * 100, "an Excel workbook or a zip"),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel workbook"),
        ("sku,name\nA1,Café\nB2,".encode() + b"K\xe4se\n", "a part of it is UTF-8, line 3 is not"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-12], "cut off or damaged"),
        (b"a,b\n1,2\n", "No column gives sku"),
        (",".join(f"c{n}" for n in range(2000)).encode() + b"\n1\n", "1,000 is the most"),
    ],
)
def test_a_file_that_cannot_be_imported_says_why_and_changes_nothing(green: Cast, content: bytes, words: str) -> None:
    before = Product.objects.count()
    with pytest.raises(ImportRefused, match=words):
        bring_in("products", source(content))
    assert Product.objects.count() == before


def test_rows_that_are_too_long_or_too_short_are_refused_alone(green: Cast) -> None:
    result = bring_in("products", "sku,name,price\nA1,Tea,1\nB2,Milk, fresh,2\nC3\nD4,Jam,3,,\n")
    assert counts(result) == (2, 0, 0, 2)
    assert "the row has 4 cells, the first row has 3 column names" in reasons(result)


def test_a_quotation_mark_that_is_never_closed_costs_the_rows_it_swallows() -> None:
    text = 'sku,name\nA1,Tea\nB2,"' + "never closed\n" * 20_000
    found = source(text)
    layout = reading.look(found)
    rows = list(reading.Table(found, layout).rows())
    assert [row for _, row in rows if not layout.problem(row)] == [["A1", "Tea"]]
    assert {layout.problem(row) for _, row in rows[1:]} > {
        "a quotation mark in line 3 is not closed where it should be"
    }
    assert len(rows) == 20_001


def test_line_numbers_count_lines_not_rows() -> None:
    text = 'sku,name\n\nA1,"two\nlines"\nB2,one\n'
    found = source(text)
    assert [line for line, _ in reading.Table(found, reading.look(found)).rows()] == [3, 5]


def test_equal_and_missing_column_names_are_told_apart() -> None:
    assert reading.look(source("a,a,,b\n1,2,3,4\n")).header == ("a", "a (2)", "column 3", "b")


@pytest.mark.parametrize(
    ("value", "price"),
    [
        ("1234.5", "1234.5000"),
        ("£1,234.50", "1234.5000"),
        ("1.234,50 €", "1234.5000"),
        ("3,50", "3.5000"),
        ("0,842", "0.8420"),
        ("EUR 7", "7.0000"),
        ("1,234,567", "1234567.0000"),
        ("1.5e-16", "0.0000"),
        ("5E+05", "500000.0000"),
        (".5", "0.5000"),
    ],
)
def test_amounts_are_read_where_they_can_mean_one_thing(green: Cast, value: str, price: str) -> None:
    bring_in("products", f'sku,price\nA1,"{value}"\n')
    assert str(Product.objects.get(sku="A1").price) == price


@pytest.mark.parametrize(
    "value", ["1,234", "one", "NaN", "Infinity", "1_000", "0x1A", "1.2.3", "--5", "99999999999", "1e12"]
)
def test_amounts_that_are_none_or_could_mean_two_things_are_refused(green: Cast, value: str) -> None:
    result = bring_in("products", f'sku,price\nA1,"{value}"\n')
    assert counts(result) == (0, 0, 0, 1)
    assert "is not an amount we can be sure of" in reasons(result)


def test_guessing_knows_synonyms_and_joins_date_and_time() -> None:
    header = ("Invoice ID", "Date", "Time", "Product line", "Unit price", "Quantity", "Payment", "Store")
    found = guess(find_kind("sales_lines"), header)
    assert found.columns == {
        "receipt": ("Invoice ID",),
        "time": ("Date", "Time"),
        "product": ("Product line",),
        "price": ("Unit price",),
        "quantity": ("Quantity",),
        "tender": ("Payment",),
        "branch": ("Store",),
    }


def test_what_is_said_wins_and_equal_names_fill_the_rest() -> None:
    kind = find_kind("sales_lines")
    said = parse(kind, ["receipt=no", "time=d", "time=t", "branch:=Harbour", "total="])
    found = complete(kind, said, ("No", "D", "T", "Product", "Total", "Payment"))
    assert found.columns == {"receipt": ("No",), "time": ("D", "T"), "product": ("Product",), "total": ()}
    assert "total" not in found.fields
    assert found.constants == {"branch": "Harbour"}


@pytest.mark.parametrize(
    ("maps", "words"),
    [
        (["colour=Colour"], "“colour” is not a field of products. Its fields: sku, name"),
        (["sku"], "Write field=column"),
        (["sku=Nothing"], "There is no column “Nothing”"),
        (["sku="], "No column gives sku"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_explained(green: Cast, maps: list[str], words: str) -> None:
    with pytest.raises(ImportRefused, match=words):
        bring_in("products", TEXT, maps=maps)
