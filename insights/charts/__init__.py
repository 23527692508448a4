"""Charts as pure functions: numbers in, drawing, sentence and table out. No database, no request."""

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
    "Heat",
    "HeatCell",
    "HeatRow",
    "Series",
    "Unit",
    "bars",
    "changes",
    "count",
    "heat",
    "line",
    "money",
    "ratio",
]
