"""Connects models to a shop: keys go in and never come out again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from insights.models import ModelAccess, ModelPolicy
from insights.providers import addresses, breaker, gateway, prices
from shop.encryption import encrypt
from shop.errors import Refused

Kind = ModelAccess.Kind
FIRST_MODEL = {Kind.GEMINI: "gemini-2.5-flash", Kind.OPENAI: "gpt-4o-mini"}
FIRST_NAME = {Kind.GEMINI: "Gemini", Kind.OPENAI: "OpenAI"}


class ModelRefused(Refused):
    """A model cannot be connected as asked; `field` names what to change."""

    code = "model_refused"

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@transaction.atomic
def connect(
    *,
    kind: str,
    key: str = "",
    name: str = "",
    model: str = "",
    base_url: str = "",
    price_in: Decimal | None = None,
    price_out: Decimal | None = None,
) -> ModelAccess:
    """Connect a model to the chosen shop, last in its order. Prices left out are the list's.

    Raises ModelRefused for a name taken, a missing key, an unknown price, or an address we do not call.
    """
    if kind not in Kind.values:
        raise ModelRefused(f"Choose one of: {', '.join(Kind.values)}.", "kind")
    last = ModelAccess.objects.aggregate(last=Max("position"))["last"] or 0
    access = ModelAccess(kind=kind, position=last + 1)
    _fill(access, key=key, name=name, model=model, base_url=base_url, price_in=price_in, price_out=price_out)
    access.save()
    return access


@transaction.atomic
def change(access: ModelAccess, *, key: str = "", **fields: Any) -> ModelAccess:
    """Change a connected model. Without a key it keeps its own, but never for another address.

    Raises ModelRefused as `connect` does.
    """
    before = access.base_url
    _fill(access, key=key, **fields)
    if access.base_url != before and access.secret and not key:
        raise ModelRefused("Enter the key again: the stored one is not sent to another address.", "key")
    access.save()
    breaker.worked(access)
    return access


def _fill(
    access: ModelAccess,
    *,
    key: str,
    name: str,
    model: str,
    base_url: str,
    price_in: Decimal | None,
    price_out: Decimal | None,
) -> None:
    access.name = name.strip() or FIRST_NAME[Kind(access.kind)]
    access.model = model.strip().removeprefix("models/") or FIRST_MODEL[Kind(access.kind)]
    access.base_url = _address(access.kind, base_url.strip())
    if ModelAccess.objects.filter(name=access.name).exclude(pk=access.pk).exists():
        raise ModelRefused(f"“{access.name}” is connected already. Give this one another name.", "name")
    if key.strip():
        access.secret, access.key_hint = encrypt(key.strip()), _hint(key.strip())
    if not access.secret and not (access.kind == Kind.OPENAI and access.base_url):
        raise ModelRefused("Enter the key that the vendor gave you.", "key")
    _set_prices(access, price_in, price_out)


def _address(kind: str, url: str) -> str:
    if not url:
        return ""
    try:
        addresses.check(url)
    except addresses.AddressRefused as error:
        raise ModelRefused(error.sentence, "base_url") from error
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if kind == Kind.GEMINI else url.rstrip("/")


def _hint(key: str) -> str:
    """The end of a key, to tell two apart; nothing of a short one."""
    return key[-4:] if len(key) >= 12 else ""


def _set_prices(access: ModelAccess, price_in: Decimal | None, price_out: Decimal | None) -> None:
    listed = prices.listed(access.model)
    access.price_in = price_in if price_in is not None else listed and listed[0]
    access.price_out = price_out if price_out is not None else listed and listed[1]
    for field, price in (("price_in", access.price_in), ("price_out", access.price_out)):
        if price is None or not Decimal(0) <= price < 100_000:
            raise ModelRefused("Enter the price, in dollars for a million tokens. Free of charge is 0.", field)


def set_active(access: ModelAccess, *, active: bool) -> None:
    """Use a model, or stop using it; it stays connected."""
    ModelAccess.objects.filter(pk=access.pk).update(is_active=active)


@transaction.atomic
def remove(access: ModelAccess) -> None:
    """Forget a model and its key. Its calls stay in the log."""
    access.delete()


@transaction.atomic
def move_up(access: ModelAccess) -> None:
    """Ask this model one place earlier."""
    order = list(ModelAccess.objects.select_for_update())
    place = next((at for at, one in enumerate(order) if one.pk == access.pk), 0)
    order.insert(max(0, place - 1), order.pop(place))
    for position, one in enumerate(order, start=1):
        ModelAccess.objects.filter(pk=one.pk).update(position=position)


def set_limit(amount: Decimal) -> None:
    """Set what models may cost the chosen shop in a month, in US dollars. Raises ModelRefused below 0."""
    if not Decimal(0) <= amount < 1_000_000:
        raise ModelRefused("Enter the limit in dollars, such as 5.00. With 0 nothing is spent.", "monthly_limit")
    if not ModelPolicy.objects.update(monthly_limit=amount):
        ModelPolicy.objects.create(monthly_limit=amount)


def try_out(access: ModelAccess) -> tuple[bool, str]:
    """Ask a model a word and remember what came of it: did it answer, and a sentence. The call is in the log."""
    said = gateway.check(access)
    worked = said.data is not None
    sentence = f"{access.name} answered with {access.model}." if worked else said.why_local
    ModelAccess.objects.filter(pk=access.pk).update(last_checked_at=timezone.now(), last_check=sentence[:200])
    return worked, sentence
