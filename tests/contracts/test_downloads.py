"""Every table that is a file is a workbook too: the same rows, with numbers as numbers and codes as text."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from python_calamine import CalamineWorkbook

from shop import files
from tests.contracts import shelf
from tests.contracts.access_table import IN_SHOP
from tests.contracts.test_access import address_of
from tests.factories import Cast

pytestmark = pytest.mark.django_db
TABLES = ["csv", "trend", "aspects", "takings", "till", "demand", "curve"]
# Digits that are a name, not an amount.
CODES = {"sku", "product", "barcode", "receipt", "lot", "code", "till", "z", "number", "order", "customer", "name",
         "supplier", "version", "detail", "input_hash", "register", "shift", "id"}  # fmt: skip
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")


def test_every_file_is_a_workbook_too(cast: Cast) -> None:
    things, client = shelf.fill(cast.green), cast.client()
    seen = []
    for name, access in IN_SHOP.items():
        if access.method != "get" or not name.startswith("insights:"):
            continue
        address = address_of(name, access, things)
        for table in TABLES:
            query = f"{address}{'&' if '?' in address else '?'}export={table}"
            answer = client.get(query)
            if "text/csv" not in answer.get("Content-Type", ""):
                continue
            seen.append((name, table))
            book = client.get(f"{query}&format=xlsx")
            assert book["Content-Type"] == files.XLSX_TYPE, query
            _same(list(csv.reader(io.StringIO(answer.content.decode(), newline=""))), book.content, query)
    assert len(seen) >= 20, seen


def test_every_link_to_a_file_offers_every_form() -> None:
    """A template that writes its own link to a CSV file would leave the workbook out."""
    own = []
    for path in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        if path.name != "download.html" and "as CSV<" in path.read_text():
            own.append(path.name)
    assert own == []


def _same(plain: list[list[str]], book: bytes, query: str) -> None:
    sheet: list[list[Any]] = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert sheet[0] == plain[0], query
    assert len(sheet) == len(plain), query
    for place, column in enumerate(plain[0]):
        if column in CODES:
            continue
        for row, cells in zip(plain[1:], sheet[1:], strict=True):
            if _NUMBER.match(row[place]):
                assert isinstance(cells[place], float), f"{query}: {column} is text, {cells[place]!r}"
