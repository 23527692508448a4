"""What the books know of the documents a till sends: asked once for a whole batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from inventory import codes
from sales.booking import IS_AWAITED
from sales.told import Told, ToldLine
from shop.db.messages import Statement, send
from shop.tenancy import current_shop_id


class Goods(NamedTuple):
    """What a line takes from its product as it is now."""

    id: int
    name: str
    price: Decimal | None
    cost: Decimal | None
    tax_rate: Decimal | None


class Sticker(NamedTuple):
    """A marked-down lot's sticker, and what a line takes from its goods. Over: taken back, or past its end."""

    goods: Goods
    lot: int
    branch: int
    price: Decimal
    ends_at: dt.datetime | None
    ended_at: dt.datetime | None

    def is_over(self, branch: int, at: dt.datetime) -> bool:
        ends = [moment for moment in (self.ends_at, self.ended_at) if moment]
        return self.branch != branch or any(at >= moment for moment in ends)


class Kept(NamedTuple):
    """A document in the books, as it is told to its till."""

    id: int
    uuid: UUID
    fingerprint: str
    receipt: str
    business_date: dt.date
    total: Decimal
    flags: list[str]
    is_awaited: bool


@dataclass
class Known:
    """Answers for one batch. `sales` grows while it is booked."""

    sales: dict[UUID, Kept] = field(default_factory=dict)
    customers: set[str] = field(default_factory=set)
    goods: dict[tuple[str, str | int], Goods] = field(default_factory=dict)
    stickers: dict[str, Sticker] = field(default_factory=dict)

    def sticker_of(self, line: ToldLine) -> Sticker | None:
        """The sticker a line was scanned by, unless the till names other goods."""
        sticker = self.stickers.get(line.barcode) if self.stickers else None
        named = sticker and self._named(line)
        return None if named and sticker and named.id != sticker.goods.id else sticker

    def product_of(self, line: ToldLine) -> Goods | None:
        """The product a line names: by our id, else its SKU, else its barcode."""
        sticker = self.sticker_of(line)
        return sticker.goods if sticker else self._named(line)

    def _named(self, line: ToldLine) -> Goods | None:
        for way, key in _ways(line):
            if found := self.goods.get((way, key)):
                return found
        return None


def know(told: Sequence[Told]) -> Known:
    """Everything about these documents, by one message; codes that are no plain barcode take three queries more."""
    lines = [line for document in told for line in document.lines]
    ids, skus, barcodes = ({key for line in lines for way, key in _ways(line) if way == one} for one in _WAYS)
    people = {document.customer.code for document in told if document.customer}
    shop = current_shop_id()
    stickers = sorted(code for code in barcodes if codes.may_be_sticker(str(code)))
    sales, customers, goods, *marked = send(
        (_SALES, [shop, [str(document.id) for document in told]]),
        (_CUSTOMERS, [shop, sorted(people)]),
        (_GOODS, [shop, sorted(ids), sorted(skus), sorted(barcodes)]),
        *([(_STICKERS, [shop, stickers])] if stickers else []),
    )
    known = Known({row[1]: Kept(*row) for row in sales}, {code for (code,) in customers})
    for asked, sku, barcode, *facts in goods:
        way, key = ("barcode", barcode) if barcode else ("sku", sku) if sku else ("product", asked)
        known.goods[way, key] = Goods(*facts)
    for code, lot, branch, price, ends_at, ended_at, *facts in marked[0] if marked else ():
        known.stickers[code] = Sticker(Goods(*facts), lot, branch, price, ends_at, ended_at)
    _read_the_rest(known, lines)
    return known


def kept(id: UUID) -> Kept | None:
    """The document with this id, as it is now."""
    (rows,) = send((_SALES, [current_shop_id(), [str(id)]]))
    return Kept(*rows[0]) if rows else None


_WAYS = ("product", "sku", "barcode")


def _ways(line: ToldLine) -> Iterable[tuple[str, str | int]]:
    if line.product:
        yield "product", line.product
    if line.sku:
        yield "sku", line.sku
    if line.barcode:
        yield "barcode", line.barcode


def _read_the_rest(known: Known, lines: Iterable[ToldLine]) -> None:
    """Barcodes that no product has as they are: other lengths of it, the shop's own codes, PLUs. And SKUs that are a
    product's barcode here, as those matched in the inbox."""
    unknown = [line for line in lines if known.product_of(line) is None]
    barcodes, skus = {line.barcode for line in unknown} - {""}, {line.sku for line in unknown} - {""}
    if not barcodes and not skus:
        return
    for code, reading in codes.read_codes(barcodes | skus).items():
        product = reading.product
        rate = product.tax_rate.rate if product.tax_rate else None
        goods = Goods(product.pk, product.name, product.price, product.cost, rate)
        if code in barcodes:
            known.goods["barcode", code] = goods
        if code in skus and reading.how == "barcode":
            known.goods["sku", code] = goods


_SALES = Statement(
    "aisle_known_sales",
    "bigint, uuid[]",
    "select s.id, s.uuid, s.fingerprint, s.receipt, s.business_date, s.total, s.flags,"
    f" {IS_AWAITED.format(shop='$1', sale='s')} from sales_sale s where s.shop_id = $1 and s.uuid = any($2)",
)
_CUSTOMERS = Statement(
    "aisle_known_customers",
    "bigint, text[]",
    "select code from customers_customer where shop_id = $1 and code = any($2)",
)
_FACTS = "p.name, p.price, p.cost, r.rate"
_RATE = "left join inventory_taxrate r on r.shop_id = p.shop_id and r.id = p.tax_rate_id"
# A merged product's id and SKU, which a till may tell for long, mean the product it became.
_BECAME = "join inventory_product p on p.shop_id = a.shop_id and p.id = coalesce(a.merged_into_id, a.id)"
_GOODS = Statement(
    "aisle_known_goods",
    "bigint, bigint[], text[], text[]",
    f"""
select a.id as asked, null as sku, null as barcode, p.id, {_FACTS} from inventory_product a {_BECAME} {_RATE}
where a.shop_id = $1 and a.id = any($2)
union all
select null, a.sku, null, p.id, {_FACTS} from inventory_product a {_BECAME} {_RATE}
where a.shop_id = $1 and a.sku = any($3)
union all
select null, null, b.code, p.id, {_FACTS}
from inventory_barcode b join inventory_product p on p.shop_id = b.shop_id and p.id = b.product_id {_RATE}
where b.shop_id = $1 and b.code = any($4)
""",
)
_STICKERS = Statement(
    "aisle_known_stickers",
    "bigint, text[]",
    """
select k.code, k.lot_id, k.branch_id, k.price, k.ends_at, k.ended_at, p.id, p.name, p.price, coalesce(t.cost, p.cost),
    r.rate
from inventory_lotprice k
join inventory_lot t on t.shop_id = k.shop_id and t.id = k.lot_id
join inventory_product p on p.shop_id = k.shop_id and p.id = k.product_id
left join inventory_taxrate r on r.shop_id = p.shop_id and r.id = p.tax_rate_id
where k.shop_id = $1 and k.code = any($2)
""",
)
