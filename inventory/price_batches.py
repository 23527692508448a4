"""Prices prepared together, approved once and taken back whole. Each call is atomic and may be repeated.

A batch for every branch until further notice becomes the products' own price when it starts. One for a branch, or with
an end, stays beside it as shelf prices. Until a coming one is settled its shelf prices stand, so that what tills are
told is right at the minute, whenever the clock's sweep comes. A later price of a product is never overwritten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from inventory import prices, services
from inventory.models import PriceBatch, PriceBatchLine, Product, ShelfPrice
from inventory.services import PriceRefused
from inventory.signals import offer_approved, offer_taken_back
from shop.models import Branch
from shop.tenancy import acting, current_shop_id

State = PriceBatch.State
ADVISED = "Prices advised"
DEAREST = Decimal(10**7)
MOST = 5000  # prices in one put
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Undone:
    """How many products have their price before back, and the names of those left at a later price."""

    batch: PriceBatch
    back: int = 0
    left: list[str] = field(default_factory=list)


@transaction.atomic
def draft_batch(
    *,
    name: str,
    by: str,
    branch: Branch | None = None,
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
) -> PriceBatch:
    """Begin a batch. Raises PriceRefused without a name, and for an end that is not after the start."""
    batch = PriceBatch(made_by=by)
    _plan(batch, name=name, branch=branch, starts_at=starts_at, ends_at=ends_at)
    with acting(by, batch.name):
        batch.save()
    return batch


@transaction.atomic
def open_draft(*, name: str, by: str) -> PriceBatch:
    """The newest draft of this name for every branch, from its approval on; made where there is none."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, %s))", [f"draft {name}", current_shop_id()])
    plain = PriceBatch.objects.filter(state=State.DRAFT, branch=None, starts_at=None, ends_at=None)
    found: PriceBatch | None = plain.filter(name=name).order_by("-pk").first()
    return found or draft_batch(name=name, by=by)


@transaction.atomic
def plan(
    *,
    batch: int,
    by: str,
    name: str,
    branch: Branch | None = None,
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
) -> PriceBatch:
    """Say of a draft where and when it is to hold. Raises PriceRefused as `draft_batch`, and where it is no draft."""
    found = _draft(batch)
    _plan(found, name=name, branch=branch, starts_at=starts_at, ends_at=ends_at)
    with acting(by, found.name):
        found.save()
    return found


@transaction.atomic
def put(*, batch: int, prices: Mapping[int, Decimal], by: str, note: str = "") -> int:
    """Put products (by id) into a draft, or change their price in it; returns how many.

    Products that are not the shop's are left out. Raises PriceRefused, changing nothing, for what can be no price.
    """
    if len(prices) > MOST:
        raise PriceRefused(f"Put in at most {MOST:,} prices at a time.")
    for price in prices.values():
        check_price(price)
    found = _draft(batch)
    mine = Product.objects.filter(pk__in=prices).values_list("pk", flat=True)
    with acting(by, found.name):
        lines = [
            PriceBatchLine(batch=found, product_id=product, price=prices[product], note=note[:200])
            for product in sorted(mine)
        ]
        PriceBatchLine.objects.bulk_create(
            lines, update_conflicts=True, unique_fields=["shop", "batch", "product"], update_fields=["price", "note"]
        )
    return len(lines)


@transaction.atomic
def take_out(*, batch: int, product: int, by: str) -> None:
    """Take a product out of a draft; harmless where it is not in it."""
    found = _draft(batch)
    with acting(by, found.name):
        found.lines.filter(product_id=product).delete()


@transaction.atomic
def discard(*, batch: int, by: str) -> PriceBatch:
    """Put a draft away. Raises PriceRefused for one that was approved."""
    found = _locked(batch)
    if found.state == State.DISCARDED:
        return found
    _must_be_draft(found)
    return _decided(found, State.DISCARDED, by, timezone.now())


@transaction.atomic
def approve(*, batch: int, by: str, starts_at: dt.datetime | None = None) -> PriceBatch:
    """Let a draft's prices hold: from `starts_at`, else from its own start; a moment that has passed is now.

    Raises PriceRefused for an empty draft, an end that has passed, and products no longer on sale.
    """
    now = timezone.now()
    settle(now)
    found = _locked(batch)
    if found.state == State.APPROVED:
        return found
    _must_be_draft(found)
    found.starts_at, found.decided_by = max(starts_at or found.starts_at or now, now), by
    lines = list(found.lines.select_related("product").order_by("product_id"))
    _can_hold(found, lines)
    with acting(by, found.name):
        _note_before(found, lines)
        if _is_own(found) and found.starts_at <= now:
            _become_own(found, {line.product_id: line.price for line in lines}, now, ShelfPrice.objects.all())
        else:
            _stand_beside(found, lines)
        if found.ends_at:
            offer_approved.send(PriceBatch, batch=found)
    return _decided(found, State.APPROVED, by, now)


