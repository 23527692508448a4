"""What accepting a markdown does: the lot gets its price, and its stickers can be printed; undo takes it back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from insights.decisions import deciding
from insights.decisions.drafts import register_act
from insights.models import Suggestion
from inventory import lot_prices
from inventory.lot_prices import LotPriceRefused
from inventory.models import LotPrice, StockMovement
from sales.models import SaleLine
from shop import formats
from shop.errors import Refused
from shop.mount import prefix_of

KIND = "markdown"


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


def mark(*, lot: int, price: Decimal, quantity: Decimal, by: str) -> None:
    """Mark a lot down: by its open suggestion where there is one, else by hand. Raises Refused as these do."""
    found = Suggestion.objects.open().filter(kind=KIND, key=f"{KIND}:{lot}").first()
    if found:
        deciding.accept(pk=found.pk, by=by, quantity=quantity, price=price)
    else:
        lot_prices.mark_down(lot=lot, price=price, quantity=quantity, by=by)


def mark_all(*, by: str, branch: int | None = None) -> int:
    """Accept every markdown that waits, as advised; returns how many. Raises LotPriceRefused, naming the first that
    could not be done; the others are done."""
    waiting = Suggestion.objects.open().filter(kind=KIND)
    if branch is not None:
        waiting = waiting.filter(branch=branch)
    refused = []
    keys = list(waiting.order_by("pk").values_list("pk", "title"))
    for pk, title in keys:
        try:
            deciding.accept(pk=pk, by=by)
        except Refused as refusal:
            refused.append(f"{title}: {refusal.sentence}")
    if refused:
        raise LotPriceRefused(f"{len(keys) - len(refused)} marked down. Not done: {refused[0]}")
    return len(keys)


def take_back(*, lot_price: int, by: str) -> None:
    """End a sticker's price. Its decision stands open again where nothing was sold with it."""
    made = LotPrice.objects.filter(pk=lot_price).first()
    decided = made and Suggestion.objects.filter(
        kind=KIND, key=f"{KIND}:{made.lot_id}", state=Suggestion.State.ACCEPTED, effect__lot_price=lot_price
    ).first()  # fmt: skip
    if made and decided and not sold_with([made]) and not _stands_open(decided):
        deciding.undo(pk=decided.pk, by=by)
    else:
        lot_prices.take_back(lot_price=lot_price, by=by)


def _stands_open(decided: Suggestion) -> bool:
    return bool(Suggestion.objects.filter(key=decided.key, state=Suggestion.State.OPEN).exists())


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
    register_act(KIND, MarkDown())
