"""What the sales do when the stock announces something, in the transaction that announces it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from inventory.models import StockLevel, StockMovement
from inventory.signals import goods_received, receipts_taken_back
from sales import costs


@receiver(goods_received)
def settle_costs(*, movement: StockMovement, level: StockLevel, **rest: Any) -> None:
    costs.settle(movement=movement, level=level)


@receiver(receipts_taken_back)
def unsettle_costs(*, sources: Sequence[str], **rest: Any) -> None:
    costs.unsettle(receipts=sources)
