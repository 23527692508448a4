"""The tables of the pages as files, under the column names an import uses. Exact: nothing is rounded for the eye."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils import timezone

from insights import charts
from insights.screens import lines, products, tables
from insights.screens.asked import Asked
from insights.screens.lines import Filters
from insights.screens.products import Search
from insights.screens.sales import contributions
from inventory import product_file
from sales import reports
from sales.measures import Sums, measure
from shop import formats
from shop.csvout import Cell, amount, quantity
from shop.errors import Refused
from shop.models import Shop
from shop.roles import Can, may


class TableUnknown(Refused):
    code = "table_unknown"


class TooManyLines(Refused):
    code = "too_many_lines"


MOST_LINES = 100_000


@dataclass(frozen=True, slots=True)
class File:
    name: str
    header: tuple[str, ...]
    rows: Iterable[tuple[Cell, ...]]


def of_sales(asked: Asked, name: str, role: str) -> File:
    """A table of the Sales page. Margins are in it for roles that may see costs. Raises TableUnknown."""
    cost = may(role, Can.SEE_COST)
    margin = ("gross_margin",) if cost else ()
    if name == "days":
        header = ("date", "net", "tax", "discount", *margin, "baskets", "units")
        return File("sales_by_day", header, _days(asked, cost=cost))
    if name == "changes":
        return File("sales_changes", ("category", "now", "before", "change"), _changes(asked))
    if name == "hours":
        return File("sales_by_hour", ("weekday", "hour", "net", "baskets", "units"), _hours(asked))
    if name == "rows":
        return File(
            "sales_by_product" if _deep(asked) else "sales_by_category",
            _row_header(asked, margin),
            _rows(asked, cost=cost),
        )
    raise TableUnknown(f"“{name[:40]}” is not a table of this page.")


def _deep(asked: Asked) -> bool:
    return bool(asked.category) or asked.by == "product"


def _row_header(asked: Asked, margin: tuple[str, ...]) -> tuple[str, ...]:
    names = ("product", "name") if _deep(asked) else ("category",)
    return (*names, "net", "tax", "discount", *margin, "units")


def _margin(sums: Sums, *, cost: bool) -> tuple[Cell, ...]:
    return (amount(measure("gross_margin").of(sums)),) if cost else ()


def _days(asked: Asked, *, cost: bool) -> Iterator[tuple[Cell, ...]]:
    for day, sums in reports.by_day(asked.choice.drawn, branch=asked.branch_id).items():
        money = amount(sums.net), amount(sums.tax), amount(sums.discount)
        yield day, *money, *_margin(sums, cost=cost), quantity(measure("baskets").of(sums)), quantity(sums.units)


def _changes(asked: Asked) -> Iterator[tuple[Cell, ...]]:
    for part in contributions(asked):
        yield part.name, amount(part.now), amount(part.before), amount(part.change)


def _hours(asked: Asked) -> Iterator[tuple[Cell, ...]]:
    found = reports.by_weekday_hour(asked.choice.counted, branch=asked.branch_id)
    for (weekday, hour), sums in sorted(found.items()):
        baskets = quantity(measure("baskets").of(sums))
        yield formats.WEEKDAYS[weekday], hour, amount(sums.net), baskets, quantity(sums.units)


def _rows(asked: Asked, *, cost: bool) -> Iterator[tuple[Cell, ...]]:
    for found in tables.rows(asked, compare=False):
        row, sums = found.row, found.row.sums
        names: tuple[Cell, ...] = (row.sku, row.name) if _deep(asked) else (row.name,)
        money = amount(sums.net), amount(sums.tax), amount(sums.discount)
        yield *names, *money, *_margin(sums, cost=cost), quantity(sums.units)


def of_lines(filters: Filters, shop: Shop) -> File:
    """All lines of a list, newest first, under the names an import of sales lines uses. Raises TooManyLines."""
    if (many := lines.at_most(filters)) > MOST_LINES:
        raise TooManyLines(f"That would be {many:,} lines. A file holds {MOST_LINES:,}: choose fewer days.")
    header = ("receipt", "time", "product", "quantity", "price", "total", "discount", "tax", "branch", "cashier")
    return File("sales_lines", header, _lines(filters, shop))


def _lines(filters: Filters, shop: Shop) -> Iterator[tuple[Cell, ...]]:
    for line in lines.every(filters, shop):
        sale = line.sale
        money = amount(line.unit_price), amount(line.net + line.tax), amount(line.discount), amount(line.tax)
        named = line.product.sku if line.product else line.name
        where = sale.branch.name, sale.cashier
        yield sale.receipt, timezone.localtime(sale.sold_at), named, quantity(line.quantity), *money, *where


def of_products(search: Search, role: str) -> File:
    """The products of a list, as the import takes them back. Costs are in it for roles that may see them."""
    cost = may(role, Can.SEE_COST)
    rows = product_file.rows(products.found(search), cost=cost)
    return File("products", product_file.columns(cost=cost), rows)


def of_demand(table: charts.Chart) -> File:
    """A product's demand day by day, as its chart's table has it."""
    return File("demand", ("day", "sold", "expected", "range50", "range80"), iter(table.rows))
