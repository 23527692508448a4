"""What the reading of reviews needs: the texts that are new or changed, and what was read before."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from insights.analyses.sentiment.tone import VERSION
from insights.models import ModelAccess
from inventory.models import Product
from shop.models import Shop

MOST_READ = 50_000  # in one run; the rest follow in the next
MOST_ASKED = 400  # sent to a model in one run, newest first

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Written:
    """A review whose text is to be read. `author` is only there to be masked."""

    id: int
    product: int
    day: int
    text: str
    stars: float | None
    author: str
    text_hash: str


@dataclass(frozen=True, slots=True)
class Known:
    """Reviews read before and unchanged, an entry each; `day` is a proleptic ordinal, 0 where none is known."""

    id: Ints
    product: Ints
    day: Ints
    label: Ints  # -1, 0, 1
    score: Floats
    by_model: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Inputs:
    """`unread` are new or changed; `again` were read on this machine while no model could be asked."""

    as_of: dt.date
    unread: list[Written]
    again: list[Written]
    known: Known
    products: dict[int, str]


def read(shop: Shop, as_of: dt.date) -> Inputs:
    """Reviews written up to `as_of`, and those without a date."""
    values: dict[str, Any] = {"shop": shop.pk, "until": as_of, "version": VERSION}
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, values | {"most": MOST_READ})
        unread = [_written(row) for row in cursor.fetchall()]
        again: list[Written] = []
        if ModelAccess.objects.filter(is_active=True).exists():
            cursor.execute(_AGAIN, values | {"most": max(MOST_ASKED - len(unread), 0)})
            again = [_written(row) for row in cursor.fetchall()]
        cursor.execute(_KNOWN, values)
        rows = cursor.fetchall()
    return Inputs(as_of, unread, again, _known(rows), dict(Product.objects.values_list("id", "name")))


def _known(rows: list[tuple[Any, ...]]) -> Known:
    id, product, day, label, score, by_model = zip(*rows, strict=True) if rows else [()] * 6
    whole = np.int64
    return Known(
        np.array(id, dtype=whole),
        np.array(product, dtype=whole),
        np.array(day, dtype=whole),
        np.array(label, dtype=whole),
        np.array(score, dtype=np.float64),
        np.array(by_model, dtype=bool),
    )


def digest(inputs: Inputs) -> str:
    found = hashlib.sha256(str(inputs.as_of).encode())
    for written in (*inputs.unread, *inputs.again):
        found.update(f"{written.id}:{written.text_hash}\n".encode())
    for column in (inputs.known.id, inputs.known.label, inputs.known.score):
        found.update(np.ascontiguousarray(column).tobytes())
    return found.hexdigest()


def _written(row: tuple[Any, ...]) -> Written:
    id, product, day, title, text, stars, author, text_hash = row
    whole = f"{title.rstrip('.')}. {text}" if title else text
    return Written(id, product, day, whole, None if stars is None else float(stars), author, text_hash)


_HASH = r"encode(sha256(convert_to(concat_ws(chr(10), r.title, r.text, r.rating::text), 'UTF8')), 'hex')"
_DAY = "coalesce(r.written_on - date '0001-01-01' + 1, 0)"
_REVIEWS = f"""
select r.id, coalesce(r.product_id, 0), {_DAY}, r.title, r.text, r.rating, r.author, {_HASH}
from customers_review r left join insights_reviewreading n on n.shop_id = r.shop_id and n.review_id = r.id
where r.shop_id = %(shop)s and (r.written_on is null or r.written_on <= %(until)s)
"""
# What a method of before read on this machine is read anew, too.
_IS_UNREAD = f"(n.id is null or n.text_hash <> {_HASH} or (n.provider = 'local' and n.model <> %(version)s))"
_NEWEST = "order by r.written_on desc nulls last, r.id desc limit %(most)s"
_UNREAD = f"{_REVIEWS} and {_IS_UNREAD} {_NEWEST}"
_AGAIN = f"{_REVIEWS} and not {_IS_UNREAD} and n.provider = 'local' {_NEWEST}"
_KNOWN = f"""
select r.id, coalesce(r.product_id, 0), {_DAY}, case n.label when 'positive' then 1 when 'negative' then -1 else 0 end,
    n.score, n.provider <> 'local'
from customers_review r join insights_reviewreading n on n.shop_id = r.shop_id and n.review_id = r.id
where r.shop_id = %(shop)s and (r.written_on is null or r.written_on <= %(until)s) and not {_IS_UNREAD}
order by r.id
"""
