"""Who may propose how a file is read, beside our own rules. Apps above register here, and a person decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shop.imports import transforms
from shop.imports.errors import ImportRefused
from shop.imports.kinds import Kind, find_kind
from shop.imports.mapping import Mapping, check
from shop.imports.preview import preview
from shop.imports.reading import Layout
from shop.models import Import

RULES = "rules"


@dataclass(frozen=True)
class Asked:
    """What a proposer gets to see: the kind, how the file is written, some rows, and the mapping so far."""

    kind: Kind
    layout: Layout
    rows: Sequence[Sequence[str]]
    mapping: Mapping


@dataclass(frozen=True)
class Answer:
    """Columns and steps of the fields it has an opinion on; `by` names the proposer. Empty: none, and `why` not."""

    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    steps: dict[str, tuple[transforms.Step, ...]] = field(default_factory=dict)
    by: str = ""
    why: str = ""


@dataclass(frozen=True)
class Change:
    """What becomes of one field, in words; `before` and `after` are "" where nothing gives it."""

    field: str
    before: str
    after: str
    sentence: str


@dataclass(frozen=True)
class Proposal:
    """A mapping to accept or not, the changes in it, and who proposes. Without changes: the mapping as it was."""

    mapping: Mapping
    changes: tuple[Change, ...] = ()
    by: str = RULES
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        changes = [vars(change) for change in self.changes]
        return {"mapping": self.mapping.as_json(), "changes": changes, "by": self.by, "why": self.why}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Proposal:
        changes = tuple(Change(**change) for change in value["changes"])
        return cls(Mapping.from_json(value["mapping"]), changes, value["by"], value["why"])


@dataclass(frozen=True)
class _Proposer:
    ready: Callable[[], bool]
    answers: Callable[[Asked], Answer]


_proposers: list[_Proposer] = []


def register(*, ready: Callable[[], bool], answers: Callable[[Asked], Answer]) -> None:
    """Add a proposer. `ready`: whether the chosen shop has it; `answers` may take a while and must not raise."""
    _proposers.append(_Proposer(ready, answers))


def offered() -> bool:
    """Whether anybody but our rules can be asked in the chosen shop."""
    return any(proposer.ready() for proposer in _proposers)


def propose(imported: Import) -> Proposal:
    """What the first proposer with an opinion would change in the import's mapping; writes nothing.

    A change that is no step of ours, or with which more of the sample could not be read, is left out. It may wait for
    others, so it is called outside any transaction.
    """
    layout, sample = Layout.from_json(imported.layout), imported.sample
    asked = Asked(find_kind(imported.kind), layout, sample.get("rows", []), Mapping.from_json(imported.mapping))
    why = ""
    for proposer in _proposers:
        if proposer.ready():
            answer = proposer.answers(asked)
            if answer.columns:
                return weigh(asked, answer)
            why = answer.why or why
    return Proposal(asked.mapping, why=why)


def weigh(asked: Asked, answer: Answer) -> Proposal:
    """The answer's changes, one field at a time, each kept only where it is possible and reads no less than before."""
    mapping, changes = asked.mapping, []
    trouble = _trouble(asked, mapping)
    for kind_field in asked.kind.fields:
        name = kind_field.name
        if name not in answer.columns or name in mapping.constants:
            continue
        columns, steps = answer.columns[name], answer.steps.get(name, ())
        if set(columns) - set(asked.layout.header) or (kind_field.required and not columns):
            continue
        after = replace(mapping, columns={**mapping.columns, name: columns})
        try:
            after = after.with_steps(name, *steps)
            check(asked.kind, after)
        except ImportRefused:
            continue
        if (words := _words(after, name)) == _words(mapping, name) or (left := _trouble(asked, after)) > trouble:
            continue
        changes.append(Change(name, _words(mapping, name), words, _sentence(kind_field.title, mapping, after, name)))
        mapping, trouble = after, left
    by = answer.by if changes else RULES
    return Proposal(mapping, tuple(changes), by, "" if changes else "Nothing better was found.")


def _trouble(asked: Asked, mapping: Mapping) -> int:
    """How many cells of the sample cannot be read, and fields that are missing count as much as a row."""
    found = preview(asked.kind, mapping, asked.layout, asked.rows, shown=len(asked.rows))
    return sum(1 if problem["line"] else max(1, len(asked.rows)) for problem in found.problems)


def _words(mapping: Mapping, name: str) -> str:
    columns = " + ".join(mapping.columns.get(name, ()))
    return ", ".join([columns, *map(transforms.sentence, mapping.steps.get(name, ()))]) if columns else ""


def _sentence(title: str, before: Mapping, after: Mapping, name: str) -> str:
    was, now = (" and ".join(f"“{column}”" for column in said.columns.get(name, ())) for said in (before, after))
    if not now:
        return f"{title}: no longer from {was}."
    steps = "; ".join(map(transforms.sentence, after.steps.get(name, ())))
    text = f"{title} from {now}" + (f" instead of {was}" if was and was != now else "")
    return f"{text}: {steps}." if steps else f"{text}."
