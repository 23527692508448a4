"""How a text table is written: delimiters, quotation marks, code pages, rows above, between and below the table."""

import pytest

from shop.imports import reading
from shop.imports.errors import ImportRefused
from shop.imports.reading import Layout, Table, Unsure, encodings
from tests.importing import source


@pytest.fixture(autouse=True)
def country(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "_country", lambda: "GB")


def read(content: str | bytes, name: str = "till.csv", **said: object) -> tuple[Layout, list[list[str]], list[str]]:
    """The layout, the good rows and the problems of the others."""
    found = source(content, name)
    layout = reading.look(found, said=said)
    rows = [row for _, row in Table(found, layout).rows()]
    width = len(layout.header)
    good = [[cell.strip() for cell in row[:width]] for row in rows if not layout.problem(row)]
    return layout, good, [problem for row in rows if (problem := layout.problem(row))]


GOOD = [["1", "Tea", "2.50"], ["2", "Jam", "3.10"]]


@pytest.mark.parametrize(
    "content",
    [
        "no,name,price\n1,Tea,2.50\n2,Jam,3.10\n",
        "no;name;price\n1;Tea;2.50\n2;Jam;3.10\n",
        "no\tname\tprice\n1\tTea\t2.50\n2\tJam\t3.10\n",
        "no|name|price\n1|Tea|2.50\n2|Jam|3.10\n",
        "no^name^price\n1^Tea^2.50\n2^Jam^3.10\n",
        "no~name~price\n1~Tea~2.50\n2~Jam~3.10\n",
        "no name price\n1 Tea 2.50\n2 Jam 3.10\n",
        'no, name, price\n1, "Tea", 2.50\n2, "Jam", 3.10\n',
        "'no','name','price'\n'1','Tea','2.50'\n'2','Jam','3.10'\n",
        '"no","name","price"\n"1" ,"Tea" ,"2.50"\n"2" ,"Jam" ,"3.10"\n',
        "sep=;\nno;name;price\n1;Tea;2.50\n2;Jam;3.10\n",
        "no,name,price\r1,Tea,2.50\r2,Jam,3.10\r",
        "\n\n\nno,name,price\n\n1,Tea,2.50\n,,\n , ,\n2,Jam,3.10\n\x1a",
        "Takings of June\n\nno,name,price\n1,Tea,2.50\n2,Jam,3.10\n",
        "Shop,Harbour\nPrinted,21/11/2026\nno,name,price\n1,Tea,2.50\n2,Jam,3.10\n",
        "Report,,\n,,\nno,name,price\n1,Tea,2.50\n2,Jam,3.10\nTotal,,5.60\n",
        "no,name,price\n1,Tea,2.50\nno,name,price\n2,Jam,3.10\n",
        "no,name,price\n1,Tea,2.50\nSubtotal,,2.50\n2,Jam,3.10\nGrand total:,,5.60\n",
        "no,name,price\n1,Tea,2.50,\n2,Jam,3.10,\n",
        "no,name,price\nno,name,price\n1,Tea,2.50\n2,Jam,3.10\n",
    ],
)
def test_every_way_of_writing_gives_the_same_rows(content: str) -> None:
    layout, good, problems = read(content)
    assert (layout.header, good, problems) == (("no", "name", "price"), GOOD, [])


@pytest.mark.parametrize(
    ("content", "header", "rows"),
    [
        ("1,Tea,2.50\n2,Jam,3.10\n", ("column 1", "column 2", "column 3"), GOOD),
        ("name;price\nTea;1,50\nJam, red;2,50\n", ("name", "price"), [["Tea", "1,50"], ["Jam, red", "2,50"]]),
        ("sku\nA1\nB2\n", ("sku",), [["A1"], ["B2"]]),
        ("product,2024,2025\nTea,5,6\nJam,7,8\n", ("product", "2024", "2025"), [["Tea", "5", "6"], ["Jam", "7", "8"]]),
        (
            "till 1,,till 2,\nsold,back,sold,back\n1,2,3,4\n5,6,7,8\n",
            ("till 1 sold", "till 1 back", "till 2 sold", "till 2 back"),
            [["1", "2", "3", "4"], ["5", "6", "7", "8"]],
        ),
        ('a,b\n1,"two\nlines"\n', ("a", "b"), [["1", "two\nlines"]]),
        ('a,b\nPan 12",3\nPan 9",4\n', ("a", "b"), [['Pan 12"', "3"], ['Pan 9"', "4"]]),
        ('a,b\n"Pan 12" wide",3\n', ("a", "b"), [['Pan 12" wide', "3"]]),
        ("a\tb\n\"Best\" tea\t3\n", ("a", "b"), [['"Best" tea', "3"]]),
        ('a,b\n"Pan 12\\" wide",C:\\temp\n"x",y\n', ("a", "b"), [['Pan 12" wide', "C:\\temp"], ["x", "y"]]),
        ("a,b\nTotal,3\nTea,4\n", ("a", "b"), [["Total", "3"], ["Tea", "4"]]),
        ("name,brand,price\nTotal,General Mills,3\nTea,,4\n", ("name", "brand", "price"),
         [["Total", "General Mills", "3"], ["Tea", "", "4"]]),
        ("a,a,,a (2)\n1,2,3,4\n", ("a", "a (2)", "column 3", "a (2) (4)"), [["1", "2", "3", "4"]]),
    ],
)  # fmt: skip
def test_names_and_rows_are_told_from_each_other(content: str, header: tuple[str, ...], rows: list[list[str]]) -> None:
    layout, good, problems = read(content)
    assert (layout.header, good, problems) == (header, rows, [])


