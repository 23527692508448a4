"""Taking an import back: what it made goes, what it changed is put back; what was changed since stays and is named."""

from __future__ import annotations

from dataclasses import dataclass, field

from shop.models import Import, Job

JOB_KIND = "undo_import"


@dataclass(frozen=True)
class Kept:
    """A row that stays as it is, and why."""

    what: str
    name: str
    why: str


@dataclass(frozen=True)
class UndoPlan:
    """What taking an import back would do: counts by what it is in words, and what it would keep (some of it by name).

    `sentences` say all of it to a person.
    """

    removed: list[tuple[str, int]] = field(default_factory=list)
    restored: list[tuple[str, int]] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    kept_count: int = 0
    sentences: list[str] = field(default_factory=list)


def plan(imported: Import) -> UndoPlan:
    """What taking this import back would do now. Changes nothing."""
    raise NotImplementedError


def ask(*, imported: Import, by: str) -> Job:
    """Ask for an import to be taken back. Asking twice is one job. Raises ImportRefused for one not in the books."""
    raise NotImplementedError
