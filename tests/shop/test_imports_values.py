"""How cells become values: numbers by their column, dates by the file, codes as they were before a spreadsheet."""

from collections.abc import Iterator

import pytest

from shop.imports import preview
from shop.imports.kinds import find_kind
from shop.imports.mapping import Mapping
from shop.imports.reading import Layout
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import bring_in, counts, reasons


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def read(kind: str, field: str, *cells: str, **more: str) -> tuple[list[str], list[str], list[str]]:
    """(stored values, problems, evidence) of one column of cells."""
    columns = {field: ("a",)} | {name: ("b",) for name in more}
    rows = [[cell, *more.values()] for cell in cells]
    layout = Layout("utf-8", ",", ("a", "b")[: 1 + bool(more)])
    found = preview.preview(find_kind(kind), Mapping(columns), layout, rows, shown=100)
    place = found.columns.index(field)
    return [row[place] for row in found.rows], [said["text"] for said in found.problems if said["line"]], found.evidence


def price(*cells: str) -> list[str]:
    return read("products", "price", *cells)[0]


COLUMNS = [
        # 1,234 is what its column is.
        (("1,234", "3,50"), ["1.234", "3.5"]),
        (("1,234", "3.50"), ["1234", "3.5"]),
        (("1.234", "3,50"), ["1234", "3.5"]),
        (("1.234", "3.50"), ["1.234", "3.5"]),
        (("1.234", "1.234.567"), ["1234", "1234567"]),
        (("1,234", "1,234,567"), ["1234", "1234567"]),
        (("1,234", "0,5"), ["1.234", "0.5"]),
        (("12,345.60", "1,234"), ["12345.6", "1234"]),
        (("12.345,60", "1,234", "7"), ["12345.6", "1.234", "7"]),
        # Alone it stays unsure; a point alone is a decimal point.
        (("1,234", "12"), ["", "12"]),
        (("1.234", "12"), ["1.234", "12"]),
        # Where a column has both, only what is clear is read.
        (("1,234", "3,50", "2.25"), ["", "3.5", "2.25"]),
    ]  # fmt: skip


def test_a_whole_column_decides_which_sign_is_the_decimal_one(green: Cast) -> None:
    assert [(cells, got) for cells, values in COLUMNS if (got := price(*cells)) != values] == []


def test_what_decided_is_said(green: Cast) -> None:
    assert read("products", "price", "1,234", "3,50")[2] == [
        "price: numbers such as “1,234” have a decimal comma, because “3,50” appears."
    ]
    _, problems, evidence = read("products", "price", "1,234", "3,50", "2.25")
    assert evidence == ["price has decimal commas (“3,50”) and points (“2.25”), so “1,234” is unsure."]
    assert problems == ["price: “1,234” is not an amount we can be sure of. Write it like 1234.50"]


def test_another_column_of_numbers_tells_where_the_own_one_does_not(green: Cast) -> None:
    kind, layout = find_kind("products"), Layout("utf-8", ",", ("sku", "price", "cost"))
    mapping = Mapping({name: (name,) for name in layout.header})
    found = preview.preview(kind, mapping, layout, [["A", "1,234", "3,50"], ["B", "2", "1,20"]])
    assert found.rows == [["A", "1.234", "3.5"], ["B", "2", "1.2"]]
    assert found.evidence[
        -1
    ] == "price: numbers such as “1,234” have a decimal comma, because “3,50” appears in cost." or (
        "appears in cost" in found.evidence[0]
    )


AMOUNTS = [
        ("£1.50", "1.5"), ("1.50 £", "1.5"), ("-£1.50", "-1.5"), ("£-1.50", "-1.5"), ("(1.50)", "-1.5"),
        ("(£1.50)", "-1.5"), ("1.50-", "-1.5"), ("− 1.50", "-1.5"), ("EUR 7", "7"), ("7 EUR", "7"),
        ("kr 12.50", "12.5"), ("12.50 zł", "12.5"), ("R$ 9.90", "9.9"), ("CHF 1'234.50", "1234.5"),
        ("1 234.50", "1234.5"),
        ("1\u00a0234\u00a0567.5", "1234567.5"), ("+3", "3"), ("$4.50 ", "4.5"), ("Kč 30", "30"), ("Fr. 3.20", "3.2"),
        (".5", "0.5"), ("5.", "5"),
    ]  # fmt: skip


def test_signs_and_gaps_are_no_part_of_an_amount(green: Cast) -> None:
    assert [(cell, got) for cell, value in AMOUNTS if (got := price(cell)) != [value]] == []


UNSURE = [
    "1£50",
    "1USD2",
    "3 50",
    "12 34 56",
    "--5",
    "(5",
    "5%",
    "#N/A",
    "1.2.3",
    "1,2,3",
    "12e",
    "1'23",
    "£",
    "- ",
]


