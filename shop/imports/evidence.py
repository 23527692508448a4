"""What a file's own cells tell of how they are written: decimal sign, order of dates, codes a spreadsheet spoiled.

Whole columns are asked, never single cells, and what decided is said. Cheap questions go first: a file written plainly
is asked no more than these.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shop.imports import codes_sql, dates_sql, numbers_sql
from shop.imports.errors import ImportRefused
from shop.imports.kinds import As, Field
from shop.imports.numbers_sql import Decimal

if TYPE_CHECKING:
    from shop.imports.staging import Batch

# Countries that write the month first.
MONTH_FIRST = {"US", "PH", "FM", "MH", "PW", "BZ"}
_DATES, _NUMBERS = (As.DATE, As.MOMENT), (As.QUANTITY, As.MONEY, As.WHOLE)
# Texts that tell, in the staged cells as CSV, that a comma, a spoiled code or an odd space may be in them.
SIGNS = ('"', "E+", "  ", "\u00a0")


@dataclass
class Found:
    """`raw` is the SQL of each field's text, made readable; `decimal` its decimal sign, `order` that of dates, `codes`
    the fields whose codes need mending."""

    raw: dict[str, str]
    decimal: dict[str, Decimal] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    order: str = "DMY"


def find(batch: Batch, fields: Sequence[Field], raw: dict[str, str], source: str, seen: set[str]) -> Found:
    """Ask the staged columns `raw` of the given fields; what was decided is noted. `seen`: which SIGNS are there.

    Raises ImportRefused where some dates must be day first and some month first.
    """
    found = Found(raw)
    asked = _first_look(batch, fields, raw, source, seen)
    codes = seen - {'"'}
    found.codes = {f.name for f in fields if f.reads is As.CODE} if codes else set()
    _decide_numbers(batch, [f for f in fields if f.reads in _NUMBERS], found, source, asked)
    _decide_dates(batch, [f for f in fields if f.reads in _DATES and f.name in asked], found, source)
    _note_spoiled(batch, found, source)
    return found


def _ask(batch: Batch, what: Mapping[str, Sequence[str]], raw: dict[str, str], source: str) -> dict[str, list[object]]:
    """Questions over `t`, which holds the texts as `v_<field>`. A question ends at the first row that answers it."""
    if not what:
        return {}
    names = ", ".join(f"{raw[name]} as v_{name}" for name in what)
    questions = ", ".join(question for questions in what.values() for question in questions)
    texts = f"with t as not materialized (select {names} from {source} offset 0)"
    answers = list(batch.one("evidence", f"{texts} select {questions}"))
    return {name: [answers.pop(0) for _ in questions] for name, questions in what.items()}


def _first_look(batch: Batch, fields: Sequence[Field], raw: dict[str, str], source: str, seen: set[str]) -> set[str]:
    """Names of the fields to look at closely."""
    what: dict[str, tuple[str, ...]] = {}
    for f in fields:
        if f.reads in _DATES:
            what[f.name] = (dates_sql.look(f"v_{f.name}"),)
        elif f.reads in _NUMBERS:
            what[f.name] = (numbers_sql.look(f"v_{f.name}", commas='"' in seen),)
    return {name for name, answers in _ask(batch, what, raw, source).items() if answers[0]}


def _decide_numbers(batch: Batch, fields: Sequence[Field], found: Found, source: str, asked: set[str]) -> None:
    """A column that tells decides for itself; one that does not follows the others, if these agree."""
    if not any(f.name in asked for f in fields):
        return
    what = {f.name: numbers_sql.evidence(f"v_{f.name}") for f in fields}
    told = _ask(batch, what, found.raw, source)
    commas = {name: str(comma) for name, (comma, point, _) in told.items() if comma and not point}
    points = {name: str(point) for name, (comma, point, _) in told.items() if point and not comma}
    mixed = [name for name, (comma, point, _) in told.items() if comma and point]
    for name, (comma, point, either) in told.items():
        if name in commas or name in points:
            found.decimal[name] = Decimal.COMMA if name in commas else Decimal.POINT
            _note_decimal(batch, name, either, name, str(comma or point), found.decimal[name])
        elif comma and point:
            if either:
                batch.notes.append(
                    f"{name} has decimal commas (“{comma}”) and points (“{point}”), so “{either}” is unsure."
                )
        elif either and bool(commas) != bool(points) and not mixed:
            other, text = next(iter((commas or points).items()))
            found.decimal[name] = Decimal.COMMA if commas else Decimal.POINT
            _note_decimal(batch, name, either, other, text, found.decimal[name])
        elif either and "." in str(either):
            batch.notes.append(f"{name}: “{either}” was read with a decimal point; nothing in the file says otherwise.")


def _note_decimal(batch: Batch, name: str, either: object, other: str, text: str, decimal: Decimal) -> None:
    if either:
        where = "appears" if other == name else f"appears in {other}"
        batch.notes.append(f"{name}: numbers such as “{either}” have a decimal {decimal}, because “{text}” {where}.")


def _decide_dates(batch: Batch, fields: Sequence[Field], found: Found, source: str) -> None:
    told = _ask(batch, {f.name: dates_sql.evidence(f"v_{f.name}") for f in fields}, found.raw, source)
    seen: dict[str, str] = {}
    for name, (day_first, month_first, either, excel, others, unusual) in told.items():
        texts = zip(("DMY", "MDY", "either"), (day_first, month_first, either), strict=True)
        for what, text in texts:
            if text:
                seen[what] = str(text)
        if {"DMY", "MDY"} <= set(seen):
            raise ImportRefused(
                f"{name}: “{seen['DMY']}” is day first, “{seen['MDY']}” is month first. "
                "Write all dates in one order, best like 2026-11-21."
            )
        if excel and not others:
            found.raw[name] = dates_sql.excel_day(found.raw[name])
            batch.notes.append(_excel_words(name, str(excel)))
        elif unusual:
            found.raw[name] = dates_sql.usual(found.raw[name])
    found.order = _order(batch, seen)


def _order(batch: Batch, seen: dict[str, str]) -> str:
    """DMY or MDY: a first or second number above 12 decides for all. Without any: the shop's country."""
    known = next((order for order in ("DMY", "MDY") if order in seen), "")
    order = known or ("MDY" if "either" in seen and batch.shop.country in MONTH_FIRST else "DMY")
    words = "month first" if order == "MDY" else "day first"
    if known:
        batch.notes.append(f"Dates were read {words}, because “{seen[known]}” appears.")
    elif "either" in seen:
        batch.notes.append(
            f"Dates such as “{seen['either']}” could be day first or month first. They were read {words}, "
            f"as in the shop's country ({batch.shop.country})."
        )
    return order


def _excel_words(name: str, text: str) -> str:
    day = dt.date(1899, 12, 30) + dt.timedelta(days=int(text[:5]))
    return f"{name} holds day numbers of a spreadsheet: “{text}” was read as {day.isoformat()}."


def _note_spoiled(batch: Batch, found: Found, source: str) -> None:
    """Say which codes lost digits to a spreadsheet, and which could be mended."""
    if not found.codes:
        return
    what = {name: codes_sql.evidence(f"v_{name}") for name in sorted(found.codes)}
    for name, (mended, spoiled) in _ask(batch, what, found.raw, source).items():
        if mended:
            batch.notes.append(
                f"{name}: codes such as “{mended}” were written out in full; all their digits are there."
            )
        if spoiled:
            batch.notes.append(
                f"{name}: a spreadsheet shortened codes such as “{spoiled}”, and their last digits are lost. "
                "Export the file again without opening it in a spreadsheet, or format the column as text there."
            )
