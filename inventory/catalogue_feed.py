"""The catalogue as tills follow it: first all of it by pages, then what changed, and nothing ever missed.

Every change of the catalogue is kept with the transaction that made it (`shop_change`). A round begins by noting the
oldest transaction still on its way: all that began before it is in this round, and the next round asks for changes
of it and of later ones. So a change is told as soon as it is committed, and one that commits late is told then.
A price that starts or ends by the clock counts as a change of its product. A change of a barcode, shelf price, sticker,
tax rate, category or deposit is one of every product it is seen on.

A cursor also names the database it counts in and the branch it is for. One of a database since restored from a
backup, or of another branch, starts over.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction

from inventory.codes import rules_in_use
from inventory.models import BarcodeRule, Product
from inventory.shelf import OnSale, products_at
from shop.errors import Refused
from shop.tenancy import current_shop_id

# Raised when what is told of a product changes, so that tills take the whole catalogue anew.
EDITION = 2
MOST = 2000
_TABLES = [
    "inventory_product", "inventory_barcode", "inventory_shelfprice",
    "inventory_taxrate", "inventory_category", "inventory_barcoderule", "inventory_lotprice",
]  # fmt: skip
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_CURSOR = re.compile(r"([0-9a-f]{12})((?:-[0-9]{1,19}){7})", re.ASCII)


class CursorUnknown(Refused):
    code = "cursor_unknown"


@dataclass(frozen=True, slots=True)
class Point:
    """Where a round begins: every transaction below `transaction` is told, and of the others `seen` changes too.

    `moment` is microseconds since 1970: prices that started or ended by then are told.
    """

    transaction: int = 0
    seen: int = 0
    moment: int = 0


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a till is: it has what there was at `since`; within a round, also products up to the id `after`,
    and the next round begins at `until`."""

    token: str
    since: Point = Point()
    until: Point = Point()
    after: int = 0

    def __str__(self) -> str:
        since, until = self.since, self.until
        numbers = (since.transaction, since.seen, since.moment, until.transaction, until.seen, until.moment, self.after)
        return "-".join([self.token, *(str(number) for number in numbers)])

    @property
    def within_round(self) -> bool:
        return self.after > 0

    @property
    def is_first(self) -> bool:
        """Whether the till has nothing yet, so that it needs only what is on sale."""
        return self.since.transaction == 0


@dataclass(frozen=True, slots=True)
class Removed:
    """A product no longer for sale: switched off or deleted."""

    id: int
    sku: str


@dataclass(frozen=True, slots=True)
class Page:
    """Products to put in place of what the till has of them, and those to take away.

    `reset`: the whole catalogue begins with this page, and what the till had is void. `more`: ask again at once.
    `changed`: False where nothing was to tell, and the cursor stays the same.
    """

    products: list[OnSale]
    removed: list[Removed]
    rules: list[BarcodeRule]
    cursor: str
    more: bool
    reset: bool
    changed: bool = True


def read(text: str) -> Cursor | None:
    """The cursor a till sent; None for an empty one. Raises CursorUnknown for what was never one of ours."""
    if not text:
        return None
    found = _CURSOR.fullmatch(text)
    if not found:
        raise CursorUnknown("This cursor is none of ours. Leave it out to begin again.")
    numbers = [int(number) for number in found[2][1:].split("-")]
    if max(numbers) >= 2**63:
        raise CursorUnknown("This cursor is none of ours. Leave it out to begin again.")
    return Cursor(found[1], Point(*numbers[:3]), Point(*numbers[3:6]), numbers[6])


@transaction.atomic
def page(branch: int, cursor: str, moment: dt.datetime, limit: int = 500) -> Page:
    """The next page for a till of this branch. Raises CursorUnknown."""
    asked, clock = read(cursor), (moment - _EPOCH) // dt.timedelta(microseconds=1)
    now, token, known = _now(branch, asked, clock)
    reset = asked is None or _is_void(asked, token, now)
    if asked is None or reset:
        asked = Cursor(token)
    elif not asked.within_round and known == asked.since.seen and not _turned(asked.since.moment, clock):
        return Page([], [], rules_in_use(), cursor, more=False, reset=False, changed=False)
    if not asked.within_round:
        asked = replace(asked, until=now)
    ids, more = _ids(asked, limit)
    products = products_at(branch, moment, ids)
    return Page(
        products=[product for product in products if product.is_active],
        removed=[] if asked.is_first else _removed(ids, products, asked.since.transaction),
        rules=rules_in_use(),
        cursor=str(_next(asked, ids, more=more)),
        # Several pages take a while: what changed meanwhile is fetched at once.
        more=more or asked.within_round,
        reset=reset,
    )


def _is_void(asked: Cursor, token: str, now: Point) -> bool:
    """Whether a cursor says nothing here: transactions it counts as over have not begun, or it is of another place."""
    ahead = max(asked.since.transaction, asked.until.transaction) > now.transaction
    return asked.token != token or ahead or (asked.is_first and not asked.within_round)


