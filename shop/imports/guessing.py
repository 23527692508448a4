"""Which column gives which field, and what kind of file it is: guessed from names, in several languages, and values."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from shop.imports import languages
from shop.imports.guessing_values import Look, fit, look
from shop.imports.kinds import As, Field, Kind, every_kind
from shop.imports.mapping import Mapping, plain
from shop.imports.reading import Layout
from shop.imports.transforms import Step

LEAST = 0.5
MOST_ROWS = 300
# Words that mean the same at the end of a column name.
_NUMBERING = {"id", "number", "code", "ref", "reference"}
# Beside these a word of a column's name says nothing; beside those it says something else.
_EMPTY_WORDS = {"name", "item", "id", "text", "product", "sale", "customer"}
_TURNING = {
    "type",
    "status",
    "level",
    "rate",
    "content",
    "class",
    "size",
    "gender",
    "age",
    "turnover",
    "volume",
    "last",
}
# What many rows share: a column of ever different values is none of these.
_SHARED = {"branch", "register", "cashier", "tender", "category", "unit", "tax_rate", "source"}
# What nobody writes in figures alone.
_WORDS = {"name", "title", "text", "author", "cashier", "tender", "unit", "description"}


@dataclass(frozen=True)
class Guess:
    """`confidence` (0 to 1) and `why`, a sentence, of each field the mapping gives."""

    mapping: Mapping = field(default_factory=Mapping)
    confidence: dict[str, float] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Match:
    score: float
    field: Field
    column: str
    why: str


def guess(kind: Kind, layout: Layout, rows: Sequence[Sequence[str]]) -> Guess:
    """The likeliest column of each field; a field that nothing fits has none. Surer matches choose first."""
    return _Guessing(kind, layout.header, _looks(layout, rows)).guess()


def kind_of(layout: Layout, rows: Sequence[Sequence[str]]) -> list[tuple[str, float]]:
    """Every kind the file may be, with how sure that is (0 to 1), the likeliest first."""
    looks = _looks(layout, rows)
    found = [(kind.name, _likeness(kind, layout.header, looks)) for kind in every_kind()]
    return sorted(found, key=lambda one: -one[1])


def _looks(layout: Layout, rows: Sequence[Sequence[str]]) -> dict[str, Look]:
    shown = rows[:MOST_ROWS]
    return {
        column: look([row[place] if place < len(row) else "" for row in shown])
        for place, column in enumerate(layout.header)
    }


def _likeness(kind: Kind, header: Sequence[str], looks: dict[str, Look]) -> float:
    """High where every required field is found for sure and few columns are left over."""
    found = _Guessing(kind, header, looks).guess()
    required = [found.confidence.get(one.name, 0.0) for one in kind.fields if one.required]
    needed = min(required, default=0.0)
    used = sum(found.confidence.values())
    spoken = {word for column in header for word in _core(languages.in_english(column))}
    named = 0.08 * bool(spoken & _core(tuple(kind.name.split("_"))))
    return round(
        needed * min(1.0, 0.3 + 0.55 * min(1.0, used / len(header)) + 0.1 * used / len(kind.fields) + named), 3
    )


class _Guessing:
    """One kind against one file."""

    def __init__(self, kind: Kind, header: Sequence[str], looks: dict[str, Look]) -> None:
        self.kind, self.header, self.looks = kind, header, looks
        self.columns: dict[str, tuple[str, ...]] = {}
        self.steps: dict[str, tuple[Step, ...]] = {}
        self.confidence: dict[str, float] = {}
        self.why: dict[str, str] = {}

    def guess(self) -> Guess:
        for match in sorted(self._matches(), key=lambda one: -one.score):
            if match.field.name not in self.columns and match.column not in self._used():
                self._take(match.field, (match.column,), match.score, match.why)
        self._join_times()
        self._put_together()
        self._use_twice()
        self._give_the_rest()
        self._suggest_steps()
        order = [one.name for one in self.kind.fields if one.name in self.columns]
        mapping = Mapping({name: self.columns[name] for name in order}, steps=self.steps)
        return Guess(mapping, {name: round(self.confidence[name], 2) for name in order}, self.why)

    def _take(self, kind_field: Field, columns: tuple[str, ...], score: float, why: str) -> None:
        self.columns[kind_field.name] = columns
        self.confidence[kind_field.name] = score
        self.why[kind_field.name] = why

    def _used(self) -> set[str]:
        return {column for columns in self.columns.values() for column in columns}

    def _matches(self) -> Iterator[_Match]:
        for column in self.header:
            words = languages.in_english(column)
            for kind_field in self.kind.fields:
                named, why = _named(kind_field, column, words)
                by_value, seen = _valued(kind_field, column, self.looks[column])
                suits = fit(kind_field.reads, self.looks[column]) * _likely(kind_field, self.looks[column])
                if by_value > named * suits:
                    named, why, suits = by_value, seen, 1.0
                if named * suits >= LEAST:
                    yield _Match(named * suits, kind_field, column, why)

    def _join_times(self) -> None:
        """A date without a time takes a column of times with it, and the other way round."""
        for kind_field in self.kind.fields:
            if kind_field.reads is not As.MOMENT or len(self.columns.get(kind_field.name, ())) != 1:
                continue
            column = self.columns[kind_field.name][0]
            seen, free = self.looks[column], [other for other in self.header if other not in self._used()]
            if seen.dates > 0.8 and seen.timed < 0.2:
                pair = next(((column, other) for other in free if self.looks[other].times > 0.8), None)
            elif seen.times > 0.8:
                pair = next(((other, column) for other in free if self.looks[other].dates > 0.8), None)
            else:
                pair = None
            if pair:
                self._take(kind_field, pair, self.confidence[kind_field.name], "Date and time stand in two columns.")

    def _put_together(self) -> None:
        """A field that nothing gives may be made of others."""
        for kind_field in self.kind.fields:
            parts = [self.columns.get(name, ()) for name in kind_field.made_of]
            if parts and all(parts) and kind_field.name not in self.columns:
                names = " and ".join(kind_field.made_of)
                why = f"No column has it, so rows with the same {names} belong together."
                self._take(kind_field, tuple(column for part in parts for column in part), 0.8, why)

    def _use_twice(self) -> None:
        """A product's own code may be its barcode too."""
        sku = self.columns.get("sku", ("",))[0]
        names = {one.name for one in self.kind.fields}
        if sku and "barcode" in names - set(self.columns) and self.looks[sku].barcodes > 0.9:
            self._take(self.kind.field("barcode"), (sku,), 0.8, "The codes are barcodes with right check digits.")

    def _give_the_rest(self) -> None:
        """Never a reason to take the file for this kind, so its confidence is low."""
        free = tuple(column for column in self.header if column not in self._used())
        for kind_field in self.kind.fields:
            if kind_field.takes_rest and kind_field.name not in self.columns and free:
                self._take(kind_field, free, 0.3, "It takes every column that nothing else has.")

    def _suggest_steps(self) -> None:
        for kind_field in self.kind.fields:
            column = self.columns.get(kind_field.name, ("",))[0]
            if not column:
                continue
            words, seen = languages.tokens(column), self.looks[column]
            if kind_field.reads is As.MONEY and seen.whole > 0.95 and {"cents", "pence", "minor"} & set(words):
                self.steps[kind_field.name] = ({"do": "from_minor"},)
            if kind_field.reads in (As.DATE, As.MOMENT) and seen.epochs > 0.8:
                self.steps[kind_field.name] = ({"do": "unix_time"},)


