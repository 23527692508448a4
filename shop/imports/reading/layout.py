"""What is known of how a file is written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, BinaryIO


@dataclass(frozen=True)
class Source:
    """A file somewhere: its name for people, its size in bytes and how to open it."""

    name: str
    size: int
    opens: Callable[[], BinaryIO]


class Problem(list[str]):
    """A row that cannot be read as the others are: its cells as far as they are known, and why."""

    def __init__(self, cells: list[str], problem: str) -> None:
        super().__init__(cells)
        self.problem = problem


@dataclass(frozen=True)
class Choice:
    """A code page that the file could be written in, and how some of its words read then."""

    encoding: str
    name: str
    words: str

    def as_json(self) -> dict[str, str]:
        return {"encoding": self.encoding, "name": self.name, "words": self.words}


@dataclass(frozen=True)
class Layout:
    """How a file is written, and its column names. `evidence` are sentences that say why it is read so.

    `quote` and `escape` may be empty: there is none. `skip` counts the lines of the file above the column names,
    `header_rows` the rows that hold these (0: there are none, the columns are called “column 1” and so on).
    `padding` is how many empty cells the rows have more than there are names; `loose_end` says that the last column is
    always filled, so that further empty cells are none. Where a table is `ragged` its rows may end early. `choices` is
    filled where the encoding is a guess between code pages, the one in use first. `member` says which table of several
    in one file this is. `mends` says that control characters stand for signs of Windows: they become those.
    `headings` says that rows are well filled, so that one which fills its first cell alone is none of them.
    """

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    quote: str = '"'
    escape: str = ""
    skip: int = 0
    header_rows: int = 1
    ragged: bool = False
    mends: bool = False
    headings: bool = False
    padding: int = 0
    loose_end: bool = True
    member: str = ""
    choices: tuple[Choice, ...] = ()
    evidence: tuple[str, ...] = ()

    @property
    def has_header(self) -> bool:
        return self.header_rows > 0

    @property
    def is_guess(self) -> bool:
        """Nothing but likelihood says which letters the bytes above ASCII are."""
        return bool(self.choices)

    @property
    def fingerprint(self) -> str:
        """The same for files with the same column names in the same order, however they are written."""
        names = "\n".join(re.sub(r"[\W_]+", "", name).lower() or name for name in self.header)
        return hashlib.sha256(f"{self.has_header}\n{names}".encode()).hexdigest()

    @property
    def misplaced_quote(self) -> re.Pattern[str]:
        """Finds a quotation mark with text on both sides: half of a pair of such, or a sign for inches."""
        mark, edge = re.escape(self.quote or '"'), re.escape(self.delimiter[0])
        return re.compile(rf"{mark}(?<=[^\s{edge}{mark}]{mark})(?=[^\s{edge}{mark}])")

    def as_json(self) -> dict[str, Any]:
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return plain | {
            "header": list(self.header),
            "choices": [choice.as_json() for choice in self.choices],
            "evidence": list(self.evidence),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Layout:
        """What `as_json` wrote, today or in an older release."""
        known = {field.name: value[field.name] for field in fields(cls) if field.name in value}
        known["header"] = tuple(value["header"])
        known["choices"] = tuple(Choice(**choice) for choice in value.get("choices", ()))
        known["evidence"] = tuple(value.get("evidence", ()))
        return cls(**known)

    def problem(self, row: list[str]) -> str:
        """Why a row cannot be matched with the column names; empty where it can. Surplus empty cells at the end are
        no cells, unless a delimiter too many or too few could have moved the others."""
        said = row.problem if isinstance(row, Problem) else ""
        width, surplus = len(self.header), row[len(self.header) :]
        if said or (self.ragged and len(row) <= width) or (len(row) == width and (not self.padding or row[-1].strip())):
            return said
        if len(row) > width and not any(map(str.strip, surplus)) and (len(surplus) == self.padding or self.loose_end):
            return ""
        cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
        names = f"the first row has {width} column names" if self.has_header else f"the others have {width}"
        return f"the row has {cells}, {names}"
