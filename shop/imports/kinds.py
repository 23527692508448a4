"""What can be imported: a kind is one declaration in the app it belongs to, found here by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from shop.imports.errors import ImportRefused

if TYPE_CHECKING:
    from shop.imports.staging import Batch

# Words of a yes and a no, as SQL lists in small letters.
YES = "('yes', 'y', 'true', 't', '1', 'x', 'on', 'ja', 'si', 'sí', 'oui', 'sim')"
NO = "('no', 'n', 'false', 'f', '0', '-', 'off', 'nein', 'nee', 'non', 'nao', 'não')"


class As(StrEnum):
    """How a field's cells are read; the value is the word in the documents."""

    TEXT = "text"
    CODE = "code"
    QUANTITY = "number, 3 decimals"
    MONEY = "amount, 4 decimals"
    WHOLE = "whole number"
    DATE = "date"
    MOMENT = "date and time"


def also(*lists: str) -> tuple[str, ...]:
    """Other names of a field, written as lists with commas."""
    return tuple(name.strip() for names in lists for name in names.split(","))


@dataclass(frozen=True)
class Field:
    """One field of a kind. `required`: some column must give it; `filled`: and no cell of it may be empty.

    `default` says in words what holds where a cell is empty or no column gives it. `examples` are its cells in the rows
    of the template file, one below the other. Several columns of one field are put together with `joined` between.
    `made_of` names the fields whose columns together may stand in where no column gives it. `differs`: in a usual file
    no two rows have the same. `takes_rest`: where nothing is said it gets every column that no other field has.
    """

    name: str
    reads: As
    help: str
    required: bool = False
    filled: bool = False
    longest: int = 200
    synonyms: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    default: str = ""
    joined: str = " "
    made_of: tuple[str, ...] = ()
    differs: bool = False
    takes_rest: bool = False

    @property
    def title(self) -> str:
        """Its name for people: best_before is Best before, sku is SKU."""
        return "SKU" if self.name == "sku" else self.name.replace("_", " ").capitalize()

    @property
    def example(self) -> str:
        """How a cell of it may look; "" where there is none."""
        return next((cell for cell in self.examples if cell), "")


@dataclass(frozen=True)
class Counts:
    """What became of the rows that were not refused, and what else is worth telling, as JSON values."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    facts: dict[str, Any] = dataclass_field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A kind of file. `merge` writes the staged rows and may refuse more of them; `grows` names the tables that
    become much larger by it; `finish` runs after the commit and must be harmless to repeat.

    `noun` is one row and several in words. `absent` names what may be done about what the file does not name: zero,
    discontinue. `said` is how its files are written where they are no table with names (see `reading.look`). `undo`
    takes an import of it back where the general way, by the rows' history, is not enough.
    """

    name: str
    title: str
    about: str
    fields: tuple[Field, ...]
    merge: Callable[[Batch], Counts]
    grows: tuple[str, ...] = ()
    finish: Callable[[], object] = lambda: None
    rank: int = 9
    noun: tuple[str, str] = ("row", "rows")
    absent: tuple[str, ...] = ()
    said: dict[str, Any] = dataclass_field(default_factory=dict)
    undo: Callable[..., Any] | None = None

    def field(self, name: str) -> Field:
        """The field of this name. Raises ImportRefused, naming those there are."""
        for field in self.fields:
            if field.name == name:
                return field
        known = ", ".join(field.name for field in self.fields)
        raise ImportRefused(f"“{name}” is not a field of {self.name}. Its fields: {known}.")


def template(kind: Kind) -> tuple[list[str], list[list[str]]]:
    """A file of this kind to begin from: its column names, and some rows that can be imported as they are.

    A kind whose files have no column names gives none, and in its rows the cells of the field that takes all of them.
    """
    if kind.said.get("header_rows") == 0:
        return [], [cells.split(f.joined) for f in kind.fields if f.takes_rest for cells in f.examples]
    rows = max((len(field.examples) for field in kind.fields), default=0)
    header = [field.name for field in kind.fields]
    return header, [
        [field.examples[row] if row < len(field.examples) else "" for field in kind.fields] for row in range(rows)
    ]


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    _kinds[kind.name] = kind
    return kind


def every_kind() -> list[Kind]:
    """All kinds, those that most people come with first."""
    return sorted(_kinds.values(), key=lambda kind: (kind.rank, kind.title))


def find_kind(name: str) -> Kind:
    """The kind of this name. Raises ImportRefused, naming those there are."""
    if name not in _kinds:
        raise ImportRefused(f"“{name}” cannot be imported. What can: {', '.join(sorted(_kinds))}.")
    return _kinds[name]
