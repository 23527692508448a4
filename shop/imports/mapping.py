"""Which column of the file gives which field: said by the person, or guessed from the column names."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shop.imports.errors import ImportRefused
from shop.imports.kinds import Kind


@dataclass(frozen=True)
class Mapping:
    """field -> columns (several are joined with a space), and field -> one value for every row."""

    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"columns": {name: list(columns) for name, columns in self.columns.items()}, "constants": self.constants}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Mapping:
        return cls({name: tuple(columns) for name, columns in value["columns"].items()}, dict(value["constants"]))

    @property
    def fields(self) -> set[str]:
        return {name for name, columns in self.columns.items() if columns} | set(self.constants)


def parse(kind: Kind, words: Iterable[str]) -> Mapping:
    """Read `field=column` and `field:=constant`; `field=` alone leaves a field out. Raises ImportRefused."""
    said = Mapping()
    for word in words:
        name, equals, value = word.partition("=")
        is_constant = name.endswith(":")
        name = name.removesuffix(":").strip()
        if not equals:
            raise ImportRefused(f"“{word}” is not a mapping. Write field=column or field:=value.")
        kind.field(name)
        if is_constant:
            said.constants[name] = value
        else:
            said.columns[name] = said.columns.get(name, ()) + ((value,) if value else ())
    return said


def complete(kind: Kind, said: Mapping, header: Sequence[str]) -> Mapping:
    """What was said, with columns of equal names for the rest. Where nothing was said: what `guess` finds.

    Raises ImportRefused for a column the file lacks or a required field that nothing gives.
    """
    if not said.columns and not said.constants:
        mapping = guess(kind, header)
    else:
        columns = {name: tuple(_find(column, header) for column in wanted) for name, wanted in said.columns.items()}
        _fill(columns, kind, header, said.constants, synonyms=False)
        mapping = Mapping({name: wanted for name, wanted in columns.items() if wanted}, said.constants)
    missing = [f.name for f in kind.fields if f.required and f.name not in mapping.fields]
    if missing:
        raise ImportRefused(
            f"No column gives {' and '.join(missing)}. The file has: {', '.join(header)}. "
            f"Say which is which, like --map {missing[0]}=column."
        )
    return mapping


def guess(kind: Kind, header: Sequence[str]) -> Mapping:
    """Columns whose names are a field's name or a known synonym. A “Time” beside a “Date” is joined with it."""
    columns: dict[str, tuple[str, ...]] = {}
    used = _fill(columns, kind, header, {}, synonyms=True)
    if "time" in columns and _plain(columns["time"][0]) in {"time", "hour"}:
        date = _first_equal(("date", "day"), header, used)
        columns["time"] = (date, *columns["time"]) if date else columns["time"]
    return Mapping(columns)


def _fill(
    columns: dict[str, tuple[str, ...]], kind: Kind, header: Sequence[str], taken: Container[str], *, synonyms: bool
) -> set[str]:
    """Add columns for fields that have none yet; returns the columns used. Equal names go before synonyms."""
    used = {column for wanted in columns.values() for column in wanted}
    for take_synonyms in (False, True) if synonyms else (False,):
        for kind_field in kind.fields:
            if kind_field.name in columns or kind_field.name in taken:
                continue
            names = kind_field.synonyms if take_synonyms else (kind_field.name,)
            if found := _first_equal(names, header, used):
                columns[kind_field.name] = (found,)
                used.add(found)
    return used


def _plain(name: str) -> str:
    """Compared without case, spaces and punctuation: “Invoice ID” is invoice_id; what is in brackets is left out."""
    return re.sub(r"[\W_]+", "", re.sub(r"\(.*?\)", "", name)).lower()


def _first_equal(names: Sequence[str], header: Sequence[str], used: set[str]) -> str | None:
    for name in names:
        for column in header:
            if column not in used and _plain(column) == _plain(name):
                return column
    return None


def _find(column: str, header: Sequence[str]) -> str:
    for found in header:
        if found == column.strip():
            return found
    for found in header:
        if found.lower() == column.strip().lower():
            return found
    raise ImportRefused(f"There is no column “{column}”. The file has: {', '.join(header)}.")
