"""Workbooks and archives as people send them: every cell as the sheet shows it, every table found."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.imports.errors import ImportRefused
from shop.imports.opening import Member, first_look, open_tables
from shop.imports.reading import Source, look
from shop.imports.workbook_child import as_shown, text
from tests.shop import hostile as h

STYLES = (
    b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="4">'
    b'<numFmt numFmtId="170" formatCode="0000000000000"/><numFmt numFmtId="171" formatCode="0.0\\ %"/>'
    b'<numFmt numFmtId="172" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/>'
    b'<numFmt numFmtId="173" formatCode="0&quot;%&quot;"/></numFmts>'
    b'<cellXfs count="7"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="172"/><xf numFmtId="9"/>'
    b'<xf numFmtId="171"/>'
    b'<xf numFmtId="170"/><xf numFmtId="173"/></cellXfs></styleSheet>'
)


def opened(name: str, content: bytes, folder: Path) -> list[Member]:
    return open_tables(Source(name, len(content), lambda: io.BytesIO(content)), folder)


def lines(member: Member) -> list[str]:
    with member.source.opens() as raw:
        return raw.read().decode().split("\n")[:-1]


def styled(*values: tuple[int, object], row: int = 1) -> str:
    return f'<row r="{row}">{"".join(f"""<c s="{style}"><v>{value}</v></c>""" for style, value in values)}</row>'


def test_cells_come_as_the_sheet_shows_them(tmp_path: Path) -> None:
    rows = styled((1, 46023), (2, 46023.5), (3, 0.21), (4, 0.055), (5, 12345678905), (6, 7), (0, 8.710400000001e12))
    rows += styled((0, 17850.0), (0, 0.30000000000000004), (0, 1e-7), (0, -4.5), (0, 4.5), row=2)
    (member,) = opened("p.xlsx", h.xlsx(rows, parts=[("xl/styles.xml", STYLES)]), tmp_path)
    assert lines(member) == [
        "2026-01-01,2026-01-01 12:00:00,21%,5.5%,0012345678905,7,8710400000001",
        "17850,0.3,0.0000001,-4.5,4.5,,",
    ]


def test_a_line_is_the_row_of_the_sheet(tmp_path: Path) -> None:
    """Rows above the table and between its rows stay as blank lines; line breaks in a cell become spaces."""
    rows = h.cells("Price list", row=3) + h.cells("sku", "name", row=5) + h.cells("A1", "Red&#10;apples", row=8)
    (member,) = opened("p.xlsx", h.xlsx(rows), tmp_path)
    assert lines(member) == ["", "", "Price list,", "", "sku,name", "", "", "A1,Red apples"]


def test_sheets_are_tables_and_hidden_ones_come_last(tmp_path: Path) -> None:
    book = h.xlsx(sheets=3)
    hidden = h.part(book, "xl/workbook.xml").replace(b'<sheet name="Prices"', b'<sheet name="Prices" state="hidden"')
    found = opened("p.xlsx", h.xlsx(sheets=3, parts=[("xl/workbook.xml", hidden)]), tmp_path)
    assert [member.name for member in found] == ["2", "3", "Prices"]
    assert found[2].evidence == ("The sheet “Prices” is hidden in the workbook.",)


def test_what_is_certain_of_a_sheet_is_said(tmp_path: Path) -> None:
    """Semicolons and foreign letters in the cells make no difference."""
    rows = h.cells("sku", "a;b;c") + h.cells("A1", "é;ü;ñ", row=2) + h.cells("A2", "é;ü;ñ", row=3)
    (member,) = opened("p.xlsx", h.xlsx(rows), tmp_path)
    assert look(member.source, said=member.said).header == ("sku", "a;b;c")


def test_open_format_and_its_repeated_percentages(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="percentage" office:value="0.07" table:number-columns-repeated="2"/>'
    twice = f'<table:table-row table:number-rows-repeated="2"><table:table-cell/>{cell}</table:table-row>'
    far = '<table:table-row table:number-rows-repeated="1048000">'
    far += '<table:table-cell table:number-columns-repeated="16384"/>'
    rows = h.ods_row("sku", "tax", "reduced") + twice + h.ods_row("end") + far + "</table:table-row>"
    (member,) = opened("p.ods", h.ods(rows), tmp_path)
    assert lines(member) == ["sku,tax,reduced", ",7%,7%", ",7%,7%", "end,,"]


def test_an_old_workbook(tmp_path: Path) -> None:
    (member,) = opened("p.xls", h.xls([(0, 0, 1.5), (0, 1, 8710400000001.0), (2, 0, 3.0)]), tmp_path)
    assert lines(member) == ["1.5,8710400000001", "", "3,"]


def test_a_zip_of_everything(tmp_path: Path) -> None:
    """Text and workbooks are found, whatever the folder; the rest is named."""
    packed = h.zipped(
        ("week/", b""), ("week/mon.csv", h.ROWS), ("week/stock.xlsx", h.xlsx()), ("photo.jpg", b"\xff\xd8"),
        ("__MACOSX/week/._mon.csv", b"\0"), ("README.txt", b"hello"), ("old.xls", b"sku\tprice\nA\t1\n"),
    )  # fmt: skip
    found = opened("till.zip", packed, tmp_path)
    assert [member.name for member in found] == ["mon.csv", "stock.xlsx", "old.xls"]
    assert found[0].evidence == ("Left out, being no tables: photo.jpg, README.txt.",)
    assert lines(found[0])[1] == "A1,Apples,1.20"


def test_no_two_tables_have_one_name(tmp_path: Path) -> None:
    found = opened("a.zip", h.zipped(("mon/sales.csv", h.ROWS), ("tue/sales.csv", h.ROWS)), tmp_path)
    assert [member.name for member in found] == ["sales.csv", "sales.csv (2)"]


def test_text_is_itself_and_gzip_streams(tmp_path: Path) -> None:
    for name, content in (("a.csv", h.ROWS), ("a.csv.gz", h.gzipped(h.ROWS)), ("a.xls", b"sku\tprice\n")):
        source = Source(name, len(content), lambda content=content: io.BytesIO(content))  # type: ignore[misc]
        assert open_tables(source, tmp_path)[0].source is source
    assert list(tmp_path.iterdir()) == []
    (member,) = opened("a.xlsx.gz", h.gzipped(h.xlsx()), tmp_path)
    assert lines(member) == ["sku,name"]


def test_too_large_is_said_before_anything_is_read() -> None:
    with pytest.raises(ImportRefused, match="1 GB"):
        first_look(Source("a.csv", 2**30 + 1, lambda: io.BytesIO(h.ROWS)))


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4, allow_nan=False))
def test_a_number_comes_back_as_it_was_typed(typed: Decimal) -> None:
    assert Decimal(text(float(typed))) == typed
    assert "E" not in text(float(typed))


@given(st.decimals(min_value=0, max_value=1000, places=4, allow_nan=False))
def test_a_percentage_comes_back_as_it_was_typed(typed: Decimal) -> None:
    fraction = float(typed / 100)
    assert Decimal(as_shown(fraction, text(fraction), "%").rstrip("%")) == typed


def test_moments_of_a_spreadsheet_have_no_dust() -> None:
    assert text(dt.datetime(2026, 1, 1, 12, 59, 59, 999_999)) == "2026-01-01 13:00:00"
    assert text(dt.timedelta(hours=36, seconds=1)) == "36:00:01"
    assert text(True) == "TRUE"
