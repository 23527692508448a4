"""The demo shop as CSV files, with the columns an import takes.

Money is in pounds with two decimals, tax included; weights are kilograms with three. Times are the shop's own clock.
"""

import csv
import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from insights.demo import ledger
from insights.demo.chance import Ints
from insights.demo.competitors import competitor_items
from insights.demo.grocer import Demo, build
from insights.demo.reviews import reviews
from insights.demo.till import Sold

STEP = 20_000
Row = tuple[object, ...]
Texts = npt.NDArray[np.object_]

COLUMNS = {
    "products": "sku name barcode category unit price cost tax_rate supplier pack_size shelf_life_days",
    "customers": "id name email phone joined",
    "stock": "product branch quantity lot best_before use_by",
    "sales_lines": "receipt time product quantity price total discount tax tender customer branch register cashier",
    "price_history": "product effective_on price cost reason",
    "deliveries": "branch product date quantity lot best_before use_by cost supplier",
    "waste": "branch product time quantity cause",
    "promotions": "product first_date last_date branch price share_off name",
    "reviews": "code text source product branch rating title author date",
    "competitor_prices": "competitor name barcode size price promotion seen_on source",
}


def write_files(folder: Path, size: str, today: dt.date) -> dict[str, int]:
    """Writes every file into the folder and returns how many rows each has, by its name without .csv."""
    return write_demo(folder, build(size, today))


