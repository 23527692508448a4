"""A few rows as they would be stored: read by the same SQL as the import, in a transaction that is rolled back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from django.db import connection, transaction

from shop.imports.errors import ImportRefused
from shop.imports.kinds import As, Kind
from shop.imports.mapping import Mapping, check
from shop.imports.reading import Layout, Source
from shop.imports.staging import Batch, Staged, stage_sample
from shop.models import Shop
from shop.tenancy import current_shop_id

SHOWN = 10


@dataclass(frozen=True)
class Preview:
    """`columns` are fields that something gives, `rows` their stored values as text ("" where a cell is empty or cannot
    be read), `lines` the line each row stands on. `problems`: {"line", "field", "text"}, field "" for a whole row, line
    0 for all. `evidence` says what decided how dates, numbers and codes were read."""

    columns: tuple[str, ...] = ()
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)


def preview(
    kind: Kind,
    mapping: Mapping,
    layout: Layout,
    rows: Sequence[Sequence[str]],
    branch: str = "",
    *,
    lines: Sequence[int] | None = None,
    shown: int = SHOWN,
) -> Preview:
    """What the first `shown` of the rows become; the others only help to tell how dates and numbers are written.

    `lines` are the rows' lines in the file, else they count from 1. Reads no file and leaves nothing behind. What a
    kind finds wrong while it merges is the check's to say.
    """
    if not rows:
        return Preview()
    numbers = list(lines or range(1, len(rows) + 1))
    staged = Staged(Source("the sample", 0, BytesIO), layout, mapping)
    try:
        check(kind, mapping)
        with transaction.atomic(), connection.cursor() as cursor:
            batch = Batch(Shop.objects.get(pk=current_shop_id()), cursor, mapping.fields, lambda done: None, branch)
            stage_sample(batch, kind, staged, numbers, [list(row) for row in rows])
            found = _read(batch, kind, mapping, shown)
            transaction.set_rollback(True)
    except ImportRefused as refusal:
        return Preview(problems=[{"line": 0, "field": "", "text": refusal.sentence}])
    return found


def _read(batch: Batch, kind: Kind, mapping: Mapping, shown: int) -> Preview:
    fields = [kind_field for kind_field in kind.fields if kind_field.name in mapping.fields]
    batch.run("zone", "select set_config('timezone', %(zone)s, true)", {"zone": batch.shop.zone})
    cells = ", ".join(["line", "problem", "problems::text", *(_text(one.name, one.reads) for one in fields)])
    batch.run("preview", f"select {cells} from import_rows order by line limit {int(shown)}")
    result = Preview(tuple(kind_field.name for kind_field in fields), evidence=batch.notes)
    for kind_field in kind.fields:
        if kind_field.required and kind_field not in fields:
            text = f"No column gives {kind_field.name}."
            result.problems.append({"line": 0, "field": kind_field.name, "text": text})
    for line, problem, told, *values in batch.cursor.fetchall():
        problems = json.loads(told)
        result.lines.append(line)
        result.rows.append(
            ["" if name in problems else value or "" for name, value in zip(result.columns, values, strict=True)]
        )
        result.problems.extend(
            {"line": line, "field": name, "text": text} for name, text in problems.items() if name in result.columns
        )
        if problem and problem not in problems.values():
            result.problems.append({"line": line, "field": "", "text": problem})
    return result


def _text(name: str, reads: As) -> str:
    """SQL of a stored value as text, without zeros that say nothing, in the shop's own time."""
    if reads in (As.MONEY, As.QUANTITY):
        return f'trim_scale("{name}")::text'
    if reads is As.MOMENT:
        return f"""to_char("{name}", 'YYYY-MM-DD HH24:MI')"""
    return f'"{name}"::text'
