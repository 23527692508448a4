"""Lots that both products have: the same code and dates at a branch are one lot of the product that is kept."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import F

from inventory.merging.links import Part, Work
from inventory.models import Lot

ZERO = Decimal(0)
Noted = list[list[int | str]]


def join(work: Work) -> Noted:
    """Give the quantity of each such lot to its twin. Returns (lot, twin, quantity); the others move as they are."""
    noted: Noted = []
    for lot, twin in twins(work.gone.pk, work.kept.pk):
        if lot.quantity:
            Lot.objects.filter(pk=twin).update(quantity=F("quantity") + lot.quantity)
            Lot.objects.filter(pk=lot.pk).update(quantity=ZERO)
            noted.append([lot.pk, twin, str(lot.quantity)])
    return noted


def part_again(work: Work, noted: Noted) -> None:
    """Give the quantities back, as far as they are there."""
    for lot, twin, quantity in noted:
        there = Lot.objects.get(pk=twin).quantity
        back = min(Decimal(quantity), there)
        Lot.objects.filter(pk=twin).update(quantity=there - back)
        Lot.objects.filter(pk=lot).update(quantity=F("quantity") + back)


def twins(gone: int, kept: int) -> list[tuple[Lot, int]]:
    """The lots of the one that are a lot of the other too, with its id."""
    known = {_key(lot): lot.pk for lot in Lot.objects.filter(product=kept)}
    return [(lot, known[_key(lot)]) for lot in Lot.objects.filter(product=gone).order_by("pk") if _key(lot) in known]


def _key(lot: Lot) -> tuple[object, ...]:
    return lot.branch_id, lot.code, lot.best_before, lot.use_by


LOTS = Part("lots", join, part_again)
