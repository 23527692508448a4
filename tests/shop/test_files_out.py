"""Tables as files: exact CSV, CSV for the shop's own Excel, workbooks in which every cell has its type."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tracemalloc
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from shop import files, xlsxout
from shop.csvout import Cell
from shop.files import Format, asked_format
from shop.tenancy import use_shop
from tests.factories import Cast, make_product

MOMENT = dt.datetime(2026, 11, 21, 17, 30, 15, tzinfo=dt.UTC)
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")']
ROW: tuple[Cell, ...] = ("=1+1", "00123", Decimal("3.50"), Decimal("0.0425"), 7, dt.date(2026, 1, 2), MOMENT, None)
UNFIT = "\ufffe\uffff"
HEADER = [f"c{place}" for place in range(len(ROW))]


def written(form: Format, rows: Any, country: str = "PT", header: Any = HEADER) -> bytes:
    out = io.BytesIO()
    files.write(out, form, "Prices", header, rows, country=country)
    return out.getvalue()


def sheet(content: bytes, place: int = 0) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(place).to_python()


def test_each_cell_has_its_type() -> None:
    header, row = sheet(written(Format.XLSX, [ROW]))
    assert header == HEADER
    moment = MOMENT.replace(tzinfo=None)
    assert row == ["=1+1", "00123", 3.5, 0.0425, 7.0, dt.date(2026, 1, 2), moment, ""]
    xml = zipfile.ZipFile(io.BytesIO(written(Format.XLSX, [ROW]))).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in xml


def test_the_plain_file_is_exact_and_the_local_one_is_for_the_eye() -> None:
    plain = written(Format.CSV, [ROW]).decode().splitlines()[1]
    assert plain == "'=1+1,00123,3.50,0.0425,7,2026-01-02,2026-11-21T17:30:15+00:00,"
    local = written(Format.EXCEL, [ROW]).decode()
    assert local.startswith("\ufeffc0;c1;")
    assert local.splitlines()[1] == "'=1+1;00123;3,50;0,0425;7;2026-01-02;2026-11-21 17:30:15;"
    assert written(Format.EXCEL, [ROW], "GB").decode().splitlines()[1].startswith("'=1+1,00123,3.50,")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula(text: str) -> None:
    assert sheet(written(Format.XLSX, [[text]], header=["name"]))[1][0].strip() == text.strip()
    for form in (Format.CSV, Format.EXCEL):
        ((cell, *_),) = list(csv.reader(io.StringIO(written(form, [[text]], header=["n"]).decode(), newline="")))[1:]
        assert cell == f"'{text}"


@given(st.lists(st.tuples(st.text(max_size=40), st.decimals(-(10**9), 10**9, places=4)), max_size=5))
def test_what_goes_into_a_workbook_comes_out(rows: list[tuple[str, Decimal]]) -> None:
    found = sheet(written(Format.XLSX, rows, header=["text", "number"]))[1:]
    for (text, number), (shown, value) in zip(rows, found, strict=True):
        plain = text.replace("\r\n", "\n").replace("\r", "\n")
        assert shown == "".join(sign for sign in plain if sign in "\t\n" or ord(sign) >= 32 and sign not in UNFIT)
        assert Decimal(repr(value)) == number


def test_what_a_sheet_cannot_hold_goes_on_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsxout, "MOST_ROWS", 3)
    content = written(Format.XLSX, ([number] for number in range(7)), header=["n"])
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["Prices", "Prices 2", "Prices 3"]
    assert [len(sheet(content, place)) for place in range(3)] == [4, 4, 2]
    assert sheet(written(Format.XLSX, [], header=["n"])) == [["n"]]


def test_memory_does_not_grow_with_the_table(tmp_path: Path) -> None:
    def peak(rows: int, form: Format) -> int:
        tracemalloc.start()
        with (tmp_path / "t").open("wb") as out:
            files.write(out, form, "t", HEADER, (ROW for _ in range(rows)))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    for form in Format:
        assert peak(4000, form) < peak(1000, form) + 200_000


def test_an_unknown_form_is_refused() -> None:
    assert asked_format("") is Format.CSV
    with pytest.raises(files.FormatUnknown, match="csv, excel or xlsx"):
        asked_format("pdf")


@pytest.mark.django_db
def test_pages_offer_every_form(cast: Cast) -> None:
    with use_shop(cast.green):
        make_product(sku="A1", name="=Milk", price="1.20")
    page = "/s/green/products/"
    text = cast.client().get(page).content.decode()
    assert "format=xlsx" in text
    assert ("format=excel" in text) == (cast.green.country == "PT")
    answer = cast.client().get(f"{page}?export=csv&format=xlsx&q=A1")
    assert answer["Content-Type"] == files.XLSX_TYPE
    assert answer["Content-Disposition"].endswith('products.xlsx"')
    row = dict(zip(*sheet(answer.content), strict=True))
    assert (row["sku"], row["name"], row["price"]) == ("A1", "=Milk", 1.2)
    assert cast.client().get(f"{page}?export=csv&format=pdf").status_code == 422
    assert cast.client(cast.bob).get(f"{page}?export=csv&format=xlsx").status_code == 403


@pytest.mark.django_db
def test_the_command_writes_every_form(cast: Cast, tmp_path: Path) -> None:
    with use_shop(cast.green):
        make_product(sku="A1", price="1.20")
    for form, ending in (("csv", "csv"), ("excel", "csv"), ("xlsx", "xlsx")):
        path = tmp_path / f"{form}.{ending}"
        call_command("export", "green", "products", format=form, to_file=path)
        assert path.stat().st_size
    assert sheet((tmp_path / "xlsx.xlsx").read_bytes())[1][0] == "A1"
