"""Which imports a row came with, for its page: the file, the line, and a link for those who may see imports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max, Min
from django.urls import reverse

from inventory.models import Product
from sales.models import Sale, SaleLine
from shop.imports import lineage
from shop.models import Import
from shop.roles import Can, may

MOST = 5


@dataclass(frozen=True, slots=True)
class Came:
    """One import in words: “Came with import 12, line 40 of till.csv”. `url` is empty where it may not be opened."""

    text: str
    url: str


def of_product(product: Product, role: str) -> list[Came]:
    """The imports that made or changed a product, the latest first."""
    found = lineage.of_row(product)
    return _told(((imported, f", line {line}" if line else "") for imported, line in found[:MOST]), role)


def of_sale(sale: Sale, role: str) -> list[Came]:
    """The import that brought a receipt, with the lines of the file it is made of."""
    if sale.imported is None:
        return []
    lines = SaleLine.objects.filter(sale=sale).aggregate(first=Min("import_line"), last=Max("import_line"))
    first, last = lines["first"], lines["last"]
    where = f", line {first}" if first == last else f", lines {first} to {last}"
    return _told([(sale.imported, where if first else "")], role)


def _told(imports: Iterable[tuple[Import, str]], role: str) -> list[Came]:
    opens = may(role, Can.IMPORT)
    return [
        Came(
            text=f"Came with import {imported.pk}{where} of {imported.file.name}"
            + (", taken back since" if imported.state == Import.State.UNDONE else ""),
            url=reverse("shop:import_detail", args=[imported.pk]) if opens else "",
        )
        for imported, where in imports
    ]