def write_demo(folder: Path, demo: Demo) -> dict[str, int]:
    """The same for a demo that is worked out already."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {}
    for kind in COLUMNS:
        manifest[kind] = _write(folder / f"{kind}.csv", kind, ROWS[kind](demo))
    return manifest


def product_rows(demo: Demo) -> Iterator[Row]:
    """Every product with the price and cost of the last day."""
    costs = ledger.cost_grid(demo)
    for number, product in enumerate(demo.products):
        cost = int(costs[number, -1])
        yield (
            product.sku,
            product.name,
            product.barcodes[0].code,
            product.category.path,
            product.unit,
            pounds(int(demo.shelf_prices[number, -1])),
            "" if cost < 0 else pounds(cost),
            product.vat,
            product.category.supplier,
            product.category.case,
            product.category.life or "",
        )


def customer_rows(demo: Demo) -> Iterator[Row]:
    """Everyone on the customer list."""
    for one in demo.customers:
        yield one.id, one.name, one.email, one.phone, one.joined


def stock_rows(demo: Demo) -> Iterator[Row]:
    """What is on the shelves after the last day, lot by lot; goods without a date are one row."""
    totals: dict[tuple[str, str, str], tuple[int, ledger.LotLine]] = {}
    for line in ledger.lots_left(demo):
        key = (line.product.sku, line.branch, line.lot)
        totals[key] = (totals[key][0] + line.quantity if key in totals else line.quantity, line)
    for (sku, branch, lot), (quantity, line) in totals.items():
        yield sku, branch, amount(quantity), lot, line.best_before or "", line.use_by or ""


def sales_rows(demo: Demo) -> Iterator[Row]:
    """Every till line, a branch at a time, in the order of time; refunds have a quantity below zero."""
    for story in demo.branches:
        yield from _till_rows(demo, story.sold)


def price_rows(demo: Demo) -> Iterator[Row]:
    """Every price and cost with the day it began to hold and why."""
    for change in demo.changes:
        cost = "" if change.cost is None else pounds(change.cost)
        day = demo.calendar.days[change.day]
        yield demo.products[change.product].sku, day, pounds(change.price), cost, change.reason


def delivery_rows(demo: Demo) -> Iterator[Row]:
    """The first count and every delivery."""
    for line in ledger.lots_received(demo):
        yield (
            line.branch,
            line.product.sku,
            line.received,
            amount(line.quantity),
            line.lot,
            line.best_before or "",
            line.use_by or "",
            "" if line.cost is None else pounds(line.cost),
            "" if line.opening else line.product.category.supplier,
        )


def waste_rows(demo: Demo) -> Iterator[Row]:
    """Everything thrown away, and why."""
    for line in ledger.thrown_away(demo):
        yield line.branch, line.product.sku, line.at, amount(line.quantity), line.cause


def promotion_rows(demo: Demo) -> Iterator[Row]:
    """Every promotion; an empty branch is every branch."""
    days = demo.calendar.days
    for offer in demo.promotions:
        terms = "", f"{offer.percent} %", "Offer of the fortnight"
        yield demo.products[offer.product].sku, days[offer.first], days[offer.last], offer.branch or "", *terms


def review_rows(demo: Demo) -> Iterator[Row]:
    """What customers wrote, without the tone it was made with."""
    for one in reviews(demo.products, demo.size.branches, demo.calendar.days):
        sku = "" if one.product is None else demo.products[one.product].sku
        about = one.source, sku, one.branch or "", "" if one.rating is None else one.rating
        yield one.code, one.text, *about, "", one.author, one.day


def competitor_rows(demo: Demo) -> Iterator[Row]:
    """What two shops nearby ask, without the products their goods are."""
    for item in competitor_items(demo.products, demo.shelf_prices, demo.calendar.days):
        for day, price, promoted in item.prices:
            offer = "yes" if promoted else ""
            yield item.competitor, item.name, item.barcode, item.size, pounds(price), offer, day, item.source


ROWS: dict[str, Callable[[Demo], Iterable[Row]]] = {
    "products": product_rows,
    "customers": customer_rows,
    "stock": stock_rows,
    "sales_lines": sales_rows,
    "price_history": price_rows,
    "deliveries": delivery_rows,
    "waste": waste_rows,
    "promotions": promotion_rows,
    "reviews": review_rows,
    "competitor_prices": competitor_rows,
}


def pounds(pence: int) -> str:
    """Pence as pounds with two decimals."""
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // 100}.{abs(pence) % 100:02d}"


def amount(thousandths: int) -> str:
    """A quantity: whole pieces without decimals, weights with three."""
    whole, rest = divmod(abs(thousandths), 1000)
    sign = "-" if thousandths < 0 else ""
    return f"{sign}{whole}.{rest:03d}" if rest else f"{sign}{whole}"


def _till_rows(demo: Demo, sold: Sold) -> Iterator[Row]:
    when = _times(demo, sold)
    tills, cashiers = np.array(sold.branch.tills, dtype=object), np.array(sold.branch.cashiers, dtype=object)
    ids = np.array([*(one.id for one in demo.customers), ""], dtype=object)
    skus = np.array([product.sku for product in demo.products], dtype=object)
    receipts, lines, money = sold.receipts, sold.lines, sold.money
    tender = np.where(receipts.by_card, "card", "cash").astype(object)
    for start in range(0, lines.day.size, STEP):
        part = slice(start, start + STEP)
        of = lines.receipt[part]
        yield from zip(
            receipts.number[of].tolist(),
            when[of],
            skus[lines.product[part]],
            _texts(lines.quantity[part], amount),
            *(_texts(column[part], pounds) for column in (money.price, money.total, money.discount, money.tax)),
            tender[of],
            ids[receipts.customer[of]],
            [sold.branch.name] * of.size,
            tills[receipts.register[of]],
            cashiers[receipts.cashier[of]],
            strict=True,
        )


def _times(demo: Demo, sold: Sold) -> Texts:
    texts = [
        f"{demo.calendar.days[day]} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        for day, second in zip(sold.receipts.day.tolist(), sold.receipts.second.tolist(), strict=True)
    ]
    return np.array(texts, dtype=object)


def _texts(values: Ints, as_text: Callable[[int], str]) -> Texts:
    different, place = np.unique(values, return_inverse=True)
    return np.array([as_text(int(value)) for value in different], dtype=object)[place]


def _write(path: Path, kind: str, rows: Iterable[Row]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS[kind].split())
        for row in rows:
            writer.writerow(row)
            count += 1
    return count
