"""SQL that reads dates as people and programs write them, and tells by a whole column which number is the day."""

from __future__ import annotations

START = r"^(\d{1,4}[-/. ]|(19|20)\d{6}($|\D)|[A-Za-z]{3,9}\.? \d)"
_EITHER, _ONLY_DAY = r"0?[1-9]|1[0-2]", r"1[3-9]|2\d|3[01]"
_TWO_NUMBERS = r"^\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})($|\D)"
# Days since 30 December 1899, from 1955 to 2119, with the time of day as a fraction.
_EXCEL = r"^[2-7]\d{4}([.,]\d+)?$"
# Written with other than English months, or with a time like 17.30, 17h30 or 5:30 p.m.
_UNUSUAL = r"[[:alpha:]]{3}|[ T]\d{1,2}[.h]\d{2}|[apAP]\.?\s?[mM]"
_MONTHS = {
    "Jan": "jan gen ene jän sty",
    "Feb": "feb fév fev lut",
    "Mar": "mar mär mrt",
    "Apr": "apr avr abr kwi",
    "May": "may mai mag mei maj",
    "Jun": "jun juin giu cze",
    "Jul": "jul juil lug lip",
    "Aug": "aug aoû aou ago sie",
    "Sep": "sep set wrz",
    "Oct": "oct okt ott out paź paz",
    "Nov": "nov lis",
    "Dec": "dec dez déc dic gru",
}


def look(value: str) -> str:
    """SQL over `t`: whether the column has anything but dates like 2026-11-21."""
    return f"exists (select from t where {value} not like '____-__-__%')"


def evidence(value: str) -> tuple[str, ...]:
    """SQL over `t`: the first date that must be day first, that must be month first, that could be either; a day number
    of a spreadsheet, whether there is anything else, and a date written in an unusual way."""
    forms = (
        f"^({_ONLY_DAY})[-/.]({_EITHER})[-/.]",
        f"^({_EITHER})[-/.]({_ONLY_DAY})[-/.]",
        _TWO_NUMBERS,
        _EXCEL,
    )
    first = [f"(select {value} from t where {value} ~ '{form}' limit 1)" for form in (*forms, _UNUSUAL)]
    return (*first[:4], f"exists (select from t where {value} !~ '{_EXCEL}')", first[4])


def excel_day(value: str) -> str:
    """The text as a date, with its time where the number has a fraction; other texts stay."""
    moment = f"timestamp '1899-12-30' + replace({value}, ',', '.')::float8 * interval '1 day' + interval '0.5 s'"
    return rf"""case when {value} !~ '^\d{{1,5}}([.,]\d+)?$' then {value}
        else to_char({moment}, case when {value} ~ '[.,]' then 'YYYY-MM-DD HH24:MI:SS' else 'YYYY-MM-DD' end) end"""


def unix_time(value: str) -> str:
    """Seconds, or thousandths of them, since 1970 as a moment in UTC; other texts stay."""
    seconds = f"{value}::float8 / case when length({value}) > 11 then 1000 else 1 end"
    return rf"""case when {value} !~ '^\d{{9,13}}$' then {value}
        else to_char(to_timestamp({seconds}) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || 'Z' end"""


def ordered(value: str, *, day: int, month: int) -> str:
    """A date of three numbers written as 2026-04-03, whichever comes first; its time stays behind it."""
    year = "case when length(p[3]) = 4 then p[3] when p[3] >= '70' then '19' || p[3] else '20' || p[3] end"
    return rf"""coalesce((
        select {year} || '-' || lpad(p[{month}], 2, '0') || '-' || lpad(p[{day}], 2, '0') || p[4]
        from regexp_match({value}, '^(\d{{1,2}})[-/. ]+(\d{{1,2}})[-/. ]+(\d{{4}}|\d{{2}})((?:\D.*)?)$') as p
        where p is not null), {value})"""


def usual(value: str) -> str:
    """Months of other languages in English, no day of the week, 17.30 and 5:30 p.m. as 17:30 and 5:30 pm."""
    return f"(select {_clock(_named('d'))} from (select {_without_weekday(value)} as d offset 0) unusual)"


def _without_weekday(value: str) -> str:
    """“Mo., 27 April” without its first word; in “Nov 2, 2026” that word is the month and stays."""
    return (
        rf"regexp_replace({value}, '^[[:alpha:]]{{2,}}"
        rf"(\.?,?\s+(?=\d{{1,2}}[-/.]?\s*(de\s+)?[[:alpha:]]|\d{{1,4}}[-/.]\d)|\.?,\s+(?=[[:alpha:]]))', '')"
    )


def _named(value: str) -> str:
    cases = " ".join(
        f"when {' or '.join(f'starts_with(w, {chr(39)}{word}{chr(39)})' for word in words.split())} then '{month}'"
        for month, words in _MONTHS.items()
    )
    month_first = (
        rf"regexp_replace({value}, '^([[:alpha:]]{{3,}})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})', '\2 \1 \3')"
    )
    day, month = r"(\d{1,2})(?:st|nd|rd|th|er|º|°)?\.?", r"([[:alpha:]]{3,})\.?,?"
    parts = rf"^{day}[-/\s]*(?:de\s+)?{month}[-/\s]*(?:del?\s+)?(\d{{4}}|\d{{2}})((?:\D.*)?)$"
    return rf"""coalesce((
        select p[1] || ' ' || m || ' ' || p[3] || p[4] from (
            select p, case {cases} end as m from (
                select p, lower(p[2]) as w from regexp_match({month_first}, '{parts}') as p where p is not null
            ) q
        ) named where m is not null), {value})"""


def _clock(value: str) -> str:
    with_seconds = rf"regexp_replace({value}, '([ T]\d{{1,2}})[.h](\d{{2}})[.](\d{{2}})(?=$|\s)', '\1:\2:\3')"
    without = rf"regexp_replace({with_seconds}, '([ T]\d{{1,2}})[.h](\d{{2}})(?=$|\s)', '\1:\2')"
    return rf"regexp_replace({without}, '\s*([ap])\.?\s?m\.?$', ' \1m', 'i')"
