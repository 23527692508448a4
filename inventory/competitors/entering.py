"""Competitors' prices by hand. Saying the same twice changes nothing; a later word about a day replaces the earlier."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone

from inventory.competitors import codes, matching
from inventory.models import Competitor, CompetitorItem, CompetitorPrice, Product
from shop.errors import Refused
from shop.tenancy import acting

FINEST = Decimal("0.0001")
HIGHEST = Decimal(1_000_000)


class CompetitorRefused(Refused):
    code = "competitor_invalid"


@transaction.atomic
def note_price(
    *,
    competitor: str,
    price: Decimal,
    seen_on: dt.date,
    by: str,
    today: dt.date,
    name: str = "",
    barcode: str = "",
    content: str = "",
    product: Product | None = None,
    is_promotion: bool = False,
    source: str = "seen in the shop",
) -> CompetitorPrice:
    """What somebody saw at a competitor's (by name; a new one is made). With `product` it is matched to it at once.

    Raises CompetitorRefused for goods without a name and code, a price that is not above 0, and a day to come.
    """
    name = name.strip() or (product.name if product else "")
    _check(name, barcode, price, seen_on, today)
    with acting(by, "Competitor's price"):
        shop = _competitor(competitor)
        item = _item(shop, name[:200], codes.canonical(barcode), content.strip()[:40])
        if item.barcode:
            matching.by_barcode(CompetitorItem.objects.filter(pk=item.pk))
            item.refresh_from_db()
        if product is not None and item.product_id != product.pk:
            matching.confirm(item=item, product=product, by=by)
        seen, _ = CompetitorPrice.objects.update_or_create(
            item=item,
            seen_on=seen_on,
            is_promotion=is_promotion,
            defaults={"price": price, "source": source[:80], "entered_by": by, "entered_at": timezone.now()},
        )
    found: CompetitorPrice = CompetitorPrice.objects.select_related("item__competitor", "item__product").get(pk=seen.pk)
    return found


@transaction.atomic
def forget_price(*, price: CompetitorPrice, by: str) -> None:
    """Take back what was entered. Its item goes with it, where nothing else is known of it and nobody matched it."""
    item = CompetitorItem.objects.select_for_update().get(pk=price.item_id)
    with acting(by, "Competitor's price taken back"):
        price.delete()
        if not item.prices.exists() and not matching.is_persons(item):
            item.delete()


def _check(name: str, barcode: str, price: Decimal, seen_on: dt.date, today: dt.date) -> None:
    if not name and not codes.canonical(barcode):
        raise CompetitorRefused("Scan the barcode or write the name.")
    if not 0 < price <= HIGHEST or price != price.quantize(FINEST):
        raise CompetitorRefused("Write a price above 0, such as 1.95.")
    if seen_on > today:
        raise CompetitorRefused("The day it was seen cannot be to come.")


def _competitor(name: str) -> Competitor:
    name = " ".join(name.split())[:120]
    if not name:
        raise CompetitorRefused("Say whose price it is.")
    known: Competitor | None = Competitor.objects.filter(name__iexact=name).order_by("pk").first()
    return known or Competitor.objects.get_or_create(name=name)[0]


def _item(competitor: Competitor, name: str, barcode: str, content: str) -> CompetitorItem:
    """The item of this code, else of this name and size without regard to case, else a new one."""
    items: Any = CompetitorItem.objects.filter(competitor=competitor).order_by("pk")
    if barcode:
        found: CompetitorItem | None = items.filter(barcode__in=codes.same(barcode)).first()
        if found is None:
            made: CompetitorItem = CompetitorItem.objects.create(
                competitor=competitor, name=name, barcode=barcode, content=content
            )
            return made
        found.name, found.content = name or found.name, content or found.content
        found.save(update_fields=["name", "content"])
        return found
    same = items.annotate(low=Lower("name"), size=Lower("content")).filter(low=name.lower(), size=content.lower())
    known: CompetitorItem | None = same.first()
    return known or CompetitorItem.objects.create(competitor=competitor, name=name, content=content)
