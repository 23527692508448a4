"""Files of what was sold, of the products and the stock, under the names an import uses.

Money is exact, with two to four decimals, so that a column adds up to the same total as the page, rounded once.
"""

from __future__ import annotations

from django.db.models import OuterRef, Subquery

from inventory import reports as stock
from inventory.models import Barcode, Product
from sales import reports, takings
from sales.measures import Sums, measure
from shop.csvout import Cell, amount, quantity
from shop.exports import Export, Rows, register_exports
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


def _products(_: Period | None) -> Rows:
    first = Barcode.objects.filter(product=OuterRef("pk")).order_by("id").values("code")[:1]
    rows = Product.objects.standing().order_by("sku").annotate(barcode=Subquery(first)).select_related(*_LINKS)
    for row in rows.iterator():
        category, supplier, rate = (getattr(row, name) for name in _LINKS)
        names = row.sku, row.name, row.barcode, category and category.name, row.unit
        money = amount(row.price), amount(row.cost), quantity(rate and rate.rate)
        yield *names, *money, supplier and supplier.name, row.pack_size, row.shelf_life_days


def _stock(_: Period | None) -> Rows:
    for row in stock.stock_by_lot():
        yield row.sku, row.branch, quantity(row.quantity), row.lot, row.best_before, row.use_by


_LINKS = ("category", "supplier", "tax_rate")
_PRODUCT_COLUMNS = "sku name barcode category unit price cost tax_rate supplier pack_size shelf_life_days"
register_exports(
    {
        "sales_by_day": Export(("date", "branch", "net", "tax", "gross_margin", "baskets", "units"), _sales_by_day),
        "sales_by_product": Export(
            ("product", "name", "net", "tax", "discount", "gross_margin", "units"), _sales_by_product
        ),
        "products": Export(tuple(_PRODUCT_COLUMNS.split()), _products),
        "stock": Export(("product", "branch", "quantity", "lot", "best_before", "use_by"), _stock),
        "takings": Export(takings.COLUMNS, takings.rows),
    }
)
