"""Real and polluted tables, read as an import would read them and compared with what they hold, cell by cell.

A file is right (its table, nothing else), refused (with the cause, the whole file or single rows told apart) or
silently wrong. Rows that a reader is asked to leave out, totals and repeated names, are none of the table. Column
names are compared by their letters and figures, cells without spaces around them.
"""

import argparse
import contextlib
import csv
import datetime as dt
import io
import json
import re
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings

from bench.figures import NotMeasured, say
from shop.imports import opening, reading
from shop.imports.errors import ImportRefused
from shop.imports.reading import Layout, Source, Table

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
MEGABYTES = 500
RIGHT, REFUSED, WRONG = "right", "refused", "silently wrong"

# How the files of csvkit are written where it is not UTF-8 with commas and names in the first filled row.
WRITTEN: dict[str, dict[str, Any]] = {
    "test_utf16_big.csv": {"encoding": "utf-16"},
    "test_utf16_little.csv": {"encoding": "utf-16"},
    "test_latin1.csv": {"encoding": "latin-1"},
    "sniff_limit.csv": {"delimiter": ";"},
    "dummy.tsv": {"delimiter": "\t"},
    "event-notification-rpt-lastmonth.txt": {"delimiter": "|"},
    "Datagov_FY10_EDU_recp_by_State.csv": {"skip": 2},
    "no_header_row.csv": {"names": 0},
    "no_header_row2.csv": {"names": 0},
    "no_header_row3.csv": {"names": 0},
    "dummy.xls": {"twin": "dummy.csv"},
    "dummy.xlsx": {"twin": "dummy.csv"},
    "test.xls": {"twin": "testxls_converted.csv"},
    "test.xlsx": {"twin": "testxlsx_converted.csv"},
    "test_skip_lines.xls": {"twin": "testxls_converted.csv"},
    "test_skip_lines.xlsx": {"twin": "testxlsx_converted.csv"},
    # Its sheet “data” is test.xls's; the sheets*_converted.csv beside it were made of other workbooks.
    "sheets.xls": {"twin": "testxls_converted.csv"},
    "sheets.xlsx": {"twin": "testxlsx_converted.csv"},
}
# Sentences, columns by spaces, a zero byte, nothing: there is no table to be read.
NO_TABLE = {"README.txt", "VROUTFSJ.TXt", "null_byte.csv", "empty.csv"}


@dataclass(frozen=True)
class Verdict:
    name: str
    outcome: str
    about: str = ""


@dataclass(frozen=True)
class Twin:
    """What a file holds: column names (None: it has none) and rows."""

    names: list[str] | None
    rows: list[list[str]]


def run() -> Iterator[dict[str, Any]]:
    """The three counts of both sets, and the seconds until a large file can be shown."""
    for title, verdicts in (("Pollock", list(pollock())), ("csvkit", list(csvkit()))):
        counts = Counter(verdict.outcome for verdict in verdicts)
        for outcome in (RIGHT, REFUSED, WRONG):
            limit = {"most": 0} if outcome == WRONG else {}
            yield {"figure": f"{title}, {len(verdicts)} files: {outcome}", "value": counts[outcome], **limit}
    yield {"figure": f"preview of a file of {MEGABYTES} MB, seconds", "value": preview_seconds(), "most": 1}


def pollock() -> Iterator[Verdict]:
    """Every file of the benchmark, its polluted and its real half."""
    archive = DATA / "pollock_dev" / "pollock.tar.gz"
    if not archive.exists():
        raise NotMeasured("../shared/data/pollock_dev/pollock.tar.gz is not there")
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
        for path in sorted(Path(folder).glob("*/csv/*")):
            clean = path.parent.parent / "clean" / path.name
            said = json.loads((path.parent.parent / "parameters" / f"{path.name}_parameters.json").read_text())
            rows = _csv_rows(clean.read_text("utf-8"))
            names = rows.pop(0) if rows and (int(said["header_lines"]) or rows[0] == _told(said)) else None
            yield judge(path, Twin(names if int(said["header_lines"]) else None, rows))


def csvkit() -> Iterator[Verdict]:
    """Every table of csvkit's examples; what one holds says Python's own csv, told how the file is written."""
    folder = DATA / "csvkit_examples"
    if not folder.exists():
        raise NotMeasured("../shared/data/csvkit_examples is not there")
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "README.md"):
        how = WRITTEN.get(path.name, {})
        if path.name in NO_TABLE:
            yield judge(path, None)
        elif path.suffix in {".xls", ".xlsx"}:
            yield judge(path, _of_text(folder / how["twin"], {}) if how else _of_workbook(path), by_value=True)
        else:
            yield judge(path, _of_text(path, how))


def _told(said: dict[str, Any]) -> list[str]:
    return [name.strip() for name in said.get("column_names", [])]


