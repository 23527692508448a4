"""Reads one workbook in a process of its own, with little memory and time, and writes each sheet as CSV text.

Run as a script: python -I workbook_child.py <workbook> <folder> <bytes of memory> <seconds>. It knows neither Django
nor the shop, and what it prints is one line of JSON: {"sheets": [...]} or {"refused": why}.
A line of a CSV file is the row of the sheet with that number: line breaks inside a cell become spaces.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import python_calamine as calamine

MOST_COLUMNS = 1000
_ON_DISK = 1024**3
_BLOCK = 1 << 18
_BREAKS = re.compile(r"\s*[\r\n\x0b\x0c\x85\u2028\u2029]\s*")
_Format = str  # "%" or how many digits a code is filled up to, as "13"
_Special = Iterator[tuple[int, int, _Format]]

TOO_LARGE = (
    "takes far more memory than a workbook of its size should. It may hold a value far away from its table: delete the "
    "empty rows and columns, or save the sheet as CSV,"
)
UNREADABLE = "is damaged, or no workbook. Open it, save it again as .xlsx"


class CannotRead(Exception):
    """Why, in words for the person who sent it."""


def main(workbook: str, folder: str, memory: str, seconds: str) -> None:
    _limit(int(memory), float(seconds))
    try:
        told: dict[str, Any] = {"sheets": _write_sheets(Path(workbook), Path(folder))}
    except CannotRead as refusal:
        told = {"refused": str(refusal)}
    except calamine.PasswordError:
        told = {"refused": "is protected by a password. Save it without one"}
    except MemoryError:
        told = {"refused": TOO_LARGE}
    except (calamine.CalamineError, zipfile.BadZipFile, zlib.error, OSError, ValueError, KeyError, EOFError) as error:
        told = {"refused": TOO_LARGE if "limit exceeded" in str(error) else UNREADABLE, "why": str(error)[:300]}
    sys.stdout.write(json.dumps(told))


def _limit(memory: int, seconds: float) -> None:
    """Where the system knows such limits. The parent holds the time as well."""
    wanted = {
        "RLIMIT_AS": memory,
        "RLIMIT_CPU": int(seconds) + 1,
        "RLIMIT_FSIZE": _ON_DISK,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 64,
    }
    for name, value in wanted.items():
        try:
            kind = getattr(resource, name)
            hard = resource.getrlimit(kind)[1]
            most = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (most, most))
        except (AttributeError, ValueError, OSError):
            continue


def _write_sheets(path: Path, folder: Path) -> list[dict[str, Any]]:
    """One CSV file for each sheet that holds anything; those a person sees first."""
    special = _special_cells(path)
    found = []
    with calamine.CalamineWorkbook.from_path(str(path)) as book:
        for place, about in enumerate(book.sheets_metadata):
            if about.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_index(place)
            if sheet.width > MOST_COLUMNS:
                raise CannotRead(
                    f"has {sheet.width:,} columns on the sheet “{about.name[:40]}”; {MOST_COLUMNS:,} is the most. "
                    "Delete those that hold nothing"
                )
            rows = _write(sheet, folder / f"{place}.csv", special(place, about.name))
            if rows:
                hidden = about.visible != calamine.SheetVisibleEnum.Visible
                found.append({"file": f"{place}.csv", "name": about.name, "rows": rows, "hidden": hidden})
    return sorted(found, key=lambda one: bool(one["hidden"]))


def _write(sheet: Any, path: Path, special: _Special) -> int:
    """How many rows hold something. The file is removed where none does."""
    left = sheet.start[1] if sheet.start else 0
    ahead = next(special, None)
    filled = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        for number, row in enumerate(sheet.iter_rows() if sheet.start else ()):
            cells = [text(value) for value in row]
            while ahead is not None and ahead[0] <= number:
                place = ahead[1] - left
                if ahead[0] == number and 0 <= place < len(cells):
                    cells[place] = as_shown(row[place], cells[place], ahead[2])
                ahead = next(special, None)
            if any(cells):
                filled += 1
                writer.writerow(cells)
            else:
                out.write("\n")
    if not filled:
        path.unlink()
    return filled


def text(value: Any) -> str:
    """A cell as text: days and times in ISO form, numbers with the digits a spreadsheet shows and no exponent."""
    if isinstance(value, str):
        plain = value.replace("\0", "")
        return _BREAKS.sub(" ", plain) if not plain.isprintable() else plain
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, dt.datetime):
        near = value + dt.timedelta(microseconds=500)
        return near.replace(microsecond=near.microsecond // 1000 * 1000).isoformat(sep=" ")
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return "" if value is None else str(value)


def _number(value: float) -> str:
    """Spreadsheets keep 15 digits: 0.1 + 0.2 is 0.3 there, and a barcode 8710400000001, not 8.7104E+12."""
    if value != value or value in (float("inf"), float("-inf")):
        return ""
    if value == int(value) and abs(value) < 10**15:
        return str(int(value))
    return format(Decimal(format(value, ".15g")), "f")


def as_shown(value: Any, plain: str, shown: _Format) -> str:
    """A number under a format that changes what it says: 0.21 shown as 21 %, 12345 shown as 0000012345."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not plain:
        return plain
    if shown == "%":
        return f"{format((Decimal(plain) * 100).normalize() + 0, 'f')}%"
    return plain.zfill(int(shown)) if plain.isdigit() else plain


