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
# Page -> the tables it has as files.
TABLES = {
    "sales": ["csv&table=days", "csv&table=hours", "csv&table=rows", "csv&table=changes"],
    "line_list": ["csv"],
    "product_list": ["csv"],
    "review_list": ["csv", "trend", "aspects"],
    "price_list": ["csv", "till"],
    "price_effects": ["csv"],
    "price_costs": ["csv"],
    "price_batch_detail": ["csv"],
    "competitor_list": ["csv"],
    "shift_list": ["csv", "takings"],
    "below_zero": ["csv"],
    "inventory": ["csv", "csv&view=expiring", "csv&view=dead", "csv&view=counts"],
    "order_list": ["csv"],
    "order_detail": ["csv"],
    "event_list": ["csv"],
    "decision_list": ["csv"],
    "outcome_list": ["csv"],
    "run_list": ["csv"],
    "forecast_quality": ["csv"],
    "llm_call_list": ["csv"],
    "markdown_list": ["csv"],
    "match_list": ["csv"],
}
# Digits that are a name, not an amount.
CODES = {"sku", "product", "barcode", "receipt", "lot", "code", "till", "z", "number", "order", "customer", "name",
         "supplier", "version", "detail", "input_hash", "register", "shift", "id"}  # fmt: skip
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")


def test_every_file_is_a_workbook_too(cast: Cast) -> None:
    things, client = shelf.fill(cast.green), cast.client()
    for page, tables in TABLES.items():
        address = address_of(f"insights:{page}", IN_SHOP[f"insights:{page}"], things)
        for table in tables:
            plain = client.get(f"{address}?export={table}")
            assert plain["Content-Type"].startswith("text/csv"), (page, table)
            book = client.get(f"{address}?export={table}&format=xlsx")
            assert book["Content-Type"] == files.XLSX_TYPE, (page, table)
            _same(list(csv.reader(io.StringIO(plain.content.decode(), newline=""))), book.content, f"{page} {table}")


def test_every_link_to_a_file_offers_every_form() -> None:
    """A template that writes its own link to a CSV file would leave the workbook out."""
    own = []
    for path in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        if path.parent.name == "insights" and "as CSV<" in path.read_text():
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
