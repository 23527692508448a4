"""The one seam of feeds: where files may come from. A kind of source is one module that registers itself here.

A source only looks and hands over. It never deletes what it finds, keeps nothing, and writes no row.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol, cast

from django import forms

ENDINGS = (".csv", ".tsv", ".txt", ".gz", ".zip", ".xlsx", ".xls", ".ods")
MOST_BYTES = 1024**3
IN_MEMORY = 4 * 1024**2

Cursor = dict[str, Any]
Seen = Callable[[str], bool]


class SourceProblem(Exception):
    """A source cannot be used now: a sentence for the person, without a secret and without what changes by itself."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class FileProblem(SourceProblem):
    """One file of a source can never be taken as it is; the others can."""


class NotYet(SourceProblem):
    """One file cannot be taken now, and is offered again at the next look. An empty sentence: it is only early."""


def nothing() -> None:
    """What there is to do with a file that stays where it is."""


@dataclass(frozen=True)
class Fetched:
    """A file that a source offers. `identity` is what the source knows it by: the same for the same file, always.

    `opens` brings the bytes, whole: it raises SourceProblem where they cannot be had. `taken` is called once the file
    is kept. `details` are remembered with it.
    """

    identity: str
    name: str
    opens: Callable[[], AbstractContextManager[BinaryIO]]
    details: Mapping[str, Any] = field(default_factory=dict)
    taken: Callable[[], None] = nothing


@dataclass(frozen=True)
class Where:
    """What a source needs to know of a feed: its settings, its opened secrets, and whose it is."""

    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    slug: str
    zone: str


@dataclass(frozen=True)
class Found:
    """What a look found: a sentence, and the names of some of the files."""

    sentence: str
    names: tuple[str, ...] = ()


class Source(Protocol):
    """A kind of place that files come from. `form` asks for its settings; fields in `secret` are stored encrypted."""

    name: str
    title: str
    about: str
    icon: str
    form: type[forms.Form]
    secret: tuple[str, ...]

    def available(self) -> bool:
        """Whether this installation offers it."""

    def describe(self, settings: Mapping[str, Any]) -> str:
        """Where it looks, for a page: never a secret."""

    def check(self, where: Where) -> Found:
        """Look once and take nothing. Raises SourceProblem."""

    def fetch(self, where: Where, cursor: Cursor, seen: Seen) -> Iterator[Fetched]:
        """The files there are, the oldest first, but for those whose identity is `seen`. Raises SourceProblem.

        `cursor` is where it stood after the last look. The source moves it on as it is asked for the next file, so
        what it says is always true of the files handed over before. `cursor["waiting"]` asks for another look soon.
        """


_sources: dict[str, Source] = {}


def register(source: Source) -> Source:
    _sources[source.name] = source
    return source


def every_source() -> list[Source]:
    """What this installation offers, in the order of registration."""
    return [source for source in _sources.values() if source.available()]


def find(name: str) -> Source:
    """The source of this name. Raises SourceProblem where nothing registers it, or the operator switched it off."""
    source = _sources.get(name)
    if source is None or not source.available():
        raise SourceProblem("This installation does not offer this kind of feed any more. Ask whoever runs it.")
    return source


def buffer() -> BinaryIO:
    """Room for a file while it is fetched: in memory while it is small, on disk above that, gone when closed."""
    return cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, prefix="aisle-feed-"))


def is_offered(name: str) -> bool:
    """Whether a file's name says that it may hold rows."""
    return name.lower().endswith(ENDINGS) and not name.startswith((".", "~"))
