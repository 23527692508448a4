"""What the reading of reviews needs: texts that are new or changed, what was read before, what people corrected."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from insights.analyses.sentiment.tone import VERSION
from insights.models import ModelAccess, ReviewAspect
from insights.reviews.standing import SCORE_SQL, SPAM_SQL, TONE_SQL
from inventory.models import Product, Supplier
from shop.models import Branch, Shop

MOST_READ = 50_000  # in one run; the rest follow in the next
MOST_ASKED = 400  # sent to a model in one run, newest first
MOST_RECENT, RECENT_DAYS = 2000, 182  # whose texts themes are made of
MOST_CORRECTED = 300  # newest first

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Written:
    """A review whose text is to be read. `author` is only there to be masked.

    `said` is what a person says it is: a label or nothing, and whether it is spam where that was said.
    """

    id: int
    product: int
    branch: int
    day: int
    text: str
    stars: float | None
    author: str
    text_hash: str
    said: str = ""
    said_spam: bool | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Reviews read before and unchanged, an entry each, as they stand: a person's word before the reading.

    `day` is a proleptic ordinal, 0 where none is known; product and branch 0 are none.
    """

    id: Ints
    product: Ints
    branch: Ints
    day: Ints
    label: Ints  # -1, 0, 1
    score: Floats
    by_model: NDArray[np.bool_]
    spam: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Inputs:
    """`unread` are new or changed; `again` were read on this machine while no model could be asked.

    `recent` are known ones whose texts make themes and show what is sent again; `corrected` what people corrected.
    `aspects` holds (review, aspect, score) of the known ones.
    """

    as_of: dt.date
    unread: list[Written]
    again: list[Written]
    known: Known
    recent: list[Written]
    corrected: list[Written]
    aspects: list[tuple[int, str, float]]
    products: dict[int, str]
    suppliers: dict[int, str]
    branches: dict[int, str]


def read(shop: Shop, as_of: dt.date) -> Inputs:
    """Reviews written up to `as_of`, and those without a date."""
    values: dict[str, Any] = {"shop": shop.pk, "until": as_of, "version": VERSION}
    values["since"] = as_of - dt.timedelta(days=RECENT_DAYS - 1)
    with connection.cursor() as cursor:

        def written(query: str, most: int) -> list[Written]:
            cursor.execute(query, values | {"most": most})
            return [_written(row) for row in cursor.fetchall()]

        unread, again = written(_UNREAD, MOST_READ), []
        if ModelAccess.objects.filter(is_active=True).exists():
            again = written(_AGAIN, max(MOST_ASKED - len(unread), 0))
        recent, corrected = written(_RECENT, MOST_RECENT), written(_CORRECTED, MOST_CORRECTED)
        cursor.execute(_KNOWN, values)
        known = _known(cursor.fetchall())
    return Inputs(
        as_of,
        unread,
        again,
        known,
        recent,
        corrected,
        [(review, aspect, float(score)) for review, aspect, score in _aspects()],
        dict(Product.objects.standing().values_list("id", "name")),
        dict(Supplier.objects.values_list("id", "name")),
        dict(Branch.objects.values_list("id", "name")),
    )


def _aspects() -> Any:
    return ReviewAspect.objects.order_by("review_id", "aspect").values_list("review_id", "aspect", "score")


def _known(rows: list[tuple[Any, ...]]) -> Known:
    columns = zip(*rows, strict=True) if rows else [()] * 8
    types = (np.int64, np.int64, np.int64, np.int64, np.int64, np.float64, bool, bool)
    return Known(*(np.array(column, dtype=type) for column, type in zip(columns, types, strict=True)))


def digest(inputs: Inputs) -> str:
    found = hashlib.sha256(str(inputs.as_of).encode())
    for written in (*inputs.unread, *inputs.again, *inputs.corrected):
        found.update(f"{written.id}:{written.text_hash}:{written.said}:{written.said_spam}\n".encode())
    for column in (inputs.known.id, inputs.known.label, inputs.known.score, inputs.known.spam):
        found.update(np.ascontiguousarray(column).tobytes())
    return found.hexdigest()


def _written(row: tuple[Any, ...]) -> Written:
    id, product, branch, day, title, text, stars, author, text_hash, said, said_spam = row
    whole = f"{title.rstrip('.')}. {text}" if title else text
    given = None if stars is None else float(stars)
    return Written(id, product, branch, day, whole, given, author, text_hash, said, said_spam)


_HASH = r"encode(sha256(convert_to(concat_ws(chr(10), r.title, r.text, r.rating::text), 'UTF8')), 'hex')"
_DAY = "coalesce(r.written_on - date '0001-01-01' + 1, 0)"
_JOINS = """
from customers_review r
left join insights_reviewreading n on n.shop_id = r.shop_id and n.review_id = r.id
left join insights_reviewcorrection c on c.shop_id = r.shop_id and c.review_id = r.id
where r.shop_id = %(shop)s and (r.written_on is null or r.written_on <= %(until)s)
"""
_REVIEWS = f"""
select r.id, coalesce(r.product_id, 0), coalesce(r.branch_id, 0), {_DAY}, r.title, r.text, r.rating, r.author, {_HASH},
    coalesce(c.label, ''), c.is_spam
{_JOINS}
"""
# What a method of before read on this machine is read anew, too.
_IS_UNREAD = f"(n.id is null or n.text_hash <> {_HASH} or (n.provider = 'local' and n.model <> %(version)s))"
_NEWEST = "order by r.written_on desc nulls last, r.id desc limit %(most)s"
_UNREAD = f"{_REVIEWS} and {_IS_UNREAD} {_NEWEST}"
_AGAIN = f"{_REVIEWS} and not {_IS_UNREAD} and n.provider = 'local' and not {SPAM_SQL} {_NEWEST}"
_RECENT = f"{_REVIEWS} and not {_IS_UNREAD} and r.written_on >= %(since)s {_NEWEST}"
_CORRECTED = f"{_REVIEWS} and c.label <> '' order by c.made_at desc, c.id desc limit %(most)s"
_KNOWN = f"""
select r.id, coalesce(r.product_id, n.product_id, 0), coalesce(r.branch_id, 0), {_DAY},
    case {TONE_SQL} when 'positive' then 1 when 'negative' then -1 else 0 end, {SCORE_SQL}, n.provider <> 'local',
    {SPAM_SQL}
{_JOINS} and not {_IS_UNREAD}
order by r.id
"""
