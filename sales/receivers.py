"""What the sales do when stock or prices announce something, in the transaction that announces it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from inventory.models import PriceBatch, StockLevel, StockMovement
from inventory.signals import goods_received, offer_approved, offer_taken_back, receipts_taken_back
from sales import costs, offers


@receiver(goods_received)
def settle_costs(*, movement: StockMovement, level: StockLevel, **rest: Any) -> None:
    costs.settle(movement=movement, level=level)


@receiver(receipts_taken_back)
def unsettle_costs(*, sources: Sequence[str], **rest: Any) -> None:
    costs.unsettle(receipts=sources)


@receiver(offer_approved)
def note_offer(*, batch: PriceBatch, **rest: Any) -> None:
    offers.note(batch)


@receiver(offer_taken_back)
def take_back_offer(*, batch: PriceBatch, products: list[int], **rest: Any) -> None:
    offers.take_back(batch, products)
