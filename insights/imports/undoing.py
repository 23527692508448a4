"""What analyses made of goods that came by an import holds none of them when that import is taken back."""

from insights.models import (
    CrossEffect,
    Elasticity,
    ForecastSeries,
    PriceAdvice,
    ReviewAspect,
    ReviewReading,
    SearchEntry,
    Suggestion,
)
from shop.imports import undo_rows

undo_rows.goes_along(SearchEntry, "product")
undo_rows.goes_along(SearchEntry, "review")
undo_rows.goes_along(ForecastSeries, "product")
undo_rows.goes_along(ForecastSeries, "category")
undo_rows.goes_along(ForecastSeries, "branch")
undo_rows.goes_along(Elasticity, "product")
undo_rows.goes_along(CrossEffect, "product")
undo_rows.goes_along(CrossEffect, "other")
undo_rows.goes_along(PriceAdvice, "product")
undo_rows.goes_along(ReviewReading, "review")
undo_rows.goes_along(ReviewAspect, "review")
undo_rows.lets_go(ReviewReading, "product")
undo_rows.lets_go(ReviewReading, "supplier")
# One that nobody decided on, and that nothing came of.
_IS_OPEN = """
x.state in ('open', 'expired', 'replaced')
and not exists (select from insights_decisionlink k where k.suggestion_id = x.id)
and not exists (select from insights_outcome o where o.suggestion_id = x.id)
"""
for _link in ("product", "branch", "supplier"):
    undo_rows.goes_along(Suggestion, _link, _IS_OPEN)