def _special_cells(path: Path) -> Any:
    """(sheet's place, its name) -> where such numbers stand, row by row. None in old workbooks, which do not tell."""
    if not zipfile.is_zipfile(path):
        return lambda place, name: iter(())
    names = set(zipfile.ZipFile(path).namelist())
    if "content.xml" in names:
        _must_be_plain(path, "content.xml")
        return lambda place, name: _percent_in_ods(path, place)
    for name in names:
        if name.startswith("xl/") and name.endswith((".xml", ".rels")):
            _must_be_plain(path, name)
    styles = _styles(path, names)
    sheets = _sheet_files(path, names)
    return lambda place, name: _in_xlsx(path, sheets.get(name, ""), styles) if styles else iter(())


def _must_be_plain(path: Path, part: str) -> None:
    """Parts that define words of their own, or hide them in another encoding, are no spreadsheet's work."""
    with zipfile.ZipFile(path).open(part) as opened:
        head = opened.read(4096)
    if b"<!DOCTYPE" in head.upper() or b"<!ENTITY" in head.upper():
        raise CannotRead("defines entities inside its XML, which no spreadsheet does. It was not opened")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head:
        raise CannotRead("is written in an encoding no spreadsheet uses. Open it and save it again as .xlsx")


def _styles(path: Path, names: set[str]) -> dict[bytes, _Format]:
    """The cell styles of an .xlsx that show a number as something else, by their number."""
    if "xl/styles.xml" not in names:
        return {}
    xml = _small(path, "xl/styles.xml")
    shown: dict[str, _Format] = {"9": "%", "10": "%"}
    for tag in re.findall(r"<(?:\w+:)?numFmt\b[^<>]*>", xml):
        code = re.sub(r'"[^"]*"|\\.|\[[^]]*]', "", unescape(_attribute(tag, "formatCode"))[:200])
        if "%" in code:
            shown[_attribute(tag, "numFmtId")] = "%"
        elif re.fullmatch(r"0{2,20}", code):
            shown[_attribute(tag, "numFmtId")] = str(len(code))
    begin, end = (re.search(rf"<{slash}(?:\w+:)?cellXfs\b", xml) for slash in ("", "/"))
    used = re.findall(r"<(?:\w+:)?xf\b[^<>]*>", xml[begin.end() : end.start()]) if begin and end else []
    formats = [shown.get(_attribute(tag, "numFmtId")) for tag in used]
    return {str(place).encode(): form for place, form in enumerate(formats) if form}