@pytest.mark.parametrize(
    ("content", "good", "problem"),
    [
        ('a,b,c\n1,2,3\n4,"5"6,7\n8,9,0\n', 2, "a quotation mark stands where none can be"),
        ('a,b,c\n1,2,3\n4,"5,6\n7,8,9\n', 2, "a quotation mark in line 3 is not closed"),
        ('a,b,c\n1,x,3\n4"six, two",7\n7,"y, z",9\n', 2, "a quotation mark begins within a cell"),
        ("a,b,c\n1,2,\n3,4,\n,5,6,\n7,8,\n", 3, "the row has 4 cells"),
        ("a,b,c\n1,2,3\n4,5\n", 1, "the row has 2 cells, the first row has 3 column names"),
        ("'a','b'\n'1','x'\n'2','Round 48\"\"'\n", 1, "could be one or two"),
        ("a,b,c\n" + "1,x,2\n" * 9 + "Dairy,,\n2,y,3\n", 10, "only the first cell is filled"),
        ("a,b,c\n1,x,2\n2,y,3\n3,z,4\na,b,c\n1,x,2\n2,y,3\n3,z,4\n", 3, "the same table begins again in line 5"),
    ],
)
def test_rows_that_could_mean_something_else_are_told_apart(content: str, good: int, problem: str) -> None:
    _, rows, problems = read(content)
    assert len(rows) == good
    assert problem in problems[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('a,"b,c\n1,2,3\n4,"5",6\n', "a quotation mark in the first row is never closed"),
        ("Name,Qty,Price\n2026-11-21,Tea,3,\n2026-11-22,Jam,4,\n", "“Qty” does not fit its column"),
        ("x,y\n" + "1,2,3\n" * 9, "there are 2 column names, but the rows have 3 cells"),
        ("Notes,,\nfirst,,\n1,Tea,2\n2,Jam,3\n3,Oil,4\n", "which row holds the column names cannot be told"),
        ("Dear all\nwe are closed on Monday and on Tuesday next week so sorry\n" * 4, "holds sentences, not a table"),
        (
            "no,name,price\n1,Tea,2\n2,Jam,3\n\nSuppliers,,\nname,town,phone\nAmy,Leeds,1\n",
            "several tables: another one begins in line 6",
        ),
        ("Tea      2.50   12\nJam      3.10    5\nOil      8.00    1\nRice     2.20    7\n", "spaces alone"),
    ],
)
def test_a_table_that_cannot_be_told_is_refused_with_the_cause(content: str, words: str) -> None:
    with pytest.raises(ImportRefused, match=words):
        read(content)


def test_what_a_person_says_wins() -> None:
    content = "Notes,,\nfirst,,\n1,Tea,2\n2,Jam,3\n3,Oil,4\n"
    with pytest.raises(Unsure) as unsure:
        read(content)
    assert unsure.value.layout.skip == 2
    assert read(content, skip=2, has_header=False)[1][0] == ["1", "Tea", "2"]
    assert read("a;b,c\n1;2,3\n", delimiter=",")[0].header == ("a;b", "c")
    assert read("'a','b'\n'1','2'\n", quote='"')[0].header == ("'a'", "'b'")
    assert read("a,b\nc,d\n1,2\n3,4\n", header_rows=1)[1] == [["c", "d"], ["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"encoding": "rot13"}, "no way of writing letters"),
        ({"delimiter": "\n"}, "is not a delimiter"),
        ({"quote": ",", "delimiter": ","}, "must differ"),
        ({"skip": "many"}, "no number of lines"),
        ({"skip": 40}, "nothing below line 40"),
    ],
)
def test_what_cannot_be_meant_is_refused(said: dict[str, object], words: str) -> None:
    with pytest.raises(ImportRefused, match=words):
        read("a,b\n1,2\n", **said)


