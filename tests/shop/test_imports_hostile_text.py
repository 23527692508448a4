"""Text that was made to do harm, or that a broken program left: refused in words, soon, and at no cost of memory."""

import gzip
import io
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from django.conf import settings

from shop.imports import reading
from shop.imports.errors import ImportRefused
from shop.imports.reading import Source, Table, encodings

MEGABYTE = 1 << 20
COMMAS = b"," * MEGABYTE


@pytest.fixture(autouse=True)
def country(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "_country", lambda: "GB")


class Made(io.RawIOBase):
    """A file that is made while it is read, again from its beginning on."""

    def __init__(self, blocks: Callable[[], Iterator[bytes]]) -> None:
        self._blocks = blocks
        self.seek(0)

    def readable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = 0) -> int:
        assert (place, whence) == (0, 0)
        self._coming, self._left, self._place = self._blocks(), b"", 0
        return 0

    def tell(self) -> int:
        return self._place

    def readinto(self, into: object) -> int:
        view = cast(memoryview, into)
        self._left = self._left or next(self._coming, b"")
        part, self._left = self._left[: len(view)], self._left[len(view) :]
        view[: len(part)] = part
        self._place += len(part)
        return len(part)


def made(*parts: tuple[bytes, int]) -> Source:
    """Each part so many times, without ever being in memory as a whole."""
    size = sum(len(part) * times for part, times in parts)
    return Source("till.csv", size, lambda: cast(BinaryIO, Made(lambda: (part for part, n in parts for _ in range(n)))))


def of(content: bytes, name: str = "till.csv") -> Source:
    return Source(name, len(content), lambda: io.BytesIO(content))


