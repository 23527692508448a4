"""Which column of the file gives which field, and what is done to its cells: said, guessed or remembered."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from shop.imports import transforms
from shop.imports.errors import ImportRefused
from shop.imports.kinds import Kind

MOST_EDITS = 5000


@dataclass(frozen=True)
class Mapping:
    """How a file's rows become fields. Never changed in place: each `with_…` gives another.

    `columns`: field -> columns (several are joined; none: left out on purpose). `constants`: field -> one value for
    every row.
    `steps`: field -> steps over its text, in order (see `transforms`). `defaults`: field -> what an empty cell means.
    `edits`: "file:line" -> field -> the text a person put there, after all steps; empty text is an empty cell.
    `skips`: "file:line" of rows left out. `drops_repeats`: a row that repeats an earlier one in every mapped column is
    left out; the first stays.
    """

    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    steps: dict[str, tuple[transforms.Step, ...]] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    edits: dict[str, dict[str, str]] = field(default_factory=dict)
    skips: tuple[str, ...] = ()
    drops_repeats: bool = False

    def as_json(self) -> dict[str, Any]:
        """JSON values; what is not used is left out."""
        more = {
            "steps": {name: list(steps) for name, steps in self.steps.items() if steps},
            "defaults": self.defaults,
            "edits": self.edits,
            "skips": list(self.skips),
            "drops_repeats": self.drops_repeats,
        }
        columns = {name: list(columns) for name, columns in self.columns.items()}
        return {"columns": columns, "constants": self.constants} | {name: said for name, said in more.items() if said}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Mapping:
        """What `as_json` gave, now or in an older version."""
        return cls(
            {name: tuple(columns) for name, columns in value.get("columns", {}).items()},
            dict(value.get("constants", {})),
            {name: tuple(steps) for name, steps in value.get("steps", {}).items()},
            dict(value.get("defaults", {})),
            {place: dict(texts) for place, texts in value.get("edits", {}).items()},
            tuple(value.get("skips", ())),
            bool(value.get("drops_repeats", False)),
        )

    @property
    def fields(self) -> set[str]:
        """Fields that a column, a constant or a default gives."""
        given = {name for name, columns in self.columns.items() if columns}
        return given | set(self.constants) | {name for name, text in self.defaults.items() if text}

    def with_steps(self, name: str, *steps: transforms.Step) -> Mapping:
        """These steps for the field, instead of those it has."""
        others = {known: said for known, said in self.steps.items() if known != name}
        return replace(
            self, steps=others | {name: tuple(transforms.checked(step) for step in steps)} if steps else others
        )

    def with_value(self, name: str, old: str, new: str) -> Mapping:
        """Wherever the field's text, after its other steps, is `old`, it is `new`. Said again, the last word counts."""
        steps = self.steps.get(name, ())
        values: dict[str, str] = {}
        if steps and steps[-1]["do"] == "replace":
            *steps, last = steps  # type: ignore[assignment]
            values = last["values"]
        return self.with_steps(name, *steps, {"do": "replace", "values": {**values, old: new}})

    def with_edit(self, place: str, name: str, text: str) -> Mapping:
        """A person's text for one field of the row at `place`, which is "file:line"."""
        return replace(self, edits={**self.edits, place: {**self.edits.get(place, {}), name: text}})

    def with_skip(self, place: str) -> Mapping:
        """The row at `place` is left out."""
        return replace(self, skips=tuple(dict.fromkeys((*self.skips, place))))

    def without_rows(self) -> Mapping:
        """What holds for other files with the same columns: no edits, no skipped rows."""
        return replace(self, edits={}, skips=())


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

    Raises ImportRefused for a column the file lacks, a required field that nothing gives, or a step that is none.
    """
    if not said.columns and not said.constants:
        mapping = replace(said, columns=guess(kind, header).columns)
    else:
        columns = {name: tuple(_find(column, header) for column in wanted) for name, wanted in said.columns.items()}
        _fill(columns, kind, header, said.constants, synonyms=False)
        mapping = replace(said, columns=columns)
    mapping = _with_the_rest(kind, mapping, header)
    missing = [f.name for f in kind.fields if f.required and f.name not in mapping.fields]
    if missing:
        raise ImportRefused(
            f"No column gives {' and '.join(missing)}. The file has: {', '.join(header)}. "
            f"Say which is which, like --map {missing[0]}=column."
        )
    check(kind, mapping)
    return mapping


def _with_the_rest(kind: Kind, mapping: Mapping, header: Sequence[str]) -> Mapping:
    """The columns that no field has, for a field that takes them where nothing is said of it."""
    used = {column for columns in mapping.columns.values() for column in columns}
    free = tuple(column for column in header if column not in used)
    taking = [f.name for f in kind.fields if f.takes_rest and f.name not in {*mapping.columns, *mapping.constants}]
    return replace(mapping, columns={**mapping.columns, taking[0]: free}) if taking and free else mapping


def check(kind: Kind, mapping: Mapping) -> None:
    """Raises ImportRefused for a field the kind lacks, a step that is none, or a place that is no row's."""
    for name in {*mapping.columns, *mapping.constants, *mapping.steps, *mapping.defaults}:
        kind.field(name)
    for name, steps in mapping.steps.items():
        transforms.check_all(name, steps)
    for texts in mapping.edits.values():
        for name in texts:
            kind.field(name)
    places = [*mapping.edits, *mapping.skips]
    if len(places) > MOST_EDITS:
        raise ImportRefused(
            f"{len(places):,} rows are corrected by hand; {MOST_EDITS:,} is the most. Correct the file."
        )
    for place in places:
        if not re.fullmatch(r"\d{1,4}:\d{1,9}", place):
            raise ImportRefused(f"“{place}” is no row. A row is written file:line, like 0:12.")


def guess(kind: Kind, header: Sequence[str]) -> Mapping:
    """Columns whose names are a field's name or a known synonym. A “Time” beside a “Date” is joined with it."""
    columns: dict[str, tuple[str, ...]] = {}
    used = _fill(columns, kind, header, {}, synonyms=True)
    if "time" in columns and plain(columns["time"][0]) in {"time", "hour"}:
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


@lru_cache(maxsize=20_000)
def plain(name: str) -> str:
    """Compared without case, spaces and punctuation: “Invoice ID” is invoice_id; what is in brackets is left out."""
    return re.sub(r"[\W_]+", "", re.sub(r"\(.*?\)", "", name)).lower()


def _first_equal(names: Sequence[str], header: Sequence[str], used: set[str]) -> str | None:
    for name in names:
        for column in header:
            if column not in used and plain(column) == plain(name):
                return column
    return None


def _find(column: str, header: Sequence[str]) -> str:
    for found in header:
        if found == column.strip():
            return found
    for found in header:
        if found.lower() == column.strip().lower():
            return found
    for found in header:
        if plain(found) and plain(found) == plain(column):
            return found
    raise ImportRefused(f"There is no column “{column}”. The file has: {', '.join(header)}.")