def test_baskets_of_any_length_can_be_read() -> None:
    layout, rows, problems = read("Tea,Jam\nOil\nRice,Milk,Salt\n", ragged=True, has_header=False)
    assert layout.header == ("column 1", "column 2", "column 3")
    assert rows == [["Tea", "Jam"], ["Oil"], ["Rice", "Milk", "Salt"]]
    assert problems == []


@pytest.mark.parametrize(
    ("text", "page", "home"),
    [
        ("Crème brûlée", "cp1252", "FR"),
        ("Crème brûlée", "cp850", "FR"),
        ("Crème brûlée", "mac_roman", "FR"),
        ("Żółty ser gęś", "cp1250", "PL"),
        ("Żółty ser gęś", "cp852", "PL"),
        ("Квас тёплый", "cp1251", "BG"),
        ("Квас тёплый", "cp866", "BG"),
        ("Μέλι και τυρί", "cp1253", "GR"),
        ("Şeker ağır ılık", "cp1254", "TR"),
        ("Price £2.50, 5 °C", "cp1252", "GB"),
    ],
)
def test_a_code_page_is_told_by_its_letters_and_never_silently(
    monkeypatch: pytest.MonkeyPatch, text: str, page: str, home: str
) -> None:
    monkeypatch.setattr(encodings, "_country", lambda: home)
    layout, rows, _ = read(f"no;name\n1;{text}\n2;{text}\n".encode(page))
    assert rows[0][1] == text
    assert layout.is_guess and layout.choices[0].encoding == layout.encoding
    assert "not UTF-8, see line 2" in layout.evidence[0]
    assert text.split()[0] in layout.choices[0].words


def test_choices_show_how_words_would_read_otherwise() -> None:
    layout = reading.look(source("no,name\n1,Crème\n".encode("cp850")))
    assert {choice.encoding: choice.words.split(",")[0] for choice in layout.choices}["cp850"] == "Crème"
    assert "CrŠme" in {choice.words.split(",")[0] for choice in layout.choices}
    said = reading.look(source("no,name\n1,Crème\n".encode("cp850")), said={"encoding": "cp1252"})
    assert (said.encoding, said.is_guess) == ("cp1252", False)


def test_a_layout_survives_its_json_and_knows_its_kind_again() -> None:
    layout = reading.look(source("Nö;Name\n1;Crème\n".encode("cp1252")))
    assert Layout.from_json(layout.as_json()) == layout
    assert Layout.from_json({"encoding": "utf-8", "delimiter": ",", "header": ["a"]}).quote == '"'
    same = reading.look(source("nö,NAME\n7,Tea\n"))
    assert layout.fingerprint == same.fingerprint != reading.look(source("name,nö\n7,Tea\n")).fingerprint


def test_what_was_left_out_is_counted_and_shown() -> None:
    found = source("no,name,price\n1,Tea,2.50\n\nno,name,price\n2,Jam,3.10\nTotal,,5.60\n")
    table = Table(found, reading.look(found))
    assert [line for line, _ in table.rows()] == [2, 5]
    assert table.left_out == {"blank rows": 1, "repeated column names": 1, "totals": 1}
    assert table.told() == [
        "till.csv: 1 row left out as repeated column names, such as line 4: “no, name, price”.",
        "till.csv: 1 row left out as totals, such as line 6: “Total, 5.60”.",
    ]


def test_signs_of_windows_that_became_control_characters_are_mended() -> None:
    layout, rows, _ = read("no,name\n1,Cos d\x92Estournel \x96 red\n")
    assert rows == [["1", "Cos d’Estournel – red"]]
    assert "“d’Estournel”" in layout.evidence[0]


def test_rows_are_the_same_whatever_their_number_at_a_time() -> None:
    text = "no,name,price\n" + "".join(f'{n},"Item ""{n}""\n{n}",{n}.50\n\n' for n in range(600)) + "Total,,9\n"
    found = source(text)
    layout = reading.look(found)
    whole = [one for lines, rows in Table(found, layout).chunks(10_000) for one in zip(lines, rows, strict=True)]
    assert len(whole) == 600
    for size in (1, 7, 199, 200, 201):
        chunks = list(Table(found, layout).chunks(size))
        assert [one for lines, rows in chunks for one in zip(lines, rows, strict=True)] == whole
    assert whole[1] == (5, ["1", 'Item "1"\n1', "1.50"])
