"""What may be done to the text of a field before it is read: a fixed list of steps, each compiled to SQL.

A step is a dict: its name under "do", its arguments beside it, such as {"do": "part", "by": "-", "take": 1}. Arguments
become SQL literals and nothing else of them reaches the database. An empty cell stays empty through every step but
`replace` with "" among its values; a text that a step cannot read is left as it is, so that the typing names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from shop.imports import dates_sql, numbers_sql
from shop.imports.errors import ImportRefused
from shop.imports.kinds import As

Step = dict[str, Any]
MOST_STEPS = 20
MOST_VALUES = 2000
LONGEST_TEXT = 200
TEXTS = frozenset({As.TEXT, As.CODE})
NUMBERS = frozenset({As.QUANTITY, As.MONEY, As.WHOLE})
DATES = frozenset({As.DATE, As.MOMENT})
ANY = TEXTS | NUMBERS | DATES


@dataclass(frozen=True)
class Argument:
    """One thing a step asks for. `kind`: text, number, count (a whole number), values (old -> new) or list."""

    name: str
    label: str
    kind: str = "text"
    given: Any = None
    may_be_empty: bool = False


@dataclass(frozen=True)
class Known:
    """A step of the vocabulary. `makes` is SQL over the text `v`, `tells` its words, `suits` the fields it is for."""

    name: str
    title: str
    arguments: tuple[Argument, ...]
    makes: Callable[[Step], str]
    tells: Callable[[Step], str]
    suits: frozenset[As] = ANY


def literal(text: str) -> str:
    """The text as an SQL literal."""
    return str(sql.Literal(text.replace("\0", "")).as_string(None)) + "::text"


def every() -> list[Known]:
    """The whole vocabulary, as people are offered it."""
    return list(_known.values())


def suiting(reads: As) -> list[Known]:
    """The steps that make sense for a field that is read so."""
    return [known for known in _known.values() if reads in known.suits]


def checked(step: Any) -> Step:
    """The step with what it leaves out filled in, and nothing beside. Raises ImportRefused for what is no step."""
    known = _known.get(step.get("do", "")) if isinstance(step, Mapping) else None
    if known is None:
        raise ImportRefused(f"“{_shown(step)}” is not a step. Steps: {', '.join(_known)}.")
    names = {argument.name for argument in known.arguments}
    if unknown := set(step) - names - {"do"}:
        raise ImportRefused(f"The step {known.name} has no “{min(map(str, unknown))[:40]}”.")
    return {"do": known.name} | {argument.name: _value(known, argument, step) for argument in known.arguments}


def check_all(field: str, steps: Sequence[Any]) -> tuple[Step, ...]:
    """All steps of a field, checked. Raises ImportRefused."""
    if len(steps) > MOST_STEPS:
        raise ImportRefused(f"{field} has {len(steps)} steps; {MOST_STEPS} is the most.")
    found = tuple(checked(step) for step in steps)
    if any(step["do"] == "join" for step in found[1:]):
        raise ImportRefused(f"{field}: columns are joined before anything else is done, so this step comes first.")
    return found


def compiled(raw: str, steps: Sequence[Step]) -> str:
    """SQL of the text after the steps. Each sees the text before it once, however often it names it."""
    made = raw
    for step in map(checked, steps):
        if step["do"] not in ("join", "leave_out", "keep_only"):
            made = f"(select nullif(trim({_known[step['do']].makes(step)}), '') from (select {made} as v offset 0) s)"
    return made


def joined_with(steps: Sequence[Step], usual: str) -> str:
    """What stands between the columns of one field."""
    return str(checked(steps[0])["between"]) if steps and steps[0].get("do") == "join" else usual


def left_out(steps: Sequence[Step]) -> list[tuple[list[str], bool]]:
    """Which texts of the field leave a row out: (texts, whether all others do instead)."""
    said = [checked(step) for step in steps if step.get("do") in ("leave_out", "keep_only")]
    return [(step["values"], step["do"] == "keep_only") for step in said]


def sentence(step: Step) -> str:
    """What the step does, for people."""
    step = checked(step)
    return _known[step["do"]].tells(step)


def _value(known: Known, argument: Argument, step: Mapping[str, Any]) -> Any:
    value = step.get(argument.name, argument.given)
    problem = _READERS[argument.kind](value, argument)
    if problem:
        raise ImportRefused(f"{known.title}: {argument.label.lower()} {problem}.")
    return value


def _text_problem(value: Any, argument: Argument) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        return f"must be a text of at most {LONGEST_TEXT} characters"
    return "" if value or argument.may_be_empty else "is missing"


def _number_problem(value: Any, argument: Argument) -> str:
    ok = isinstance(value, str) and re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value) and float(value) > 0
    return "" if ok else "must be a number above 0, like 100 or 0.5"


def _count_problem(value: Any, argument: Argument) -> str:
    ok = isinstance(value, int) and not isinstance(value, bool) and value and abs(value) <= 100
    return "" if ok else "must be a whole number, not 0"


def _values_problem(value: Any, argument: Argument) -> str:
    if not isinstance(value, Mapping) or not value:
        return "are missing"
    return _list_problem([*value, *value.values()], argument, most=2 * MOST_VALUES)


def _list_problem(value: Any, argument: Argument, most: int = MOST_VALUES) -> str:
    if not isinstance(value, list) or not value:
        return "are missing"
    if len(value) > most:
        return f"are {len(value):,}; {MOST_VALUES:,} is the most"
    whole = all(isinstance(text, str) and len(text) <= 10 * LONGEST_TEXT for text in value)
    return "" if whole else "must be texts"


_READERS: dict[str, Callable[..., str]] = {
    "text": _text_problem,
    "number": _number_problem,
    "count": _count_problem,
    "values": _values_problem,
    "list": _list_problem,
}


def _shown(step: Any) -> str:
    return str(step.get("do", step) if isinstance(step, Mapping) else step)[:40]


def _quoted(texts: Sequence[str]) -> str:
    shown = ", ".join(f"“{text}”" if text else "an empty cell" for text in texts[:3])
    return shown + (f" and {len(texts) - 3} more" if len(texts) > 3 else "")


def _replaced(step: Step) -> str:
    cases = " ".join(f"when {literal(old)} then {literal(new)}" for old, new in step["values"].items())
    return f"case coalesce(v, '') {cases} else v end"


def _replaced_words(step: Step) -> str:
    pairs = [f"“{old}” becomes “{new}”" if new else f"“{old}” counts as empty" for old, new in step["values"].items()]
    return "; ".join(pairs[:3]) + (f"; and {len(pairs) - 3} more" if len(pairs) > 3 else "")


def _part(step: Step) -> str:
    return f"trim(split_part(v, {literal(step['by'])}, {int(step['take'])}))"


def _part_words(step: Step) -> str:
    take = step["take"]
    which = {1: "the first part", -1: "the last part"}.get(take, f"part {abs(take)}" + (" from the end" * (take < 0)))
    return f"split at “{step['by']}”, {which} is taken"


def _characters(step: Step) -> str:
    return f"substr(v, {max(1, int(step['first']))}, {abs(int(step['count']))})"


def _without(step: Step, *, start: bool) -> str:
    text = literal(step["text"])
    size = len(step["text"])
    holds, kept = (
        (f"left(v, {size})", f"substr(v, {size + 1})") if start else (f"right(v, {size})", f"left(v, -{size})")
    )
    return f"case when lower({holds}) = lower({text}) then {kept} else v end"


def _reckoned(what: str, of: str = "v") -> str:
    """SQL that reckons with the number `n` the text is; a text that is none stays."""
    return f"coalesce((select trim_scale({what})::text from (select {numbers_sql.number(of)} as n offset 0) r), v)"


def _zeros(step: Step) -> str:
    size = abs(int(step["length"]))
    return f"case when length(v) < {size} then lpad(v, {size}, '0') else v end"


def _plain(name: str, title: str, makes: str, tells: str, suits: frozenset[As] = ANY) -> Known:
    return Known(name, title, (), lambda step: makes, lambda step: tells, suits)


_TEXT = Argument("text", "Text")
_VALUES = Argument("values", "Values", "list")
_BY = Argument("by", "Number", "number")
_known: dict[str, Known] = {
    known.name: known
    for known in (
        Known(
            "join",
            "Join columns",
            (Argument("between", "Text between", given=" ", may_be_empty=True),),
            lambda step: "v",
            lambda step: f"columns are joined with “{step['between']}” between",
        ),
        Known("replace", "Replace a value", (Argument("values", "Values", "values"),), _replaced, _replaced_words),
        Known(
            "replace_part",
            "Replace within the text",
            (Argument("find", "Text to find"), Argument("put", "Text instead", given="", may_be_empty=True)),
            lambda step: f"replace(v, {literal(step['find'])}, {literal(step['put'])})",
            lambda step: (
                f"“{step['find']}” within it becomes “{step['put']}”"
                if step["put"]
                else f"“{step['find']}” within it is taken out"
            ),
        ),
        Known(
            "part",
            "Split and take a part",
            (Argument("by", "Split at"), Argument("take", "Which part", "count", given=1)),
            _part,
            _part_words,
        ),
        Known(
            "characters",
            "Take some characters",
            (Argument("first", "From character", "count", given=1), Argument("count", "How many", "count")),
            _characters,
            lambda step: f"{abs(step['count'])} characters from character {max(1, step['first'])} on are taken",
        ),
        Known(
            "strip_start",
            "Take off the start",
            (_TEXT,),
            lambda step: _without(step, start=True),
            lambda step: f"“{step['text']}” at its start is taken off",
        ),
        Known(
            "strip_end",
            "Take off the end",
            (_TEXT,),
            lambda step: _without(step, start=False),
            lambda step: f"“{step['text']}” at its end is taken off",
        ),
        Known(
            "add_start",
            "Put before it",
            (_TEXT,),
            lambda step: f"{literal(step['text'])} || v",
            lambda step: f"“{step['text']}” is put before it",
        ),
        Known(
            "add_end",
            "Put behind it",
            (_TEXT,),
            lambda step: f"v || {literal(step['text'])}",
            lambda step: f"“{step['text']}” is put behind it",
        ),
        _plain("digits", "Digits only", r"regexp_replace(v, '\D', '', 'g')", "only its digits are kept"),
        _plain("upper", "Capitals", "upper(v)", "it is written in capitals", TEXTS),
        _plain("lower", "Small letters", "lower(v)", "it is written in small letters", TEXTS),
        _plain(
            "one_space", "Single spaces", r"regexp_replace(v, '\s+', ' ', 'g')", "spaces within are made single", TEXTS
        ),
        _plain("no_spaces", "No spaces", r"regexp_replace(v, '\s', '', 'g')", "spaces are taken out"),
        _plain("no_zeros", "No leading zeros", r"regexp_replace(v, '^0+(?=.)', '')", "zeros before it are taken off"),
        Known(
            "zeros",
            "Fill up with zeros",
            (Argument("length", "Length", "count", given=13),),
            _zeros,
            lambda step: f"it is filled up with zeros to {abs(step['length'])} characters",
            TEXTS,
        ),
        Known(
            "empty",
            "Count as empty",
            (_VALUES,),
            lambda step: f"case when v in ({', '.join(map(literal, step['values']))}) then null else v end",
            lambda step: f"{_quoted(step['values'])} counts as empty",
        ),
        Known(
            "leave_out",
            "Leave rows out",
            (_VALUES,),
            lambda step: "v",
            lambda step: f"rows with {_quoted(step['values'])} here are left out",
        ),
        Known(
            "keep_only",
            "Keep some rows only",
            (_VALUES,),
            lambda step: "v",
            lambda step: f"only rows with {_quoted(step['values'])} here are kept",
        ),
        _plain(
            "decimal_comma",
            "Decimal comma",
            r"replace(regexp_replace(v, '[.''’]|(?<=\d)\s(?=\d)', '', 'g'), ',', '.')",
            "the comma is the decimal sign: 1.234,50 is 1234.50",
            NUMBERS,
        ),
        _plain(
            "decimal_point",
            "Decimal point",
            r"regexp_replace(v, '[,''’]|(?<=\d)\s(?=\d)', '', 'g')",
            "the point is the decimal sign: 1,234.50 is 1234.50",
            NUMBERS,
        ),
        Known(
            "times",
            "Multiply",
            (_BY,),
            lambda step: _reckoned(f"n * {step['by']}"),
            lambda step: f"it is multiplied by {step['by']}",
            NUMBERS,
        ),
        Known(
            "divided_by",
            "Divide",
            (_BY,),
            lambda step: _reckoned(f"round(n / {step['by']}, 9)"),
            lambda step: f"it is divided by {step['by']}",
            NUMBERS,
        ),
        _plain("from_minor", "Pence or cents", _reckoned("n / 100"), "pence and cents: 150 is 1.50", NUMBERS),
        _plain("percent", "Per cent", _reckoned("n / 100", "trim(replace(v, '%', ''))"), "per cent: 20 % is 0.2"),
        _plain("negate", "Other sign", _reckoned("-n"), "plus becomes minus and minus plus", NUMBERS),
        _plain("no_sign", "Without sign", _reckoned("abs(n)"), "a minus is left off", NUMBERS),
        _plain(
            "excel_day",
            "Spreadsheet's day number",
            dates_sql.excel_day("v"),
            "day numbers: 45321 is 30 January 2024",
            DATES,
        ),
        _plain("unix_time", "Seconds since 1970", dates_sql.unix_time("v"), "seconds since 1970, in UTC", DATES),
        _plain("day_first", "Day first", dates_sql.ordered("v", day=1, month=2), "03/04/2026 is 3 April 2026", DATES),
        _plain(
            "month_first", "Month first", dates_sql.ordered("v", day=2, month=1), "03/04/2026 is March 4, 2026", DATES
        ),
    )
}
