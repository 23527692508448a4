"""Goods a till sold that nobody knows: what was told of them, and which product they may be."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from insights.screens.stock_find import Found, find
from inventory.models import Product
from sales import inbox
from sales.inbox import Kind, Unknown
from sales.models import InboxItem
from shop.csvout import amount

SHOWN, GUESSES = 6, 6
LEAST_LETTERS = 3


@dataclass(frozen=True, slots=True)
class SoldRow:
    """One of the sales it was on."""

    sale: int
    receipt: str
    branch: str
    sold_at: dt.datetime


@dataclass(frozen=True, slots=True)
class CodeScreen:
    goods: Unknown
    item: int
    words: str
    products: tuple[Product, ...]
    more: bool
    found: Found
    sold: list[SoldRow]
    name: str
    price: str


def build(code: str, words: str) -> CodeScreen | None:
    """What waits under this code; None where nothing does. Without `words` to search for, products of a like name."""
    waiting = inbox.unknown_goods(code=code)
    if not waiting:
        return None
    goods = waiting[0]
    items = InboxItem.objects.open().filter(kind=Kind.UNMATCHED, code=code)
    found = find(words)
    products = ((found.product,) if found.product else found.several) if words else _guesses(goods.name)
    rows = items.exclude(sale=None).values_list("sale", "sale__receipt", "branch__name", "sale__sold_at")
    return CodeScreen(
        goods=goods,
        item=items.values_list("pk", flat=True)[0],
        words=words,
        products=products,
        more=found.more,
        found=found,
        sold=[SoldRow(*row) for row in rows.order_by("-sale__sold_at")[:SHOWN]],
        name=goods.name or goods.code,
        price=str(amount(goods.price)),
    )


def _guesses(name: str) -> tuple[Product, ...]:
    """Products whose name shares its longest words with what the till called it."""
    words = sorted({word for word in name.split() if len(word) >= LEAST_LETTERS}, key=len, reverse=True)
    for many in range(len(words), 0, -1):
        found = Product.objects.active().matching(" ".join(words[:many]))[:GUESSES]
        if found:
            return tuple(found)
    return ()
