"""Prints docs/imports.md: what can be imported, field by field, from the declarations."""

from typing import Any

from django.core.management.base import BaseCommand

from shop.imports import transforms
from shop.imports.kinds import Field, Kind, every_kind

HEAD = """# Imports

Files come in on the page Imports, by themselves as feeds, or by a command:

    manage.py import_csv SHOP KIND FILE... [--branch B] [--map field=column] [--map field:=value] [--dry-run]

This page is printed by `manage.py imports_table`. The same words are in the product, under Imports, What can be
imported, with a file of each kind to begin from: its column names, and rows that can be imported as they are.

## The way of a file

1. It is dropped in, and kept as it came. A worker reads it: the web process never does.
2. Columns are matched: guessed from names and values, corrected by you, remembered for files with the same columns.
   A column may be left out, two may give one field, a value may hold for every row.
3. It is checked: a whole import that is taken back. You see how the first rows are stored, what would be new, changed,
   unchanged and refused, and the refused rows by cause. A cause is mended once for all its rows.
4. It is imported, as a job that may be left alone.
5. It is in: what changed, in words and money, and what to do next. It can be taken back.

## Files

- Comma-separated and other text tables, Excel and OpenDocument workbooks, plain or in a .zip or .gz. Text up to 1 GB
  and 5 million rows, workbooks up to 20 MB. The command takes text tables alone.
- UTF-8 and UTF-16 are proven to the last byte. What is neither is read as the code page that fits best; the page shows
  it and lets you choose another.
- Blank rows, totals, lines above the column names and column names said again are left out and counted.
- Several files of one command are one import: all of them or nothing.

## Columns

- `--map receipt="Invoice ID"` names the column of a field; several columns of one field are joined, as in
  `--map time=Date --map time=Time`. `--map branch:=Harbour` gives every row the same value; `--map total=` leaves a
  field out.
- Fields not named take a column of the same name. Where nothing is mapped at all, known other names count too
  (Invoice ID is a receipt).
- Rows that name no branch belong to `--branch`, or to the shop's first. A promotion, a price or an event without one
  holds at every branch, a review without one is about none in particular.

## Values

- Dates are best written 2026-11-21. For 03/04/2026 the whole column decides: a 27/04/2026 makes all of them day first.
  Without such a date the shop's country decides, and the result says so.
- A time without a zone is the shop's own. A date without a time counts for that date.
- Amounts may carry a currency sign, brackets or a minus at the end. 3,50 and 1,234.50 are clear; where a whole column
  could be read two ways its other cells decide, else the cell is refused.
- A code such as 17850.0 is 17850, as spreadsheets spoil it. 5.01234567890E+12 is written out where every digit is
  there, else it is refused: the last ones are lost. A barcode with a wrong last digit is kept as written, and told.
- 1,234 is 1.234 beside a 3,50 in its column, 1234 beside a 3.50, and refused beside neither. Percent is never guessed.
- Months may be named in English, German, French, Spanish, Italian, Dutch, Polish or Portuguese. 17.30, 17h30 and 5:30
  pm are times. A column of nothing but numbers such as 45321 is read as a spreadsheet's days.
- What decided is said beside the preview and with the result.

## Steps

What may be done to a field's text before it is read, one after the other, on the page of the columns:

{steps}
Empty cells may be given a value, and rows may be left out one by one, or where they repeat an earlier row in every
matched column. All of this is counted with the result. Steps are remembered with the columns; corrections of single
rows are not. Where a model's key is set and our own rules are unsure, it may propose columns and steps: it sees the
names of the columns, and of a few cells their shape, every letter an x and every digit a 9. You take it or leave it.

## What becomes of the rows

Created, updated, unchanged and refused count rows of the files and add up to the rows read. Refused rows are kept as a
file with the reason beside each.

- The same file again changes nothing. Two imports of one shop at once end like one after the other.
- All of an import happens, or nothing: a stopped or cancelled one leaves no trace.
- Nothing real is refused for being unusual: returns, free goods, negative prices, odd hours.
- A receipt or day with one refused row is refused as a whole, so that it can come again complete. So is a stock count
  of a product at a branch.
- Products, branches, tills, customers and suppliers that a file names and the shop does not know are made and marked
  for review. Branches, tills and suppliers are compared without case. A category that calendar events name must exist.
- Every row made or changed knows its import and the line of the file, and leads back to it.
- What the shop has and the file does not name is left, unless you choose otherwise and see how many that are.
- Taken back, an import's new rows go and changed ones are as before. What was changed since stays, and is named. Sales
  are voided and stock is countered by movements, as their ledgers demand.

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

### Receipts, baskets and sales without prices

- `receipts`: the items stand in one cell, `2 x Milk 2 L @ 1.45; Bread 1.20`. After @ stands the price of one; an amount
  with two decimals at the end is what was paid for the item. `Bread x 2` works too, and JSON:
  `[{"sku": "MILK", "qty": 2, "price": 1.45}, "Bread"]` or `{"MILK": 2}`. Items without a price share what is left of
  the total, by their shelf prices where all are known, else in equal parts. Where all have prices and the total is
  less, the difference is a discount on all of them; a total above them is refused.
- `baskets`: no column names, one row a basket, every cell an item. Say one day for the whole file: `time:=2026-11-20`.
- `purchases`: who bought what on a day. What one customer bought on one day is one receipt.
- An item is found by SKU, by barcode, or by a name that one product alone has; else it is made for review.
- A line that says no price takes the product's shelf price of now; where there is none it counts in baskets and units
  and as 0 in money. The result counts both. New shelf prices change nothing of what is in, and the same file still
  changes nothing.
- A receipt or basket without a number is known by its day, customer and items; alike ones by how many there are.

### Products, stock, customers, promotions, reviews, events

- An empty cell leaves what is there. A SKU, customer, promotion, review, supplier or event that comes twice in a file
  must say the same each time; a SKU's further rows may add barcodes.
- `stock` is a count of now: the level becomes the sum of the product's rows at the branch, and the ledger gets the
  difference.
- `competitor_prices` are known by competitor, item, day and promotion, so a later file replaces a day's price and adds
  other days'. An item is known by its barcode, else by name and size, without case. One with a barcode of ours is
  matched at once; the others are looked for by name afterwards, and wait for your word under Competitors' items.
- `reviews` are read as soon as they are in, on this machine. What looks like spam is in no number; the import's page
  says how many and why, and each is put back by one press.
- `calendar_events` are in the forecast at once: the check before the import is their approval. One that a person left
  out before stays out.

### Prices, suppliers and what they ask

- `prices`: a price for now and for every branch becomes the product's own. A price for a later day, for one branch of
  several, or with `look_first`, waits as a draft among the price batches until somebody approves it. So does a price
  below the least that the country's law allows: an import never sets it straight.
- `supplier_prices`: an article is known by supplier and the supplier's code. What it is of ours is found by what was
  matched before, then by our SKU or barcode in `product`, then by `barcode`. Articles that are none of ours make no
  products: they wait under Prices, Supplier prices, to be matched.
- A price is new where it differs from the one that held before by the lists, so last month's list under today's date
  says nothing. `case_cost` is shared by the pack: the row's, the article's, or the product's.
- A new price changes no cost by itself. It waits under Prices, Supplier prices, with what it leaves of the margin and
  the shelf price that would keep it; there it is taken over or put aside, and new prices are drafted. With `take_cost`
  it becomes the cost at once, if its day has come.
- `purchase_orders` are known by supplier, branch and their number elsewhere. Nothing is mailed and no stock moves. An
  order of which goods were received here is left as it is. Thirty days after an order should have come, nothing more
  is expected of it.
"""


def table() -> str:
    return HEAD.replace("{steps}", _steps()) + "".join(_kind(kind) for kind in every_kind())


def _steps() -> str:
    """Every step with the sentence it says, dots for what is said with it."""
    like = {"text": "…", "number": "12", "count": 3, "list": ["…"], "values": {"…": "…"}}
    lines = []
    for known in transforms.every():
        said = {argument.name: like[argument.kind] for argument in known.arguments}
        lines.append(f"| {known.title} | {transforms.sentence({'do': known.name, **said})} |\n")
    return "| Step | What it does |\n|---|---|\n" + "".join(lines)


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
