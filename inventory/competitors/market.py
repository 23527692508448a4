"""What our products cost elsewhere, for pricing rules and pages. Only prices that are fresh and matched are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from operator import attrgetter
from statistics import median

from django.db import connection

from shop.tenancy import current_shop_id

# A price nobody has seen for longer is shown greyed and used by nothing.
FRESH_DAYS = 28
# A match by barcode is as sure as barcodes are; one a person confirmed is that person's word.
BY_BARCODE = 0.99
BY_PERSON = 1.0
_SMALLEST = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Offer:
    """What one competitor asks for one of our products, for as much of it as we sell at our price.

    `price` is the regular one, `promotion` the one on offer; each None where not seen within FRESH_DAYS. `scaled`:
    their size differs from ours, and the prices are worked out by size.
    """

    product: int
    competitor: str
    item: int
    price: Decimal | None
    promotion: Decimal | None
    seen_on: dt.date
    age_days: int
    confidence: float
    scaled: bool


@dataclass(frozen=True, slots=True)
class Market:
    """What one of our products costs elsewhere, for as much of it as we sell at our price.

    `price` is the middle of the competitors' regular prices, None where only promotions were seen; `promotion` is the
    lowest one. `seen_on`, `age_days` and `confidence` are those of the oldest and the least sure of `offers`.
    `competitor` is a name, or says how many. Nothing in it is older than FRESH_DAYS.
    """

    price: Decimal | None
    promotion: Decimal | None
    competitor: str
    seen_on: dt.date
    age_days: int
    confidence: float
    offers: tuple[Offer, ...]


def market_prices(products: Collection[int], on: dt.date) -> dict[int, Market]:
    """What each of our products (by id) cost elsewhere on that day; those nobody else is known to sell are left out.

    One query, however many.
    """
    return {
        product: _market(list(of_product))
        for product, of_product in groupby(offers(products, on), key=attrgetter("product"))
    }


def market_price(product: int, on: dt.date) -> Market | None:
    """What one of our products cost elsewhere on that day."""
    return market_prices([product], on).get(product)


def offers(products: Collection[int] | None, on: dt.date) -> list[Offer]:
    """What each competitor asks for each of these products (None: of all), by product and competitor. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            _OFFERS,
            {
                "shop": current_shop_id(),
                "products": None if products is None else list(products),
                "on": on,
                "first": on - dt.timedelta(days=FRESH_DAYS),
            },
        )
        return [_offer(row, on) for row in cursor.fetchall()]


def _offer(row: tuple[object, ...], on: dt.date) -> Offer:
    product, competitor, item, matched_by, of_ours, price, price_on, promotion, promotion_on = row
    assert isinstance(product, int) and isinstance(item, int)
    share = of_ours if isinstance(of_ours, Decimal) else Decimal(1)
    seen_on = max(day for day in (price_on, promotion_on) if isinstance(day, dt.date))
    if isinstance(price_on, dt.date):
        seen_on = price_on
    return Offer(
        product=product,
        competitor=str(competitor),
        item=item,
        price=_for_ours(price, share),
        promotion=_for_ours(promotion, share),
        seen_on=seen_on,
        age_days=(on - seen_on).days,
        confidence=BY_BARCODE if matched_by == "barcode" else BY_PERSON,
        scaled=share != 1,
    )


def _for_ours(price: object, share: Decimal) -> Decimal | None:
    return (price / share).quantize(_SMALLEST, ROUND_HALF_UP) if isinstance(price, Decimal) else None


def _market(found: list[Offer]) -> Market:
    """Of offers with a regular price where there are any, of promotions else."""
    regular = [offer for offer in found if offer.price is not None] or found
    oldest = min(regular, key=attrgetter("seen_on"))
    prices = [offer.price for offer in regular if offer.price is not None]
    promotions = [offer.promotion for offer in found if offer.promotion is not None]
    return Market(
        price=Decimal(median(prices)).quantize(_SMALLEST, ROUND_HALF_UP) if prices else None,
        promotion=min(promotions, default=None),
        competitor=regular[0].competitor if len(regular) == 1 else f"{len(regular)} competitors",
        seen_on=oldest.seen_on,
        age_days=oldest.age_days,
        confidence=min(offer.confidence for offer in regular),
        offers=tuple(found),
    )


# Of several items of one competitor that are the same product of ours, the one whose price was seen last.
_OFFERS = """
select distinct on (i.product_id, c.name, c.id)
    i.product_id, c.name, i.id, i.matched_by, i.of_ours, r.price, r.seen_on, p.price, p.seen_on
from inventory_competitoritem i
join inventory_competitor c on c.shop_id = %(shop)s and c.id = i.competitor_id and c.is_active
left join lateral (
    select price, seen_on from inventory_competitorprice
    where shop_id = %(shop)s and item_id = i.id and not is_promotion and seen_on between %(first)s and %(on)s
    order by seen_on desc limit 1
) r on true
left join lateral (
    select price, seen_on from inventory_competitorprice
    where shop_id = %(shop)s and item_id = i.id and is_promotion and seen_on between %(first)s and %(on)s
    order by seen_on desc limit 1
) p on true
where i.shop_id = %(shop)s and i.product_id is not null and i.of_ours is not null
    and (%(products)s::bigint[] is null or i.product_id = any(%(products)s::bigint[]))
    and (r.seen_on is not null or p.seen_on is not null)
order by i.product_id, c.name, c.id, r.seen_on desc nulls last, p.seen_on desc nulls last, i.id
"""
