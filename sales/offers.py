"""Promotions that come of prices prepared with an end: the forecast and the price analysis know them by these rows."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from inventory.models import PriceBatch
from sales.models import Promotion


def note(batch: PriceBatch) -> int:
    """A promotion for each product that the batch makes cheaper until its end; returns how many.

    In the caller's transaction. Doing it twice is doing it once; where the product has a promotion on the same days at
    the same place already, that one stays.
    """
    assert batch.starts_at and batch.ends_at
    first, last = _days(batch)
    offers = [
        Promotion(
            name=batch.name,
            product_id=line.product_id,
            branch=batch.branch,
            first_date=first,
            last_date=last,
            price=line.price,
            share_off=round(1 - line.price / line.price_before, 4),
        )
        for line in batch.lines.order_by("pk")
        if line.price_before and line.price < line.price_before
    ]
    Promotion.objects.bulk_create(offers, ignore_conflicts=True)
    return len(offers)


def take_back(batch: PriceBatch, products: list[int]) -> None:
    """End today what `note` wrote of these products; what has not begun was never there. Joins the transaction."""
    today = batch.shop.business_date(timezone.now())
    first, last = _days(batch)
    there = Promotion.objects.filter(branch=batch.branch, first_date=first, product__in=products)
    mine = there.filter(name=batch.name, last_date=last)
    if first > today:
        mine.delete()
    elif last > today:
        mine.filter(product__in=there.filter(last_date=today).values("product_id")).delete()
        mine.update(last_date=today)


def _days(batch: PriceBatch) -> tuple[dt.date, dt.date]:
    """The first and the last of the shop's days on which the prices hold at some moment."""
    assert batch.starts_at and batch.ends_at
    last_moment = batch.ends_at - dt.timedelta(microseconds=1)
    return batch.shop.business_date(batch.starts_at), batch.shop.business_date(last_moment)
