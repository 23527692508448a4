"""What a search found, as lines to follow: pages, products, categories, suppliers and reviews, as the role may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse

from insights.screens.search_pages import Page, find_pages, pages_of
from insights.search import find as finding
from insights.search.find import CATEGORY, SUPPLIER, Hit
from insights.search.meaning import is_ready, warm
from insights.search.scan import PRODUCT, REVIEW
from shop import formats
from shop.models import Shop
from shop.roles import Can, may

PALETTE, WHOLE = 6, 20
# A kind of row: its heading, its icon, and what one needs to find it.
KINDS: dict[str, tuple[str, str, Can]] = {
    PRODUCT: ("Products", "package", Can.SEE_PRODUCTS),
    CATEGORY: ("Categories", "folder", Can.SEE_STOCK),
    SUPPLIER: ("Suppliers", "truck", Can.SEE_STOCK),
    REVIEW: ("Reviews", "message-square", Can.SEE_STOCK),
}


@dataclass(frozen=True, slots=True)
class Line:
    """Something to open."""

    title: str
    note: str
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    title: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Found:
    """`by_letters` says that meanings are not understood yet: the search has just been opened."""

    words: str
    groups: list[Group]
    by_letters: bool

    @property
    def many(self) -> int:
        return sum(len(group.lines) for group in self.groups)


@transaction.atomic
def build(words: str, shop: Shop, role: str, most: int = WHOLE) -> Found:
    """Search what the role may see. Without words: where one can go. Six statements at most a kind of row."""
    words = finding.clean(words)
    warm()
    if not words:
        return Found("", _filled([_of_pages(pages_of(role))]), by_letters=False)
    asked = finding.ask(words)
    kinds = [kind for kind, (_, _, can) in KINDS.items() if may(role, can)]
    hits = finding.answer(asked, kinds=kinds, most=most)
    groups = [_of_hits(kind, [hit for hit in hits if hit.kind == kind], shop) for kind in kinds]
    return Found(words, _in_order(groups, _of_pages(find_pages(asked, role, most)), hits), by_letters=not is_ready())


def _in_order(groups: list[Group], pages: Group, hits: list[Hit]) -> list[Group]:
    """Pages come first, unless a code was typed: then its product does."""
    if hits and hits[0].score >= finding.CODE:
        return _filled([*groups, pages])
    return _filled([pages, *groups])


def _filled(groups: Iterable[Group]) -> list[Group]:
    return [group for group in groups if group.lines]


def _of_pages(pages: Iterable[Page]) -> Group:
    return Group("page", "Go to", [Line(page.title, "", reverse(page.url_name), page.icon) for page in pages])


def _of_hits(kind: str, hits: list[Hit], shop: Shop) -> Group:
    title, icon, _ = KINDS[kind]
    return Group(kind, title, [Line(hit.title, _note(hit, shop), _url(hit), icon) for hit in hits])


def _note(hit: Hit, shop: Shop) -> str:
    if hit.kind == PRODUCT:
        parts = [hit.row.category.name if hit.row.category else "", "" if hit.row.is_active else "not on sale"]
        price = formats.money(hit.row.price, shop.currency) if hit.row.price is not None else ""
        return ", ".join(filter(None, [*parts, price]))
    if hit.kind == REVIEW:
        parts = [hit.row.product.name if hit.row.product else "", hit.row.text[:90] if hit.row.title else ""]
        return ", ".join(filter(None, parts))
    return ""


def _url(hit: Hit) -> str:
    if hit.kind == CATEGORY:
        return f"{reverse('insights:product_list')}?category={hit.pk}"
    names = {
        PRODUCT: "insights:product_detail",
        REVIEW: "insights:review_detail",
        SUPPLIER: "admin:inventory_supplier_change",
    }
    return reverse(names[hit.kind], args=[hit.pk])