def _next(asked: Cursor, ids: list[int], *, more: bool) -> Cursor:
    return replace(asked, after=ids[-1]) if more else Cursor(asked.token, since=asked.until)


def _now(branch: int, asked: Cursor | None, clock: int) -> tuple[Point, str, int]:
    """Where a round that begins now would begin, the token of cursors, and how many changes the till's
    cursor may have seen by now. Asked for first: what the later queries see besides is told once more."""
    since = asked.since.transaction if asked else 0
    with connection.cursor() as cursor:
        cursor.execute(_NOW, {"shop": current_shop_id(), "tables": _TABLES, "since": str(since)})
        horizon, seen, known, *place = cursor.fetchone()
    named = "-".join(str(part) for part in (EDITION, current_shop_id(), branch, *place))
    return Point(int(horizon), seen, clock), hashlib.sha256(named.encode()).hexdigest()[:12], known


def _turned(since: int, clock: int) -> bool:
    """Whether a price started or ended by the clock after `since`, up to now."""
    with connection.cursor() as cursor:
        window: dict[str, Any] = {"shop": current_shop_id(), "moment": _at(since), "now": _at(clock)}
        cursor.execute(f"select exists ({_BY_CLOCK})", window)
        return bool(cursor.fetchone()[0])


def _at(clock: int) -> dt.datetime:
    """No cursor can name a moment too far away to be one."""
    return _EPOCH + dt.timedelta(microseconds=min(clock, 2**57))


def _ids(asked: Cursor, limit: int) -> tuple[list[int], bool]:
    """The products of this page, by id, and whether more follow."""
    if asked.is_first:
        rows = Product.objects.active().filter(pk__gt=asked.after).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[: limit + 1])
    else:
        ids = _changed(asked, limit + 1)
    return ids[:limit], len(ids) > limit


def _changed(asked: Cursor, limit: int) -> list[int]:
    window: dict[str, Any] = {
        "shop": current_shop_id(),
        "since": str(asked.since.transaction),
        "moment": _at(asked.since.moment),
        "now": _at(asked.until.moment),
        "after": asked.after,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, window)
        return [row[0] for row in cursor.fetchall()]


def _removed(ids: list[int], products: list[OnSale], since: int) -> list[Removed]:
    """Those of the page that are switched off, and those that are gone, with the SKU they had last."""
    there = {product.id for product in products}
    off = [Removed(product.id, product.sku) for product in products if not product.is_active]
    gone = [one for one in ids if one not in there]
    if gone:
        with connection.cursor() as cursor:
            cursor.execute(_GONE, {"shop": current_shop_id(), "since": str(since), "ids": gone})
            off += [Removed(*row) for row in cursor.fetchall()]
    return sorted(off, key=lambda one: one.id)


# What a restore changes is in the token: another cluster, another timeline, another database, a table made anew.
_NOW = """
with horizon as (select pg_snapshot_xmin(pg_current_snapshot()) as oldest)
select oldest::text,
    (select count(*) from shop_change
        where shop_id = %(shop)s and "table" = any(%(tables)s) and transaction_id >= oldest),
    (select count(*) from shop_change
        where shop_id = %(shop)s and "table" = any(%(tables)s) and transaction_id >= %(since)s::xid8
            and %(since)s::xid8 <> '0'::xid8),
    (select system_identifier from pg_control_system()),
    (select timeline_id from pg_control_checkpoint()),
    (select oid from pg_database where datname = current_database()),
    pg_relation_filenode('shop_change')
from horizon
"""
_BY_CLOCK = """
select product_id from inventory_shelfprice
where shop_id = %(shop)s and ((starts_at > %(moment)s and starts_at <= %(now)s)
    or (ends_at > %(moment)s and ends_at <= %(now)s))
union
select product_id from inventory_lotprice
where shop_id = %(shop)s and ends_at > %(moment)s and ends_at <= %(now)s
"""
_SINCE = 'from shop_change where shop_id = %(shop)s and transaction_id >= %(since)s::xid8 and "table"'
_CHANGED = f"""
with touched as (
    select row_id as id {_SINCE} = 'inventory_product'
    union
    select (side ->> 'product_id')::bigint from (
        select before, after {_SINCE} in ('inventory_barcode', 'inventory_shelfprice', 'inventory_lotprice')
    ) as parts cross join lateral (values (before), (after)) as sides (side) where side is not null
    union
    select p.id from inventory_product p where p.shop_id = %(shop)s and (
        p.tax_rate_id in (select row_id {_SINCE} = 'inventory_taxrate')
        or p.category_id in (select row_id {_SINCE} = 'inventory_category'))
    union {_BY_CLOCK}
), reached as (
    select id from touched
    union
    select p.id from touched t join inventory_product p on p.shop_id = %(shop)s and p.deposit_id = t.id
)
select id from reached where id > %(after)s order by id limit %(limit)s
"""
_GONE = """
select distinct on (row_id) row_id, before ->> 'sku' from shop_change
where shop_id = %(shop)s and "table" = 'inventory_product' and action = 'delete'
    and transaction_id >= %(since)s::xid8 and row_id = any(%(ids)s)
order by row_id, id desc
"""
