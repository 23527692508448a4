"""Sales as a till tells them, through the door of the tills."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from sales import told as telling
from sales.till import Outcome, book
from shop.devices import Till
from shop.models import Register, Shop
from shop.tenancy import current_shop_id


def till_of(register: Register) -> Till:
    return Till(Shop.objects.get(pk=current_shop_id()), register.branch_id, register.pk, 0, register.name)


def send(register: Register, at: dt.datetime, *, id: uuid.UUID | None = None, **content: Any) -> Outcome:
    """One document: `content` as the API has it, payments as (tender, amount)."""
    payments = [{"tender": tender, "amount": str(Decimal(amount))} for tender, amount in content.pop("payments", [])]
    told = telling.read(id or uuid.uuid4(), {"sold_at": at.isoformat(), "payments": payments, **content})
    (outcome,) = book(till_of(register), [told], received_at=at + dt.timedelta(seconds=5))
    return outcome
