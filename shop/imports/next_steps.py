"""What a person may do next with an import that is in: apps above offer it, the import's page shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shop.models import Job


@dataclass(frozen=True)
class NextStep:
    """A button on the page of a finished import: a link, or a form that posts `fields` to `url`."""

    text: str
    url: str
    icon: str
    posts: bool = False
    fields: tuple[tuple[str, str], ...] = ()


Offer = Callable[[Job, str], NextStep | None]
_offers: list[Offer] = []


def next_step(offer: Offer) -> Offer:
    """Register `offer(job, role)`: the step for a member of this role after this import, or None."""
    _offers.append(offer)
    return offer


def next_steps(job: Job, role: str) -> list[NextStep]:
    """What is offered after this import, in the order of registration."""
    return [step for offer in _offers if (step := offer(job, role)) is not None]
