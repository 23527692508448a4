"""From what was told to what is booked: prices, tax, cost and times worked out, and what is odd about it.

Pure: the books are not asked here. Amounts that were told stand as told; only what was left out is filled in, from the
line that comes back or from the product.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sales.lookups import Goods
from sales.models import InboxItem
from sales.money import ZERO, cents, fine, split
from sales.returns import SoldLine, share
from sales.told import Told, ToldLine
from shop.devices import Till

SKEW = dt.timedelta(seconds=120)
AHEAD = dt.timedelta(minutes=5)
OLD = dt.timedelta(days=400)
MOST_MONEY = Decimal(10_000_000)
MOST_UNITS = Decimal(1_000_000)
MOST_ROUNDING = Decimal(1_000)
HALF_CENT = Decimal("0.005")


class CannotBook(Exception):
    """A document to be set aside: a person decides about it."""

    def __init__(self, reason: str, waits_for: UUID | None = None) -> None:
        super().__init__(reason)
        self.reason, self.waits_for = reason, waits_for


@dataclass(frozen=True, slots=True)
class Clock:
    """When documents were received, and what has to be added to their till's clock."""

    received_at: dt.datetime
    offset: dt.timedelta = dt.timedelta(0)

    def reckon(self, told: dt.datetime) -> tuple[dt.datetime, list[str]]:
        """When it was sold, as far as can be known, and what is wrong with the time told."""
        at, flags = told, []
        try:
            if abs(self.offset) > SKEW:
                at, flags = told + self.offset, ["clock_skew"]
            if not self.received_at - OLD <= at <= self.received_at + AHEAD:
                at, flags = self.received_at, [*flags, "clock_odd"]
        except OverflowError:
            at, flags = self.received_at, [*flags, "clock_odd"]
        return at, flags


@dataclass(slots=True)
class Line:
    """A line as it is booked."""

    number: int
    quantity: Decimal
    product: int | None
    name: str
    barcode: str
    unit_price: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal
    tax_rate: Decimal | None
    cost: Decimal | None
    told: ToldLine
    lot: int | None = None

    def written(self) -> dict[str, Any]:
        told = self.told
        return {
            "number": self.number,
            "quantity": str(self.quantity),
            "product": self.product,
            "name": self.name[:200],
            "barcode": self.barcode[:48],
            "unit_price": str(self.unit_price),
            "discount": str(self.discount),
            "net": str(self.net),
            "tax": str(self.tax),
            "tax_rate": None if self.tax_rate is None else str(self.tax_rate),
            "cost": None if self.cost is None else str(self.cost),
            "deposit_of": told.deposit_of,
            "returns_sale": told.returns_sale and str(told.returns_sale),
            "returns_line": told.returns_line,
            "restock": told.restock,
            "lot": self.lot,
        }


def check_believable(told: Told, currency: str) -> None:
    """Raises CannotBook for another currency and for amounts that no grocer takes."""
    if told.currency and told.currency != currency:
        raise CannotBook(f"It is in {told.currency[:8]}; the shop's currency is {currency}.")
    amounts = [amount for _, amount in told.payments] + [told.total or ZERO]
    for line in told.lines:
        if abs(line.quantity) > MOST_UNITS:
            raise CannotBook("A quantity is too large to be true.")
        amounts += [each for each in (line.unit_price, line.discount, line.net, line.tax) if each]
    if abs(told.rounding or ZERO) > MOST_ROUNDING or any(abs(amount) > MOST_MONEY for amount in amounts):
        raise CannotBook("An amount is too large to be true.")


def sold_line(told: ToldLine, number: int, goods: Goods | None, price: Decimal | None, *, included: bool) -> Line:
    """A line with what was left out taken from its product. Raises CannotBook where nobody knows its price."""
    rate = told.tax_rate if told.tax_rate is not None or goods is None else goods.tax_rate
    discount = _signed(told.discount or ZERO, told.quantity)
    price = told.unit_price if told.unit_price is not None else price
    if told.net is not None and told.tax is not None:
        net, tax = told.net, told.tax
        price = price if price is not None else _unit_price(told, net + tax if included else net, discount)
    elif price is None:
        raise CannotBook(f"Line {number} has no price, and we know none.")
    else:
        net, tax = split(price * told.quantity - discount, rate or ZERO, included=included)
    cost = None if goods is None or goods.cost is None else fine(goods.cost * told.quantity)
    return _line(told, number, goods, price, discount, net, tax, rate, cost)


def returned_line(
    told: ToldLine, number: int, sold: SoldLine, goods: Goods | None, *, included: bool, whole: bool
) -> Line:
    """A line that comes back: at the prices, tax and cost it was sold for where it does not say otherwise."""
    row = sold.row
    worth = share(sold, -told.quantity, whole=whole)
    if row.product_id or goods is None:
        goods = Goods(row.product_id, row.name, row.unit_price, None, row.tax_rate) if row.product_id else None
    if told.is_priced:
        line = sold_line(told, number, goods, row.unit_price, included=included)
        line.cost = None if worth.cost is None else -worth.cost
    else:
        cost = None if worth.cost is None else -worth.cost
        line = _line(told, number, goods, row.unit_price, -worth.discount, -worth.net, -worth.tax, row.tax_rate, cost)
    line.name, line.barcode = told.name or row.name, told.barcode or row.barcode
    return line


