"""Refused rows by cause: what is wrong, in which field, with which values, on which lines."""

from __future__ import annotations

import json
from typing import Any

from shop.imports.staging import Batch

MOST_VALUES, MOST_LINES = 20, 10


def groups(batch: Batch) -> list[dict[str, Any]]:
    """The refused rows by cause, the commonest first: {"cause", "field", "count", "values", "lines"}.

    A cause is told by its first example. `values` are the cells that are wrong, with how often each comes; `lines` are
    the first of them. A cause that names no cell of its own has no values; one that names no field has none.
    """
    if not batch.one("reasons", "select exists (select from import_rows where problem is not null)")[0]:
        return []
    batch.run("reasons", _BY_CAUSE, {"values": MOST_VALUES, "lines": MOST_LINES})
    return [
        {"cause": cause, "field": field or "", "count": count, "values": json.loads(values or "[]"), "lines": lines}
        for cause, field, count, values, lines in batch.cursor.fetchall()
    ]


# Problems of one cause differ in what is quoted and in numbers only. A field's name begins those that are about it.
_BY_CAUSE = r"""
with refused as materialized (
    select regexp_replace(regexp_replace(problem, '“[^”]*”', '“…”', 'g'), '\d+', 'N', 'g') as cause, problem, file,
        line, substring(problem from '“([^”]*)”') as value
    from import_rows where problem is not null
),
counted as (
    select cause, value, count(*) as times,
        row_number() over (partition by cause order by count(*) desc, value) as place
    from refused where value is not null group by cause, value
),
valued as (
    select cause, jsonb_agg(jsonb_build_array(value, times) order by place) as cells
    from counted where place <= %(values)s group by cause
),
lined as (
    select cause, array_agg(line order by file, line) as lines
    from (select *, row_number() over (partition by cause order by file, line) as place from refused) r
    where place <= %(lines)s group by cause
)
select min(r.problem), substring(min(r.problem) from '^([a-z_]+)(?:: |\s(?:is|cannot)\s)'), count(*)::int,
    v.cells::text, l.lines
from refused r left join valued v using (cause) join lined l using (cause)
group by r.cause, v.cells, l.lines order by 3 desc, 1
"""
