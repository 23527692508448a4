"""Which line of which file a row came from: kept by the engine, shown by the pages of products and sales.

A kind's merge says what it wrote by `touch`; the engine keeps it. Rows that keep their history also know their import
by it (`Change.import_id`), whoever wrote them. A receipt knows its import, and each of its lines the line of the file.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from shop.imports.staging import Batch
from shop.models import Import, ImportedRow

# The first of many rows `r`, file before line, as one number; and that number as file and line again.
FIRST = "min((r.file::bigint << 32) | r.line) as place"
PLACE = "(place >> 32)::smallint as file, (place & 4294967295)::int as line"


def begin(cursor: Any, imported: Import | None) -> None:
    """Tell the transaction whose import its changes are from here on; None: nobody's."""
    cursor.execute("select set_config('app.import', %s, true)", [str(imported.pk) if imported else ""])


def prepare(batch: Batch) -> None:
    """Make `import_touched`, which a kind's merge fills."""
    batch.run(
        "lineage",
        "create temp table import_touched (table_name text, row_id bigint, file smallint, line int) on commit drop",
    )


def touch(batch: Batch, table: str, rows: str, values: dict[str, Any] | None = None) -> int:
    """Say that the import made or changed rows of a table: `rows` is a SELECT of row_id, file and line."""
    return batch.run("lineage", _TOUCH.format(table=table, rows=rows), values)


def touch_made(batch: Batch, table: str, row_id: int, place: int) -> None:
    """Say that one row was made because of the line at this place (see `FIRST`)."""
    values = {"id": row_id, "place": place}
    touch(batch, table, f"select %(id)s::bigint, {PLACE} from (select %(place)s::bigint as place) p", values)


def write(
    batch: Batch,
    name: str,
    table: str,
    statement: str,
    values: dict[str, Any] | None = None,
    *,
    rows: str = "select id, file, line from written",
) -> int:
    """Run an INSERT or UPDATE of a table and touch what it wrote; returns how many rows.

    `statement` ends with RETURNING; `rows` is a SELECT of row_id, file and line over what it returns, `written`.
    """
    return batch.run(name, f"with written as ({statement}) {_TOUCH.format(table=table, rows=rows)}", values)


def keep(batch: Batch) -> None:
    """Write what was touched as rows of the import: the first line that names a row is the one it came with."""
    if batch.imported is not None:
        batch.run("lineage", _KEEP, {"shop": batch.shop.pk, "import": batch.imported.pk})


_TOUCH = """
insert into import_touched select '{table}', t.row_id, t.file, t.line from ({rows}) t (row_id, file, line)
"""
_KEEP = """
insert into shop_importedrow (shop_id, imported_id, "table", row_id, file, line)
select %(shop)s, %(import)s, table_name, row_id, coalesce(file, 0), coalesce(line, 0)
from (
    select distinct on (table_name, row_id) * from import_touched where row_id is not null
    order by table_name, row_id, file, line
) t
"""


def of_row(row: models.Model) -> list[tuple[Import, int]]:
    """The imports that made or changed this row, the latest first, each with the line of its file."""
    found = ImportedRow.objects.filter(table=row._meta.db_table, row_id=row.pk)
    return [(one.imported, one.line) for one in found.select_related("imported__file").order_by("-imported_id", "line")]
