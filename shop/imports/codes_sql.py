"""SQL that reads codes: what spreadsheets did to them is mended where every digit is there, and else refused."""

from __future__ import annotations

# A spreadsheet's way to show 5012345678900 in a narrow column.
_SPOILED = r"^\d([.,]\d+)?[eE]\+\d{1,2}$"


def code(value: str, *, mends: bool) -> str:
    """The code: 17850.0 is 17850. `mends` also writes 5.012345678900E+12 out and makes spaces within single."""
    plain = rf"case when right({value}, 2) = '.0' and {value} ~ '^\d+\.0$' then left({value}, -2) else {value} end"
    if not mends:
        return plain
    spaces = rf"regexp_replace({plain}, '[\s\u00a0]+', ' ', 'g')"
    return f"case when {value} is null then null when {_whole(value)} then {_written_out(value)} else {spaces} end"


def problem(name: str, value: str) -> str:
    """SQL of what is wrong with a code that lost digits; null for others."""
    return (
        f"case when {value} ~ '{_SPOILED}' and not {_whole(value)} then '{name}: “' || left({value}, 60) || '” was "
        "shortened by a spreadsheet, its last digits are lost. Export again, with the column as text' end"
    )


def evidence(value: str) -> tuple[str, str]:
    """SQL over `t`: the first code that can be written out in full, and the first that cannot."""
    return (
        f"(select {value} from t where {value} ilike '%e+%' and {_whole(value)} limit 1)",
        f"(select {value} from t where {value} ~ '{_SPOILED}' and not {_whole(value)} limit 1)",
    )


def _whole(value: str) -> str:
    """Whether as many digits are shown as the number has."""
    shown = rf"length(regexp_replace(substring({value} from '^[^eE]+'), '[.,]', ''))"
    return f"case when {value} ~ '{_SPOILED}' then {shown} > substring({value} from '[0-9]+$')::int else false end"


def _written_out(value: str) -> str:
    return f"trim_scale(replace({value}, ',', '.')::numeric)::text"
