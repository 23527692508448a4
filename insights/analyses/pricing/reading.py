"""What the price analysis reads: sums by product, branch and week, the promotions, and what belongs together."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from django.db import connection

from insights.analyses.pricing import baskets, goods
from insights.analyses.pricing.arrays import Floats, Ints
from insights.analyses.pricing.baskets import Baskets
from insights.analyses.pricing.goods import Shelf
from inventory.models import Category, Product
from sales import rollups
from sales.models import Promotion
from shop.models import Shop
from shop.periods import Period

WEEKS = 156
KINDS = 3  # so many names of promotions get an effect of their own; the rest share one
OFTEN = 0.1  # a name counts as a kind where so large a part of the promotions bears it
_ROWS_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class Sold:
    """A product at a branch in a week, an entry each where any was sold; `paid` is what customers paid, tax included.

    Ids name rows of the shop; week 0 is the first.
    """

    product: Ints
    branch: Ints
    week: Ints
    units: Floats
    paid: Floats


@dataclass(frozen=True, slots=True)
class Offers:
    """Promotions, an entry each; branch 0 is every branch; days count from the first week's Monday."""

    product: Ints
    branch: Ints
    first: Ints
    last: Ints
    kind: Ints


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything the computation needs. Category 0 holds the products without one."""

    weeks: int
    sold: Sold
    offers: Offers
    category: dict[int, int]
    products: dict[int, str]
    categories: dict[int, str]
    shelf: Shelf = field(default_factory=Shelf)
    baskets: Baskets = field(default_factory=Baskets)


def read(shop: Shop, as_of: dt.date) -> Inputs:
    """The whole weeks, Monday to Sunday, up to `as_of`; promotions also where they reach beyond."""
    last = as_of - dt.timedelta(days=(as_of.weekday() + 1) % 7)
    span = Period(last - dt.timedelta(days=7 * WEEKS - 1), last)
    rollups.refresh(span)
    named = list(Product.objects.order_by("id").values_list("id", "name", "category_id"))
    return Inputs(
        weeks=WEEKS,
        sold=_sold(shop, span),
        offers=_offers(span),
        category={id: category or 0 for id, _, category in named},
        products={id: name for id, name, _ in named},
        categories={0: "Without a category"} | dict(Category.objects.order_by("id").values_list("id", "name")),
        shelf=goods.read(shop, as_of, span),
        baskets=baskets.read(shop, as_of),
    )


def digest(inputs: Inputs) -> str:
    """The same for the same sales, promotions, categories, prices, rules and baskets."""
    found = hashlib.sha256()
    for part in (inputs.sold, inputs.offers):
        for one in fields(part):
            found.update(np.ascontiguousarray(getattr(part, one.name)).tobytes())
    found.update(repr((sorted(inputs.category.items()), inputs.shelf, inputs.baskets)).encode())
    return found.hexdigest()


def _sold(shop: Shop, span: Period) -> Sold:
    pieces = list(_pieces(_SOLD, {"shop": shop.pk, "first": span.first, "last": span.last}))
    rows = np.concatenate(pieces) if pieces else np.zeros((0, 5))
    product, branch, week = rows[:, :3].astype(np.int64).T
    return Sold(product, branch, week, rows[:, 3].copy(), rows[:, 4].copy())


def _pieces(statement: str, values: dict[str, Any]) -> Iterator[Floats]:
    """The rows as arrays, without ever holding them all as Python values."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield np.array(rows, dtype=np.float64)


# Ids stay exact as floats up to 2 to the 53rd.
_SOLD = """
select product_id, branch_id, (business_date - %(first)s::date) / 7, sum(units)::float8, sum(net + tax)::float8
from sales_productday
where shop_id = %(shop)s and business_date between %(first)s and %(last)s and product_id is not null
group by 1, 2, 3 having sum(units) > 0 and sum(net + tax) > 0
order by 1, 2, 3
"""


def _offers(span: Period) -> Offers:
    rows = list(
        Promotion.objects.touching(span)
        .order_by("id")
        .values_list("product_id", "branch_id", "first_date", "last_date", "name")
    )
    kinds = _kinds([name.strip().lower() for *_, name in rows])
    product, branch = (np.array([row[place] or 0 for row in rows], dtype=np.int64) for place in (0, 1))
    first, last = (np.array([(row[p] - span.first).days for row in rows], dtype=np.int64) for p in (2, 3))
    return Offers(product, branch, first, last, kinds)


def _kinds(names: list[str]) -> Ints:
    """1, 2, ... for the names used often, which tell a kind of promotion apart; 0 for all others."""
    counts = {name: names.count(name) for name in set(names) if name}
    often = sorted((name for name in counts if counts[name] >= OFTEN * len(names)), key=lambda name: -counts[name])
    number = {name: place + 1 for place, name in enumerate(often[:KINDS])}
    return np.array([number.get(name, 0) for name in names], dtype=np.int64)
