"""Workbooks and archives nobody should send: refused in words or read as the plain text they hold, soon and in little
memory. What the first look can tell, it tells."""

from __future__ import annotations

import io
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from shop.imports import limits, workbook_child
from shop.imports.errors import ImportRefused
from shop.imports.opening import Member, first_look, open_tables
from shop.imports.reading import Source
from tests.shop import hostile as h

ALLOWED_SECONDS = 10
ALLOWED_MEMORY = 150 * h.MEGABYTE


@dataclass(frozen=True)
class Bad:
    """A file, and the words of its refusal: by the first look, or else by the worker."""

    name: str
    make: Callable[[], bytes]
    words: str
    at_once: bool = True


def _later(name: str, make: Callable[[], bytes], words: str) -> Bad:
    return Bad(name, make, words, at_once=False)


LAUGHS = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
STRINGS = "xl/sharedStrings.xml"
STYLES = b"<styleSheet><numFmts>%s</numFmts></styleSheet>" % (b'<numFmt numFmtId="9" formatCode="0%&quot;["/>' * 99_000)
SHEET = "xl/worksheets/sheet1.xml"
BOOK = "xl/workbook.xml"

ARCHIVES = {
    "zip bomb": Bad("a.zip", lambda: h.zipped(("a.csv", h.bomb(60))), "times its size"),
    "zip bomb of many files": Bad(
        "a.zip", lambda: h.zipped(*[(f"{n}.csv", h.bomb(4)) for n in range(20)]), "times its size"
    ),
    "zip bomb in a small list": _later(
        "a.csv.zip", lambda: h.forged(h.zipped(("a.csv", h.bomb(60))), size=1000), "damaged"
    ),
    "overlapping files": Bad("a.zip", h.overlapping, "over and over"),
    "claims four gigabytes": Bad("a.zip", lambda: h.forged(h.zipped(("a.csv", h.ROWS)), size=0xFFFFFFF0), "times its"),
    "zip in a zip": Bad("a.zip", lambda: h.zipped(("b.zip", h.zipped(("c.csv", h.ROWS)))), "another archive"),
    "gzip in a zip": Bad("a.zip", lambda: h.zipped(("b.csv.gz", h.gzipped(h.ROWS))), "another archive"),
    "zip in a zip, disguised": _later(
        "a.zip", lambda: h.zipped(("b.csv", h.zipped(("c.csv", h.ROWS)))), "archive inside an archive"
    ),
    "gzip in a zip, disguised": _later("a.zip", lambda: h.zipped(("b.csv", h.gzipped(h.ROWS))), "packed twice"),
    "too many files": Bad("a.zip", lambda: h.zipped(*[(f"{n}.csv", b"a\n1\n") for n in range(201)]), "more than 200"),
    "far too many files": Bad(
        "a.zip", lambda: h.forged_end(h.zipped(("a.csv", h.ROWS)), entries=60_000, directory=100), "more than 5,000"
    ),
    "directory of four gigabytes": Bad(
        "a.zip", lambda: h.forged_end(h.zipped(("a.csv", h.ROWS)), entries=1, directory=0xFFFFFFF0), "more than 5,000"
    ),
    "larger directory, forged": Bad(
        "a.zip",
        lambda: h.forged_end(h.zipped(("a.csv", h.ROWS)), entries=2**40, directory=2**40, larger=True),
        "more than 5,000",
    ),
    "with a password": Bad("a.zip", lambda: h.forged(h.zipped(("a.csv", h.ROWS)), flag=1), "password"),
    "packed in another way": Bad("a.zip", lambda: h.forged(h.zipped(("a.csv", h.ROWS)), method=14), "ordinary zip"),
    "cut off": Bad("a.zip", lambda: h.zipped(("a.csv", h.ROWS * 99))[:-30], "damaged"),
    "rotten": _later("a.zip", lambda: _rotten(h.zipped(("a.csv", h.noise(999) + h.ROWS))), "damaged"),
    "two ends": Bad("a.zip", lambda: h.zipped(("a.csv", h.ROWS), comment=b"PK\5\6 no end"), "damaged"),
    "nothing in it": Bad("a.zip", lambda: h.zipped(), "nothing in it"),
    "only pictures": Bad("a.zip", lambda: h.zipped(("a.jpg", b"\xff\xd8\xff")), "holds no table"),
    "only a letter": Bad("a.zip", lambda: h.zipped(("README.txt", b"hello")), "holds no table"),
    "gzip bomb": Bad("a.csv.gz", lambda: h.gzipped(h.bomb(60, b",")), "times its size"),
    "gzip of a gzip": Bad("a.csv.gz", lambda: h.gzipped(h.gzipped(h.ROWS)), "packed twice"),
    "gzip of a zip": Bad("a.csv.gz", lambda: h.gzipped(h.zipped(("a.csv", h.ROWS))), "packed twice"),
    "gzip of a tar": Bad("a.gz", lambda: h.gzipped(b"a.csv".ljust(257, b"\0") + b"ustar" + bytes(300)), "tar archive"),
    "gzip of nothing": Bad("a.csv.gz", lambda: h.gzipped(b""), "is empty"),
    "gzip, only a head": Bad("a.csv.gz", lambda: h.gzipped(h.ROWS)[:10], "damaged"),
    "gzip of noise": Bad("a.csv.gz", lambda: b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 200, "damaged"),
    "gzip workbook, wrong sum": _later("a.xlsx.gz", lambda: h.broken_sum(h.gzipped(h.xlsx())), "damaged"),
    "gzip workbook too large": _later(
        "a.xlsx.gz", lambda: h.gzipped(h.xlsx() + h.noise(21 * h.MEGABYTE)), "larger than 20 MB"
    ),
}