@transaction.atomic
def settle(now: dt.datetime | None = None) -> int:
    """Make the prices of batches that have started the products' own; returns how many batches.

    Of several for one product the one that started last stays. A price somebody set since the start stays, too.
    """
    moment = now or timezone.now()
    due = PriceBatch.objects.select_for_update(of=("self",)).filter(
        state=State.APPROVED, settled_at=None, branch=None, ends_at=None, starts_at__lte=moment
    )
    batches = list(due.order_by("starts_at", "pk"))
    standing: dict[int, dict[int, Decimal]] = {batch.pk: {} for batch in batches}
    for row in ShelfPrice.objects.filter(batch__in=standing, ends_at=None):
        standing[row.batch_id][row.product_id] = row.price
    others = ShelfPrice.objects.exclude(batch__in=standing)
    for batch in batches:
        with acting(batch.decided_by, batch.name):
            _become_own(batch, standing[batch.pk], moment, others)
            batch.save(update_fields=["settled_at"])
    return len(batches)


@transaction.atomic
def undo(*, batch: int, by: str) -> Undone:
    """Put the prices before back at once. A product whose price was set later again is left, and named.

    Undoing twice is undoing once. Raises PriceRefused for what was never approved, for what has ended by itself, and
    where every product has a later price.
    """
    now = timezone.now()
    settle(now)
    found = _locked(batch)
    if found.state == State.UNDONE:
        return Undone(found)
    if found.state != State.APPROVED:
        raise PriceRefused(f"“{found.name}” was never approved: there is nothing to undo.")
    if found.ends_at and found.ends_at <= now:
        raise PriceRefused(f"“{found.name}” has ended by itself: the prices before are back already.")
    lines = list(found.lines.select_related("product").order_by("product_id"))
    later = _overtaken(found, lines)
    back = [line for line in lines if line not in later]
    if not back:
        raise PriceRefused(f"Later prices stand in the place of these ({_named(later)}). Nothing was changed.")
    found.state, found.undone_by, found.undone_at = State.UNDONE, by, now
    with acting(by, f"Undone: {found.name}"):
        _take_back(found, back, now)
        if found.ends_at:
            offer_taken_back.send(PriceBatch, batch=found, products=[line.product_id for line in back])
        PriceBatchLine.objects.filter(pk__in=[line.pk for line in later]).update(was_left=True)
        found.save()
    return Undone(found, len(back), [line.product.name for line in later])


def check_price(price: Decimal) -> None:
    """Raises PriceRefused for what can be no price in a batch."""
    if not price.is_finite() or price <= 0:
        raise PriceRefused("A price must be above 0.")
    if price >= DEAREST:
        raise PriceRefused("That price is too large. Look at the decimal point.")
    if price != price.quantize(prices.SMALLEST):
        raise PriceRefused(f"{price} has more than four decimals.")


def _plan(
    batch: PriceBatch, *, name: str, branch: Branch | None, starts_at: dt.datetime | None, ends_at: dt.datetime | None
) -> None:
    if not name.strip():
        raise PriceRefused("Give the batch a name.")
    if starts_at and ends_at and ends_at <= starts_at:
        raise PriceRefused("The prices must end after they start.")
    batch.name, batch.branch, batch.starts_at, batch.ends_at = name.strip()[:120], branch, starts_at, ends_at


def _locked(pk: int) -> PriceBatch:
    found: PriceBatch | None = PriceBatch.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if found is None:
        raise PriceRefused("There is no such batch.")
    return found


def _draft(pk: int) -> PriceBatch:
    found = _locked(pk)
    _must_be_draft(found)
    return found


def _must_be_draft(batch: PriceBatch) -> None:
    if batch.state == State.APPROVED:
        raise PriceRefused(f"“{batch.name}” is approved already. Undo it, or make a new one.")
    if batch.state != State.DRAFT:
        raise PriceRefused(f"“{batch.name}” is {batch.get_state_display().lower()} and cannot be changed.")


