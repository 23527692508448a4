"""Finding a page or something to do, by its title and by what people call it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from insights.search import meaning
from insights.search.find import Asked, alike
from shop.context import NAVIGATION
from shop.roles import Can, may

# Beside the navigation: (title, other words for it, URL name, icon, capability). Each is opened by a GET.
ACTIONS: list[tuple[str, str, str, str, Can]] = [
    ("Decisions", "suggestions to do tasks", "insights:decision_list", "list-checks", Can.SEE_SALES),
    ("Receive stock", "delivery goods in", "insights:stock_receive", "package-plus", Can.EDIT_STOCK),
    ("Count stock", "stocktake inventory count", "insights:stock_count", "clipboard-list", Can.EDIT_STOCK),
    ("Note waste", "spoiled broken thrown away", "insights:stock_waste", "trash-2", Can.EDIT_STOCK),
    ("Move stock to a branch", "transfer", "insights:stock_transfer", "arrow-left-right", Can.EDIT_STOCK),
    ("Expiring stock", "near date best before use by", "insights:inventory", "calendar-clock", Can.SEE_STOCK),
    ("Stock below zero", "negative", "insights:below_zero", "triangle-alert", Can.SEE_STOCK),
    (
        "Missing facts of products",
        "incomplete data cost",
        "insights:missing_data",
        "circle-question-mark",
        Can.EDIT_PRODUCTS,
    ),
    ("Open a shift", "till drawer float", "insights:shift_open", "wallet", Can.USE_TILL),
    ("Add to the calendar", "event holiday closed", "insights:event_new", "calendar-plus", Can.DECIDE),
    ("Type in a review", "feedback comment", "insights:review_new", "message-square", Can.EDIT_CUSTOMERS),
    ("Add a product", "new article", "admin:inventory_product_add", "package-plus", Can.EDIT_PRODUCTS),
    ("How good the forecast is", "accuracy error", "insights:forecast_quality", "chart-line", Can.SEE_SALES),
    ("Analysis runs", "nightly history", "insights:run_list", "moon-star", Can.SEE_SALES),
    ("Models", "AI key Gemini OpenAI", "insights:model_list", "sparkles", Can.CHANGE_SETTINGS),
]
ALIKE, MEANT = 0.5, 0.55


@dataclass(frozen=True, slots=True)
class Page:
    """A page or an action the role may open."""

    title: str
    also: str
    url_name: str
    icon: str


def pages_of(role: str) -> tuple[Page, ...]:
    """The navigation, then the actions, as far as the role may open them."""
    first = [(title, "", name, icon, can) for title, name, icon, can in NAVIGATION]
    return tuple(Page(*row[:4]) for row in [*first, *ACTIONS] if may(role, row[4]))


def find_pages(asked: Asked, role: str, most: int) -> list[Page]:
    """The pages that are called nearly so, then those that mean it."""
    pages = pages_of(role)
    scores = [max(alike(asked.folded, page.title), 0.8 * alike(asked.folded, page.also)) for page in pages]
    if asked.vector is not None:
        meant = _vectors(tuple(page.title for page in pages)) @ asked.vector
        scores = [max(score, float(near) - (MEANT - ALIKE)) for score, near in zip(scores, meant, strict=True)]
    order = sorted(range(len(pages)), key=lambda place: -scores[place])
    return [pages[place] for place in order if scores[place] >= ALIKE][:most]


@functools.lru_cache(maxsize=20)
def _vectors(titles: tuple[str, ...]) -> meaning.Vector:
    return np.asarray(meaning.of_texts(titles))