def _line(
    told: ToldLine, number: int, goods: Goods | None, price: Decimal, discount: Decimal, net: Decimal, tax: Decimal,
    rate: Decimal | None, cost: Decimal | None,
) -> Line:  # fmt: skip
    if abs(net) > MOST_MONEY or abs(tax) > MOST_MONEY or abs(cost or ZERO) > MOST_MONEY:
        raise CannotBook("An amount is too large to be true.")
    name = told.name or (goods.name if goods else "")
    product = goods.id if goods else None
    return Line(number, told.quantity, product, name, told.barcode, price, discount, net, tax, rate, cost, told)


def _signed(discount: Decimal, quantity: Decimal) -> Decimal:
    """What was taken off lessens what is given back, too."""
    return -abs(discount) if quantity < 0 else discount


def _unit_price(told: ToldLine, asked: Decimal, discount: Decimal) -> Decimal:
    """What one unit was before the discount, where only what was paid for all was told."""
    price = fine((asked + discount) / told.quantity) if told.quantity else ZERO
    return price if abs(price) <= MOST_MONEY else ZERO


@dataclass(frozen=True, slots=True)
class Sums:
    """What a document comes to: as told, where it was told."""

    total: Decimal
    rounding: Decimal
    add_up: bool


def add_up(told: Told, lines: Sequence[Line], smallest_coin: Decimal | None) -> Sums:
    """Total and cash rounding, and whether lines, total and payments agree.

    Tills that work to the cent may be half a cent off for each line that is not whole cents.
    """
    exact = [line.net + line.tax for line in lines]
    slack = HALF_CENT * sum(amount != cents(amount) for amount in exact)
    worked_out = cents(sum(exact, ZERO))
    if abs(worked_out) > MOST_MONEY:
        raise CannotBook("An amount is too large to be true.")
    total = worked_out if told.total is None else cents(told.total)
    paid = sum((cents(amount) for _, amount in told.payments), ZERO)
    rounding = _rounding(told, paid - total, smallest_coin)
    pays = not told.payments or paid == total + rounding
    return Sums(total, rounding, abs(total - worked_out) <= slack and pays)


def _rounding(told: Told, more: Decimal, smallest_coin: Decimal | None) -> Decimal:
    """What cash rounding added: as told, else the difference where a coin explains it."""
    if told.rounding is not None:
        return cents(told.rounding)
    explained = smallest_coin and told.payments and abs(more) <= smallest_coin / 2
    return more if explained else ZERO


def document(
    till: Till, told: Told, lines: Sequence[Line], clock: Clock, *, fingerprint: str, odd: Mapping[str, list[int]]
) -> tuple[dict[str, Any], dt.datetime]:
    """All that is booked, as `sales.booking` writes it, and when it was sold."""
    shop = till.shop
    at, odd_times = clock.reckon(told.sold_at)
    day, sums = shop.business_date(at), add_up(told, lines, shop.cash_rounding)
    late = ["late"] if day < shop.business_date(clock.received_at) else []
    unmatched = ["unmatched_product"] if any(line.product is None for line in lines) else []
    mismatch = [] if sums.add_up else ["total_mismatch"]
    found = {
        "uuid": str(told.id),
        "kind": told.kind,
        "channel": told.channel,
        "register": till.register_id,
        "customer": told.customer and told.customer.code,
        "refund_of": _original_of(told),
        "receipt": told.receipt,
        "epoch": told.epoch,
        "seq": told.seq,
        "shift": told.shift and str(told.shift),
        "told_at": told.sold_at.isoformat() if at != told.sold_at else None,
        "business_date": day.isoformat(),
        "cashier": told.cashier[:120],
        "total": str(sums.total),
        "rounding": str(sums.rounding),
        "line_count": len(lines),
        "flags": [*odd, *odd_times, *late, *mismatch, *unmatched],
        "fingerprint": fingerprint,
        "received_at": clock.received_at.isoformat(),
        "lines": [line.written() for line in lines],
        "payments": [{"tender": tender, "amount": str(cents(amount))} for tender, amount in told.payments],
    }
    found["inbox"] = _to_look_at(till, told, lines, found, odd)
    return found, at


def _original_of(told: Told) -> str | None:
    """What the document as a whole takes back: as told, else what its first returned line names."""
    if told.refund_of:
        return str(told.refund_of)
    return next((str(line.returns_sale) for line in told.lines if line.returns_sale), None)


def _to_look_at(
    till: Till, told: Told, lines: Sequence[Line], found: Mapping[str, Any], odd: Mapping[str, list[int]]
) -> list[dict[str, Any]]:
    """What a person should look at: one a line for unknown goods, one a till and day for a wrong clock."""
    kinds, flags = InboxItem.Kind, found["flags"]
    items: list[dict[str, Any]] = [
        {
            "kind": kinds.UNMATCHED,
            "line_number": line.number,
            "code": (line.told.barcode or line.told.sku or line.name)[:80],
            "name": line.name[:200],
            "reason": "No product has this code.",
        }
        for line in lines
        if line.product is None
    ]
    items += [
        {"kind": kinds.OVER_REFUND, "line_number": number, "reason": "More comes back than is left of that line."}
        for number in odd.get("over_refund", ())
    ]
    if "total_mismatch" in flags:
        items.append({"kind": kinds.MISMATCH, "reason": "Lines, total and payments do not add up. Booked as told."})
    if "clock_skew" in flags or "clock_odd" in flags:
        once = {"told_id": f"clock:{till.register_id}:{found['business_date']}", "fingerprint": ""}
        items.append({"kind": kinds.CLOCK, "reason": "The till's clock is wrong. Set it right.", **once})
    if told.seq is not None:  # kept only where the number turns out to be used
        items.append({"kind": kinds.SEQ_REUSED, "reason": f"Number {told.seq} was used for another sale as well."})
    return items
