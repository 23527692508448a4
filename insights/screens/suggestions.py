"""Every suggestion ever made and what became of it, as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from insights.models import Suggestion
from shop.csvout import Cell, amount, quantity

COLUMNS = (
    "suggestion", "kind", "state", "title", "branch", "product", "supplier", "quantity", "value", "value_low",
    "value_high", "outlay", "deadline", "made", "run", "decided_quantity", "decided_by", "decided", "reason",
)  # fmt: skip


def rows(found: Any = None) -> Iterator[tuple[Cell, ...]]:
    """Newest first; of `found` only, where given. Money is in the shop's currency, times are UTC."""
    wanted = Suggestion.objects.all() if found is None else found
    for row in wanted.select_related("branch", "product", "supplier").iterator():
        what = row.pk, row.kind, row.state, row.title
        where = row.branch and row.branch.name, row.product and row.product.sku, row.supplier and row.supplier.name
        money = amount(row.value), amount(row.value_low), amount(row.value_high), amount(row.outlay)
        when = row.deadline_at, row.made_at, row.run_id
        decided = quantity(row.decided_quantity), row.decided_by, row.decided_at, row.reason
        yield *what, *where, quantity(row.quantity), *money, *when, *decided
