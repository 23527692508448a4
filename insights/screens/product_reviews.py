"""The reviews tab of a product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Avg
from django.urls import reverse

from insights.reviews import reports
from insights.reviews.reports import AspectRow, Totals
from insights.reviews.standing import standing
from insights.screens import review_rows
from insights.screens.review_rows import Entry
from insights.screens.reviews import direction_of, score_words
from inventory.models import Product
from shop import formats
from shop.models import Shop

MOST = 5


@dataclass(frozen=True, slots=True)
class ProductReviews:
    """Of all reviews about or naming the product, whenever they were written; the newest few with their words."""

    totals: Totals
    facts: list[tuple[str, str]]
    aspects: list[tuple[str, str, str]]
    entries: list[Entry]
    url: str


def build(product: Product, shop: Shop, role: str, given: Mapping[str, str]) -> ProductReviews:
    found, today = standing().filter(about=product.pk), shop.today()
    totals = reports.totals(found, today)
    stars = found.filter(is_spam=False).aggregate(mean=Avg("rating"))["mean"]
    return ProductReviews(
        totals=totals,
        facts=_facts(totals, stars),
        aspects=[_aspect(row) for row in reports.aspects(found, None)],
        entries=review_rows.entries(found.filter(is_spam=False)[:MOST], role, today),
        url=f"{reverse('insights:review_list')}?{urlencode({'product': product.pk, 'span': 'all'})}",
    )


def _facts(totals: Totals, stars: Decimal | None) -> list[tuple[str, str]]:
    facts = [("Reviews", f"{totals.reviews:,}")]
    if stars is not None:
        facts.append(("Stars, on average", formats.number(stars, 1)))
    if totals.read:
        facts.append(("Pleased", formats.percent(totals.share(totals.pleased))))
        facts.append(("Displeased", formats.percent(totals.share(totals.displeased))))
        facts.append(("Mean score, −1 to 1", score_words(totals.mean)))
    if totals.waiting:
        facts.append(("Waiting for a reply", f"{totals.waiting:,}"))
    return facts


def _aspect(row: AspectRow) -> tuple[str, str, str]:
    """Its name, what is said of it, and how a page colours that."""
    many = "1 review" if row.reviews == 1 else f"{row.reviews:,} reviews"
    return str(row.aspect.label), f"{many}, score {score_words(row.score)}", direction_of(row.score)
