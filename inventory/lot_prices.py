"""The price on the stickers of a lot: made when its date comes near, read by tills, taken back.

A sticker has a barcode of its own, an EAN-13 that only this shop uses. What it says is paid for one piece or kilogram
of its lot at its branch. A lot may be marked down again: the stickers before still sell at what they say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from inventory.codes import take_apart, with_check_digit
from inventory.models import Barcode, BarcodeRule, Lot, LotPrice
from inventory.prices import SMALLEST, price_at
from shop.errors import Refused
from shop.models import Shop
from shop.tenancy import acting, current_shop_id

# In-store numbers begin with 2; the last of them are least often used for weights.
PREFIXES = ("29", "28", "27", "26", "25", "24", "23", "22", "21", "20")
_LOTS, _TIMES = 10**8, 100


class LotPriceRefused(Refused):
    code = "lot_price_invalid"


@transaction.atomic
def mark_down(*, lot: int, price: Decimal, quantity: Decimal, by: str, now: dt.datetime | None = None) -> LotPrice:
    """Give what is left of a lot a lower price until the end of its date. The same price as its stickers have, for as
    much, changes nothing. Locks the lot.

    Raises LotPriceRefused for a lot that is not there or past its use-by date, a price not above 0, finer than the
    fourth decimal or not below the price of now, and a quantity not above 0.
    """
    now = now or timezone.now()
    found = Lot.objects.select_for_update(of=("self",)).select_related("product").filter(pk=lot).first()
    if found is None:
        raise LotPriceRefused("There is no such lot.")
    _check(price, quantity)
    before = current([lot], now).get(lot)
    if before and (before.price, before.quantity) == (price, quantity):
        return before
    shelf = price_at(found.branch_id, now, found.product)
    usual = min((one for one in (shelf, before.price if before else None) if one is not None), default=None)
    if usual is not None and (price > usual or (price == usual and before is None)):
        raise LotPriceRefused("A sticker's price must be below the price of now.")
    with acting(by, "Marked down"):
        made: LotPrice = LotPrice.objects.create(
            lot=found,
            branch_id=found.branch_id,
            product=found.product,
            code=_new_code(found),
            price=price,
            price_before=shelf,
            quantity=quantity,
            starts_at=now,
            ends_at=_ends(found, now),
            made_by=by,
        )
    return made


@transaction.atomic
def take_back(*, lot_price: int, by: str, now: dt.datetime | None = None) -> LotPrice:
    """End a sticker's price: the price before is the lot's again. What was sold with it stays sold; doing it again
    changes nothing. Raises LotPriceRefused where there is none."""
    found: LotPrice | None = LotPrice.objects.select_for_update(of=("self",)).filter(pk=lot_price).first()
    if found is None:
        raise LotPriceRefused("There is no such sticker.")
    if found.ended_at is None:
        with acting(by, "Markdown taken back"):
            found.ended_at = now or timezone.now()
            found.save(update_fields=["ended_at"])
    return found


def current(lots: Collection[int], moment: dt.datetime) -> dict[int, LotPrice]:
    """The price each lot (by id) has on its newest stickers; lots without are left out. One query."""
    rows = LotPrice.objects.filter(lot__in=lots, ended_at=None, starts_at__lte=moment).order_by("pk")
    return {row.lot_id: row for row in rows}


def on_sale(branch: int, moment: dt.datetime, products: Collection[int]) -> dict[int, list[LotPrice]]:
    """The stickers that hold at a branch, by product, the newest first. One query."""
    rows = LotPrice.objects.filter(branch=branch, product__in=products, ended_at=None, ends_at__gt=moment)
    found: dict[int, list[LotPrice]] = {}
    for row in rows.filter(starts_at__lte=moment).select_related("lot").order_by("-pk"):
        found.setdefault(row.product_id, []).append(row)
    return found


def is_over(sticker: LotPrice, branch: int, moment: dt.datetime) -> bool:
    """Whether its price no longer holds there and then: past its end, taken back, or of another branch."""
    ended = sticker.ended_at is not None and moment >= sticker.ended_at
    return ended or sticker.branch_id != branch or (sticker.ends_at is not None and moment >= sticker.ends_at)


def _check(price: Decimal, quantity: Decimal) -> None:
    if price <= 0:
        raise LotPriceRefused("A sticker's price must be above 0.")
    if price != price.quantize(SMALLEST):
        raise LotPriceRefused(f"{price} has more than four decimals.")
    if quantity <= 0:
        raise LotPriceRefused("Mark at least one pack.")


def _ends(lot: Lot, now: dt.datetime) -> dt.datetime:
    """The end of the shop's day of the lot's date; of today, where that is past and only a best-before."""
    shop: Shop = Shop.objects.get(pk=current_shop_id())
    today = shop.today(now)
    day = lot.use_by or lot.best_before or today
    if day < today:
        if lot.use_by:
            raise LotPriceRefused("Its use-by date has passed: take it off the shelf.")
        day = today
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(shop.day_starts_at_hour), ZoneInfo(shop.zone))


def _new_code(lot: Lot) -> str:
    """An EAN-13 in the shop's own range that no barcode, rule or sticker of the shop has. The lot is locked."""
    nth = LotPrice.objects.filter(lot=lot).count()
    rules = list(BarcodeRule.objects.filter(is_active=True))
    codes = [with_check_digit(f"{prefix}{lot.pk % _LOTS:08d}{nth % _TIMES:02d}") for prefix in PREFIXES]
    free = [code for code in codes if not any(take_apart(code, rule) for rule in rules)] or codes
    taken = set(Barcode.objects.filter(code__in=free).values_list("code", flat=True))
    taken.update(LotPrice.objects.filter(code__in=free).values_list("code", flat=True))
    left = [code for code in free if code not in taken]
    if not left:
        raise LotPriceRefused("No number is left for another sticker of this lot.")
    return left[0]
