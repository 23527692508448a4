"""What apps above show on the pages of imports and feeds, such as which days have come in: they register it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shop.models import Feed, Shop


@dataclass(frozen=True)
class Panel:
    """A part of a page: a template and what it needs, as `panel`."""

    template: str
    content: Any


Offer = Callable[[Shop, str, Feed | None], Panel | None]
_offers: list[Offer] = []


def import_panel(offer: Offer) -> Offer:
    """Register `offer(shop, role, feed)`: what a member of this role sees of all imports, or of one feed; or None."""
    _offers.append(offer)
    return offer


def panels(shop: Shop, role: str, feed: Feed | None = None) -> list[Panel]:
    """What is shown, in the order of registration."""
    return [panel for offer in _offers if (panel := offer(shop, role, feed)) is not None]
