"""What the tills wrote: money of each line, receipts with register, cashier, tender and customer, and refunds."""

from dataclasses import dataclass

import numpy as np

from insights.demo.baskets import Lines
from insights.demo.branches import Branch
from insights.demo.calendar import Calendar
from insights.demo.catalogue import Product
from insights.demo.chance import Flags, Floats, Ints, stream

REFUNDED = 0.0035
FIRST_RECEIPT = 1001


@dataclass(frozen=True)
class Money:
    """Pence a line: unit price, discount, amount paid with tax in it, and that tax."""

    price: Ints
    discount: Ints
    total: Ints
    tax: Ints


@dataclass(frozen=True)
class Receipts:
    """One entry a receipt, in the order of time. Places point into the branch's lists; customer -1 is not known."""

    day: Ints
    second: Ints
    register: Ints
    number: Ints
    cashier: Ints
    by_card: Flags
    customer: Ints


@dataclass(frozen=True)
class Sold:
    """All a branch's tills wrote, in the order of time; `receipt` of a line is its place in `receipts`."""

    branch: Branch
    lines: Lines
    money: Money
    receipts: Receipts
    refunds: Flags  # a flag a line


def money_of(lines: Lines, products: tuple[Product, ...], prices: Ints, percent: Ints) -> Money:
    """The money of lines at the prices and promotions of their day, rounded half up to whole pence."""
    price = prices[lines.product, lines.day]
    gross = (price * lines.quantity + 500) // 1000
    discount = (gross * percent[lines.product, lines.day] + 50) // 100
    total = gross - discount
    vat = np.array([item.vat for item in products])[lines.product]
    tax = (2 * total * vat + 100 + vat) // (2 * (100 + vat))
    return Money(price, discount, total, tax)


def refunds_of(lines: Lines, calendar: Calendar, branch: Branch) -> tuple[Ints, Ints, Ints]:
    """Which lines are brought back, with day and second; nothing comes back after the last day."""
    draw = stream("refunds", branch.name)
    chance, later, when = draw.random((3, lines.day.size))
    picked = np.flatnonzero(chance < REFUNDED)
    open_days = np.flatnonzero(calendar.open_days(branch))
    place = np.searchsorted(open_days, lines.day[picked]) + 1 + (later[picked] * 5).astype(np.int64)
    picked, place = picked[place < open_days.size], place[place < open_days.size]
    day = open_days[place]
    second = []
    for line, at in zip(picked, day, strict=True):
        hours = branch.hours[calendar.weekdays[int(at)]] or (600, 900)
        second.append(int(60 * (hours[0] + 5 + float(when[line]) * (hours[1] - hours[0] - 15))))
    return picked, day, np.array(second, dtype=np.int64)


def with_refunds(lines: Lines, money: Money, back: tuple[Ints, Ints, Ints]) -> tuple[Lines, Money, Ints]:
    """Sales and refunds in the order of time, receipts counted anew from 0; also the sale receipt of each receipt."""
    picked, day, second = back
    extra = int(lines.receipt[-1]) + 1 + np.arange(picked.size)
    both = Lines(
        np.concatenate((lines.day, day)),
        np.concatenate((lines.second, second)),
        np.concatenate((lines.product, lines.product[picked])),
        np.concatenate((lines.quantity, -lines.quantity[picked])),
        np.concatenate((lines.receipt, extra)),
    )
    order = np.lexsort((both.receipt, both.second, both.day))
    both = both[order]
    starts = np.concatenate(([True], both.receipt[1:] != both.receipt[:-1]))
    source = np.concatenate((np.arange(int(lines.receipt[-1]) + 1), lines.receipt[picked]))[both.receipt[starts]]
    renumbered = Lines(both.day, both.second, both.product, both.quantity, np.cumsum(starts) - 1)
    doubled = [
        np.concatenate((column, sign * column[picked]))[order]
        for column, sign in ((money.price, 1), (money.discount, -1), (money.total, -1), (money.tax, -1))
    ]
    return renumbered, Money(*doubled), source


def receipts_of(lines: Lines, money: Money, branch: Branch, customer: Ints) -> Receipts:
    """Register, number, cashier and tender of each receipt."""
    draw = stream("receipts", branch.name)
    starts = np.flatnonzero(np.concatenate(([True], lines.receipt[1:] != lines.receipt[:-1])))
    day, second = lines.day[starts], lines.second[starts]
    till, tender = draw.random((2, starts.size))
    register = np.floor(till**1.5 * len(branch.tills)).astype(np.int64)
    rota = draw.integers(0, len(branch.cashiers), size=(int(day.max()) + 1, len(branch.tills), 2))
    paid = np.bincount(lines.receipt, money.total).astype(np.float64)
    by_card = tender < _card_share(paid, customer)
    cashier = rota[day, register, (second > 14 * 3600).astype(np.int64)]
    return Receipts(day, second, register, _numbers(register), cashier, by_card, customer)


def _card_share(paid: Floats, customer: Ints) -> Floats:
    return np.where(np.abs(paid) < 400, 0.58, 0.8) + np.where(customer >= 0, 0.08, 0.0)


def _numbers(register: Ints) -> Ints:
    numbers = np.zeros(register.size, dtype=np.int64)
    for till in np.unique(register):
        of_till = register == till
        numbers[of_till] = FIRST_RECEIPT + np.arange(int(of_till.sum()))
    return numbers
