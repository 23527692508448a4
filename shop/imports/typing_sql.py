"""The SQL that turns a column of text into typed values, and says in words what could not be read."""

from __future__ import annotations

from collections.abc import Sequence

from shop.imports import codes_sql, dates_sql, numbers_sql
from shop.imports.evidence import Found
from shop.imports.kinds import As, Field
from shop.imports.numbers_sql import Decimal

_SQL_TYPES = {
    As.TEXT: "text",
    As.CODE: "text",
    As.QUANTITY: "numeric(14,3)",
    As.MONEY: "numeric(14,4)",
    As.WHOLE: "integer",
    As.DATE: "date",
    As.MOMENT: "timestamptz",
}
_HOW_TO_WRITE = {
    As.QUANTITY: "is not a number we can be sure of. Write it like 1234.5",
    As.MONEY: "is not an amount we can be sure of. Write it like 1234.50",
    As.WHOLE: "is not a whole number",
    As.DATE: "is not a date. Write it like 2026-11-21",
    As.MOMENT: "is not a date and time. Write it like 2026-11-21 17:30",
}


def statement(
    fields: Sequence[Field], found: Found, cutoff: int, *, source: str = "import_raw", tells: bool = False
) -> str:
    """CREATE import_rows AS ...: one pass over the staged rows. `offset 0` keeps each conversion from running twice.

    `tells` adds `problems`: what is wrong with each field on its own, as JSON.
    """
    named = ", ".join(f"{found.raw[f.name]} as raw_{f.name}" for f in fields)
    typed = ", ".join(f'{_typed(f, found, cutoff)} as "{f.name}"' for f in fields)
    raws = ", ".join(f"raw_{f.name}" for f in fields)
    problems = {f.name: _problems(f, found) for f in fields}
    first = ", ".join(problem for said in problems.values() for problem in said)
    names = ", ".join(f'"{f.name}"' for f in fields)
    each = ", ".join(f"'{name}', coalesce({', '.join(said)})" for name, said in problems.items())
    told = f", jsonb_strip_nulls(jsonb_build_object({each})) as problems" if tells else ""
    return f"""
        create temp table import_rows on commit drop as
        select file, line, coalesce(problem, {first}) as problem, {names}{told}
        from (
            select file, line, problem, {raws}, {typed}
            from (select file, line, problem, {named} from {source} offset 0) named offset 0
        ) typed
    """


def _typed(field: Field, found: Found, cutoff: int) -> str:
    value = f"raw_{field.name}"
    if field.reads is As.TEXT:
        return _unguarded(value, value)
    if field.reads is As.CODE:
        return _unguarded(value, codes_sql.code(value, mends=field.name in found.codes))
    if field.reads in (As.DATE, As.MOMENT):
        return _moment(value, field.reads, cutoff)
    decimal = found.decimal.get(field.name, Decimal.UNKNOWN)
    if field.reads is As.WHOLE:
        return _whole(value, decimal)
    return f"({numbers_sql.number(value, decimal)})::{_SQL_TYPES[field.reads]}"


def _unguarded(value: str, otherwise: str) -> str:
    """Our own files put an apostrophe before text that a spreadsheet would run (`csvout.safe`); it comes off again."""
    guarded = rf"left({value}, 1) = chr(39) and {value} ~ '^\x27+(\s*[=+@＝＋－＠-]|[\t\r\n])'"
    return f"case when {guarded} then substr({value}, 2) else {otherwise} end"


def _whole(value: str, decimal: Decimal) -> str:
    whole = f"select n::integer from (select {numbers_sql.number(value, decimal)} as n offset 0) w"
    return rf"""case when {value} ~ '^\d{{1,9}}$' then {value}::integer
        when {value} is not null then ({whole} where n = trunc(n) and n between 0 and 999999999) end"""


def _moment(value: str, reads: As, cutoff: int) -> str:
    """A date alone counts for that date, so it stands where the shop's day begins."""
    made = f"{value}::timestamptz"
    if reads is As.DATE:
        made = f"{value}::timestamp::date"
    elif cutoff:
        made = f"{made} + case when strpos({value}, ':') = 0 then interval '{int(cutoff)} hours' else interval '0' end"
    return rf"""case when {value} ~ '{dates_sql.START}' and pg_input_is_valid({value}, 'timestamptz')
        then {made} end"""


def _problems(field: Field, found: Found) -> list[str]:
    value, problems = f"raw_{field.name}", []
    if field.filled:
        problems.append(f"case when {value} is null then '{field.name} is empty' end")
    if field.name in found.codes:
        problems.append(codes_sql.problem(field.name, value))
    if field.reads in _HOW_TO_WRITE:
        unread = f'"{field.name}" is null'
        if field.reads in (As.DATE, As.MOMENT):
            unread = f"""({unread} or "{field.name}" < '1900-01-01' or "{field.name}" >= '2200-01-01')"""
        problems.append(
            f"case when {value} is not null and {unread}"
            f" then '{field.name}: “' || left({value}, 60) || '” {_HOW_TO_WRITE[field.reads]}' end"
        )
    else:
        problems.append(
            f'case when length("{field.name}") > {field.longest}'
            f" then '{field.name} is longer than {field.longest} characters' end"
        )
    return problems
