"""The desk where products that may be one are decided about: pairs side by side, and what was decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Q, Sum, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from insights.downloads import File
from insights.merging import bulk
from insights.merging.choosing import Sold, sold_lately, to_keep
from insights.merging.finding import SURE
from insights.merging.job import JOB_KIND
from insights.merging.offering import made_by, open_pairs
from inventory.models import Barcode, Product, ProductMerge, ProductPair, StockLevel
from shop.csvout import Cell
from shop.models import Job
from shop.roles import Can, may

ROWS = 10
State = ProductPair.State
SHOWS = {"": "To look at", "sure": "Sure", "later": "Put off", "different": "Two products", "merged": "One product"}
WHYS = {"": "Any reason", "barcode": "Barcode", "article": "Supplier's article", "SKU": "SKU", "Names": "Names"}
COLUMNS = ("score", "first_sku", "first_name", "second_sku", "second_name", "reasons", "state", "decided_by")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the desk is narrowed to; `imported` to the products that an import made."""

    show: str
    why: str
    words: str
    imported: int | None
    page: str

    @property
    def narrowed(self) -> bool:
        return bool(self.why or self.words or self.imported)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, with what a person looks at. `stock`, `sold` and cost only for roles that may see them."""

    product: Product
    codes: list[str]
    stock: Decimal | None
    sold: Sold | None
    keep: bool


@dataclass(frozen=True, slots=True)
class PairRow:
    pair: ProductPair
    sides: tuple[Side, Side]
    merge: ProductMerge | None

    @property
    def percent(self) -> int:
        return int(100 * self.pair.score)

    @property
    def is_sure(self) -> bool:
        return float(self.pair.score) >= SURE


@dataclass(frozen=True, slots=True)
class MatchScreen:
    asked: Asked
    rows: list[PairRow]
    page: Page[Any]
    tabs: list[tuple[str, str, int]]
    sure: int
    job: Job | None
    whys: Mapping[str, str]
    title: str


def read(given: Mapping[str, str]) -> Asked:
    """Read an address; what is not known is as nothing."""
    show, why, imported = given.get("show", ""), given.get("why", ""), given.get("import", "")
    return Asked(
        show=show if show in SHOWS else "",
        why=why if why in WHYS else "",
        words=given.get("q", "").replace("\x00", "").strip()[:100],
        imported=int(imported[:18]) if imported.isascii() and imported.isdigit() else None,
        page=given.get("page", "1"),
    )


def found(asked: Asked) -> Any:
    """The pairs asked for."""
    rows = _shown(asked.show)
    if asked.why:
        rows = rows.annotate(said=Cast("reasons", TextField())).filter(said__contains=asked.why)
    if asked.words:
        some = Product.objects.matching(asked.words).values("pk")
        rows = rows.filter(Q(first__in=some) | Q(second__in=some))
    if asked.imported:
        made = made_by(asked.imported)
        rows = rows.filter(Q(first__in=made) | Q(second__in=made))
    return rows


def _shown(show: str) -> Any:
    later = Q(again_at__gt=timezone.now())
    if show == "sure":
        return bulk.sure()
    if show == "later":
        return open_pairs().filter(later).order_by("again_at", "pk")
    if show in (State.DIFFERENT, State.MERGED):
        return ProductPair.objects.filter(state=show).order_by("-decided_at", "-pk")
    return open_pairs().exclude(later).order_by("-score", "pk")


@transaction.atomic
def build(asked: Asked, role: str, today: dt.date) -> MatchScreen:
    """One page of the desk, the surest first."""
    page = Paginator(found(asked).select_related(*_LINKS), ROWS).get_page(asked.page)
    return MatchScreen(
        asked=asked,
        rows=rows_of(list(page), role, today),
        page=page,
        tabs=[(key, words, _shown(key).count()) for key, words in SHOWS.items()],
        sure=_shown("sure").count(),
        job=Job.objects.unfinished().filter(kind__in=[JOB_KIND, bulk.JOB_KIND]).order_by("-pk").first(),
        whys=WHYS,
        title=SHOWS[asked.show],
    )


_LINKS = ("first__category", "first__supplier", "second__category", "second__supplier")


def rows_of(pairs: Sequence[ProductPair], role: str, today: dt.date) -> list[PairRow]:
    """Pairs as rows: a few queries, however many."""
    ids = {pk for pair in pairs for pk in (pair.first_id, pair.second_id)}
    sold = sold_lately(ids, today) if ids and may(role, Can.SEE_SALES) else {}
    stock, codes = _stock(ids) if may(role, Can.SEE_STOCK) else {}, _codes(ids)
    merges = _merges(pairs)
    rows = []
    for pair in pairs:
        keep = to_keep(pair.first, pair.second, sold)
        first, second = (
            Side(
                product=one,
                codes=codes.get(one.pk, []),
                stock=stock.get(one.pk),
                sold=sold.get(one.pk, Sold()) if may(role, Can.SEE_SALES) else None,
                keep=one.pk == keep.pk,
            )
            for one in (pair.first, pair.second)
        )
        rows.append(PairRow(pair, (first, second), merges.get(frozenset((pair.first_id, pair.second_id)))))
    return rows


def _stock(ids: set[int]) -> dict[int, Decimal]:
    rows = StockLevel.objects.filter(product_id__in=ids).order_by().values_list("product_id")
    return dict(rows.annotate(all=Sum("quantity")))


def _codes(ids: set[int]) -> dict[int, list[str]]:
    codes: dict[int, list[str]] = {}
    for product, code in Barcode.objects.filter(product__in=ids).order_by("pk").values_list("product_id", "code"):
        codes.setdefault(product, []).append(code)
    return codes


def _merges(pairs: Sequence[ProductPair]) -> dict[frozenset[int], ProductMerge]:
    """The merges that still hold, by the two."""
    ids = {pk for pair in pairs if pair.state == State.MERGED for pk in (pair.first_id, pair.second_id)}
    rows = ProductMerge.objects.filter(undone_at=None, kept__in=ids, gone__in=ids).defer("moved")
    return {frozenset((row.kept_id, row.gone_id)): row for row in rows}


def as_file(asked: Asked) -> File:
    """The pairs asked for, as a table."""
    return File("products_that_may_be_one", COLUMNS, _lines(asked))


def _lines(asked: Asked) -> Iterator[tuple[Cell, ...]]:
    for pair in found(asked).select_related("first", "second").iterator(500):
        names = pair.first.sku, pair.first.name, pair.second.sku, pair.second.name
        yield pair.score, *names, " ".join(pair.reasons), pair.state, pair.decided_by
