"""Files of a shop's own figures and lists: each app registers its kinds in its `exports` module.

Written row by row as they are read. Call them in a transaction: all rows are then read through one cursor,
whatever their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from shop.csvout import Cell, pieces
from shop.errors import Refused
from shop.periods import Period

Rows = Iterable[tuple[Cell, ...]]


class ExportRefused(Refused):
    code = "export_invalid"


@dataclass(frozen=True, slots=True)
class Export:
    """A kind of file: its columns, and its rows for a period (None: everything).

    With `means`, a sentence for each column, it is also one of the lists of the takeout.
    """

    header: tuple[str, ...]
    rows: Callable[[Period | None], Rows]
    about: str = ""
    means: tuple[str, ...] = ()


_kinds: dict[str, Export] = {}
_left_out: dict[str, str] = {}


def register_exports(kinds: dict[str, Export]) -> None:
    _kinds.update(kinds)


def export_kinds() -> list[str]:
    return list(_kinds)


def documented() -> dict[str, Export]:
    """The exports whose columns are explained, by name."""
    return {name: kind for name, kind in sorted(_kinds.items()) if kind.means}


def leave_out(tables: dict[str, str]) -> None:
    """Say which tables of a shop the takeout does without, and why."""
    _left_out.update(tables)


def left_out() -> dict[str, str]:
    return dict(_left_out)


def find_export(kind: str) -> Export:
    """The export of this name. Raises ExportRefused, naming those there are."""
    if kind not in _kinds:
        raise ExportRefused(f"“{kind}” is not an export. Choose one of: {', '.join(_kinds)}.")
    return _kinds[kind]


def export(kind: str, period: Period | None = None) -> Iterator[str]:
    """The plain CSV file of this kind, in pieces of text. Raises ExportRefused for an unknown kind."""
    wanted = find_export(kind)
    return pieces(wanted.header, wanted.rows(period))
