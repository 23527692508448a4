"""What the page of an import offers: the products it made that look like ones the shop has."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from inventory.models import Product, ProductPair
from shop.imports.next_steps import NextStep, next_step
from shop.models import Change, Import, Job
from shop.roles import Can, may


def made_by(imported: int) -> set[int]:
    """The ids of the products that an import made."""
    rows = Change.objects.filter(import_id=imported, table=Product._meta.db_table, action="insert")
    return set(rows.values_list("row_id", flat=True))


def open_pairs() -> Any:
    """Pairs nobody has decided about of products that are both still there, put off ones too."""
    rows = ProductPair.objects.filter(state=ProductPair.State.OPEN)
    return rows.filter(first__merged_into=None, second__merged_into=None)


@next_step
def offer_to_compare(job: Job, role: str) -> NextStep | None:
    """A button on the page of an import that made products which may be known under another code."""
    imported = Import.objects.filter(job=job).values_list("pk", flat=True).first()
    if imported is None or not may(role, Can.SEE_STOCK) or not (made := made_by(imported)):
        return None
    pairs = open_pairs().filter(Q(first__in=made) | Q(second__in=made))
    alike = {pk for pair in pairs.values_list("first_id", "second_id") for pk in pair} & made
    if not alike:
        return None
    one = len(alike) == 1
    text = "1 new product looks like one you have" if one else f"{len(alike)} new products look like ones you have"
    return NextStep(text, f"{reverse('insights:match_list')}?{urlencode({'import': imported})}", "merge")
