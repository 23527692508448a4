"""Our prices against each competitor's, weighted by what we sell: what our customers' basket costs here and there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from django.db import transaction

from insights.models import PriceAdvice, Run
from inventory.competitors import market
from inventory.competitors.market import Offer
from inventory.models import Product
from sales import rollups
from sales.models import ProductDay
from shop.periods import Period

WEIGHED_DAYS = 28


@dataclass(frozen=True, slots=True)
class Index:
    """One competitor: our prices as a share of theirs (1.04: ours are 4 % above), in all and on key items.

    Regular prices only. None where no product can be compared.
    """

    competitor: str
    all: Decimal | None
    products: int
    key: Decimal | None
    key_products: int
    newest: dt.date
    oldest: dt.date


@dataclass(frozen=True, slots=True)
class Compared:
    """Our price of a product beside one competitor's, both for as much as ours buys."""

    offer: Offer
    ours: Decimal
    units: Decimal
    is_key: bool


@transaction.atomic
def price_index(as_of: dt.date) -> list[Index]:
    """Each watched competitor with prices fresh on that day, by name. A few queries, whatever the number."""
    rows = sorted(compared(as_of), key=lambda row: row.offer.competitor)
    return [_index(name, list(some)) for name, some in groupby(rows, key=lambda row: row.offer.competitor)]


def compared(as_of: dt.date) -> list[Compared]:
    """Every product of ours with a price, beside each competitor's regular one."""
    offers = [offer for offer in market.offers(None, as_of) if offer.price is not None]
    products = {offer.product for offer in offers}
    prices = dict(Product.objects.filter(pk__in=products, price__gt=0).values_list("pk", "price"))
    units, keys = units_sold(products, as_of), key_items()
    return [
        Compared(offer, prices[offer.product], units.get(offer.product, Decimal(0)), offer.product in keys)
        for offer in offers
        if offer.product in prices
    ]


def units_sold(products: Iterable[int], as_of: dt.date) -> Mapping[int, Decimal]:
    """What we sold of each product in the WEIGHED_DAYS before."""
    period = Period.ending(as_of - dt.timedelta(days=1), days=WEIGHED_DAYS)
    rollups.refresh(period)
    rows = ProductDay.objects.within(period).filter(product_id__in=list(products)).summed(["product_id"], ("units",))
    return {row["product_id"]: max(row["sum_units"], Decimal(0)) for row in rows}


def key_items() -> set[int]:
    """Products by which customers judge our prices, as the latest run of the price analysis says."""
    run = Run.objects.latest_done("pricing")
    return set(PriceAdvice.objects.filter(run=run, is_key=True).values_list("product_id", flat=True)) if run else set()


def ratio(rows: Iterable[Compared]) -> Decimal | None:
    """What the basket costs here as a share of what it costs there. Where none of it was sold, each counts once."""
    some = list(rows)
    each = Decimal(1) if not any(row.units for row in some) else None
    ours = sum(((each or row.units) * row.ours for row in some), Decimal(0))
    theirs = sum(((each or row.units) * (row.offer.price or 0) for row in some), Decimal(0))
    return ours / theirs if theirs else None


def _index(competitor: str, rows: list[Compared]) -> Index:
    keys = [row for row in rows if row.is_key]
    days = list(map(attrgetter("offer.seen_on"), rows))
    return Index(competitor, ratio(rows), len(rows), ratio(keys), len(keys), max(days), min(days))
