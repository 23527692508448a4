"""The SQL that turns a column of text into typed values, and says in words what could not be read."""

from __future__ import annotations

from collections.abc import Sequence

from shop.imports.kinds import As, Field

# Below a billion: sums stay inside the amount columns.
_PLAIN_NUMBER = r"^[-+]?(\d{1,9}(\.\d*)?|\.\d+)$"
# As programs write very small sums, and spreadsheets large whole numbers: 1.5e-16, 5E+05.
_SCIENTIFIC = r"^[-+]?\d(\.\d*)?[eE](-\d{1,3}|\+?0?[0-8])$"
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
_DATE_START = r"^(\d{1,4}[-/. ]|(19|20)\d{6}($|\D)|[A-Za-z]{3,9}\.? \d)"
_EITHER, _ONLY_DAY = r"0?[1-9]|1[0-2]", r"1[3-9]|2\d|3[01]"
_TWO_NUMBERS = r"^\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})($|\D)"


def statement(fields: Sequence[Field], raw: dict[str, str], cutoff: int) -> str:
    """CREATE import_rows AS ...: one pass over import_raw. `offset 0` keeps each conversion from running twice."""
    named = ", ".join(f"{raw[f.name]} as raw_{f.name}" for f in fields)
    typed = ", ".join(f'{_typed(f, cutoff)} as "{f.name}"' for f in fields)
    raws = ", ".join(f"raw_{f.name}" for f in fields)
    problems = ", ".join(problem for f in fields for problem in _problems(f))
    names = ", ".join(f'"{f.name}"' for f in fields)
    return f"""
        create temp table import_rows on commit drop as
        select file, line, coalesce(problem, {problems}) as problem, {names}
        from (
            select file, line, problem, {raws}, {typed}
            from (select file, line, problem, {named} from import_raw offset 0) named offset 0
        ) typed
    """


def date_evidence(raw: str) -> str:
    """One row: a date that must be day first, one that must be month first, one that could be either."""
    return rf"""
        select max(v) filter (where v ~ '^({_ONLY_DAY})[-/.]({_EITHER})[-/.]'),
               max(v) filter (where v ~ '^({_EITHER})[-/.]({_ONLY_DAY})[-/.]'), max(v)
        from (select {raw} as v from import_raw) t where v ~ '{_TWO_NUMBERS}'
    """


def _typed(field: Field, cutoff: int) -> str:
    value = f"raw_{field.name}"
    if field.reads is As.TEXT:
        return value
    if field.reads is As.CODE:
        # Spreadsheets write the customer 17850 as 17850.0.
        return rf"case when right({value}, 2) = '.0' and {value} ~ '^\d+\.0$' then left({value}, -2) else {value} end"
    if field.reads is As.WHOLE:
        return rf"case when {value} ~ '^\d{{1,9}}(\.0*)?$' then {value}::numeric::integer end"
    if field.reads in (As.DATE, As.MOMENT):
        return _moment(value, field.reads, cutoff)
    return f"({_number(value)})::{_SQL_TYPES[field.reads]}"


def _moment(value: str, reads: As, cutoff: int) -> str:
    """A date alone counts for that date, so it stands where the shop's day begins."""
    made = f"{value}::timestamptz"
    if reads is As.DATE:
        made = f"{value}::timestamp::date"
    elif cutoff:
        made = f"{made} + case when strpos({value}, ':') = 0 then interval '{int(cutoff)} hours' else interval '0' end"
    return rf"""case when {value} ~ '{_DATE_START}' and pg_input_is_valid({value}, 'timestamptz')
        then {made} end"""


def _number(value: str) -> str:
    """1234.5 at once; else currency signs go, and commas where they can mean one thing only: 0,842 and 3,50 are
    decimals, 1,234.50 and 1,234,567 hold thousands, 1,234 could be both and is refused."""
    signed = rf"regexp_replace(replace({value}, '−', '-'), '^\((.*)\)$|^(.*)-$', '-\1\2')"
    bare = rf"regexp_replace({signed}, '[\s\u00a0€£$¥₹]|[A-Z]{{3}}', '', 'g')"
    return rf"""case when {value} is null then null when {value} ~ '{_PLAIN_NUMBER}' then {value}::numeric
        when {bare} ~ '{_PLAIN_NUMBER}' or {bare} ~ '{_SCIENTIFIC}' then {bare}::numeric
        when {bare} ~ '^[-+]?[1-9]\d{{0,2}}(,\d{{3}}){{1,2}}\.\d+$' then replace({bare}, ',', '')::numeric
        when {bare} ~ '^[-+]?[1-9]\d{{0,2}}(,\d{{3}}){{2}}$' then replace({bare}, ',', '')::numeric
        when {bare} ~ '^[-+]?[1-9]\d{{0,2}}(\.\d{{3}}){{1,2}},\d+$'
            then replace(replace({bare}, '.', ''), ',', '.')::numeric
        when {bare} ~ '^[-+]?(\d{{1,9}},(\d{{1,2}}|\d{{4,6}})|0,\d+)$' then replace({bare}, ',', '.')::numeric end"""


def _problems(field: Field) -> list[str]:
    value, found = f"raw_{field.name}", []
    if field.filled:
        found.append(f"case when {value} is null then '{field.name} is empty' end")
    if field.reads in _HOW_TO_WRITE:
        unread = f'"{field.name}" is null'
        if field.reads in (As.DATE, As.MOMENT):
            unread = f"""({unread} or "{field.name}" < '1900-01-01' or "{field.name}" >= '2200-01-01')"""
        found.append(
            f"case when {value} is not null and {unread}"
            f" then '{field.name}: “' || left({value}, 60) || '” {_HOW_TO_WRITE[field.reads]}' end"
        )
    else:
        found.append(
            f'case when length("{field.name}") > {field.longest}'
            f" then '{field.name} is longer than {field.longest} characters' end"
        )
    return found