def _sheet_files(path: Path, names: set[str]) -> dict[str, str]:
    """Sheet's name -> its part, by the two lists an .xlsx keeps of them."""
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return {}
    targets = {}
    for tag in re.findall(r"<(?:\w+:)?Relationship\b[^<>]*>", _small(path, "xl/_rels/workbook.xml.rels")):
        target = unescape(_attribute(tag, "Target"))
        targets[_attribute(tag, "Id")] = target[1:] if target.startswith("/") else f"xl/{target}"
    found = {}
    for tag in re.findall(r"<(?:\w+:)?sheet\b[^<>]*>", _small(path, "xl/workbook.xml")):
        part = targets.get(_attribute(tag, "id"), "")
        found[unescape(_attribute(tag, "name"))] = part if part in names else ""
    return found


def _small(path: Path, part: str) -> str:
    with zipfile.ZipFile(path).open(part) as opened:
        return opened.read(16 * 1024**2).decode("utf-8", "replace")


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"""[\s:]{name}\s*=\s*("[^"]*"|'[^']*')""", tag)
    return found[1][1:-1] if found else ""


_CELL = re.compile(rb"<(?:\w+:)?(row|c)\b([^<>]*)>")
_STYLE = re.compile(rb"""\ss=["'](\d+)["']""")
_PLACE = re.compile(rb"""\sr=["']([A-Z]*)(\d+)["']""")


def _in_xlsx(path: Path, part: str, styles: dict[bytes, _Format]) -> _Special:
    """Cells of these styles, in the order of the file."""
    row, column = -1, -1
    for tag in _tags(path, part, _CELL):
        place = _PLACE.search(tag[2])
        if tag[1] == b"row":
            row, column = int(place[2]) - 1 if place else row + 1, -1
            continue
        column = _column(place[1]) if place else column + 1
        style = _STYLE.search(tag[2])
        if style and style[1] in styles:
            yield row, column, styles[style[1]]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


_ODS = re.compile(rb"<table:(table|table-row|table-cell|covered-table-cell)(?![-\w])([^<>]*)>")
_REPEATED = re.compile(rb'number-(?:rows|columns)-repeated="(\d{1,9})"')


def _percent_in_ods(path: Path, wanted: int) -> _Special:
    """Cells shown as a percentage on the sheet at this place. A cell or a row may say that it stands several times."""
    sheet, row, rows, column = -1, 0, 0, 0
    columns: list[int] = []
    for tag in _tags(path, "content.xml", _ODS):
        times = int(found[1]) if (found := _REPEATED.search(tag[2])) else 1
        if tag[1] in (b"table", b"table-row"):
            yield from ((row + more, place, "%") for more in range(rows if columns else 0) for place in columns)
            row, rows, column, columns = row + rows, times, 0, []
        if tag[1] == b"table":
            sheet, row, rows = sheet + 1, 0, 0
            if sheet > wanted:
                return
        elif tag[1] != b"table-row" and sheet == wanted:
            if b'value-type="percentage"' in tag[2] and times <= MOST_COLUMNS:
                columns += range(column, column + times)
            column += times
    yield from ((row + more, place, "%") for more in range(rows if columns else 0) for place in columns)


def _tags(path: Path, part: str, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """Every match in a part of a zip, read as a stream."""
    if not part:
        return
    with zipfile.ZipFile(path).open(part) as opened:
        rest = b""
        while block := opened.read(_BLOCK):
            block = rest + block
            cut = block.rfind(b"<")
            cut = cut if cut >= 0 else len(block)
            yield from pattern.finditer(block, 0, cut)
            rest = block[cut:] if len(block) - cut < _BLOCK else b""
        yield from pattern.finditer(rest)


if __name__ == "__main__":
    main(*sys.argv[1:5])
