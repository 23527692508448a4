"""What `manage.py export` prints of the analyses: each kind's rows are written where its page's file is."""

from __future__ import annotations

from decimal import Decimal

from insights import forecasts
from insights.screens import competitors, models, outcomes, price_response, prices, reviews, runs, suggestions
from inventory.models import Product
from shop.csvout import Cell
from shop.exports import Export, Rows, leave_out, register_exports
from shop.models import Branch
from shop.periods import Period


def _forecasts(period: Period | None) -> Rows:
    """Products at branches, day by day; all days of the run, or the period's."""
    run = forecasts.latest()
    if run is None:
        return
    branches = dict(Branch.objects.values_list("id", "name"))
    skus = dict(Product.objects.values_list("id", "sku"))
    for row in forecasts.of_products(run):
        place = branches[row.branch or 0], skus[row.product or 0]
        for day, *amounts in zip(row.period, row.mean, row.low80, row.high80, strict=True):
            if period is None or day in period:
                yield *place, day, *map(_amount, amounts), row.model


def _amount(value: float) -> Cell:
    """As it was stored, with at most four decimals, so that a column adds up to the total."""
    return Decimal(str(value).removesuffix(".0"))


leave_out(
    {
        "insights_searchentry": "made again from products and reviews",
        "insights_decisionlink": "links in mails that decide at a press",
        "insights_modelaccess": "keys of models, and how they are reached",
    }
)
register_exports(
    {
        "llm_calls": Export(models.CALL_COLUMNS, models.rows),
        "runs": Export(runs.RUN_COLUMNS, lambda _: runs.run_rows()),
        "suggestions": Export(suggestions.COLUMNS, lambda _: suggestions.rows()),
        "outcomes": Export(outcomes.COLUMNS, lambda _: outcomes.rows()),
        "reviews": Export(reviews.EXPORT_COLUMNS, lambda _: reviews.rows()),
        "price_advice": Export(prices.COLUMNS, lambda _: prices.rows()),
        "elasticities": Export(price_response.COLUMNS, lambda _: price_response.rows()),
        "competitor_prices": Export(competitors.COLUMNS, lambda _: competitors.every_row()),
        "forecasts": Export(("branch", "product", "date", "mean", "low80", "high80", "model"), _forecasts),
    }
)
