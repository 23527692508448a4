"""The preview shows rows as they would be stored, by the import's own SQL, and leaves nothing behind."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from inventory.models import Product
from sales.models import Sale, SaleLine
from shop.imports import preview
from shop.imports.kinds import every_kind, find_kind, template
from shop.imports.mapping import Mapping, guess
from shop.imports.reading import Layout
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in

HEADER = ("Receipt", "When", "Item", "Qty", "Price", "Other")
LAYOUT = Layout("utf-8", ",", HEADER)
ROWS = [
    ["1001", "27/04/2026 17:30", "MILK", "2", "£1.45", ""],
    ["1001", "27/04/2026 17:30", "BREAD", "x", "1.20", ""],
    ["", "03/04/2026", "TEA", "1", "3.5", ""],
    ["1003", "04/04/2026", "JAM", "1", "2", "", "too", "many"],
]
MAPPING = Mapping(
    {"receipt": ("Receipt",), "time": ("When",), "product": ("Item",), "quantity": ("Qty",), "price": ("Price",)}
)


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def shown(mapping: Mapping = MAPPING, rows: list[list[str]] = ROWS, **more: object) -> preview.Preview:
    return preview.preview(find_kind("sales_lines"), mapping, LAYOUT, rows, **more)  # type: ignore[arg-type]


def test_rows_are_shown_as_stored_with_problems_by_cell(green: Cast) -> None:
    found = shown(lines=[2, 3, 4, 9])
    assert found.columns == ("receipt", "time", "product", "quantity", "price")
    assert found.rows[:3] == [
        ["1001", "2026-04-27 17:30", "MILK", "2", "1.45"],
        ["1001", "2026-04-27 17:30", "BREAD", "", "1.2"],
        ["", "2026-04-03 00:00", "TEA", "1", "3.5"],
    ]
    assert found.lines == [2, 3, 4, 9]
    assert found.problems == [
        {
            "line": 3,
            "field": "quantity",
            "text": "quantity: “x” is not a number we can be sure of. Write it like 1234.5",
        },
        {"line": 4, "field": "receipt", "text": "receipt is empty"},
        {"line": 9, "field": "", "text": "the row has 8 cells, the first row has 6 column names"},
    ]
    assert found.evidence == ["Dates were read day first, because “27/04/2026 17:30” appears."]


def test_what_is_missing_and_what_cannot_be_is_said_once(green: Cast) -> None:
    found = shown(Mapping({"receipt": ("Receipt",)}))
    assert [(one["line"], one["field"]) for one in found.problems[:2]] == [(0, "time"), (0, "product")]
    both = shown(rows=[["1", "27/04/2026", "A", "1", "1", ""], ["1", "04/27/2026", "A", "1", "1", ""]])
    assert both.rows == [] and "is day first" in both.problems[0]["text"]
    assert shown(rows=[]) == preview.Preview()
    odd = shown(Mapping({**MAPPING.columns, "nothing": ("Qty",)}))
    assert "is not a field" in odd.problems[0]["text"]


def test_rows_beyond_those_shown_still_tell_how_dates_are_written(green: Cast) -> None:
    found = shown(rows=[ROWS[2], ROWS[0]], shown=1)
    assert len(found.rows) == 1 and "day first, because" in found.evidence[0]


def test_corrections_and_steps_are_seen_at_once(green: Cast) -> None:
    mapping = MAPPING.with_value("quantity", "x", "3").with_edit("0:4", "receipt", "1002").with_skip("0:9")
    found = shown(mapping, lines=[2, 3, 4, 9])
    assert found.problems == [] and found.rows[1][3] == "3" and found.rows[2][0] == "1002" and len(found.rows) == 3


def test_nothing_stays_behind_and_nothing_is_waited_for(green: Cast) -> None:
    before = Sale.objects.count(), Product.objects.count()
    shown()
    took = min(_seconds() for _ in range(3))
    assert took < 0.3, f"{took:.3f} s for {len(ROWS)} rows"
    assert (Sale.objects.count(), Product.objects.count()) == before
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_class where relname like 'import\\_r%' and relpersistence = 't'")
        assert cursor.fetchone()[0] == 0
        cursor.execute("show timezone")
        assert cursor.fetchone()[0] == "UTC"


def _seconds() -> float:
    started = time.perf_counter()
    shown()
    return time.perf_counter() - started


def test_what_is_shown_is_what_is_stored(green: Cast) -> None:
    content = ",".join(HEADER) + '\n1001,27/04/2026 17:30,MILK-2,"1,5",£1.45,\n'
    bring_in("sales_lines", content, maps=[f"{name}={columns[0]}" for name, columns in MAPPING.columns.items()])
    line = SaleLine.objects.latest("pk")
    rows = shown(rows=[["1001", "27/04/2026 17:30", "MILK-2", "1,5", "£1.45", ""]]).rows
    assert rows[0][3:] == [str(line.quantity.normalize()), str(line.unit_price.normalize())]


def test_every_kinds_own_template_previews_without_a_problem(green: Cast) -> None:
    for kind in every_kind():
        header, rows = template(kind)
        if not header:
            continue  # rows without column names
        found = preview.preview(kind, guess(kind, header), Layout("utf-8", ",", tuple(header)), rows)
        assert rows and not found.problems, (kind.name, found.problems)


def test_reading_the_sample_opens_no_file(green: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **more: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr(Path, "open", refuse)
    assert shown().rows
