"""SQL that reads numbers as people and programs write them, and tells which sign of a column is the decimal one."""

from __future__ import annotations

from enum import StrEnum

# Below a billion: sums stay inside the amount columns.
PLAIN = r"^[-+]?(\d{1,9}(\.\d*)?|\.\d+)$"
# As programs write very small sums, and spreadsheets large whole numbers: 1.5e-16, 5E+05.
_SCIENTIFIC = r"^[-+]?\d(\.\d*)?[eE](-\d{1,3}|\+?0?[0-8])$"
_MONEY = r"[A-Z]{3}|[A-Z]{0,2}\$|[€£¥₹₽₺₩₪฿₫₴₦]|(?:kr|Kr|zł|Kč|Ft|lei|Fr|Rs|лв)\.?"
_GAP = r"[\s\u00a0\u202f\u2009''’]"
# Written so, the comma (the point) can only be the decimal sign, or only stand between thousands.
_COMMA_ONLY = (
    r"^[-+]?(\d{1,9},(\d{1,2}|\d{4,9})|0,\d+|\d{4,9},\d+|[1-9]\d{0,2}(\.\d{3})+,\d+|[1-9]\d{0,2}(\.\d{3}){2,})$"
)
_POINT_ONLY = (
    r"^[-+]?(\d{1,9}\.(\d{1,2}|\d{4,})|0?\.\d+|\d{4,9}\.\d+|[1-9]\d{0,2}(,\d{3})+\.\d+|[1-9]\d{0,2}(,\d{3}){2,})$"
)
_EITHER = r"^[-+]?[1-9]\d{0,2}[.,]\d{3}$"


class Decimal(StrEnum):
    """What is known of a column: which sign is the decimal one. Where nothing is, each number must speak for itself."""

    UNKNOWN = ""
    COMMA = "comma"
    POINT = "point"


def number(value: str, decimal: Decimal = Decimal.UNKNOWN) -> str:
    """SQL of the number a text is; null where it is none, or could be two. 1234.5 is read at once."""
    plain = rf"when {value} ~ '{PLAIN}' then {value}::numeric"
    if decimal is Decimal.COMMA:
        plain = rf"when {value} ~ '^[-+]?\d{{1,9}}$' then {value}::numeric"
    by_form = f"(select {_by_form(decimal)} from (select {_bare(value)} as b offset 0) bare)"
    return f"case when {value} is null then null {plain} else {by_form} end"


def evidence(value: str) -> list[str]:
    """SQL over `t`: the first number that shows a decimal comma, the first that shows a point, the first that tells
    nothing. Cheap tests go first."""
    asked = ((_COMMA_ONLY, "%,%", "%.%.%"), (_POINT_ONLY, "%.%", "%,%,%"), (_EITHER, "%.___%", "%,___%"))
    return [
        f"(select {value} from t where ({value} like '{one}' or {value} like '{other}')"
        f" and {_bare(value)} ~ '{form}' limit 1)"
        for form, one, other in asked
    ]


def look(value: str, *, commas: bool) -> str:
    """SQL over `t`: whether the column has a number that only its neighbours explain; `commas`: some may be in it."""
    tested = f"{value} like '%.___%'" + (f" or {value} like '%,___%'" if commas else "")
    return f"exists (select from t where ({tested}) and {_bare(value)} ~ '{_EITHER}')"


def _bare(value: str) -> str:
    """Without currency and thousands' gaps; a minus behind and brackets become a minus before it."""
    signed = rf"regexp_replace(replace({value}, '−', '-'), '^\((.*)\)$|^(.*)-$', '-\1\2')"
    before = rf"regexp_replace({signed}, '^([-+]?)\s*(?:{_MONEY})?\s*(?=[-+.,\d])', '\1')"
    behind = rf"regexp_replace({before}, '(?<=[\d.,])\s*(?:{_MONEY})$', '')"
    return rf"regexp_replace({behind}, '(?<=\d){_GAP}(?=\d{{3}}(?!\d))', '', 'g')"


def _by_form(decimal: Decimal) -> str:
    """The number `b` is, by its form: 0,842 and 3,50 are decimals, 1,234.50 and 1,234,567 hold thousands; 1,234 could
    be both, and needs what is known of its column."""
    thousands_comma, thousands_point = "replace(b, ',', '')", "replace(replace(b, '.', ''), ',', '.')"
    decided = {
        Decimal.UNKNOWN: "",
        Decimal.POINT: rf"when b ~ '^[-+]?[1-9]\d{{0,2}},\d{{3}}$' then {thousands_comma}::numeric",
        Decimal.COMMA: rf"when b ~ '^[-+]?[1-9]\d{{0,2}}\.\d{{3}}$' then {thousands_point}::numeric"
        rf" when b ~ '^[-+]?[1-9]\d{{0,2}},\d{{3}}$' then {thousands_point}::numeric",
    }[decimal]
    return rf"""case {decided} when b ~ '{PLAIN}' or b ~ '{_SCIENTIFIC}' then b::numeric
        when b ~ '^[-+]?[1-9]\d{{0,2}}(,\d{{3}}){{1,2}}\.\d+$' or b ~ '^[-+]?[1-9]\d{{0,2}}(,\d{{3}}){{2}}$'
            then {thousands_comma}::numeric
        when b ~ '^[-+]?[1-9]\d{{0,2}}(\.\d{{3}}){{1,2}},\d+$' or b ~ '^[-+]?[1-9]\d{{0,2}}(\.\d{{3}}){{2}}$'
            then {thousands_point}::numeric
        when b ~ '^[-+]?(\d{{1,9}},(\d{{1,2}}|\d{{4,6}})|\d{{4,9}},\d{{3}}|0,\d+)$'
            then replace(b, ',', '.')::numeric end"""
