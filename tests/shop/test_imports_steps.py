"""The steps over a field's text: what each does, that it says so, and that its arguments never become SQL."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from inventory.models import Product
from sales.models import Sale
from shop.imports import transforms
from shop.imports.errors import ImportRefused
from shop.imports.kinds import As, find_kind
from shop.imports.mapping import Mapping, parse
from shop.imports.running import run
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.importing import counts, source


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def after(cell: str, *steps: dict[str, Any]) -> str:
    """The cell's text after the steps, "" where it is empty."""
    with connection.cursor() as cursor:
        cursor.execute("create temp table if not exists cells (c text)")
        cursor.execute("truncate cells")
        cursor.execute("insert into cells values (nullif(%s, ''))", [cell])
        cursor.execute(f"select {transforms.compiled('c', steps)} from cells")
        return cursor.fetchone()[0] or ""


STEPS: list[tuple[str, list[dict[str, Any]], str]] = [
    ("A", [{"do": "replace", "values": {"A": "B", "B": "C"}}], "B"),
    ("", [{"do": "replace", "values": {"": "none"}}], "none"),
    ("A", [{"do": "replace", "values": {"A": ""}}], ""),
    ("a-b-c", [{"do": "replace_part", "find": "-", "put": "/"}], "a/b/c"),
    ("a-b-c", [{"do": "replace_part", "find": "-"}], "abc"),
    ("Dairy - Milk", [{"do": "part", "by": "-", "take": 1}], "Dairy"),
    ("Dairy - Milk", [{"do": "part", "by": "-", "take": -1}], "Milk"),
    ("Dairy", [{"do": "part", "by": "-", "take": 2}], ""),
    ("20-4711-9", [{"do": "characters", "first": 4, "count": 4}], "4711"),
    ("sku-12", [{"do": "strip_start", "text": "SKU-"}], "12"),
    ("12", [{"do": "strip_start", "text": "SKU-"}], "12"),
    ("12 PCS", [{"do": "strip_end", "text": "pcs"}], "12"),
    ("12", [{"do": "add_start", "text": "A"}, {"do": "add_end", "text": "Z"}], "A12Z"),
    ("No. 4-7", [{"do": "digits"}], "47"),
    ("none", [{"do": "digits"}], ""),
    ("tea", [{"do": "upper"}], "TEA"),
    ("TEA", [{"do": "lower"}], "tea"),
    ("a   b", [{"do": "one_space"}], "a b"),
    ("a b c", [{"do": "no_spaces"}], "abc"),
    ("0042", [{"do": "no_zeros"}], "42"),
    ("0", [{"do": "no_zeros"}], "0"),
    ("651511016", [{"do": "zeros", "length": 13}], "0000651511016"),
    ("12345678901234", [{"do": "zeros", "length": 13}], "12345678901234"),
    ("n/a", [{"do": "empty", "values": ["n/a", "-"]}], ""),
    ("1.234,50", [{"do": "decimal_comma"}], "1234.50"),
    ("1.234", [{"do": "decimal_comma"}], "1234"),
    ("1,234", [{"do": "decimal_point"}], "1234"),
    ("2.50", [{"do": "times", "by": "12"}], "30"),
    ("12 €", [{"do": "divided_by", "by": "1.2"}], "10"),
    ("150", [{"do": "from_minor"}], "1.5"),
    ("dear", [{"do": "from_minor"}], "dear"),
    ("20 %", [{"do": "percent"}], "0.2"),
    ("-3", [{"do": "negate"}], "3"),
    ("(3.50)", [{"do": "no_sign"}], "3.5"),
]
DATES = [
    ("03/04/2026", "day_first", "2026-04-03"),
    ("03/04/26", "month_first", "2026-03-04"),
    ("3.4.1999", "day_first", "1999-04-03"),
    ("27-4-26 17:30", "day_first", "2026-04-27 17:30"),
    ("45321", "excel_day", "2024-01-30"),
    ("2026-04-03", "excel_day", "2026-04-03"),
    ("1489090279", "unix_time", "2017-03-09 20:11:19Z"),
    ("1489090279000", "unix_time", "2017-03-09 20:11:19Z"),
    ("45321.5", "excel_day", "2024-01-30 12:00:00"),
    ("31/31/2026", "day_first", "2026-31-31"),
    ("soon", "day_first", "soon"),
]


@pytest.mark.django_db
def test_each_step_does_what_it_says() -> None:
    wrong = [(cell, steps, got) for cell, steps, want in STEPS if (got := after(cell, *steps)) != want]
    wrong += [(cell, [{"do": do}], got) for cell, do, want in DATES if (got := after(cell, {"do": do})) != want]
    assert not wrong
    tried = {step["do"] for _, steps, _ in STEPS for step in steps} | {do for _, do, _ in DATES}
    assert {known.name for known in transforms.every()} - tried == {"join", "leave_out", "keep_only"}


def test_each_step_has_a_sentence_and_a_place() -> None:
    for _, steps, _ in STEPS:
        for step in steps:
            words = transforms.sentence(step)
            assert words and words[0].islower() | (words[0] in "“0123456789") and not words.endswith(".")
    assert {known.name for known in transforms.suiting(As.DATE)} >= {"day_first", "excel_day", "replace"}
    assert "decimal_comma" not in {known.name for known in transforms.suiting(As.TEXT)}


EVIL = ["'", "''; drop table shop_shop; --", "\\", "%s", "%(shop)s", "{v}", '"', "\0", "$$", "“", "\n", "é" * 100]


