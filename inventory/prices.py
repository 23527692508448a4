"""What a product costs the buyer at a branch at a moment: its own price, unless a shelf price holds there and then.

Of several shelf prices that hold at once, one with an end beats one until further notice, then a branch's beats one
for all branches, then the later start, then the later entered. Nothing is switched: past its end the price before is
back. A price until further notice takes the place of the one before it, the product's own too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from inventory.models import Product, ShelfPrice
from inventory.services import PriceRefused
from shop.models import Branch
from shop.tenancy import acting

SMALLEST = Decimal("0.0001")
_EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Step:
    """A price that holds from `starts_at` (None: already now) to just before `ends_at` (None: until told otherwise).

    `price` None: nobody has given the product a price.
    """

    price: Decimal | None
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None


def prices_at(branch: int, moment: dt.datetime, products: Collection[int]) -> dict[int, Decimal | None]:
    """The price of each product (by id) at the branch at that moment. Two queries, however many."""
    own = dict(Product.objects.filter(pk__in=products).values_list("pk", "price"))
    at_branch = _shelf_prices(branch, products, ShelfPrice.objects.at(moment))
    return {product: _price_of(at_branch.get(product, ()), moment, price) for product, price in own.items()}


def regular_prices(
    branch: int | None, moment: dt.datetime, products: Collection[int], rows: Any = None
) -> dict[int, Decimal | None]:
    """What each product (by id) costs until further notice at a branch (None: at every one without its own price).

    Prices with an end are not looked at. `rows`: only these shelf prices count. Two queries, however many.
    """
    own = dict(Product.objects.filter(pk__in=products).values_list("pk", "price"))
    held = ShelfPrice.objects.all() if rows is None else rows
    at_branch = _shelf_prices(branch, products, held.at(moment).filter(ends_at=None))
    return {product: _price_of(at_branch.get(product, ()), moment, price) for product, price in own.items()}


def price_at(branch: int, moment: dt.datetime, product: Product) -> Decimal | None:
    """The price of one product at the branch at that moment."""
    return prices_at(branch, moment, [product.pk]).get(product.pk)


def schedules(branch: int, moment: dt.datetime, own: Mapping[int, Decimal | None]) -> dict[int, list[Step]]:
    """Each product's price from that moment on, step by step and without a gap; `own` is its own price by id.

    The first step holds at the moment. One query, however many.
    """
    ahead = _shelf_prices(branch, own, ShelfPrice.objects.ahead(moment))
    return {product: _steps(ahead.get(product, []), moment, price) for product, price in own.items()}


@transaction.atomic
def set_shelf_prices(
    *,
    prices: Mapping[int, Decimal],
    by: str,
    reason: str,
    branch: Branch | None = None,
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
) -> int:
    """Give many products (by id) a price at a branch, for a time, or both; returns how many.

    A price for the very same branch and time is replaced, so that doing it twice is doing it once; one from now until
    further notice replaces the one that held so at the branch. Products that are not the shop's are left out. Raises
    PriceRefused, changing nothing, for a price below 0 or finer than the fourth decimal, and for an end that is not
    after the start.
    """
    _check(prices.values(), starts_at, ends_at)
    mine = Product.objects.filter(pk__in=prices).order_by("pk").select_for_update().values_list("pk", flat=True)
    window = {"branch": branch, "starts_at": starts_at, "ends_at": ends_at}
    with acting(by, reason):
        products = list(mine)
        ShelfPrice.objects.filter(product__in=products, **window).delete()
        if starts_at is None and ends_at is None:
            give_way(products, branch.pk if branch else None, now=timezone.now())
        ShelfPrice.objects.bulk_create(
            ShelfPrice(product_id=product, price=prices[product], reason=reason, **window) for product in products
        )
    return len(products)


def with_others(products: Collection[int], moment: dt.datetime) -> int:
    """How many of these products (ids) have, now or later, another price than their own somewhere."""
    rows = ShelfPrice.objects.ahead(moment).filter(product__in=products)
    return int(rows.order_by().values("product").distinct().count())


def give_way(products: Collection[int], branch: int | None, *, now: dt.datetime, to: int | None = None) -> None:
    """End what holds for these products (ids) at the branch until further notice, all but the shelf price `to`."""
    rows = ShelfPrice.objects.filter(product__in=products, branch=branch, ends_at=None).exclude(pk=to)
    rows.filter(Q(starts_at=None) | Q(starts_at=now)).delete()
    rows.filter(starts_at__lt=now).update(ends_at=now)


def _check(prices: Iterable[Decimal], starts_at: dt.datetime | None, ends_at: dt.datetime | None) -> None:
    for price in prices:
        if price < 0:
            raise PriceRefused("A price cannot be below 0.")
        if price != price.quantize(SMALLEST):
            raise PriceRefused(f"{price} has more than four decimals.")
    if starts_at and ends_at and ends_at <= starts_at:
        raise PriceRefused("A price must end after it starts.")


def _shelf_prices(branch: int | None, products: Collection[int], rows: Any) -> dict[int, list[ShelfPrice]]:
    """The shelf prices that count at the branch, by product."""
    at_branch: dict[int, list[ShelfPrice]] = {}
    for row in rows.filter(Q(branch=None) | Q(branch=branch), product__in=products):
        at_branch.setdefault(row.product_id, []).append(row)
    return at_branch


def _steps(rows: list[ShelfPrice], moment: dt.datetime, own: Decimal | None) -> list[Step]:
    """One step between each two moments at which a shelf price starts or ends; equal neighbours are one step."""
    turns = sorted({turn for row in rows for turn in (row.starts_at, row.ends_at) if turn and turn > moment})
    begins = [moment, *turns]
    found = [Step(_price_of(rows, moment, own))]
    for begin in begins[1:]:
        price = _price_of(rows, begin, own)
        if price != found[-1].price:
            found[-1] = Step(found[-1].price, found[-1].starts_at, begin)
            found.append(Step(price, begin))
    return found


def _price_of(rows: Iterable[ShelfPrice], moment: dt.datetime, own: Decimal | None) -> Decimal | None:
    holding = [row for row in rows if _holds(row, moment)]
    return max(holding, key=_rank).price if holding else own


def _holds(row: ShelfPrice, moment: dt.datetime) -> bool:
    return (row.starts_at is None or row.starts_at <= moment) and (row.ends_at is None or moment < row.ends_at)


def _rank(row: ShelfPrice) -> tuple[bool, bool, dt.datetime, int]:
    return row.ends_at is not None, row.branch_id is not None, row.starts_at or _EARLIEST, row.pk
