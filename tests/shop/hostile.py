"""Makes files nobody should send: zips, gzips and workbooks with something wrong in them. None is kept in the tree."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterable

MEGABYTE = 1024**2
ROWS = b"sku,name,price\nA1,Apples,1.20\n"
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns"


def zipped(*files: tuple[str, bytes], level: int = 1, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as packed:
        for name, content in files:
            packed.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
        packed.comment = comment
    return out.getvalue()


def noise(size: int) -> bytes:
    """Bytes that pack badly, the same in every run."""
    return random.Random(size).randbytes(size)


def bomb(megabytes: int, fill: bytes = b"0") -> bytes:
    return fill * (megabytes * MEGABYTE)


def overlapping(files: int = 60) -> bytes:
    """Every name in the directory leads to the same bytes."""
    packed = zipped(("0.csv", bomb(2)))
    place = packed.index(b"PK\x01\x02")
    local, one = packed[:place], packed[place : packed.rindex(b"PK\x05\x06")]
    directory = b"".join(one.replace(b"0.csv", f"{n % 10}.csv".encode()) for n in range(files))
    return local + directory + struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, files, files, len(directory), len(local), 0)


def forged(packed: bytes, *, size: int | None = None, flag: int | None = None, method: int | None = None) -> bytes:
    """The directory says something else than the truth, and so does the file's own head."""
    altered = bytearray(packed)
    central, local = packed.index(b"PK\x01\x02"), packed.index(b"PK\x03\x04")
    for start, shift in ((local, 0), (central, 2)):
        if flag is not None:
            altered[start + 6 + shift : start + 8 + shift] = struct.pack("<H", flag)
        if method is not None:
            altered[start + 8 + shift : start + 10 + shift] = struct.pack("<H", method)
        if size is not None:
            altered[start + 22 + shift : start + 26 + shift] = struct.pack("<L", size)
    return bytes(altered)


def forged_end(packed: bytes, *, entries: int, directory: int, larger: bool = False) -> bytes:
    """The end of the zip claims a directory of any size, in the small record or the one that large zips have."""
    altered, place = bytearray(packed), packed.rindex(b"PK\x05\x06")
    if not larger:
        altered[place + 8 : place + 16] = struct.pack("<HHL", entries & 0xFFFF, entries & 0xFFFF, directory)
        return bytes(altered)
    record = struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, directory, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, place, 1)
    return packed[:place] + record + locator + packed[place:]


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, 1, mtime=0)


def broken_sum(packed: bytes) -> bytes:
    return packed[:-8] + struct.pack("<LL", zlib.crc32(b"other"), struct.unpack("<L", packed[-4:])[0])


def xlsx(sheet: str = "", *, parts: Iterable[tuple[str, bytes]] = (), name: str = "Prices", sheets: int = 1) -> bytes:
    """An .xlsx of one sheet's rows; `parts` replace or add files in it."""
    names = "".join(f'<sheet name="{name if n == 1 else n}" sheetId="{n}" r:id="r{n}"/>' for n in range(1, sheets + 1))
    rels = "".join(f'<Relationship Id="r{n}" Type="{_RELS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
                   for n in range(1, sheets + 1))  # fmt: skip
    found = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>'.encode(),
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_RELS}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>'
        ).encode(),
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_RELS}"><sheets>{names}</sheets></workbook>'.encode(),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships">{rels}</Relationships>'.encode()
        ),
    }
    for number in range(1, sheets + 1):
        found[f"xl/worksheets/sheet{number}.xml"] = worksheet(sheet or cells("sku", "name"))
    return zipped(*{**found, **dict(parts)}.items())


def worksheet(rows: str, before: str = "", head: str = "") -> bytes:
    return f"{head}<worksheet {_MAIN}>{before}<sheetData>{rows}</sheetData></worksheet>".encode()


def cells(*values: object, row: int = 1) -> str:
    return f'<row r="{row}">{"".join(_cell(value) for value in values)}</row>'


def _cell(value: object) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def ods(rows: str, *, head: str = "", mimetype: bytes = b"application/vnd.oasis.opendocument.spreadsheet") -> bytes:
    names = " ".join(f'xmlns:{one}="{_OFFICE}:{one}:1.0"' for one in ("office", "table", "text"))
    content = (
        f"<?xml version='1.0' encoding='UTF-8'?>{head}<office:document-content {names}><office:body>"
        f'<office:spreadsheet><table:table table:name="One">{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{_OFFICE}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="{mimetype.decode()}"/></manifest:manifest>'
    )
    listed = ("META-INF/manifest.xml", manifest.encode())
    return zipped(("mimetype", mimetype), listed, ("content.xml", content.encode()))


def ods_row(*values: str, rows: int = 1, columns: int = 1) -> str:
    found = "".join(
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{columns}">'
        f"<text:p>{value}</text:p></table:table-cell>"
        for value in values
    )
    return f'<table:table-row table:number-rows-repeated="{rows}">{found}</table:table-row>'


def xls(records: Iterable[tuple[int, int, float]], *, loop: bool = False) -> bytes:
    """An old workbook with numbers at (row, column). With `loop` its chain of sectors never ends."""
    bof, eof = _record(0x809, struct.pack("<HHHHLL", 0x600, 5, 0, 0, 0, 0)), _record(0xA, b"")
    name = b"\x03\x00One"
    globals_size = len(bof) + 4 + 6 + len(name) + len(eof)
    stream = bof + _record(0x85, struct.pack("<LH", globals_size, 0) + name) + eof
    stream += _record(0x809, struct.pack("<HHHHLL", 0x600, 0x10, 0, 0, 0, 0))
    stream += b"".join(_record(0x203, struct.pack("<HHHd", row, column, 0, value)) for row, column, value in records)
    return box(("Workbook", (stream + eof).ljust(4096, b"\0")), loop=loop)


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def box(*streams: tuple[str, bytes], loop: bool = False) -> bytes:
    """A compound file as old Office writes them: header, one sector of chains, one directory, the streams."""
    chains, places, body = [0xFFFFFFFD, 0xFFFFFFFE], [], b""
    for _, content in streams:
        padded = content + b"\0" * (-len(content) % 512)
        first, count = len(chains), len(padded) // 512
        chains += [first if loop and n == count - 1 else first + n + 1 for n in range(count)]
        chains[-1] = first if loop else 0xFFFFFFFE
        places.append((first, len(content) * (1_000_000 if loop else 1)))
        body += padded
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    entries += [_entry(name, 2, *place) for (name, _), place in zip(streams, places, strict=True)]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<LLLLLLLLLL", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    table = struct.pack(f"<{len(chains)}L", *chains).ljust(512, b"\xff")
    return header.ljust(512, b"\xff") + table + b"".join(entries).ljust(512, b"\0") + body


def _entry(name: str, kind: int, first: int, size: int, *, child: int = 0xFFFFFFFF) -> bytes:
    wide = name.encode("utf-16-le")
    start = wide.ljust(64, b"\0") + struct.pack("<HBBLLL", len(wide) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return start + bytes(36) + struct.pack("<LQ", first, size)


def part(packed: bytes, name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(packed)).read(name)