@pytest.mark.django_db
def test_arguments_stay_texts_however_they_are_written() -> None:
    """Every argument that takes a text, with signs that mean something to a database."""
    for evil in EVIL:
        plain = evil.replace("\0", "").strip()
        assert after("A", {"do": "add_end", "text": f"B{evil}C"}) == f"AB{evil}C".replace("\0", "")
        assert after("A", {"do": "replace", "values": {"A": f"B{evil}C"}}) == f"B{evil}C".replace("\0", "")
        assert after(f"A{plain}B", {"do": "replace", "values": {f"A{plain}B": "ok"}}) == "ok"
        assert after(f"A{plain}B", {"do": "part", "by": plain or "-", "take": 1}) in ("A", f"A{plain}B")
        assert after(f"A{plain}", {"do": "strip_end", "text": plain or "-"}) == "A"
        assert after(f"A{plain}", {"do": "empty", "values": [f"A{plain}"]}) == ""
        assert after(f"A{plain}B", {"do": "replace_part", "find": plain or "-", "put": evil or "-"})


def test_arguments_stay_texts_in_the_whole_import_too(green: Cast) -> None:
    """Constants, defaults, corrections and rows left out, with a quote in each."""
    evil = "x'); drop table inventory_product; --\\%s"
    steps = {"name": ({"do": "leave_out", "values": [evil]}, {"do": "join", "between": "'"})[::-1]}
    mapping = Mapping({"sku": ("sku",), "name": ("sku", "name")}, {"category": evil}, steps, {"supplier": evil})
    result = bring("sku,name\nA,Tea\nB,Milk\n", mapping.with_edit("0:2", "name", evil).with_edit("0:3", "name", "It's"))
    assert counts(result) == (1, 0, 0, 0)
    assert Product.objects.get(sku="B").supplier.name == evil
    assert Product.objects.get(sku="B").name == "It's"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"do": "times", "by": "1; select 1"}, "must be a number above 0"),
        ({"do": "times", "by": 2}, "must be a number above 0"),
        ({"do": "part", "by": "", "take": 1}, "is missing"),
        ({"do": "part", "by": "-", "take": "1"}, "must be a whole number"),
        ({"do": "part", "by": "-", "take": 0}, "must be a whole number"),
        ({"do": "replace", "values": {}}, "are missing"),
        ({"do": "replace", "values": ["a"]}, "are missing"),
        ({"do": "empty", "values": [1]}, "must be texts"),
        ({"do": "add_end", "text": "x" * 201}, "at most 200"),
        ({"do": "lambda"}, "is not a step"),
        ({}, "is not a step"),
        ("upper", "is not a step"),
        (None, "is not a step"),
    ],
)
def test_what_is_no_step_is_refused_by_name(step: Any, words: str) -> None:
    with pytest.raises(ImportRefused, match=words):
        transforms.checked(step)


def bring(content: str, mapping: Mapping, kind: str = "products") -> Any:
    return run(kind=find_kind(kind), sources=[source(content)], mapping=mapping)


TEXT = "sku,name,price\nA,Tea,1\nB,Milk,2\nBag,,3\nA,Tea,1\nC,Jam,x\n"
COLUMNS = {name: (name,) for name in ("sku", "name", "price")}


def test_rows_are_left_out_and_counted_and_hand_corrections_hold(green: Cast) -> None:
    mapping = Mapping(COLUMNS, steps={"sku": ({"do": "leave_out", "values": ["Bag"]},)}, drops_repeats=True)
    mapping = mapping.with_edit("0:6", "price", "4.50").with_edit("0:2", "name", "").with_skip("0:3")
    result = bring(TEXT, mapping)
    assert counts(result) == (2, 0, 0, 0)
    assert result.notes == [
        "1 row was left out: as you said.",
        "1 row was left out: sku: rows with “Bag” here are left out.",
        "1 row was left out: each repeats an earlier row in every matched column; the first stays.",
    ]
    assert str(Product.objects.get(sku="C").price) == "4.5000"
    assert Product.objects.get(sku="A").name == "A"


def test_only_some_rows_are_kept(green: Cast) -> None:
    mapping = Mapping(COLUMNS, steps={"name": ({"do": "keep_only", "values": ["Milk"]},)})
    assert counts(bring(TEXT, mapping)) == (1, 0, 0, 0)
    with pytest.raises(ImportRefused, match="Every row of the file is left out"):
        bring(TEXT, Mapping(COLUMNS, steps={"name": ({"do": "keep_only", "values": ["Soap"]},)}))


def test_empty_cells_take_the_stated_default_and_are_counted(green: Cast) -> None:
    result = bring(
        "sku,price\nA,\nB,2\nC, \n", Mapping({"sku": ("sku",), "price": ("price",)}, defaults={"price": "1"})
    )
    assert result.notes == ["price: 2 empty cells were filled with “1”, as you said."]
    assert str(Product.objects.get(sku="C").price) == "1.0000"
    bring("sku\nD\n", Mapping({"sku": ("sku",)}, defaults={"name": "Nameless"}))
    assert Product.objects.get(sku="D").name == "Nameless"


def test_any_field_may_join_columns(green: Cast) -> None:
    content = "member,day,item\n1,2026-04-01,tea\n1,2026-04-01,jam\n1,2026-04-02,tea\n2,2026-04-01,tea\n"
    mapping = parse(find_kind("sales_lines"), ["receipt=member", "receipt=day", "time=day", "product=item", "total:=1"])
    mapping = mapping.with_steps("receipt", {"do": "join", "between": "/"})
    before = Sale.objects.count()
    assert counts(bring(content, mapping, "sales_lines"))[0] == 4
    assert Sale.objects.count() == before + 3
