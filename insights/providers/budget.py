"""What models may cost in a month, what they have cost, and the most that the next question can cost.

US dollars, as vendors state their prices. A call counts with its highest possible cost until the real one is known.
"""

from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from decimal import ROUND_UP, Decimal
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from insights.models import LLMCall, ModelAccess, ModelPolicy
from insights.providers.base import Answer
from shop.models import Shop
from shop.tenancy import current_shop_id

MILLION = Decimal(1_000_000)
_SMALLEST = Decimal("0.000001")
_WRAPPING = 400  # tokens a vendor may add around what is sent


def limit() -> Decimal:
    """What the chosen shop may spend in a month."""
    policy = ModelPolicy.objects.first()
    return policy.monthly_limit if policy else Decimal(settings.MODELS_MONTHLY_LIMIT)


def spent(now: dt.datetime | None = None) -> Decimal:
    """What this calendar month has cost the chosen shop, calls without an answer at their most."""
    calls = LLMCall.objects.filter(called_at__gte=month_began(now))
    total: Decimal | None = calls.aggregate(total=Sum(Coalesce("cost", "reserved")))["total"]
    return total or Decimal(0)


def month_began(now: dt.datetime | None = None) -> dt.datetime:
    """The first moment of this month, by the chosen shop's clock."""
    shop = Shop.objects.get(pk=current_shop_id())
    local = (now or timezone.now()).astimezone(zoneinfo.ZoneInfo(shop.zone))
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)


def most(access: ModelAccess, sent: Any, max_tokens: int) -> Decimal | None:
    """The most this question can cost: no token is smaller than a byte. None where the prices are not known."""
    if access.price_in is None or access.price_out is None:
        return None
    tokens_in = len(json.dumps(sent, ensure_ascii=False).encode()) + _WRAPPING
    return _price(access, tokens_in, max_tokens)


def cost(access: ModelAccess, answer: Answer, reserved: Decimal) -> Decimal:
    """What an answer cost. Never more than was reserved: no true count is larger. A count not said is the most."""
    if answer.tokens_in is None or answer.tokens_out is None:
        return reserved
    return min(reserved, _price(access, answer.tokens_in, answer.tokens_out))


def _price(access: ModelAccess, tokens_in: int, tokens_out: int) -> Decimal:
    price = ((access.price_in or 0) * tokens_in + (access.price_out or 0) * tokens_out) / MILLION
    return Decimal(price).quantize(_SMALLEST, rounding=ROUND_UP)
