"""What the demo grocer sells and who delivers it, read from shelf.txt."""

import datetime as dt
import functools
import itertools
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources

import numpy as np

from insights.demo.chance import Floats, stream

SMALL_PRODUCTS = 120
CONTENTS = {
    "g": (Decimal(1), "g"),
    "kg": (Decimal(1000), "g"),
    "ml": (Decimal(1), "ml"),
    "cl": (Decimal(10), "ml"),
    "l": (Decimal(1000), "ml"),
    "pt": (Decimal(568), "ml"),
    "pack": (Decimal(1), "piece"),
}


@dataclass(frozen=True)
class Supplier:
    """Who delivers: on which weekdays (0 is Monday), how long after an order in by `order_by`, from what amount."""

    name: str
    lead_days: int
    weekdays: tuple[int, ...]
    minimum_order: Decimal
    order_by: dt.time = dt.time(16)

    @property
    def email(self) -> str:
        return f"orders@{self.name.lower().replace(' ', '-')}.example.com"


SUPPLIERS = {
    supplier.name: supplier
    for supplier in (
        Supplier("Vale Growers", 1, (0, 1, 3, 4, 5), Decimal(60)),
        Supplier("Orchard Lane Bakehouse", 1, (0, 1, 2, 3, 4, 5, 6), Decimal(25), dt.time(14)),
        Supplier("Oakhanger Dairy", 1, (0, 2, 4, 5), Decimal(80), dt.time(11)),
        Supplier("Garrick Butchers", 2, (1, 3, 5), Decimal(90)),
        Supplier("Quay Street Fish", 1, (1, 4), Decimal(50), dt.time(11)),
        Supplier("Fieldfare Kitchen", 1, (0, 1, 2, 3, 4, 5), Decimal(40)),
        Supplier("Northway Frozen", 3, (2,), Decimal(120)),
        Supplier("Castle Wholesale", 2, (0, 3), Decimal(250)),
        Supplier("Kingsway Drinks", 4, (1,), Decimal(200)),
    )
}


@dataclass(frozen=True)
class Category:
    """A shelf section with what its products have in common."""

    path: str
    code: str
    supplier: str
    vat: int
    margin: float
    life: int | None
    dated: str
    case: int
    elasticity: float = 1.4
    season: str = "flat"
    week: str = "flat"
    hours: str = "day"
    multi: float = 0.06
    cross: float = 0.0
    demand: float = 1.0


@dataclass(frozen=True)
class Barcode:
    """A code at the till, and how many pieces one scan of it stands for."""

    code: str
    pieces: int = 1


@dataclass(frozen=True)
class Product:
    """One thing for sale. Money is in pence; `base_price` is the price the demand was fixed at."""

    sku: str
    name: str
    category: Category
    family: str
    unit: str
    vat: int
    base_price: int
    popularity: float
    barcodes: tuple[Barcode, ...]
    content: tuple[Decimal, str] | None = None  # in g, ml or pieces

    @property
    def by_weight(self) -> bool:
        """Whether it is weighed at the till."""
        return self.unit == "kg"


def check_digit(digits: str) -> int:
    """The last digit of an EAN-13 whose first twelve are given."""
    odd_even = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return -odd_even % 10


def ean13(prefix: str, number: int) -> str:
    """A valid EAN-13 starting with the prefix. 952 is the range kept for examples, 20 to 29 are a shop's own."""
    digits = prefix + str(number).zfill(12 - len(prefix))
    return digits + str(check_digit(digits))


