"""What accepting an advised price does: a line in the draft “Prices advised”, which changes nothing by itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from insights.decisions.drafts import register_act
from insights.models import Suggestion
from inventory import price_batches
from inventory.models import PriceBatch, PriceBatchLine
from inventory.services import PriceRefused
from shop.mount import prefix_of


class Reprice:
    """The effect names the batch, and the price that stood in it before, so that undo leaves all as it was."""

    def accept(
        self, suggestion: Suggestion, *, quantity: Decimal | None, price: Decimal | None, by: str
    ) -> dict[str, Any]:
        product = suggestion.product
        if product is None or price is None:
            raise PriceRefused("This suggestion names no product or price. Nothing was prepared.")
        if not product.is_active:
            raise PriceRefused(f"{product.name} is no longer on sale. Nothing was prepared.")
        batch = price_batches.open_draft(name=price_batches.ADVISED, by=by)
        before = PriceBatchLine.objects.filter(batch=batch, product=product).values_list("price", flat=True).first()
        price_batches.put(batch=batch.pk, prices={product.pk: price}, by=by, note="Advised")
        url = f"{prefix_of(suggestion.shop.slug)}prices/batches/{batch.pk}/"
        return {"batch": batch.pk, "before": None if before is None else str(before), "url": url, "text": batch.name}

    def undo(self, suggestion: Suggestion, *, by: str) -> None:
        pk, product = suggestion.effect.get("batch"), suggestion.product_id
        batch = PriceBatch.objects.filter(pk=pk).first()
        if batch is None or product is None or batch.state in (PriceBatch.State.UNDONE, PriceBatch.State.DISCARDED):
            return
        if batch.state == PriceBatch.State.APPROVED:
            raise PriceRefused(f"“{batch.name}” has been approved with this price in it. Undo that batch.")
        before = suggestion.effect.get("before")
        if before is None:
            price_batches.take_out(batch=batch.pk, product=product, by=by)
        else:
            price_batches.put(batch=batch.pk, prices={product: Decimal(before)}, by=by)


def register() -> None:
    register_act("price", Reprice())
