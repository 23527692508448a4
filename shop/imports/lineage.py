"""Which line of which file a row came from: kept by the engine, shown by the pages of products and sales.

A kind's merge says what it wrote by `touch`; the engine keeps it. Rows that keep their history also know their import
by it (`Change.import_id`), whoever wrote them. A receipt knows its import, and each of its lines the line of the file.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from shop.imports.staging import Batch
from shop.models import Import, ImportedRow


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
    return batch.run(
        "lineage",
        f"insert into import_touched select '{table}', t.row_id, t.file, t.line from ({rows}) t (row_id, file, line)",
        values,
    )


def keep(batch: Batch, imported: Import | None) -> None:
    """Write what was touched as rows of this import: the first line that names a row is the one it came with."""
    if imported is None:
        return
    batch.run("lineage", _KEEP, {"shop": batch.shop.pk, "import": imported.pk})


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