def _csv_rows(text: str, delimiter: str = ",") -> list[list[str]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [cells for row in rows if any(cells := [cell.strip() for cell in row])]


def _of_text(path: Path, how: dict[str, Any]) -> Twin:
    rows = _csv_rows(path.read_bytes().decode(how.get("encoding", "utf-8-sig")), how.get("delimiter", ","))
    rows = rows[how.get("skip", 1) - 1 :] if "skip" in how else rows
    return Twin(rows[0], rows[1:]) if how.get("names", 1) else Twin(None, rows)


def _of_workbook(path: Path) -> Twin:
    import python_calamine

    cells = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    rows = [[str(cell).strip() for cell in row] for row in cells]
    return Twin(rows[0], rows[1:])


def judge(path: Path, twin: Twin | None, *, by_value: bool = False) -> Verdict:
    """What becomes of a file. Of several tables in it one must be the twin's."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            source = Source(path.name, path.stat().st_size, lambda: path.open("rb"))
            found = [_compared(member, twin, path, by_value) for member in opening.open_tables(source, Path(folder))]
    except ImportRefused as refusal:
        return Verdict(path.name, REFUSED, str(refusal))
    order = [RIGHT, REFUSED, WRONG]
    outcome, about = min(found, key=lambda one: order.index(one[0]))
    return Verdict(path.name, outcome, about)


def _compared(member: opening.Member, twin: Twin | None, path: Path, by_value: bool) -> tuple[str, str]:  # noqa: FBT001
    layout = reading.look(member.source, said=member.said)
    table = Table(member.source, layout)
    rows = [row for _, row in table.rows()]
    if twin is None:
        return WRONG, f"read as a table of {len(layout.header)} columns"
    problems = [problem for row in rows if (problem := layout.problem(row))]
    width = len(layout.header)
    good = [_trimmed(row[:width]) for row in rows if not layout.problem(row)]
    left_out = sum(count for reason, count in table.left_out.items() if reason != "blank rows")
    if difference := _names_differ(layout, twin.names) or _rows_differ(good, twin.rows, path, by_value):
        return WRONG, difference
    missing = len(twin.rows) - len(good)
    if missing > len(problems) + left_out:
        return WRONG, f"{missing} rows are missing"
    if problems:
        return REFUSED, f"{len(problems)} of {len(rows)} rows told apart: {problems[0]}"
    return RIGHT, "; ".join(table.told())


def _names_differ(layout: Layout, names: list[str] | None) -> str:
    if names is None or not layout.has_header:
        return "" if (names is None) == (not layout.has_header) else "column names taken for a row, or a row for names"
    for place, (ours, theirs) in enumerate(zip(layout.header, names, strict=False), 1):
        ours = "" if ours == f"column {place}" else re.sub(rf" \({place}\)$", "", ours)
        if not ours and theirs in {"abcdefghijklmnopqrstuvwxyz"[place - 1 : place], "_unnamed"}:
            continue  # what csvkit calls a column without a name
        if _plain(ours) != _plain(theirs):
            return f"the column name “{ours}” should be “{theirs}”"
    surplus = [*layout.header[len(names) :], *filter(None, names[len(layout.header) :])]
    return f"{len(layout.header)} columns instead of {len(names)}" if surplus else ""


def _plain(name: str) -> str:
    """Letters and figures of ASCII; of a name that stands in several equal rows, once."""
    words = re.sub(r"[^a-z0-9 ]", "", " ".join(name.split()).lower()).split()
    half = next((n for n in (3, 2) if len(words) % n == 0 and words == words[: len(words) // n] * n), 1)
    return "".join(words[: len(words) // half])


def _rows_differ(good: Sequence[list[str]], rows: Sequence[list[str]], path: Path, by_value: bool) -> str:  # noqa: FBT001
    """The first of our rows that the twin lacks in this order; empty where there is none."""
    wanted = iter([_trimmed(row) for row in rows])
    text = None if by_value else path.read_bytes().decode("utf-8", "replace")
    for row in good:
        passed = []
        for other in wanted:
            if _same(row, other, by_value) or (text and _invented(row, other, text)):
                break
            passed.append(other)
        else:
            return f"{row} is no row of the table; the next is {passed[:1]}"
    return ""


def _invented(row: Sequence[str], other: Sequence[str], text: str) -> bool:
    """The twin has a cell that is nowhere in the file, and ours is."""
    differing = [(a, b) for a, b in zip(row, other, strict=False) if a != b]
    return len(row) == len(other) and len(differing) == 1 and differing[0][1] not in text and differing[0][0] in text


def _trimmed(row: Sequence[str]) -> list[str]:
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _same(row: Sequence[str], other: Sequence[str], by_value: bool) -> bool:  # noqa: FBT001
    if not by_value:
        return list(row) == list(other)
    return len(row) == len(other) and all(map(_equal, row, other))


def _equal(one: str, other: str) -> bool:
    """Values of workbooks: 40.0 is 40, True is 1, a date is its midnight."""
    return one == other or _value(one) == _value(other)


def _value(cell: str) -> Any:
    if cell.lower() in {"true", "false"}:
        return Decimal(cell.lower() == "true")
    with contextlib.suppress(InvalidOperation):
        return Decimal(cell)
    with contextlib.suppress(ValueError):
        return dt.datetime.fromisoformat(cell)
    with contextlib.suppress(ValueError):
        return dt.time.fromisoformat(cell.zfill(8))
    return cell


def preview_seconds() -> float:
    """From a file of 500 MB that has just come to its layout and first rows."""
    rows = "".join(f'{n},2026-11-21 09:{n % 60:02},"Tea, ""{n}"" bags",{n}.50,Crème\n' for n in range(20_000)).encode()
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(b"receipt,time,name,price,note\n")
        while file.tell() < MEGABYTES * 1024**2:
            file.write(rows)
        file.flush()
        path = Path(file.name)
        source = Source("till.csv", file.tell(), lambda: path.open("rb"))
        started = time.perf_counter()
        shown = reading.sample(source, reading.look(source, whole=False), 20)
        took = time.perf_counter() - started
    assert len(shown) == 20
    return took


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench reading", description=__doc__)
    parser.add_argument("--files", action="store_true", help="name every file that is not right, and why")
    try:
        if parser.parse_args(arguments).files:
            for verdict in (*pollock(), *csvkit()):
                if verdict.outcome != RIGHT or verdict.about:
                    print(f"{verdict.outcome}: {verdict.name}: {verdict.about}")
        for figure in run():
            say(**figure)
    except NotMeasured as error:
        raise SystemExit(f"NOT MEASURED: {error}.") from error
