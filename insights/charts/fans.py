"""What was sold and what is expected: a line that opens into bands. And the same for stock that runs down.

The narrow band holds 5 days in 10, the wide one 8; dashed is always expected. Shaded spans say why a stretch is
unlike the others: a promotion, an empty shelf.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from insights.charts import svg
from insights.charts.figures import Chart, Number, Unit, plotted, step_name, tick_name, y_ticks

PROMOTION, OUT_OF_STOCK = "promo", "out"
_SPAN_WORDS = {PROMOTION: "Promotion", OUT_OF_STOCK: "Out of stock"}
_SPAN_COLORS = {PROMOTION: "--chart-3", OUT_OF_STOCK: "--chart-2"}
_CLEAR = {"width": 0}


@dataclass(frozen=True, slots=True)
class Expected:
    """The days after the known ones: the mean and its two bands, one number a day each."""

    mean: Sequence[Number]
    low50: Sequence[Number]
    high50: Sequence[Number]
    low80: Sequence[Number]
    high80: Sequence[Number]


@dataclass(frozen=True, slots=True)
class Span:
    """Days to shade, both included; `kind` is PROMOTION or OUT_OF_STOCK."""

    kind: str
    first: dt.date
    last: dt.date


def fan(
    title: str,
    first: dt.date,
    sold: Sequence[Number | None],
    expected: Expected,
    unit: Unit,
    *,
    spans: Sequence[Span] = (),
    word: str = "Sold",
    summary: str = "",
    today: dt.date | None = None,
) -> Chart:
    """Sold day by day from `first`, then what is expected of the days after."""
    days = [first + dt.timedelta(days=i) for i in range(len(sold) + len(expected.mean))]
    spans = _within(spans, days)
    today = today or days[len(sold) - 1]
    ticks = y_ticks([*sold, *expected.mean, *expected.high80], unit)
    return Chart(
        title=title,
        figure=_figure(days, sold, expected, unit, ticks, spans, word),
        svg=_drawing(days, sold, expected, ticks, spans, f"{title}. {summary}"),
        summary=summary,
        columns=("Day", word, "Expected", "5 times in 10", "8 times in 10"),
        rows=_rows(days, sold, expected, unit, today),
        legend=_legend(spans, word),
    )


def _within(spans: Sequence[Span], days: Sequence[dt.date]) -> list[Span]:
    """The part of each span that is on the chart."""
    cut = [Span(s.kind, max(s.first, days[0]), min(s.last, days[-1])) for s in spans]
    return [span for span in cut if span.first <= span.last]


def _legend(spans: Sequence[Span], word: str) -> tuple[tuple[str, str], ...]:
    shaded = tuple((f"key-{kind}", _SPAN_WORDS[kind]) for kind in _SPAN_WORDS if any(s.kind == kind for s in spans))
    keys = ("c1", word), ("c1 open", "Expected"), ("key-band50", "5 times in 10"), ("key-band80", "8 times in 10")
    return (*keys, *shaded)


def _rows(
    days: Sequence[dt.date], sold: Sequence[Number | None], e: Expected, unit: Unit, today: dt.date
) -> tuple[tuple[str, ...], ...]:
    names = [step_name(day, "day", today) for day in days]
    past = tuple((name, unit.write(value), "", "", "") for name, value in zip(names, sold, strict=False))
    ranges = zip(e.mean, e.low50, e.high50, e.low80, e.high80, strict=True)
    coming = tuple(
        (name, "", unit.write(mean), f"{unit.write(a)} to {unit.write(b)}", f"{unit.write(c)} to {unit.write(d)}")
        for name, (mean, a, b, c, d) in zip(names[len(sold) :], ranges, strict=True)
    )
    return past + coming


# --- The server's drawing ------------------------------------------------------------------------------------------


def _drawing(
    days: Sequence[dt.date],
    sold: Sequence[Number | None],
    e: Expected,
    ticks: Sequence[tuple[float, str]],
    spans: Sequence[Span],
    label: str,
) -> SafeString:
    low, high, steps = ticks[0][0], ticks[-1][0], max(len(days) - 1, 1)

    def at(index: int, value: Number) -> str:
        return f"{svg.short(1000 * index / steps)},{svg.short(100 - 100 * (float(value) - low) / (high - low))}"

    start, last = len(sold), next((v for v in reversed(sold) if v is not None), None)
    drawn = [_shading(days, spans, steps)]
    drawn += [
        band(list(enumerate(lows, start)), list(enumerate(highs, start)), at, css)
        for lows, highs, css in ((e.low80, e.high80, "band80"), (e.low50, e.high50, "band50"))
    ]
    drawn += [
        format_html('<polyline class="l c1" points="{}"/>', " ".join(at(i, Decimal(str(v))) for i, v in stretch))
        for stretch in svg.runs(sold)
    ]
    ahead = [(start - 1, last)] if last is not None else []
    ahead += list(enumerate(e.mean, start))
    drawn.append(format_html('<polyline class="l c1 open" points="{}"/>', " ".join(at(i, v) for i, v in ahead)))
    return format_html(
        '<svg class="draw" role="img" aria-label="{}">{}{}'
        '<svg viewBox="0 0 1000 100" preserveAspectRatio="none" width="100%" height="100%" overflow="visible">'
        "{}</svg></svg>",
        label,
        svg.y_axis(ticks),
        svg.x_axis([tick_name(day, "day") for day in days]),
        mark_safe("".join(drawn)),
    )


def _shading(days: Sequence[dt.date], spans: Sequence[Span], steps: int) -> SafeString:
    """Upright stripes, half a day wider on both sides so that a single day is seen."""

    def left(span: Span) -> float:
        return 1000 * max((span.first - days[0]).days - 0.5, 0) / steps

    def right(span: Span) -> float:
        return 1000 * min((span.last - days[0]).days + 0.5, steps) / steps

    return format_html_join(
        "",
        '<rect class="span-{}" x="{}" y="0" width="{}" height="100"/>',
        ((s.kind, svg.short(left(s)), svg.short(right(s) - left(s))) for s in spans),
    )


def band(lows: Sequence[tuple[int, Any]], highs: Sequence[tuple[int, Any]], at: Any, css: str) -> SafeString:
    """The area between two lines of (step, value)."""
    points = [at(i, v) for i, v in highs] + [at(i, v) for i, v in reversed(lows)]
    return format_html('<polygon class="{}" points="{}"/>', css, " ".join(points))


# --- The figure Plotly takes over ----------------------------------------------------------------------------------


def _figure(
    days: Sequence[dt.date],
    sold: Sequence[Number | None],
    e: Expected,
    unit: Unit,
    ticks: Sequence[tuple[float, str]],
    spans: Sequence[Span],
    word: str,
) -> dict[str, Any]:
    x = [day.isoformat() for day in days]
    past, coming = x[: len(sold)], x[len(sold) :]
    base = {"type": "scatter", "mode": "lines"}
    data = [
        base | {"x": coming, "y": plotted(values), "line": _CLEAR, "hoverinfo": "skip"} | fill
        for values, fill in (
            (e.high80, {}),
            (e.low80, {"fill": "tonexty", "fillcolor": "--chart-band"}),
            (e.high50, {}),
            (e.low50, {"fill": "tonexty", "fillcolor": "--chart-band"}),
        )
    ]
    line = {"color": "--chart-1", "width": 2.25}
    hover = unit.template()
    data.append(base | {"name": word, "x": past, "y": plotted(sold), "line": line, "hovertemplate": hover})
    # The dashed line begins where the other ends; that point is in the first one's hover already.
    joined = base | {"name": "Expected", "x": [*past[-1:], *coming], "y": plotted([*sold[-1:], *e.mean])}
    data.append(
        joined | {"line": line | {"dash": "dash"}, "hovertemplate": ["<extra></extra>", *[hover] * len(coming)]}
    )
    shapes = [
        {
            "type": "rect", "layer": "below", "yref": "paper", "y0": 0, "y1": 1, "line": {"width": 0}, "opacity": 0.14,
            "x0": f"{span.first - dt.timedelta(days=1)}T12:00", "x1": f"{span.last}T12:00",
            "fillcolor": _SPAN_COLORS[span.kind],
        }
        for span in spans
    ]  # fmt: skip
    layout = {
        "xaxis": {"type": "date", "tickformat": "%-d %b", "hoverformat": "%a %-d %b"},
        "yaxis": {
            "tickvals": [value for value, _ in ticks],
            "ticktext": [text for _, text in ticks],
            "range": [ticks[0][0], ticks[-1][0]],
        },
        "shapes": shapes,
    }
    return {"data": data, "layout": layout}


# --- Stock until the next delivery ---------------------------------------------------------------------------------


def projection(
    labels: Sequence[str],
    stock: Sequence[Number],
    low: Sequence[Number],
    high: Sequence[Number],
    unit: Unit,
    *,
    delivery: int | None = None,
    label: str = "",
) -> SafeString:
    """Stock step by step with its range; `delivery` is the step at which goods would come, as an upright line.

    What cannot be sold is not below nothing: values under zero are drawn at zero.
    """
    ticks = y_ticks([max(value, Decimal(0)) for value in (*stock, *high)], unit, steps=2)
    top, steps = ticks[-1][0], max(len(stock) - 1, 1)

    def at(index: int, value: Number) -> str:
        return f"{svg.short(1000 * index / steps)},{svg.short(100 - 100 * max(float(value), 0) / top)}"

    drawn = [band(list(enumerate(low)), list(enumerate(high)), at, "band80")]
    drawn.append(
        format_html('<polyline class="l c1 open" points="{}"/>', " ".join(at(i, v) for i, v in enumerate(stock)))
    )
    if delivery is not None and 0 <= delivery <= steps:
        place = svg.short(1000 * delivery / steps)
        drawn.append(format_html('<line class="l mark" x1="{}" x2="{}" y1="0" y2="100"/>', place, place))
    return format_html(
        '<svg class="draw" role="img" aria-label="{}">{}{}'
        '<svg viewBox="0 0 1000 100" preserveAspectRatio="none" width="100%" height="100%" overflow="visible">'
        "{}</svg></svg>",
        label,
        svg.y_axis(ticks),
        svg.x_axis(labels, most=5),
        mark_safe("".join(drawn)),
    )
