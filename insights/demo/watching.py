"""What the demo's owner has decided about competitors' items: some are matched, most still wait."""

from insights.demo.competitors import Item, competitor_items
from insights.demo.grocer import Demo
from inventory.competitors import matching
from inventory.models import CompetitorItem, Product

# Of three items without a barcode the owner has looked at one.
DECIDED_OF = 3


def match_some(demo: Demo, by: str) -> None:
    """Match by barcode, and every third of the others as the truth has it."""
    matching.by_barcode()
    rows = {(row.competitor.name, row.name, row.content): row for row in _undecided()}
    skus = {product.sku: product for product in Product.objects.all()}
    named = [
        item for item in competitor_items(demo.products, demo.shelf_prices, demo.calendar.days) if not item.barcode
    ]
    for item in named[::DECIDED_OF]:
        _decide(rows[item.competitor, item.name, item.size], item, demo, skus, by)


def _undecided() -> list[CompetitorItem]:
    return list(matching.undecided().select_related("competitor"))


def _decide(row: CompetitorItem, item: Item, demo: Demo, skus: dict[str, Product], by: str) -> None:
    if item.product is None:
        matching.deny(item=row, by=by)
    else:
        matching.confirm(item=row, product=skus[demo.products[item.product].sku], by=by)
