"""Prints docs/imports.md: what can be imported, field by field, from the declarations."""

from typing import Any

from django.core.management.base import BaseCommand

from shop.imports.kinds import Field, Kind, every_kind

HEAD = """# Imports

Files come in on the page Imports, or by a command:

    manage.py import_csv SHOP KIND FILE... [--branch B] [--map field=column] [--map field:=value] [--dry-run]

This page is printed by `manage.py imports_table`.

## Files

- .csv and .tsv, plain or packed as .gz, with column names in the first row; up to 1 GB (4 GB unpacked).
- UTF-8 or UTF-16. What is neither is read as Windows text, and the result says so.
- Comma, semicolon, tab or bar between cells. Blank rows are skipped.
- Several files are one import: all of them or nothing.

## Columns

- `--map receipt="Invoice ID"` names the column of a field; several columns of one field are joined with a space, as in
  `--map time=Date --map time=Time`. `--map branch:=Harbour` gives every row the same value; `--map total=` leaves a
  field out.
- Fields not named take a column of the same name. Where nothing is mapped at all, known other names count too
  (Invoice ID is a receipt); the page proposes the same and lets you correct it.
- Rows that name no branch belong to `--branch`, or to the shop's first. A promotion without one holds at every branch,
  a review without one is about none in particular.

## Values

- Dates are best written 2026-11-21. For 03/04/2026 the whole file decides: a 27/04/2026 makes all of them day first.
  Without such a date the shop's country decides, and the result says so. A file with both orders is refused.
- A time without a zone is the shop's own. A date without a time counts for that date.
- Amounts may carry a currency sign. 3,50 and 1,234.50 are clear; 1,234 could be two numbers and is refused.
- A code such as 17850.0 is 17850, as spreadsheets spoil it.

## What becomes of the rows

The last line of the command is JSON: created, updated, unchanged and refused count rows of the files and add up to the
rows read; seconds is the time to the finished figures. Refused rows are kept as a file with the reason beside each.

- The same file again changes nothing. Two imports of one shop at once end like one after the other.
- All of an import happens, or nothing: a stopped or cancelled one leaves no trace.
- Nothing real is refused for being unusual: returns, free goods, negative prices, odd hours.
- A receipt or day with one refused row is refused as a whole, so that it can come again complete. So is a stock count
  of a product at a branch.
- Products, branches, tills, customers and suppliers that a file names and the shop does not know are made and marked
  for review. Branches and tills are compared without case.

### Sales

- A receipt is known by branch, till and receipt number. Its rows are compared without regard to order; other content
  under a known number is refused. Its time is the earliest of its rows. With only negative quantities it is a refund.
- `price` is that of one unit as on the shelf. `total` is what was paid, tax included, after discount; left out it is
  price times quantity less discount (plus tax, where the shop's prices are without). `tax` is the tax in it; left out
  it follows from the product's tax rate, or is 0 where none is known.
- `discount` is money off, with or without a minus; on a return it is given back.
- A line's cost is the product's cost at the time of the import, since tills do not say it; unknown stays unknown.
- `sales_daily` makes one summary of each branch and day. It counts in sales and units, never in baskets. Its `cost` is
  that of one unit.
- From a product's first count or receipt at a branch on, sales move its stock. Earlier ones are history and move none.

### Products, stock, customers, promotions, reviews

- An empty cell leaves what is there. A SKU, customer, promotion or review that comes twice in a file must say the same
  each time; a SKU's further rows may add barcodes.
- `stock` is a count of now: the level becomes the sum of the product's rows at the branch, and the ledger gets the
  difference.
- `competitor_prices` are known by competitor, item, day and promotion, so a later file replaces a day's price and adds
  other days'. An item is known by its barcode, else by name and size, without case. One with a barcode of ours is
  matched at once; the others are looked for by name afterwards, and wait for your word under Competitors' items.
"""


def table() -> str:
    return HEAD + "".join(_kind(kind) for kind in every_kind())


def _kind(kind: Kind) -> str:
    rows = "".join(_row(field) for field in kind.fields)
    return (
        f"\n## {kind.title}: `{kind.name}`\n\n{kind.about}\n\n"
        f"| Field | Kind of value | Needed | What it is | Left empty | Like |\n|---|---|---|---|---|---|\n{rows}"
    )


def _row(field: Field) -> str:
    cells = [
        f"`{field.name}`",
        field.reads.value,
        "yes" if field.required else "",
        field.help,
        "" if field.required and field.filled else field.default,
        field.example,
    ]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


class Command(BaseCommand):
    help = "Print docs/imports.md"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(table(), ending="")