def _decided(batch: PriceBatch, state: str, by: str, now: dt.datetime) -> PriceBatch:
    batch.state, batch.decided_by, batch.decided_at = state, by, now
    with acting(by, batch.name):
        batch.save()
    return batch


def _is_own(batch: PriceBatch) -> bool:
    """Whether its prices become the products' own."""
    return batch.branch_id is None and batch.ends_at is None


def _can_hold(batch: PriceBatch, lines: list[PriceBatchLine]) -> None:
    if not lines:
        raise PriceRefused("There is nothing in it yet. Put a price in first.")
    if batch.starts_at and batch.ends_at and batch.ends_at <= batch.starts_at:
        raise PriceRefused("Its end has passed, or comes before its start. Choose another.")
    if off := [line for line in lines if not line.product.is_active]:
        raise PriceRefused(f"No longer on sale: {_named(off)}. Take {'it' if len(off) == 1 else 'them'} out first.")


def _named(lines: list[PriceBatchLine]) -> str:
    names = [line.product.name for line in lines]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _note_before(batch: PriceBatch, lines: list[PriceBatchLine]) -> None:
    before = prices.regular_prices(batch.branch_id, timezone.now(), [line.product_id for line in lines])
    for line in lines:
        line.price_before = before[line.product_id]
    PriceBatchLine.objects.bulk_update(lines, ["price_before"])


def _stand_beside(batch: PriceBatch, lines: list[PriceBatchLine]) -> None:
    window = {"branch_id": batch.branch_id, "starts_at": batch.starts_at, "ends_at": batch.ends_at}
    ShelfPrice.objects.bulk_create(
        ShelfPrice(product_id=line.product_id, price=line.price, reason=batch.name, batch=batch, **window)
        for line in lines
    )


def _become_own(batch: PriceBatch, wanted: Mapping[int, Decimal], now: dt.datetime, others: Any) -> None:
    """The products' own prices from now on; what stood for every branch until further notice gives way.

    `others` are the shelf prices of which one may have been the price before.
    """
    list(Product.objects.filter(pk__in=wanted).order_by("pk").select_for_update().values_list("pk"))
    before = prices.regular_prices(None, now, list(wanted), rows=others)
    lines = list(batch.lines.filter(product__in=wanted))
    for line in lines:
        line.price_before = before[line.product_id]
    PriceBatchLine.objects.bulk_update(lines, ["price_before"])
    prices.give_way(list(wanted), None, now=now)
    services.change_prices(prices=wanted, by=batch.decided_by, reason=batch.name)
    batch.settled_at = now


def _overtaken(batch: PriceBatch, lines: list[PriceBatchLine]) -> list[PriceBatchLine]:
    """The lines whose product has had a later price since this batch's."""
    products = [line.product_id for line in lines]
    if batch.settled_at is None:
        standing = ShelfPrice.objects.filter(batch=batch, ends_at=batch.ends_at)
        there = set(standing.values_list("product_id", flat=True))
        return [line for line in lines if line.product_id not in there]
    now = dict(Product.objects.filter(pk__in=products).order_by("pk").select_for_update().values_list("pk", "price"))
    together = Q(batch__settled_at=batch.settled_at)
    after = Q(batch__starts_at__gt=batch.starts_at) | Q(batch__starts_at=batch.starts_at, batch__gt=batch.pk)
    later = PriceBatchLine.objects.filter(
        Q(batch__settled_at__gt=batch.settled_at) | together & after,
        batch__state=State.APPROVED,
        product__in=products,
    )
    since = set(later.values_list("product_id", flat=True))
    return [line for line in lines if now[line.product_id] != line.price or line.product_id in since]


def _take_back(batch: PriceBatch, lines: list[PriceBatchLine], now: dt.datetime) -> None:
    """A shelf price that has held stays on record, ended; one that has not is as if it had never been."""
    products = [line.product_id for line in lines]
    if batch.settled_at is None:
        mine = ShelfPrice.objects.filter(batch=batch, product__in=products)
        mine.filter(starts_at__gte=now).delete()
        mine.update(ends_at=now)
        return
    before = {line.product_id: line.price_before for line in lines}
    known = {product: price for product, price in before.items() if price is not None}
    services.change_prices(prices=known, by=batch.undone_by, reason=f"Undone: {batch.name}")
    Product.objects.filter(pk__in=set(products) - set(known)).update(price=None)
