"""Every suggestion ever made and what became of it, as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from insights.models import Suggestion
from shop.csvout import Cell, amount, quantity

COLUMNS = (
    "suggestion", "kind", "state", "title", "branch", "product", "supplier", "quantity", "value", "value_low",
    "value_high", "outlay", "deadline", "made", "run", "decided_quantity", "decided_by", "decided", "reason",
    "value_days", "advised_price", "decided_price", "provider", "model", "prompt_version",
)  # fmt: skip


def rows(found: Any = None) -> Iterator[tuple[Cell, ...]]:
    """Newest first; of `found` only, where given. Money is in the shop's currency, times are UTC."""
    wanted = Suggestion.objects.all() if found is None else found
    wanted = wanted.select_related("branch", "product", "supplier", "run")
    for row in wanted.defer("evidence", "run__findings", "run__sentences").iterator():
        what = row.pk, row.kind, row.state, row.title
        where = row.branch and row.branch.name, row.product and row.product.sku, row.supplier and row.supplier.name
        money = amount(row.value), amount(row.value_low), amount(row.value_high), amount(row.outlay)
        when = row.deadline_at, row.made_at, row.run_id
        decided = quantity(row.decided_quantity), row.decided_by, row.decided_at, row.reason
        prices = row.value_days, quantity(row.advised_price), quantity(row.decided_price)
        maker = (row.run.provider, row.run.model, row.run.prompt_version) if row.run else ("", "", "")
        yield *what, *where, quantity(row.quantity), *money, *when, *decided, *prices, *maker