def read(source: Source) -> set[str]:
    """Reads all of a file; returns the problems of its rows."""
    layout = reading.look(source)
    return {layout.problem(row) for _, rows in Table(source, layout).chunks(5000) for row in rows} - {""}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (lambda: made((COMMAS, 1024)), "a first row longer than 1 MB"),
        (lambda: made((b"a" * MEGABYTE, 200)), "a first row longer than 1 MB"),
        (lambda: made((b"\xff\xfe" + "Ċ".encode("utf-16-le"), 1), ("Ċ".encode("utf-16-le") * MEGABYTE, 20)), "1 MB"),
        (lambda: made((b"a,b\n1,2\n", 1), (COMMAS, 64)), "a row longer than 1 MB"),
        (lambda: made((b"1,2\n" * 5000, 20), (COMMAS, 8)), "a row longer than 1 MB"),
        (lambda: made((b'a,b\n1,2\n3,"', 1), (b"x" * MEGABYTE, 100)), "a row longer than 1 MB"),
        (lambda: made((b'a,b\n1,2\n"', 1), (b'\n","' * 100_000, 60)), "a row longer than 1 MB"),
        (lambda: made((b"a,b\n1,2\n", 1), (b"," * 900_000 + b"\n", 40)), "rows too long for a table"),
        (lambda: of(b",".join(b"c%d" % n for n in range(1001)) + b"\n1\n"), "1,001 columns; 1,000 is the most"),
        (lambda: of(b"x," * 500_000 + b"\n1\n"), "500,001 columns"),
        (lambda: of(b"a,b\n1,\0\n"), "binary zeros, the first in line 2"),
        (lambda: of("a,b\n1,2\n3,\0\n".encode("utf-16")), "binary zeros, the first in line 3"),
        (lambda: of(bytes(range(256)) * 40), "binary zeros"),
        (lambda: of(b"\xef\xbb\xbf"), "is empty"),
        (lambda: of(b"\xff\xfe"), "is empty"),
        (lambda: of(b"\xff\xfe\0\0"), "is empty"),
        (lambda: of(b"\n\r\n \t\n\x1a"), "is empty"),
        (lambda: of(b'"'), "a quotation mark in the first row is never closed"),
        (lambda: of(b",,,\n" * 5), "has no row with words"),
        (lambda: of("a,b\nCafé,Müsli\n".encode() + b"K\xe4se,2\n"), "written in two ways"),
        (lambda: of(b"a,b\n1,\xed\xa0\x80\n"), "written in two ways"),
        (lambda: of("a,b\nCafé,Müsli\nCaf".encode() + b"\xc3"), "written in two ways"),
        (lambda: of("a,b\n1,2\n".encode("utf-16") + b"\x00\xd8,\x00"), "bytes that mean nothing"),
        (lambda: of("a,b\n1,2\n".encode("utf-16")[:-1]), "bytes that mean nothing"),
        (lambda: of("a,b\n1,2\n".encode("utf-32")[:-2]), "bytes that mean nothing"),
        (lambda: of(gzip.compress(COMMAS * 30, mtime=0)), "first row longer than 1 MB|far more than a table"),
        (lambda: of(gzip.compress(b"a,b\n" + b"1,2\n" * 8_000_000, mtime=0)), "far more than a table would"),
        (lambda: of(gzip.compress(b"a,b\n" + b"1,2\n" * 900, mtime=0)[:-20]), "cut off or damaged"),
        (lambda: of(gzip.compress(gzip.compress(b"a,b\n1,2\n", mtime=0), mtime=0)), "binary zeros|longer|UTF-8"),
        (lambda: of(b"\x1f\x8b and no more"), "cut off or damaged"),
    ],
)
def test_a_file_made_to_do_harm_is_refused_soon(source: Callable[[], Source], words: str) -> None:
    started = time.process_time()
    with pytest.raises(ImportRefused, match=words):
        read(source())
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1,2\n" + b"x," * 400_000 + b"\n3,4\n", "the row has 400001 cells"),
        (b"a,b\n1,2\n3," + b"x" * 140_000 + b"\n5,6\n", "a cell is longer than 128 kB"),
        (b"a,b\n1,2\n" + b',"a' * 100_000 + b"\n3,4\n", "a quotation mark"),
        (b"a,b\n1,2\n" + b'"x",' * 100_000 + b"\n3,4\n", "the row has 100001 cells"),
        (b"a,b\n1,2\n" + b'"a"' * 100_000 + b"\n3,4\n", "longer than 128 kB"),
        (b"a,b\n" + b'1,"2\n' * 10_000, "a quotation mark"),
        (b"a,b\n" + b'x","a\n' * 10_000, "the row has|a quotation mark"),
        (b"a,b\n1,2\n" + b"'" * 200_000 + b"\n", "longer than 128 kB"),
        (b"a,b\n1,2\n" + b"total" + b" " * 100_000 + b"total\n", "the row has 1 cell"),
        (b"a,b\n1,2\n" + b"\\" * 200_000 + b'"\n', "longer than 128 kB"),
    ],
)
def test_a_row_made_to_do_harm_costs_itself_alone(content: bytes, words: str) -> None:
    started = time.process_time()
    problems = read(of(content))
    assert any(part in problem for problem in problems for part in words.split("|")), list(problems)[:3]
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "name",
    ["=cmd|'/c calc'!A0", "<script>", "../../etc/passwd", "\u202eeman", "a\u2028b", "a\x85b", "a\x0bb", "%s %(x)s"],
)
def test_what_a_cell_says_is_only_text(name: str) -> None:
    found = of(f"id,{name.replace(chr(0x85), 'x')}\n1,{name}\n2,{name}\n".encode())
    layout = reading.look(found, said={"header_rows": 1})
    assert [row for _, row in Table(found, layout).rows()] == [
        ["1", name.replace("\x85", "…")],
        ["2", name.replace("\x85", "…")],
    ]


def test_the_worst_take_less_than_150_mb() -> None:
    """In a process of its own, since memory once taken is seldom given back."""
    program = textwrap.dedent("""
        import json, resource, django
        django.setup()
        from tests.shop.test_imports_hostile_text import made, read
        from shop.imports.errors import ImportRefused
        def most():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        before, words = most(), []
        for parts in ((b"," * 900_000 + bytes([10]), 60), (b"x" * (1 << 20), 100)):
            try:
                read(made((b"a,b\\n1,2\\n", 1), parts))
            except ImportRefused as refusal:
                words.append(str(refusal))
        print(json.dumps([words, most() - before]))
    """)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "shop.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    words, grown = json.loads(done.stdout.splitlines()[-1])
    assert "rows too long for a table" in words[0] and "a row longer than 1 MB" in words[1]
    assert grown < 150
