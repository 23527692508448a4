"""Counting by shelf: the products of a category, and which of them were counted today."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from inventory.models import Category, Product, StockLevel
from shop.models import Branch, Shop

MOST = 300


@dataclass(frozen=True, slots=True)
class Place:
    """A product on the shelf. What should be there is not known here: the count is blind."""

    product: Product
    counted: bool


@dataclass(frozen=True, slots=True)
class Shelf:
    """`places` is empty until a category is chosen."""

    categories: tuple[Category, ...]
    category: Category | None
    places: tuple[Place, ...]

    @property
    def done(self) -> int:
        return sum(place.counted for place in self.places)

    def next_after(self, product: Product) -> Product | None:
        """The next uncounted product on the shelf, beginning again at its start."""
        order = [place.product.pk for place in self.places]
        start = order.index(product.pk) + 1 if product.pk in order else 0
        around = self.places[start:] + self.places[:start]
        return next((place.product for place in around if not place.counted and place.product != product), None)


def shelf(branch: Branch, shop: Shop, chosen: str) -> Shelf:
    """The shelf of a category and those below it. An unknown category is as none."""
    categories = tuple(Category.objects.order_by("name"))
    category = next((one for one in categories if str(one.pk) == chosen), None)
    if category is None:
        return Shelf(categories, None, ())
    products = Product.objects.active().filter(Q(category=category) | Q(category__parent=category))
    products = list(products.order_by("name", "pk")[:MOST])
    today = shop.today()
    counts = StockLevel.objects.filter(branch=branch, product__in=products).exclude(counted_at=None)
    counted = {row.product_id for row in counts if shop.business_date(row.counted_at) == today}
    return Shelf(categories, category, tuple(Place(product, product.pk in counted) for product in products))