OTHER_FILES = {
    "a PDF": Bad("prices.csv", lambda: b"%PDF-1.7\n%\xe2\xe3", "is a PDF"),
    "a picture": Bad("prices.xlsx", lambda: b"\x89PNG\r\n\x1a\n", "is a picture"),
    "a program": Bad("prices.xls", lambda: b"MZ\x90\0" + bytes(60), "is a program"),
    "a database": Bad("prices.csv", lambda: b"SQLite format 3\0" + bytes(84), "is a database"),
    "a 7z": Bad("prices.zip", lambda: b"7z\xbc\xaf\x27\x1c" + bytes(20), "7z archive"),
    "a web page": Bad("prices.xls", lambda: b"<html><table><tr><td>1</td></tr></table>", "is a web page"),
    "an XML workbook": Bad("prices.xls", lambda: b'<?xml version="1.0"?>\n<Workbook/>', "is a web page or XML"),
    "a PDF and a workbook at once": Bad("prices.xlsx", lambda: b"%PDF-1.7\n" + h.xlsx(), "is a PDF"),
    "a picture and a zip at once": Bad("a.zip", lambda: b"\xff\xd8\xff\xe0" + h.zipped(("a.csv", h.ROWS)), "a picture"),
    "another name": Bad("prices.exe", lambda: h.ROWS, "must end in"),
    "a letter": Bad("a.xlsx", lambda: h.zipped(("word/document.xml", b"<w/>")), "is a document"),
    "a letter in open format": Bad(
        "a.ods", lambda: h.ods("", mimetype=b"application/vnd.oasis.opendocument.text"), "is a document"
    ),
    "a binary workbook": Bad("a.xlsb.xlsx", lambda: h.zipped(("xl/workbook.bin", b"\x83\x01")), "binary workbook"),
}

