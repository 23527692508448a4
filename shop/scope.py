"""Which shop is chosen, and who is acting: context of the current request, task or block. No models here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

ALL_SHOPS = -1
_shop_id: ContextVar[int | None] = ContextVar("shop_id", default=None)
_actor: ContextVar[str] = ContextVar("actor", default="")
_reason: ContextVar[str] = ContextVar("reason", default="")


class NoShopChosen(RuntimeError):
    """Shop-owned data was touched with no shop chosen, or with another shop's row in hand."""


def chosen() -> int | None:
    """The raw choice: a shop's id, ALL_SHOPS, or None."""
    return _shop_id.get()


def chosen_shop_id() -> int | None:
    """The id of the chosen shop, or None where none (or every shop) is chosen."""
    choice = _shop_id.get()
    return None if choice == ALL_SHOPS else choice


def current_shop_id() -> int:
    """The id of the chosen shop. Raises NoShopChosen where there is none."""
    shop_id = chosen_shop_id()
    if shop_id is None:
        raise NoShopChosen("Choose a shop first: with use_shop(shop): ...")
    return shop_id


def current_actor() -> tuple[str, str]:
    """Who is acting and why, for the change history: two plain strings, empty where unknown."""
    return _actor.get(), _reason.get()


@contextmanager
def use_shop(shop: Any) -> Iterator[None]:
    """Choose a shop (a Shop or its id) for this block, this thread or task only."""
    shop_id = getattr(shop, "pk", shop)
    if shop_id is None:
        raise NoShopChosen("None is not a shop; say all_shops() to mean every shop")
    token = _shop_id.set(int(shop_id))
    try:
        yield
    finally:
        _shop_id.reset(token)


@contextmanager
def no_shop() -> Iterator[None]:
    """Choose no shop for this block: shop-owned queries raise in it."""
    token = _shop_id.set(None)
    try:
        yield
    finally:
        _shop_id.reset(token)


@contextmanager
def all_shops() -> Iterator[None]:
    """Lift wall one for this block. Wall two stays: only the owner role then sees any row."""
    token = _shop_id.set(ALL_SHOPS)
    try:
        yield
    finally:
        _shop_id.reset(token)


@contextmanager
def acting(actor: str, reason: str | None = None) -> Iterator[None]:
    """Name who changes things in this block (and why): the change history stores both."""
    tokens = _actor.set(actor), _reason.set(_reason.get() if reason is None else reason)
    try:
        yield
    finally:
        _actor.reset(tokens[0])
        _reason.reset(tokens[1])
