"""What accepting a suggestion to reply does: its draft is approved, for people to send by hand; undo drafts again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from insights.decisions.drafts import register_act
from insights.models import Suggestion
from insights.reviews import replying
from shop.mount import prefix_of


class Reply:
    def accept(
        self, suggestion: Suggestion, *, quantity: Decimal | None, price: Decimal | None, by: str
    ) -> dict[str, Any]:
        reply = replying.accept_suggested(suggestion, by=by)
        url = f"{prefix_of(suggestion.shop.slug)}reviews/{reply.review_id}/#reply"
        return {"reply": reply.pk, "edited": reply.text != reply.drafted, "url": url, "text": "Copy the reply"}

    def undo(self, suggestion: Suggestion, *, by: str) -> None:
        replying.take_back_suggested(suggestion, by=by)


def register() -> None:
    register_act(replying.KIND, Reply())