WORKBOOKS = {
    "larger than 20 MB": Bad(
        "a.xlsx", lambda: h.xlsx(parts=[("xl/media/1.png", h.noise(21 * h.MEGABYTE))]), "larger than 20 MB"
    ),
    "billion laughs": _later(
        "a.xlsx", lambda: h.xlsx(parts=[(SHEET, h.worksheet(h.cells("&b;"), "", LAUGHS))]), "entities"
    ),
    "billion laughs in the names": _later(
        "a.xlsx", lambda: h.xlsx(parts=[(STRINGS, f"{LAUGHS}<sst><si><t>&b;</t></si></sst>".encode())]), "entities"
    ),
    "an entity from outside": _later(
        "a.xlsx", lambda: h.xlsx(parts=[(SHEET, h.worksheet(h.cells("&a;"), "", OUTSIDE))]), "entities"
    ),
    "entities behind another encoding": _later(
        "a.xlsx", lambda: h.xlsx(parts=[(STRINGS, f"{LAUGHS}<sst/>".encode("utf-16"))]), "encoding"
    ),
    "entities in open format": _later("a.ods", lambda: h.ods(h.ods_row("&b;"), head=LAUGHS[21:]), "entities"),
    "a value in the last corner": _later(
        "a.xlsx", lambda: h.xlsx(h.cells("a") + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "memory"
    ),
    "one long text, ten thousand times": _later(
        "a.xlsx",
        lambda: h.xlsx(
            "".join(f'<row r="{n}"><c t="s"><v>0</v></c></row>' for n in range(1, 10_001)),
            parts=[(STRINGS, f"<sst><si><t>{'x' * 32_767}</t></si></sst>".encode())],
        ),
        "memory",
    ),
    "60 MB of texts": Bad("a.xlsx", lambda: h.xlsx(parts=[(STRINGS, b"<sst>" + h.bomb(60, b"x"))]), "times its size"),
    "16,384 columns": _later("a.xlsx", lambda: h.xlsx(h.cells(*range(16_384))), "16,384 columns"),
    "cut off": Bad("a.xlsx", lambda: h.xlsx()[:-40], "damaged"),
    "no list of sheets": Bad("a.xlsx", lambda: h.zipped(("[Content_Types].xml", b""), (SHEET, b"")), "damaged"),
    "a sheet that is missing": _later("a.xlsx", lambda: h.xlsx(parts=[(SHEET, b"<worksheet>")]), "a.xlsx"),
    "no sheet with a row": _later("a.xlsx", lambda: h.xlsx('<row r="1"/>'), "is empty"),
    "with a password": Bad("a.xlsx", lambda: h.box(("EncryptedPackage", bytes(4096))), "password"),
    "rows repeated without end": _later("a.ods", lambda: h.ods(h.ods_row("a", rows=1_000_000, columns=900)), "memory"),
    "columns repeated without end": _later("a.ods", lambda: h.ods(h.ods_row("a", columns=99_999_999)), "a.ods"),
    "open format, no XML": _later(
        "a.ods",
        lambda: h.zipped(
            ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", h.noise(999))
        ),
        "a.ods",
    ),
    "old, only a head": Bad("a.xls", lambda: h.box()[:300], "cut off"),
    "old, noise": _later("a.xls", lambda: h.box()[:512] + h.noise(9000), "a.xls"),
    "old, a letter": _later("a.xls", lambda: h.box(("WordDocument", bytes(4096))), "a.xls"),
    "old, a chain without end": _later("a.xls", lambda: h.xls([(0, 0, 1.0)], loop=True), "a.xls"),
    "old, a value in the last corner": _later("a.xls", lambda: h.xls([(0, 0, 1.0), (65_535, 255, 1.0)]), "memory"),
    "old, cut off": _later("a.xls", lambda: h.xls([(n, 0, 1.0) for n in range(999)])[:9000], "a.xls"),
}


def _rotten(packed: bytes) -> bytes:
    return packed[:200] + bytes(20) + packed[220:]


def source(name: str, content: bytes) -> Source:
    return Source(name, len(content), lambda: io.BytesIO(content))


def everything(members: list[Member]) -> str:
    found = []
    for member in members:
        with member.source.opens() as opened:
            found.append(opened.read().decode())
    return "\n".join(found)


@pytest.mark.parametrize("bad", [*ARCHIVES.values(), *OTHER_FILES.values(), *WORKBOOKS.values()],
                         ids=[*ARCHIVES, *OTHER_FILES, *(f"workbook {name}" for name in WORKBOOKS)])  # fmt: skip
def test_refused_in_words(bad: Bad, tmp_path: Path) -> None:
    file = source(bad.name, bad.make())
    started = time.perf_counter()
    tracemalloc.start()
    try:
        with pytest.raises(ImportRefused) as refusal:
            first_look(file)
            assert not bad.at_once, "the first look should have told"
            open_tables(file, tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert bad.words in refusal.value.sentence
    assert refusal.value.sentence.endswith(".")
    assert peak < ALLOWED_MEMORY / 4
    assert time.perf_counter() - started < ALLOWED_SECONDS


HARMLESS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "paths out of the folder": (
        "a.zip",
        lambda: h.zipped(("../../etc/passwd.csv", h.ROWS), ("/abs.csv", h.ROWS), ("C:\\x\\y.csv", h.ROWS)),
        "Apples",
    ),
    "twice the same name": ("a.zip", lambda: h.zipped(("a.csv", h.ROWS), ("A.csv", b"x\n")), "Apples"),
    "names that deceive": ("a.zip", lambda: h.zipped(("\u202evsc.csv", h.ROWS), ("b\r\nX: y.csv", h.ROWS)), "Apples"),
    "formulas as text": (
        "a.xlsx",
        lambda: h.xlsx(h.cells("=cmd|' /C calc'!A0", "@SUM(1)")),
        "=cmd|' /C calc'!A0,@SUM(1)",
    ),
    "a formula that points at itself": ("a.xlsx", lambda: h.xlsx('<row r="1"><c><f>A1</f><v>7</v></c></row>'), "7"),
    "macros": ("a.xlsm", lambda: h.xlsx(h.cells("sku"), parts=[("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")]), "sku"),
    "claims a thousand million rows": (
        "a.xlsx",
        lambda: h.xlsx(parts=[(SHEET, h.worksheet(h.cells("sku"), '<dimension ref="A1:XFD1048576"/>'))]),
        "sku",
    ),
    "numbers that are none": ("a.xlsx", lambda: h.xlsx(h.cells("sku", "1", float("nan"), float("inf"), 1e300)), "sku"),
    "a sheet named as a path": ("a.xlsx", lambda: h.xlsx(name="../../x"), "sku"),
    "a target outside": (
        "a.xlsx",
        lambda: h.xlsx(parts=[("xl/_rels/none.rels", b'<Relationship Id="r9" Target="../../../../etc/passwd"/>')]),
        "sku",
    ),
    "megabytes of styles": ("a.xlsx", lambda: h.xlsx(parts=[("xl/styles.xml", STYLES)]), "sku"),
    "line breaks and tabs in cells": ("a.xlsx", lambda: h.xlsx(h.cells("a&#10;&#13;b", "c&#9;d")), "a b"),
    "three hundred sheets": ("a.xlsx", lambda: h.xlsx(sheets=300), "sku"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_read_as_the_text_it_holds(name: str, tmp_path: Path) -> None:
    file_name, make, holds = HARMLESS[name]
    folder = tmp_path / "in"
    folder.mkdir()
    started = time.perf_counter()
    members = open_tables(source(file_name, make()), folder)
    assert time.perf_counter() - started < ALLOWED_SECONDS
    assert holds in everything(members)
    assert [one.name for one in tmp_path.iterdir()] == ["in"]
    assert all(member.name.isprintable() and "/" not in member.name for member in members)


WORST = ["a value in the last corner", "old, a value in the last corner", "rows repeated without end"]
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, used.ru_utime + used.ru_stime)
"""


@pytest.mark.parametrize("name", WORST)
def test_the_worst_take_little_memory(name: str, tmp_path: Path) -> None:
    """The child that reads them, measured by the system itself, from its start to its end."""
    bad = WORKBOOKS[name]
    path = tmp_path / bad.name
    path.write_bytes(bad.make())
    memory, seconds = limits.workbook_memory(path.stat().st_size), limits.workbook_seconds(path.stat().st_size)
    child = [sys.executable, "-I", str(workbook_child.__file__), str(path), str(tmp_path), str(memory), str(seconds)]
    measured = subprocess.run([sys.executable, "-I", "-c", MEASURE, *child], capture_output=True, check=True)
    kilobytes, took = map(float, measured.stdout.split())
    assert kilobytes * 1024 < ALLOWED_MEMORY
    assert took < ALLOWED_SECONDS


def test_at_least_forty_files() -> None:
    assert len(ARCHIVES) + len(OTHER_FILES) + len(WORKBOOKS) + len(HARMLESS) >= 40
