"""The copy of products, prices and barcode rules on the till: what a code is and costs, with no network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote

from .outbox import Outbox
from .wire import Verdict, Wire

PAGE = 500
ONE = Decimal(1)
_CENT, _GRAM, _FINEST = Decimal("0.01"), Decimal("0.001"), Decimal("0.0001")


@dataclass(frozen=True)
class Scanned:
    """What a code is: goods, how much of them in their own unit (None: put it on the scale), the price of one unit."""

    sku: str
    name: str
    unit: str
    quantity: Decimal | None
    unit_price: Decimal | None
    tax_rate: Decimal | None
    code: str = ""
    deposit: str = ""
    minimum_age: int | None = None
    eligible_tenders: tuple[str, ...] = ()

    def times(self, how_often: Decimal) -> Scanned:
        """So many of it; of what is weighed, so many kilograms."""
        return replace(self, quantity=(self.quantity or ONE) * how_often)


class Shelf:
    """Reads the copy; `sync` brings it up to date."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox

    # --- Up to date -------------------------------------------------------------------------------------------------

    def sync(self, wire: Wire) -> int:
        """Fetch what changed since the last time, page by page; stopped midway it goes on from there."""
        changed = 0
        while True:
            cursor = self.outbox.fact("cursor", "")
            answer = wire.call("GET", f"catalogue?limit={PAGE}" + (f"&cursor={quote(cursor)}" if cursor else ""))
            if cursor and answer.status == 422:  # the shop does not know our cursor any more: all of it anew
                with self.outbox.write():
                    self.outbox.keep(cursor="")
                continue
            if answer.verdict is not Verdict.DONE:
                return changed
            changed += self._take(answer.body)
            if not answer.body["more"]:
                return changed

    def _take(self, page: dict[str, Any]) -> int:
        """A page and its cursor in one transaction: killed between two pages, none is lost."""
        db = self.outbox.db
        with self.outbox.write():
            if page["reset"]:
                db.execute("delete from product")
                db.execute("delete from barcode")
            changed = [(product["id"],) for product in (*page["products"], *page["removed"])]
            db.executemany("delete from product where id = ?", changed)
            db.executemany("delete from barcode where product = ?", changed)
            for product in page["products"]:
                values = (product["id"], product["sku"], product["plu"], json.dumps(product))
                db.execute("insert into product values (?, ?, ?, ?)", values)
                codes = [(one["code"], product["id"], one["pack_quantity"]) for one in product["barcodes"]]
                db.executemany("insert or replace into barcode values (?, ?, ?)", codes)
            self.outbox.keep(cursor=page["cursor"], barcode_rules=page["barcode_rules"])
        return len(changed)

    # --- What a code is ---------------------------------------------------------------------------------------------

    def scan(self, code: str, at: datetime) -> Scanned | None:
        """A barcode first, then a code the shop printed, then a PLU, then a SKU."""
        code = code.strip()
        for form in _lengths(code):
            row = self.outbox.db.execute("select product, pieces from barcode where code = ?", (form,)).fetchone()
            if row and (product := self._one("id", row[0])):
                return _scanned(product, at, code, Decimal(row[1]))
        for rule in self.outbox.fact("barcode_rules", []):
            if taken := _take_apart(code, rule):
                goods, value = taken
                if product := self._goods(goods):
                    return _printed(product, at, code, rule["holds"], value)
        product = self._goods(code)
        return _scanned(product, at, code, None if product["unit"] == "kg" else ONE) if product else None

    def product(self, sku: str) -> dict[str, Any] | None:
        """All the shop said about a product."""
        return self._one("sku", sku)

    def _goods(self, digits: str) -> dict[str, Any] | None:
        forms = [digits, digits.lstrip("0")] if digits.isdigit() else [digits]
        found = ((column, form) for column in ("plu", "sku") for form in forms if form)
        return next((product for column, form in found if (product := self._one(column, form))), None)

    def _one(self, column: str, value: object) -> dict[str, Any] | None:
        """The one product with this; a PLU that two share is nobody's."""
        rows = self.outbox.db.execute(f"select body from product where {column} = ? limit 2", (value,)).fetchall()
        return json.loads(rows[0][0]) if len(rows) == 1 else None

    # --- A basket ---------------------------------------------------------------------------------------------------

    def lines(self, basket: Sequence[Scanned], at: datetime) -> list[dict[str, Any]]:
        """The basket as a sale's lines, each deposit right after what it came with."""
        lines: list[dict[str, Any]] = []
        for item in basket:
            lines.append(_line(item))
            if deposit := self.product(item.deposit):
                lines.append(_line(_scanned(deposit, at, "", item.quantity)) | {"deposit_of": len(lines)})
        return lines

    def total(self, lines: Sequence[dict[str, Any]]) -> Decimal:
        """What the lines come to, where prices include the tax."""
        return sum((_paid(line) for line in lines), Decimal(0)).quantize(_CENT, ROUND_HALF_UP)