def test_what_could_mean_something_else_is_refused_not_guessed(green: Cast) -> None:
    for cell in UNSURE:
        values, problems, _ = read("products", "price", cell)
        assert values == [""] and "is not an amount we can be sure of" in problems[0], cell


WHOLE = [("12", "12"), ("12.0", "12"), ("1,234", ""), ("1.5", ""), ("-3", "")]  # fmt: skip


def test_whole_numbers_stay_whole(green: Cast) -> None:
    assert [cell for cell, value in WHOLE if read("products", "pack_size", cell)[0] != [value]] == []


DAYS = [
        ("27. März 2026", "2026-03-27"), ("27 avr. 2026", "2026-04-27"), ("27 avril 2026", "2026-04-27"),
        ("3 de enero de 2026", "2026-01-03"), ("3 gennaio 2026", "2026-01-03"), ("14 mei 2026", "2026-05-14"),
        ("27 kwietnia 2026", "2026-04-27"), ("1 października 2026", "2026-10-01"), ("5 août 2026", "2026-08-05"),
        ("5 de outubro de 2026", "2026-10-05"), ("1er mars 2026", "2026-03-01"), ("31-Dez-2026", "2026-12-31"),
        ("31-dic-26", "2026-12-31"), ("Mo., 27. April 2026", "2026-04-27"), ("Monday, 27 April 2026", "2026-04-27"),
        ("Mon, Apr 27, 2026", "2026-04-27"), ("Nov 2, 2026", "2026-11-02"), ("2 Nov 2026", "2026-11-02"),
        ("2nd Nov 2026", "2026-11-02"), ("10 luglio 2026", "2026-07-10"), ("10 juin 2026", "2026-06-10"),
        ("lundi 10 juin 2026", "2026-06-10"), ("2026-11-02", "2026-11-02"), ("02.11.2026", "2026-11-02"),
    ]  # fmt: skip


def test_months_are_read_in_the_languages_of_tills(green: Cast) -> None:
    for cell, day in DAYS:
        values, problems, _ = read("customers", "joined", cell, id="1")
        assert (values, problems) == ([day], []), cell


CLOCKS = [
        ("27/04/2026 5:30 PM", "17:30"), ("27/04/2026 5:30pm", "17:30"), ("27/04/2026 5:30 p.m.", "17:30"),
        ("27/04/2026 12:05 a.m.", "00:05"), ("27.04.2026 17.30", "17:30"), ("27.04.2026 17.30.15", "17:30"),
        ("27/04/2026 17h30", "17:30"), ("27/04/26 17:30:15", "17:30"), ("27 avril 2026 17:30", "17:30"),
        ("2026-04-27T17:30:00", "17:30"), ("27. April 2026 5.30 pm", "17:30"),
    ]  # fmt: skip


def test_clocks_of_twelve_hours_and_with_dots_are_read(green: Cast) -> None:
    for cell, time in CLOCKS:
        values, problems, _ = read("sales_lines", "time", cell)
        assert (values, problems) == ([f"2026-04-27 {time}"], []), cell


def test_a_column_of_day_numbers_is_read_as_dates_and_says_so(green: Cast) -> None:
    values, problems, evidence = read("customers", "joined", "45321", "45322.75", "43831", id="1")
    assert (values, problems) == (["2024-01-30", "2024-01-31", "2020-01-01"], [])
    assert evidence == ["joined holds day numbers of a spreadsheet: “45321” was read as 2024-01-30."]
    assert read("sales_lines", "time", "45321.5")[0] == ["2024-01-30 12:00"]


def test_a_lone_number_among_dates_is_no_date(green: Cast) -> None:
    values, problems, _ = read("customers", "joined", "45321", "2026-11-02", id="1")
    assert values == ["", "2026-11-02"] and len(problems) == 1


CODES = [
        ("17850.0", "17850"), ("5.012345678900E+12", "5012345678900"), ("5,012345678900E+12", "5012345678900"),
        (" A  1 ", "A 1"), ("A\u00a01", "A 1"), ("00042", "00042"), ("1E5", "1E5"), ("A1.0", "A1.0"),
    ]  # fmt: skip


def test_codes_are_written_as_they_were(green: Cast) -> None:
    assert [(cell, got) for cell, code in CODES if (got := read("products", "sku", cell)[0]) != [code]] == []


SPOILED = ["5.01E+12", "5.01235E+12", "5,01E+12", "1E+12"]  # fmt: skip


def test_a_code_that_lost_digits_is_refused_with_the_remedy(green: Cast) -> None:
    for cell in SPOILED:
        _, problems, evidence = read("products", "barcode", cell, "5012345678900")
        assert len(problems) == 1 and "was shortened by a spreadsheet, its last digits are lost" in problems[0]
        assert "Export the file again" in evidence[0]
    result = bring_in("products", "sku,name,barcode\nA1,Tea,5.01E+12\nB2,Milk,5012345678900\n")
    assert counts(result) == (1, 0, 0, 1) and "its last digits are lost" in reasons(result)
