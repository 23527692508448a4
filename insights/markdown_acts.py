"""What accepting a markdown does: the lot gets its price, and its stickers can be printed; undo takes it back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from insights.decisions.drafts import register_act
from insights.models import Suggestion
from inventory import lot_prices
from inventory.lot_prices import LotPriceRefused
from inventory.models import LotPrice, StockMovement
from sales.models import SaleLine
from shop import formats
from shop.mount import prefix_of


class MarkDown:
    def accept(
        self, suggestion: Suggestion, *, quantity: Decimal | None, price: Decimal | None, by: str
    ) -> dict[str, Any]:
        lot = suggestion.evidence.get("lot")
        if not isinstance(lot, int) or price is None or quantity is None:
            raise LotPriceRefused("This suggestion names no lot, price or quantity. Nothing was marked down.")
        made = lot_prices.mark_down(lot=lot, price=price, quantity=quantity, by=by)
        url = f"{prefix_of(suggestion.shop.slug)}prices/markdown/stickers/?sticker={made.pk}"
        return {"lot_price": made.pk, "url": url, "text": "Print the stickers"}

    def undo(self, suggestion: Suggestion, *, by: str) -> None:
        """Raises LotPriceRefused where something was sold with the stickers: that stays a decision that was taken."""
        pk = suggestion.effect.get("lot_price")
        made = LotPrice.objects.filter(pk=pk).first()
        if made is None:
            return
        if sold := sold_with([made]).get(made.code):
            raise LotPriceRefused(
                f"{formats.units(sold)} sold with these stickers already. Take the rest back on the markdown page."
            )
        lot_prices.take_back(lot_price=made.pk, by=by)


def sold_with(stickers: list[LotPrice]) -> dict[str, Decimal]:
    """How much was sold with each sticker, by its code; what came back is not taken off. Two queries."""
    moves = StockMovement.objects.filter(lot__in={row.lot_id for row in stickers}, kind=StockMovement.Kind.SALE)
    sales = {source.split(":")[1] for source in moves.values_list("source", flat=True) if source.startswith("sale:")}
    lines = SaleLine.objects.filter(sale__uuid__in=sales, barcode__in={row.code for row in stickers}, quantity__gt=0)
    found: dict[str, Decimal] = {}
    for code, quantity in lines.values_list("barcode", "quantity"):
        found[code] = found.get(code, Decimal(0)) + quantity
    return found


def register() -> None:
    register_act("markdown", MarkDown())
