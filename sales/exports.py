"""Files of what was sold and of the stock, under the names an import uses.

Money is exact, with two to four decimals, so that a column adds up to the same total as the page, rounded once.
"""

from __future__ import annotations

from inventory import reports as stock
from sales import reports, takings
from sales.measures import Sums, measure
from shop.csvout import Cell, amount, quantity
from shop.exports import Export, Rows, leave_out, register_exports
from shop.periods import Period


def _money(key: str, sums: Sums) -> Cell:
    return amount(measure(key).of(sums))


def _sales_by_day(period: Period | None) -> Rows:
    for day, branch, sums in reports.by_day_and_branch(period):
        margin = _money("gross_margin", sums)
        yield day, branch, amount(sums.net), amount(sums.tax), margin, sums.baskets, quantity(sums.units)


def _sales_by_product(period: Period | None) -> Rows:
    everything = period or reports.first_and_last_day()
    for row in reports.by_product(everything) if everything else ():
        sums, margin = row.sums, _money("gross_margin", row.sums)
        discount = amount(sums.discount)
        yield row.sku, row.name, amount(sums.net), amount(sums.tax), discount, margin, quantity(sums.units)


def _stock(_: Period | None) -> Rows:
    for row in stock.stock_by_lot():
        yield row.sku, row.branch, quantity(row.quantity), row.lot, row.best_before, row.use_by


STOCK_COLUMNS = ("product", "branch", "quantity", "lot", "best_before", "use_by")
leave_out({"sales_dirtyday": "days whose sums are to be worked out again"})
register_exports(
    {
        "sales_by_day": Export(("date", "branch", "net", "tax", "gross_margin", "baskets", "units"), _sales_by_day),
        "sales_by_product": Export(
            ("product", "name", "net", "tax", "discount", "gross_margin", "units"), _sales_by_product
        ),
        "stock": Export(
            STOCK_COLUMNS,
            _stock,
            "What is there by lot and branch, as the stock import takes it.",
            (
                "The product's SKU.",
                "The branch where it is.",
                "Pieces or kilograms.",
                "The lot; empty where none is known.",
                "Best before.",
                "Use by.",
            ),
        ),
        "takings": Export(takings.COLUMNS, takings.rows),
    }
)