@functools.cache
def whole_shelf() -> tuple[Product, ...]:
    """Every product, in the order of shelf.txt."""
    found: list[Product] = []
    category: Category | None = None
    text = resources.files("insights.demo").joinpath("shelf.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("=="):
            category = _category(line)
        elif line.strip() and not line.startswith("#"):
            assert category is not None, "shelf.txt names a product before a category"
            found += _products(line, category, found)
    return tuple(found)


def shelf(size: str) -> tuple[Product, ...]:
    """The products of a demo of that size; a small shop keeps the best sellers of each category."""
    products = whole_shelf()
    if size == "medium":
        return products
    ranked: list[tuple[float, int]] = []
    for _, group in itertools.groupby(enumerate(products), key=lambda pair: pair[1].category.code):
        members = sorted(group, key=lambda pair: -pair[1].popularity)
        ranked += [(rank / len(members), number) for rank, (number, _) in enumerate(members)]
    kept = sorted(number for _, number in sorted(ranked)[:SMALL_PRODUCTS])
    return tuple(products[number] for number in kept)


def elasticities(products: tuple[Product, ...]) -> Floats:
    """How far each product's sales move with its own price: per cent for one per cent, below zero."""
    spread = {product.sku: value for product, value in zip(whole_shelf(), _spread(), strict=True)}
    wanted = [-product.category.elasticity + 0.22 * spread[product.sku] for product in products]
    return np.round(np.clip(wanted, -3.2, -0.1), 2)


@functools.cache
def _spread() -> tuple[float, ...]:
    return tuple(stream("elasticity").standard_normal(len(whole_shelf())))


def _category(line: str) -> Category:
    path, code, supplier, vat, margin, life, dated, case, more = (
        part.strip() for part in line.removeprefix("==").split(";")
    )
    words: dict[str, str] = dict(pair.split("=") for pair in more.split())
    return Category(
        path,
        code,
        supplier,
        int(vat),
        int(margin) / 100,
        None if life == "-" else int(life),
        dated.replace("-", ""),
        int(case),
        elasticity=float(words.get("elasticity", 1.4)),
        season=words.get("season", "flat"),
        week=words.get("week", "flat"),
        hours=words.get("hours", "day"),
        multi=float(words.get("multi", 0.06)),
        cross=float(words.get("cross", 0)),
        demand=float(words.get("demand", 1)),
    )


def _products(line: str, category: Category, before: list[Product]) -> list[Product]:
    head, *sizes = (part.strip() for part in line.split("|"))
    popularity, label = head.split(" ", 1)
    brands, name = label.split(": ") if ": " in label else ("", label[0].upper() + label[1:])
    number = len(before)
    in_category = sum(product.category.code == category.code for product in before)
    family = f"{category.code}-{in_category + 1:03d}"
    found: list[Product] = []
    for (rank, brand), (step, size) in itertools.product(enumerate(brands.split("/")), enumerate(sizes)):
        place = len(found)
        found.append(
            _product(
                f"{category.code}-{in_category + place + 1:03d}",
                f"{brand} {name}".strip(),
                category,
                family,
                size,
                (number + place, rank, category.demand * int(popularity) ** 1.3 * 0.7**rank * 0.66**step),
            )
        )
    return found


def _product(sku: str, name: str, category: Category, family: str, size: str, place: tuple[int, int, float]) -> Product:
    number, rank, popularity = place
    words = size.split(" ")
    plu = next((word[1:] for word in words if word[0] == "#"), "")
    vat = next((int(word[1:]) for word in words if word[0] == "!"), category.vat)
    words = [word for word in words if word[0] not in "#!"]
    content, price = " ".join(words[:-1]), round(float(words[-1]) * 100)
    by_weight = content == "kg"
    return Product(
        sku,
        name if content in ("kg", "each") else f"{name} {content}",
        category,
        family,
        "kg" if by_weight else "piece",
        vat,
        round(price * 1.14) if rank else price,
        popularity,
        _barcodes(number, plu, category, by_weight=by_weight),
        _content(content),
    )


def _content(text: str) -> tuple[Decimal, str] | None:
    """Grams, millilitres or pieces of a pack: "6 x 150 ml" is 900 ml."""
    *numbers, unit = text.replace(" x ", " ").split(" ")
    size = Decimal(1)
    for number in numbers:
        size *= Decimal(number)
    factor, measure = CONTENTS.get(unit, (None, ""))
    return (size * factor, measure) if factor and numbers else None


def _barcodes(number: int, plu: str, category: Category, *, by_weight: bool) -> tuple[Barcode, ...]:
    if by_weight:
        own = Barcode(ean13("21", (number + 1) * 100_000))
        return (Barcode(plu), own) if plu else (own,)
    if plu:
        return (Barcode(plu),)
    codes = [Barcode(ean13("952", 1_000_000 + number * 37))]
    if number % 17 == 3:
        codes.append(Barcode(ean13("952", 5_000_000 + number * 37)))
    if category.case >= 6 and number % 3 == 0:
        codes.append(Barcode(ean13("952", 9_000_000 + number * 37), category.case))
    return tuple(codes)
