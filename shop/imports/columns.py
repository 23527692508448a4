"""The page of columns: which column of the file gives what, as a form shows it and as a person posts it back."""

from __future__ import annotations

from collections.abc import Mapping as Posted
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shop.imports import transforms
from shop.imports.kinds import Field, Kind
from shop.imports.mapping import Mapping
from shop.models import Import

_VALUES = 3
_LONGEST = 60
# Above so many, columns that give nothing are folded away: nobody wants to scroll past them.
_MANY_UNUSED = 6


@dataclass(frozen=True)
class Column:
    """A column of the file: what stands in it, what it gives, and how sure that is."""

    place: int
    name: str
    values: str
    gives: tuple[str, ...]
    sure: int | None = None
    why: str = ""

    @property
    def tone(self) -> str:
        if self.sure is None:
            return ""
        return "ok" if self.sure >= 85 else "info" if self.sure >= 60 else "warn"

    @property
    def first(self) -> str:
        return self.gives[0] if self.gives else ""

    @property
    def more(self) -> tuple[str, ...]:
        """What it gives beside the first, and one empty place for one more."""
        return (*self.gives[1:], "")


@dataclass(frozen=True)
class Given:
    """A field of ours: where it comes from, what stands in every row, and what is done to its text."""

    field: Field
    columns: tuple[str, ...] = ()
    constant: str = ""
    default: str = ""
    steps: tuple[str, ...] = ()
    is_missing: bool = False


@dataclass(frozen=True)
class Shown:
    """Everything the page of columns shows."""

    unused: list[Column] = field(default_factory=list)
    used: list[Column] = field(default_factory=list)
    fields: list[Given] = field(default_factory=list)
    drops_repeats: bool = False

    @property
    def folds(self) -> bool:
        return len(self.unused) > _MANY_UNUSED

    @property
    def given(self) -> list[Given]:
        return [given for given in self.fields if given.columns]

    @property
    def others(self) -> list[Given]:
        """Fields that no column gives: they may be the same in every row."""
        return [given for given in self.fields if not given.columns]

    @property
    def missing(self) -> list[str]:
        return [given.field.title for given in self.fields if given.is_missing]


def shown(imported: Import, kind: Kind) -> Shown:
    """The columns that give nothing first, then the others, and our fields."""
    mapping = Mapping.from_json(imported.mapping)
    header, rows = imported.sample.get("header", []), imported.sample.get("rows", [])
    guess = imported.sample.get("guess", {})
    gives: dict[str, tuple[str, ...]] = {}
    for kind_field in kind.fields:
        for column in mapping.columns.get(kind_field.name, ()):
            gives[column] = (*gives.get(column, ()), kind_field.name)
    columns = [
        Column(
            place, name, _first_values(rows, place), gives.get(name, ()), *_confidence(guess, mapping, gives.get(name))
        )
        for place, name in enumerate(header)
    ]
    return Shown(
        unused=[column for column in columns if not column.gives],
        used=[column for column in columns if column.gives],
        fields=[_given(kind_field, mapping) for kind_field in kind.fields],
        drops_repeats=mapping.drops_repeats,
    )


def posted(kind: Kind, header: Sequence[str], form: Any, before: Mapping) -> Mapping:
    """What the form says, with what it does not show (steps, corrections of rows) kept from before.

    A column may give several fields, and a field may come from several columns: they are joined in the order they had
    before where they are the same ones, else in the order of the file.
    """
    known = {kind_field.name for kind_field in kind.fields}
    columns: dict[str, tuple[str, ...]] = {}
    for place, name in enumerate(header):
        for wanted in dict.fromkeys(form.getlist(f"c{place}")):
            if wanted in known:
                columns[wanted] = (*columns.get(wanted, ()), name)
    for wanted, names in columns.items():
        if set(names) == set(before.columns.get(wanted, ())):
            columns[wanted] = before.columns[wanted]
    constants, defaults = (
        _texts(kind, form, "constant", before.constants),
        _texts(kind, form, "default", before.defaults),
    )
    constants = {name: text for name, text in constants.items() if name not in columns}
    left_out = {name: () for name in sorted(known) if name not in columns and name not in constants}
    drops = "repeats" in form if "asks-repeats" in form else before.drops_repeats
    return replace(before, columns={**columns, **left_out}, constants=constants, defaults=defaults, drops_repeats=drops)


def _texts(kind: Kind, form: Posted[str, str], word: str, before: Posted[str, str]) -> dict[str, str]:
    """The form's texts for each field; a field that the form does not show keeps its own."""
    found = {}
    for kind_field in kind.fields:
        name = f"{word}-{kind_field.name}"
        text = form.get(name, before.get(kind_field.name, "")).replace("\0", "").strip()
        if text:
            found[kind_field.name] = text[: kind_field.longest]
    return found


def _given(kind_field: Field, mapping: Mapping) -> Given:
    name = kind_field.name
    return Given(
        kind_field,
        tuple(mapping.columns.get(name, ())),
        mapping.constants.get(name, ""),
        mapping.defaults.get(name, ""),
        tuple(transforms.sentence(step) for step in mapping.steps.get(name, ())),
        kind_field.required and name not in mapping.fields,
    )


def _confidence(guess: dict[str, Any], mapping: Mapping, gives: tuple[str, ...] | None) -> tuple[int | None, str]:
    """How sure the guess was, as long as a person has not said otherwise."""
    for name in gives or ():
        if tuple(guess.get("columns", {}).get(name, ())) == mapping.columns.get(name) and name in guess["confidence"]:
            return round(100 * guess["confidence"][name]), guess.get("why", {}).get(name, "")
    return None, ""


def _first_values(rows: list[list[str]], place: int) -> str:
    """The first three values that differ, as they are in the file."""
    cells = (row[place].strip() for row in rows if place < len(row))
    found = list(dict.fromkeys(cell for cell in cells if cell))[:_VALUES]
    return ", ".join(cell if len(cell) <= _LONGEST else f"{cell[: _LONGEST - 1]}…" for cell in found)
