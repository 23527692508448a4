"""Two shops nearby whose prices the demo grocer watches: what they sell, how they write it, and which product it is.

Some goods come with their barcode, others by name only, spelt as price lists spell them. Some they sell are another
size, another brand or nothing the grocer has: those are the product None. The truth says which is which.
"""

import datetime as dt
import re
from dataclasses import dataclass

import numpy as np

from insights.demo.catalogue import Product
from insights.demo.chance import Ints, stream

COMPETITORS = (("Kestrel Market", 0.96, "website"), ("Fairway Discount", 0.88, "visit"))
ITEMS, STALE, PROMOTED = 75, 0.08, 0.12
BY_BARCODE, BY_NAME, OTHER_SIZE, OTHER_BRAND = 0.45, 0.80, 0.88, 0.95
WEEKS_AGO = (0, 1, 2, 3)
BRANDS = ("Ashdown", "Pennymead", "Torrin", "Maplewick", "Orla's")
NOT_SOLD = (
    "Kohlrabi each", "Buffalo wings hot 400 g", "Soy sauce dark 150 ml", "Energy drink sugar free 250 ml",
    "Ironing water lavender 1 l", "Duck legs confit 2 pack", "Pomelo each", "Sushi nori sheets 10 pack",
    "Birthday candles 24 pack", "Rabbit food pellets 2 kg", "Polenta quick cook 500 g", "Light bulbs LED 2 pack",
)  # fmt: skip
SHORT = {
    "semi-skimmed": "s/skim", "chocolate": "choc", "tomatoes": "toms", "yoghurt": "yog", "unsalted": "unslt",
    "strawberry": "strwbry", "chicken": "chkn", "frozen": "frz", "vegetable": "veg", "natural": "nat", "with": "w/",
    "and": "&", "biscuits": "bisc", "washing-up": "washing up", "original": "orig", "wholemeal": "w/meal",
    "organic": "org", "potatoes": "pots", "orange": "orng", "sausages": "saus", "breast": "brst",
}  # fmt: skip
_SIZE = re.compile(r"\s(\d[\d.]*(?: x \d+)? (?:g|kg|ml|cl|l|pt|pack))$")


@dataclass(frozen=True)
class Item:
    """What a competitor sells. `product` is the grocer's, by place; None: the grocer does not sell it."""

    competitor: str
    name: str
    barcode: str
    size: str
    product: int | None
    prices: tuple[tuple[dt.date, int, bool], ...]
    source: str


def competitor_items(products: tuple[Product, ...], shelf_prices: Ints, days: tuple[dt.date, ...]) -> list[Item]:
    """Everything both competitors were seen selling, with its prices in pence by day. The same days give the same."""
    found: list[Item] = []
    for name, level, source in COMPETITORS:
        draw = stream("competitors", name)
        liked = np.array([product.popularity for product in products])
        many = min(ITEMS, len(products) * 3 // 4)
        chosen = draw.choice(len(products), size=many, replace=False, p=liked / liked.sum())
        for place in chosen.tolist():
            found.append(_item(name, source, level, place, products, int(shelf_prices[place, -1]), days, draw))
    return _told_apart(found)


def _item(
    competitor: str,
    source: str,
    level: float,
    place: int,
    products: tuple[Product, ...],
    ours: int,
    days: tuple[dt.date, ...],
    draw: np.random.Generator,
) -> Item:
    product, luck = products[place], draw.random(6).tolist()
    code = next((code.code for code in product.barcodes if code.pieces == 1 and len(code.code) == 13), "")
    words, size = _parted(product.name)
    fair, is_ours, barcode = ours * level, True, ""
    if code and not code.startswith("2") and luck[0] < BY_BARCODE:
        name, barcode = _plainly(words, luck[1]), code
    elif luck[0] < BY_NAME or not size:
        name = _oddly(words, draw)
    elif luck[0] < OTHER_SIZE:
        size, fair = _other_size(size), fair * 1.7
        same = [n for n, other in enumerate(products) if _parted(other.name) == (words, size)]
        is_ours, place, name = bool(same), same[0] if same else place, _oddly(words, draw)
    elif luck[0] < OTHER_BRAND:
        is_ours, name = False, f"{BRANDS[int(luck[2] * len(BRANDS))]} {words.split(' ', 1)[-1]}"
    else:
        is_ours, name, size = False, NOT_SOLD[int(luck[2] * len(NOT_SOLD))], ""
    in_name = size and luck[3] < 0.5
    prices = _prices(round(fair * (0.94 + 0.12 * luck[4])), luck[5], days, draw)
    shown = f"{name} {size.replace(' ', '')}" if in_name else name
    return Item(competitor, shown, barcode, "" if in_name else size, place if is_ours else None, prices, source)


def _prices(
    pence: int, luck: float, days: tuple[dt.date, ...], draw: np.random.Generator
) -> tuple[tuple[dt.date, int, bool], ...]:
    """Seen each of the last weeks; a few were last seen long ago, a few are on offer now."""
    last = len(days) - 1 - int(draw.integers(0, 6))
    late = 40 if luck < STALE else 0
    seen = []
    for weeks in reversed(WEEKS_AGO):
        day = days[max(0, last - late - 7 * weeks)]
        moved = pence if draw.random() < 0.8 else round(pence * (0.97 + 0.06 * draw.random()))
        seen.append((day, max(5, _rounded(moved)), False))
    if luck > 1 - PROMOTED:
        seen.append((seen[-1][0], max(5, _rounded(round(pence * 0.75))), True))
    return tuple(seen)


def _rounded(pence: int) -> int:
    """To the next price that ends in 5 or 9."""
    return next(price for price in range(pence, pence + 10) if price % 10 in (5, 9))


def _parted(name: str) -> tuple[str, str]:
    found = _SIZE.search(name)
    return (name[: found.start()], found[1]) if found else (name, "")


def _plainly(words: str, luck: float) -> str:
    return words.upper() if luck < 0.2 else words.title() if luck < 0.6 else words


def _oddly(words: str, draw: np.random.Generator) -> str:
    """As price lists write it: short words, another order, capitals, a letter missing or two of them swapped."""
    parts = [SHORT.get(word, word) if draw.random() < 0.6 else word for word in words.replace(",", "").split()]
    if len(parts) > 2 and draw.random() < 0.35:
        parts = [*parts[1:], parts[0]]
    if draw.random() < 0.45:
        at = int(draw.integers(0, len(parts)))
        parts[at] = _misspelt(parts[at], draw)
    text = " ".join(parts)
    return text.upper() if draw.random() < 0.3 else text.capitalize() if draw.random() < 0.5 else text


def _misspelt(word: str, draw: np.random.Generator) -> str:
    if len(word) < 5:
        return word
    at = int(draw.integers(1, len(word) - 2))
    return word[:at] + (word[at + 1 :] if draw.random() < 0.5 else word[at + 1] + word[at] + word[at + 2 :])


def _other_size(size: str) -> str:
    number = re.search(r"\d[\d.]*", size)
    assert number is not None, "a size begins with a number"
    return f"{float(number[0]) * 2:g}{size[number.end() :]}"


def _told_apart(items: list[Item]) -> list[Item]:
    """The first of those that a competitor writes alike: nobody could tell them apart."""
    by_words = {(item.competitor, item.name.lower(), item.size, item.barcode): item for item in reversed(items)}
    return list(reversed(by_words.values()))