def _named(kind_field: Field, column: str, words: tuple[str, ...]) -> tuple[float, str]:
    """How well the column's name is the field's: equal, in another language, most of its words, or misspelt."""
    best, said = 0.0, ""
    for place, name in enumerate((kind_field.name, *kind_field.synonyms)):
        # Synonyms are in order: the first say it best.
        top = 1.0 if not place else 0.97 - min(0.12, 0.004 * place)
        score = top * _same(name, column, words)
        if 0 < score < 0.85 and kind_field.reads is As.TEXT and "id" in _core(words):
            continue  # “Payment ID” is not how it was paid
        if score > best:
            best, said = score, name
    if best < LEAST:
        return 0.0, ""
    if plain(column) in (plain(said), plain(kind_field.name)):
        return best, "Its name says so."
    return best, f"Its name is like “{said.replace('_', ' ')}”."


@lru_cache(maxsize=20_000)
def _same(name: str, column: str, words: tuple[str, ...]) -> float:
    if plain(name) == plain(column):
        return 1.0
    if words and "".join(words) == "".join(languages.tokens(name)):
        return 0.95
    wanted, there = _core(languages.tokens(name)), _core(words)
    if wanted and wanted == there:
        return 0.88
    if wanted - _EMPTY_WORDS and wanted < there and not (there - wanted) & _TURNING and max(map(len, wanted)) > 2:
        return 0.5 + 0.3 * len(wanted) / len(there)
    return 0.8 * _misspelt(plain(name), plain(column))


def _misspelt(name: str, column: str) -> float:
    """How alike two words are, where one may be the other with a letter wrong; else 0."""
    if min(len(name), len(column)) < 5 or abs(len(name) - len(column)) > 2 or name[0] != column[0]:
        return 0.0
    ratio = difflib.SequenceMatcher(None, name, column).ratio()
    return ratio if ratio > 0.84 else 0.0


@lru_cache(maxsize=20_000)
def _core(words: tuple[str, ...]) -> frozenset[str]:
    """The words without plural, every way of saying number alike."""
    singular = (word if word.endswith("ss") or len(word) < 4 else word.removesuffix("s") for word in words)
    return frozenset("id" if word in _NUMBERING else word for word in singular)


def _likely(kind_field: Field, seen: Look) -> float:
    """Less where the values repeat though they should not, or never do though they should."""
    if kind_field.differs and seen.filled and seen.different < 0.8:
        return 0.5
    if kind_field.name in _WORDS and seen.numbers > 0.9 and seen.letters < 0.1:
        return 0.5
    return 0.5 if kind_field.name in _SHARED and seen.different > 0.9 and seen.count > 20 else 1.0


def _valued(kind_field: Field, column: str, seen: Look) -> tuple[float, str]:
    """What the cells alone tell, without a name."""
    name = kind_field.name
    if name in ("barcode", "ean", "gtin") and seen.barcodes > 0.9:
        return 0.85, "Its values are barcodes with right check digits."
    if name == "email" and seen.emails > 0.9:
        return 0.85, "Its values are email addresses."
    if kind_field.reads in (As.DATE, As.MOMENT) and kind_field.required and seen.dates > 0.95:
        return 0.55, "Its values are dates."
    if kind_field.differs and kind_field.required and seen.different == 1 and _is_nameless(column):
        return 0.55, "Its values are different in every row."
    if name == "text" and seen.length > 80:
        return 0.55, "Its values are long texts."
    return 0.0, ""


def _is_nameless(column: str) -> bool:
    return plain(column).startswith(("column", "unnamed")) or plain(column) in ("index", "rowid", "row", "no", "line")
