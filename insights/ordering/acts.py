"""What accepting an ordering suggestion does: a line on the draft of its branch and supplier; undo takes it off."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from insights.decisions.drafts import register_act
from insights.models import Suggestion
from inventory import orders
from inventory.orders import OrderRefused
from shop.mount import prefix_of


class Reorder:
    """The line's source is the suggestion, so that accepting twice orders once and undo finds its part again."""

    def accept(
        self, suggestion: Suggestion, *, quantity: Decimal | None, price: Decimal | None, by: str
    ) -> dict[str, Any]:
        branch, supplier, product = suggestion.branch, suggestion.supplier, suggestion.product
        if branch is None or product is None or supplier is None:
            raise OrderRefused("This suggestion names no branch, product or supplier. Nothing was ordered.")
        if not product.is_active:
            raise OrderRefused(f"{product.name} is no longer on sale. Nothing was ordered.")
        if quantity is None:
            raise OrderRefused("Choose a quantity above 0.")
        source = f"suggestion:{suggestion.pk}"
        line = orders.add_line(
            branch=branch, supplier=supplier, product=product, quantity=quantity, by=by, source=source
        )
        url = f"{prefix_of(suggestion.shop.slug)}orders/{line.order_id}/"
        return {"line": line.pk, "order": line.order_id, "source": source, "url": url, "text": str(line.order)}

    def undo(self, suggestion: Suggestion, *, by: str) -> None:
        if line := suggestion.effect.get("line"):
            orders.take_off(line=line, source=suggestion.effect["source"])


class Count:
    """Accepting is a promise to count; the link leads to where it is done."""

    def accept(
        self, suggestion: Suggestion, *, quantity: Decimal | None, price: Decimal | None, by: str
    ) -> dict[str, Any]:
        return {"url": f"{prefix_of(suggestion.shop.slug)}stock/count/", "text": "Count it now"}

    def undo(self, suggestion: Suggestion, *, by: str) -> None:
        """Nothing was done that stands."""


def register() -> None:
    register_act("reorder", Reorder())
    register_act("count", Count())