def price_at(product: dict[str, Any], at: datetime) -> Decimal | None:
    """The price of the hour, from the schedule the shop sent ahead: changes hold by themselves, on the second."""
    for step in product["prices"]:
        begins, ends = (datetime.fromisoformat(step[name]) if step[name] else None for name in ("starts_at", "ends_at"))
        if (begins is None or begins <= at) and (ends is None or at < ends):
            return _decimal(step["price"])
    return _decimal(product["price"])


def _scanned(product: dict[str, Any], at: datetime, code: str, quantity: Decimal | None) -> Scanned:
    return Scanned(
        sku=product["sku"],
        name=product["name"],
        unit=product["unit"],
        quantity=quantity,
        unit_price=price_at(product, at),
        tax_rate=_decimal(product["tax_rate"]),
        code=code,
        deposit=(product["deposit"] or {}).get("sku", ""),
        minimum_age=product["minimum_age"],
        eligible_tenders=tuple(product["eligible_tenders"]),
    )


def _printed(product: dict[str, Any], at: datetime, code: str, holds: str, value: Decimal) -> Scanned:
    """A weight, a price or a number of pieces that the shop's own scale printed."""
    weighed = product["unit"] == "kg"
    if holds != "price":
        fits = weighed == (holds == "weight")
        return _scanned(product, at, code, value if fits and value else None if weighed else ONE)
    found = _scanned(product, at, code, None if weighed else ONE)
    if weighed and value and found.unit_price:
        found = replace(found, quantity=(value / found.unit_price).quantize(_GRAM, ROUND_HALF_UP))
    if not value or not found.quantity:
        return found
    # The printed price stands to the cent, whatever a kilogram costs by now.
    return replace(found, unit_price=(value / found.quantity).quantize(_FINEST, ROUND_HALF_UP))


def _take_apart(code: str, rule: dict[str, Any]) -> tuple[str, Decimal] | None:
    """The goods and the value in a printed code; None where the rule does not fit or the check digit is wrong."""
    pattern = rule["pattern"]
    if len(code) != len(pattern) or not (code.isascii() and code.isdigit()):
        return None
    signs = list(zip(pattern, code, strict=True))
    if any(sign.isdigit() and sign != digit for sign, digit in signs) or (pattern.endswith("C") and not _checks(code)):
        return None
    goods, value = ("".join(digit for sign, digit in signs if sign == kind) for kind in "IV")
    return goods, Decimal(value or "0").scaleb(-rule["decimals"])


def _checks(code: str) -> bool:
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(code))) % 10 == 0


def _lengths(code: str) -> Iterator[str]:
    """The code, then the same number as the other lengths it may be printed in: a UPC is an EAN is a GTIN."""
    yield code
    if code.isascii() and code.isdigit() and 8 <= len(code) <= 14:
        number = code.lstrip("0")
        yield from (number.zfill(length) for length in (8, 12, 13, 14) if length >= len(number))


def _line(item: Scanned) -> dict[str, Any]:
    line: dict[str, Any] = {"sku": item.sku, "quantity": item.quantity if item.quantity is not None else ONE}
    if item.code and item.code != item.sku:
        line["barcode"] = item.code
    if item.unit_price is not None:
        line["unit_price"] = item.unit_price
    if item.tax_rate is not None:
        line["tax_rate"] = item.tax_rate
    return line


def _paid(line: dict[str, Any]) -> Decimal:
    return Decimal(line.get("unit_price", 0)) * Decimal(line["quantity"]) - Decimal(line.get("discount", 0))


def _decimal(text: Any) -> Decimal | None:
    return None if text is None or text == "" else Decimal(text)
