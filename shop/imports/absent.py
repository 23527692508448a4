"""What becomes of rows of the shop that the files do not name: nothing, unless a person chose otherwise."""

from __future__ import annotations

from typing import Any

from shop.imports.errors import ImportRefused
from shop.imports.kinds import Kind
from shop.imports.staging import Batch
from shop.models import Import

LEAVE, ZERO, DISCONTINUE = Import.Absent.LEAVE.value, Import.Absent.ZERO.value, Import.Absent.DISCONTINUE.value


def must_be_known(kind: Kind, choice: str) -> None:
    """Raises ImportRefused for a choice that this kind does not know."""
    if choice not in (LEAVE, *kind.absent):
        raise ImportRefused(f"{kind.title} cannot do that with rows the file does not name. They can be left.")


def settle(batch: Batch, rows: str, *, table: str, acts: tuple[str, ...], values: dict[str, Any] | None = None) -> None:
    """Count the absent rows and do with them what was chosen.

    `rows` is a SELECT of the ids in `table` that the files do not name, a row refused in them counting as named. `acts`
    are statements over `import_absent` (id), run unless they are to be left. A row acted on has no line: its line is 0.
    """
    batch.run("absent", f"create temp table import_absent on commit drop as {rows}", values)
    (batch.absent_count,) = batch.one("absent", "select count(*)::int from import_absent")
    if batch.absent == LEAVE or not batch.absent_count:
        return
    for statement in acts:
        batch.run("absent", statement, values)
    batch.run("absent", f"insert into import_touched (table_name, row_id) select '{table}', id from import_absent")
