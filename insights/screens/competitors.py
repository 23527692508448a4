"""What others ask for what we sell: the price index, and product by product beside ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.urls import reverse

from insights import price_index
from insights.downloads import File
from insights.price_index import Index
from inventory.competitors import FRESH_DAYS, matching
from inventory.competitors.market import BY_BARCODE, BY_PERSON
from inventory.models import Competitor, CompetitorItem, CompetitorPrice, Product
from inventory.reports import comparable_price
from shop import formats
from shop.csvout import Cell, amount
from shop.models import Shop
from shop.tenancy import current_shop_id

ROWS = 50
SHOWS = {
    "": "All",
    "dearer": "We are dearer",
    "cheaper": "We are cheaper",
    "key": "Key items",
    "old": "Seen too long ago",
}
COLUMNS = (
    "product", "name", "price", "competitor", "their_name", "their_price", "their_promotion", "of_ours_in_theirs",
    "price_for_our_size", "difference", "seen_on", "age_days", "confidence", "key_item",
)  # fmt: skip
# Within half a per cent two prices are told as the same.
SAME = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class Search:
    """What the list is narrowed to."""

    words: str
    competitor: int
    show: str
    page: str


@dataclass(frozen=True, slots=True)
class Line:
    """One of our products beside one competitor's item. Prices are for as much as ours buys; `theirs` is as written.

    `share` is how far ours is above theirs (below 0: below). `is_stale`: seen too long ago to be used.
    """

    product: Product
    item: CompetitorItem
    ours: Decimal | None
    price: Decimal | None
    promotion: Decimal | None
    theirs: Decimal | None
    share: Decimal | None
    seen_on: dt.date
    age_days: int
    confidence: float
    is_key: bool

    @property
    def is_stale(self) -> bool:
        return self.age_days > FRESH_DAYS

    @property
    def scaled(self) -> bool:
        return self.item.of_ours not in (None, 1)

    @property
    def same(self) -> bool:
        return self.share is not None and abs(self.share) < SAME

    @property
    def less(self) -> Decimal | None:
        """By how much ours is below, without a sign."""
        return None if self.share is None else abs(self.share)

    @property
    def sure(self) -> int:
        return round(100 * self.confidence)

    @property
    def comparable(self) -> Any:
        """Our price by content, such as per 100 g."""
        return comparable_price(self.product)

    @property
    def their_comparable(self) -> Decimal | None:
        """Theirs by the same content."""
        ours = self.comparable
        if ours is None or not self.price or not self.product.price:
            return None
        return Decimal(ours.price * self.price / self.product.price)


@dataclass(frozen=True, slots=True)
class CompetitorsScreen:
    cards: list[dict[str, Any]]
    indexes: list[Index]
    lines: list[Line]
    page: Page[Any]
    competitors: list[Competitor]
    shows: Mapping[str, str]
    waiting: int
    has_any: bool
    has_keys: bool
    job: Any = None


def read(given: Mapping[str, str]) -> Search:
    """Read an address. What is not known is as not said."""
    show, competitor = given.get("show", ""), given.get("competitor", "")
    return Search(
        words=given.get("q", "").replace("\x00", "").strip()[:100],
        competitor=int(competitor[:18]) if competitor.isascii() and competitor.isdigit() else 0,
        show=show if show in SHOWS else "",
        page=given.get("page", "1"),
    )


@transaction.atomic
def build(search: Search, shop: Shop) -> CompetitorsScreen:
    today = shop.today()
    keys = price_index.key_items()
    indexes = price_index.price_index(today)
    page = Paginator(lines(search, today, keys), ROWS).get_page(search.page)
    return CompetitorsScreen(
        cards=[_card(index) for index in indexes],
        indexes=indexes,
        lines=list(page),
        page=page,
        competitors=list(Competitor.objects.filter(is_active=True)),
        shows={key: words for key, words in SHOWS.items() if key != "key" or keys},
        waiting=matching.undecided().count(),
        has_any=CompetitorItem.objects.exists(),
        has_keys=bool(keys),
    )


def lines(search: Search, today: dt.date, keys: set[int]) -> list[Line]:
    """Every matched item with its newest price, the farthest from ours first."""
    items = CompetitorItem.objects.filter(product__isnull=False, competitor__is_active=True)
    if search.competitor:
        items = items.filter(competitor_id=search.competitor)
    if search.words:
        items = items.filter(product__in=Product.objects.matching(search.words))
    rows = list(items.select_related("product", "competitor"))
    seen = newest_prices([item.pk for item in rows])
    found = [_line(item, seen[item.pk], today, keys) for item in rows if item.pk in seen]
    shown = [line for line in found if _is_shown(line, search.show)]
    return sorted(shown, key=lambda line: (line.is_stale, -(line.less or Decimal(0)), line.product.name, line.item.pk))


def newest_prices(items: list[int]) -> dict[int, dict[bool, CompetitorPrice]]:
    """Of each item the newest regular price and the newest promotion. One query."""
    rows = CompetitorPrice.objects.filter(item_id__in=items)
    rows = rows.order_by("item_id", "is_promotion", "-seen_on").distinct("item_id", "is_promotion")
    found: dict[int, dict[bool, CompetitorPrice]] = {}
    for row in rows:
        found.setdefault(row.item_id, {})[row.is_promotion] = row
    return found


def _line(item: CompetitorItem, seen: dict[bool, CompetitorPrice], today: dt.date, keys: set[int]) -> Line:
    regular, promotion = seen.get(False), seen.get(True)
    shown = regular or seen[True]
    if promotion and regular and promotion.seen_on < regular.seen_on:
        promotion = None
    price = regular.price / item.of_ours if regular and item.of_ours else None
    ours = item.product.price
    return Line(
        product=item.product,
        item=item,
        ours=ours,
        price=price,
        promotion=promotion.price / item.of_ours if promotion and item.of_ours else None,
        theirs=regular.price if regular else None,
        share=ours / price - 1 if ours and price else None,
        seen_on=shown.seen_on,
        age_days=(today - shown.seen_on).days,
        confidence=BY_BARCODE if item.matched_by == matching.BARCODE else BY_PERSON,
        is_key=item.product_id in keys,
    )


def _is_shown(line: Line, show: str) -> bool:
    if show == "old" or line.is_stale:
        return line.is_stale and show in ("", "old")
    if show == "key":
        return line.is_key
    if show == "dearer":
        return line.share is not None and line.share >= SAME
    return show == "" or (line.share is not None and line.share <= -SAME)


def _card(index: Index) -> dict[str, Any]:
    """One competitor: how much the basket costs more or less here."""
    note = f"{index.products:,} product{'s' if index.products != 1 else ''}"
    if index.key is not None:
        note += f", key items {against(index.key)}"
    competitor = Competitor.objects.filter(name=index.competitor).values_list("pk", flat=True).first()
    return {
        "label": f"Against {index.competitor} you are",
        "value": against(index.all),
        "note": note,
        "url": f"{reverse('insights:competitor_list')}?{urlencode({'competitor': competitor})}",
        "definition": "What our customers' basket of the last 28 days costs here, against its regular price there. "
        f"Prices nobody has seen for {FRESH_DAYS} days are left out.",
    }


def against(index: Decimal | None) -> str:
    """4.1% dearer, 2% cheaper, the same."""
    if index is None:
        return formats.UNKNOWN
    change = index - 1
    if abs(change) < SAME:
        return "the same"
    return f"{formats.percent(abs(change))} {'dearer' if change > 0 else 'cheaper'}"


def as_file(search: Search, today: dt.date) -> File:
    """The table of the page as a file."""
    return File("competitor_prices", COLUMNS, rows(search, today))


def every_row() -> Iterator[tuple[Cell, ...]]:
    """All of the table, for `manage.py export`."""
    return rows(read({}), Shop.objects.get(pk=current_shop_id()).today())


def rows(search: Search, today: dt.date) -> Iterator[tuple[Cell, ...]]:
    for line in lines(search, today, price_index.key_items()):
        yield (
            line.product.sku,
            line.product.name,
            amount(line.ours),
            line.item.competitor.name,
            line.item.name,
            amount(line.theirs),
            amount(line.promotion * (line.item.of_ours or 1) if line.promotion else None),
            line.item.of_ours and line.item.of_ours.normalize(),
            amount(line.price and line.price.quantize(Decimal("0.0001"))),
            line.share and line.share.quantize(Decimal("0.0001")),
            line.seen_on,
            line.age_days,
            f"{line.confidence:.2f}",
            "yes" if line.is_key else "no",
        )
