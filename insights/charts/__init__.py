"""Charts as pure functions: numbers in, drawing, sentence and table out. No database, no request."""

from insights.charts.fans import Expected, Span, fan, projection
from insights.charts.figures import (
    Change,
    Chart,
    Heat,
    HeatCell,
    HeatRow,
    Series,
    Unit,
    bars,
    changes,
    count,
    heat,
    line,
    money,
    ratio,
)

__all__ = [
    "Change",
    "Chart",
    "Expected",
    "Heat",
    "HeatCell",
    "HeatRow",
    "Series",
    "Span",
    "Unit",
    "bars",
    "changes",
    "count",
    "fan",
    "heat",
    "line",
    "money",
    "projection",
    "ratio",
]
