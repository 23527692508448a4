"""A past for the tests of analyses: many days of sales in a few statements."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from insights.analyses.forecast.inputs import Inputs
from insights.analyses.forecast.outcome import Bands, Sums, summed
from insights.analyses.forecast.panel import Forecasts, Score, Totals
from inventory.models import Product
from sales import rollups
from sales.models import Sale, SaleLine
from shop.models import Branch, Shop
from shop.tenancy import use_shop

PRICE = Decimal(2)
Units = Mapping[tuple[str, str], Sequence[float]]


def book(shop: Shop, first: dt.date, units: Units) -> None:
    """Day summaries from `first` on: units by (branch, SKU), a number a day; 0 books nothing."""
    with use_shop(shop):
        branches = {row.name: row for row in Branch.objects.all()}
        products = {row.sku: row for row in Product.objects.all()}
        days: dict[tuple[str, int], list[tuple[str, float]]] = defaultdict(list)
        for (branch, sku), amounts in units.items():
            for number, amount in enumerate(amounts):
                if amount:
                    days[branch, number].append((sku, amount))
        keys = sorted(days)
        sales = Sale.objects.bulk_create(
            _document(branches[branch], first + dt.timedelta(days=number), days[branch, number])
            for branch, number in keys
        )
        SaleLine.objects.bulk_create(
            _line(sale, products[sku], amount)
            for sale, key in zip(sales, keys, strict=True)
            for sku, amount in days[key]
        )
        rollups.mark_dirty((sale.branch_id, sale.business_date) for sale in sales)


def _document(branch: Branch, day: dt.date, lines: list[tuple[str, float]]) -> Sale:
    return Sale(
        uuid=uuid.uuid4(),
        kind=Sale.Kind.SUMMARY,
        source="test",
        branch=branch,
        sold_at=dt.datetime.combine(day, dt.time(12), dt.UTC),
        business_date=day,
        total=Decimal(0),
        line_count=len(lines),
        fingerprint="",
        received_at=dt.datetime.combine(day, dt.time(12), dt.UTC),
    )


def _line(sale: Sale, product: Product, amount: float) -> SaleLine:
    quantity = Decimal(str(amount))
    return SaleLine(
        sale=sale, product=product, name=product.name, quantity=quantity, unit_price=PRICE, net=quantity * PRICE
    )


def added_up(made: Inputs, bands: Bands) -> Sums:
    """Totals whose bands are the sums of their products' bands."""
    without = len(made.categories)
    places = np.where(made.category_at < 0, without, made.category_at)
    keys = [(None, None), *((at, None) for at in sorted({*made.branch_at.tolist()}))]
    keys += sorted({*zip(made.branch_at.tolist(), places.tolist(), strict=True)})
    rows = [((made.branch_at == at) | (at is None)) & ((places == of) | (of is None)) for at, of in keys]
    # One step a day: what is summed in steps is summed in days.
    sums = {name: np.array([of[row].sum(axis=0) for row in rows]) for name, of in bands.items()}
    scores = tuple(Score(wape=0.1) for _ in rows)
    forecasts = Forecasts(**sums, model=("total",) * len(rows), scores=scores, overall=Score())
    return summed(made, bands, Totals(tuple(at for at, _ in keys), tuple(of for _, of in keys), forecasts))
