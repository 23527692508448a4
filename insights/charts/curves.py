"""A figure over a price, with the range it is known to, and prices worth a mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from insights.charts import svg
from insights.charts.fans import band
from insights.charts.figures import Chart, Number, Unit, plotted, y_ticks
from shop import formats

_CLEAR = {"width": 0}
_FILLED = {"fill": "tonexty", "fillcolor": "--chart-band"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A price to point at: `css` is now or best."""

    name: str
    price: Decimal
    value: Number
    css: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One number a price, in the order of the prices."""

    prices: Sequence[Decimal]
    middle: Sequence[Number]
    low: Sequence[Number]
    high: Sequence[Number]


def curve(title: str, of: Curve, unit: Unit, currency: str, *, marks: Sequence[Mark] = (), summary: str = "") -> Chart:
    """Prices from left to right to scale; the band holds 8 times in 10."""
    ticks = y_ticks([*of.low, *of.middle, *of.high], unit)
    names = [formats.money(price, currency) for price in of.prices]
    rows = zip(names, of.middle, of.low, of.high, strict=True)
    keys = ("c1", "Expected"), ("key-band80", "8 times in 10")
    return Chart(
        title=title,
        figure=_figure(of, unit, ticks, currency, marks),
        svg=_drawing(of, ticks, currency, marks, f"{title}. {summary}"),
        summary=summary,
        columns=("Price", "Expected", "8 times in 10"),
        rows=tuple((name, unit.write(mid), f"{unit.write(a)} to {unit.write(b)}") for name, mid, a, b in rows),
        legend=(*keys, *((f"key-{mark.css}", mark.name) for mark in marks)),
    )


def _drawing(
    of: Curve, ticks: Sequence[tuple[float, str]], currency: str, marks: Sequence[Mark], label: str
) -> SafeString:
    low, high = ticks[0][0], ticks[-1][0]
    first, last = float(of.prices[0]), float(of.prices[-1])
    wide = (last - first) or 1.0

    def place(price: Number) -> str:
        return svg.short(1000 * (float(price) - first) / wide)

    def at(step: int, value: Number) -> str:
        return f"{place(of.prices[step])},{svg.short(100 - 100 * (float(value) - low) / (high - low))}"

    drawn = [band(list(enumerate(of.low)), list(enumerate(of.high)), at, "band80")]
    line = " ".join(at(step, value) for step, value in enumerate(of.middle))
    drawn.append(format_html('<polyline class="l c1" points="{}"/>', line))
    for mark in marks:
        x = place(mark.price)
        drawn.append(format_html('<line class="l {}" x1="{}" x2="{}" y1="0" y2="100"/>', f"at-{mark.css}", x, x))
    shown = [formats.money(Decimal(str(round(first + wide * part / 4, 2))), currency) for part in range(5)]
    return format_html(
        '<svg class="draw" role="img" aria-label="{}">{}{}'
        '<svg viewBox="0 0 1000 100" preserveAspectRatio="none" width="100%" height="100%" overflow="visible">'
        "{}</svg></svg>",
        label,
        svg.y_axis(ticks),
        svg.x_axis(shown, most=5),
        mark_safe("".join(drawn)),
    )


def _figure(
    of: Curve, unit: Unit, ticks: Sequence[tuple[float, str]], currency: str, marks: Sequence[Mark]
) -> dict[str, Any]:
    x = plotted(of.prices)
    base: dict[str, Any] = {"type": "scatter", "mode": "lines", "x": x}
    data = [
        base | {"y": plotted(of.high), "line": _CLEAR, "hoverinfo": "skip"},
        base | {"y": plotted(of.low), "line": _CLEAR, "hoverinfo": "skip"} | _FILLED,
        base
        | {
            "name": "Expected",
            "y": plotted(of.middle),
            "line": {"color": "--chart-1", "width": 2.25},
            "hovertemplate": unit.template(),
        },
    ]
    for mark in marks:
        full = mark.css == "now"
        dot = {"color": "--chart-2", "size": 11, "symbol": "circle" if full else "circle-open", "line": {"width": 2.5}}
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": mark.name,
                "x": [float(mark.price)],
                "y": [float(mark.value)],
                "marker": dot,
                "hovertemplate": unit.template(mark.name),
            }
        )
    symbol, places = formats.symbol(currency), formats.decimals(currency)
    return {
        "data": data,
        "layout": {
            "xaxis": {"tickprefix": symbol, "tickformat": f",.{places}f", "hoverformat": f",.{places}f"},
            "yaxis": {
                "tickvals": [value for value, _ in ticks],
                "ticktext": [text for _, text in ticks],
                "range": [ticks[0][0], ticks[-1][0]],
            },
        },
    }
