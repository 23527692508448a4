"""Charts for a page: a Plotly figure, its first paint as SVG, one sentence and a table of the same numbers.

Figures use only scatter and bar, and name colours as tokens ("--chart-1") which the page resolves,
so that light and dark need one figure. At most four series; comparison is dotted grey; an unfinished
last step is dashed. Money axes always show zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString

from insights.charts import svg
from shop import formats

Number = Decimal | int
MOST_SERIES = 4


@dataclass(frozen=True)
class Unit:
    """How a measure's numbers are written in words, and how Plotly is told to write them."""

    write: Callable[[Number | None], str]
    prefix: str = ""
    tick: str = ",.0f"
    hover: str = ",.0f"

    def template(self, name: str = "") -> str:
        """Plotly's words for one point."""
        return f"{self.prefix}%{{y:{self.hover}}}" + (f" {name}" if name else "")


def money(currency: str) -> Unit:
    places = formats.decimals(currency)
    return Unit(lambda v: formats.money(v, currency), formats.symbol(currency), ",~f", f",.{places}f")


def count() -> Unit:
    return Unit(formats.units, tick=",~f", hover=",~f")


def ratio() -> Unit:
    """A share, 0.279 is 28%."""
    return Unit(formats.percent, tick=".0%", hover=".1%")


@dataclass(frozen=True)
class Series:
    name: str
    values: Sequence[Number | None]


@dataclass(frozen=True)
class Chart:
    """All that components/chart.html needs. `rows` are written numbers; `links` lead from each row."""

    title: str
    figure: dict[str, Any]
    svg: SafeString
    summary: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: tuple[tuple[str, str], ...] = ()
    links: tuple[str, ...] = ()

    @property
    def table(self) -> list[dict[str, Any]]:
        links = self.links or ("",) * len(self.rows)
        return [{"cells": cells, "url": url} for cells, url in zip(self.rows, links, strict=True)]


def step_name(day: date, step: str, today: date) -> str:
    """What a point stands for: a day, the week from a day, or a month."""
    if step == "month":
        return f"{formats.MONTHS[day.month - 1]} {day.year}"
    if step == "week":
        return f"Week of {formats.day_of_month(day, today)}"
    return formats.day(day, today)


def tick_name(day: date, step: str) -> str:
    month = formats.MONTHS[day.month - 1][:3]
    return f"{month} {day:%y}" if step == "month" else f"{day.day} {month}"


def line(
    title: str,
    days: Sequence[date],
    series: Sequence[Series],
    unit: Unit,
    *,
    compare: Series | None = None,
    step: str = "day",
    unfinished: bool = False,
    links: Sequence[str] = (),
    summary: str = "",
    today: date | None = None,
) -> Chart:
    """A trend. `today` only decides whether years are written (default: the last day)."""
    _at_most_four(series)
    today = today or (days[-1] if days else date.today())
    names = [step_name(day, step, today) for day in days]
    everything = [*series, *([compare] if compare else [])]
    summary = summary or extremes(series[0], names, unit, len(days) - bool(unfinished and len(days) > 1))
    ticks = y_ticks([v for s in everything for v in s.values], unit)
    return Chart(
        title=title,
        figure=_line_figure(days, series, unit, ticks, step, compare=compare, unfinished=unfinished, links=links),
        svg=svg.line(
            [s.values for s in series],
            compare.values if compare else (),
            unfinished=unfinished,
            y_labels=ticks,
            x_labels=[tick_name(day, step) for day in days],
            label=f"{title}. {summary}",
        ),
        summary=summary,
        columns=(step.capitalize(), *(s.name for s in everything)),
        rows=_rows(names, everything, unit),
        legend=_legend(series, compare, unfinished=unfinished),
        links=tuple(links),
    )


def _line_figure(
    days: Sequence[date],
    series: Sequence[Series],
    unit: Unit,
    ticks: Sequence[tuple[float, str]],
    step: str,
    *,
    compare: Series | None,
    unfinished: bool,
    links: Sequence[str],
) -> dict[str, Any]:
    traces = [_compared(compare, days, unit)] if compare else []
    for index, one in enumerate(series, start=1):
        traces += _traces(one, days, unit, f"--chart-{index}", unfinished=unfinished, links=links)
    return {"data": traces, "layout": _layout(unit, ticks, step)}


def bars(
    title: str,
    labels: Sequence[str],
    series: Series,
    unit: Unit,
    *,
    first: str = "",
    links: Sequence[str] = (),
    summary: str = "",
) -> Chart:
    """Upright bars from zero. `first` heads the label column of the table."""
    summary = summary or extremes(series, labels, unit)
    ticks = y_ticks(series.values, unit)
    trace: dict[str, Any] = {
        "type": "bar",
        "name": series.name,
        "x": list(labels),
        "y": plotted(series.values),
        "marker": {"color": "--chart-1"},
        "hovertemplate": unit.template() + "<extra></extra>",
    }
    if links:
        trace["customdata"] = list(links)
    return Chart(
        title=title,
        figure={"data": [trace], "layout": _layout(unit, ticks, "") | {"bargap": 0.3}},
        svg=svg.columns(series.values, y_labels=ticks, x_labels=labels, label=f"{title}. {summary}"),
        summary=summary,
        columns=(first, series.name),
        rows=_rows(labels, [series], unit),
        links=tuple(links),
    )


def plotted(values: Sequence[svg.Value]) -> list[float | None]:
    """Only the drawing is float; the table keeps the exact amounts."""
    return [None if v is None else float(v) for v in values]


def extremes(series: Series, names: Sequence[str], unit: Unit, finished: int | None = None) -> str:
    """One plain sentence that is true of any measure. Only the first `finished` steps are judged."""
    known = [(v, n) for v, n in zip(series.values[:finished], names, strict=False) if v is not None]
    if not known:
        return "Nothing is known for these days."
    high, low = max(known, key=lambda p: p[0]), min(known, key=lambda p: p[0])
    if high[0] == low[0]:
        return f"{series.name} stayed at {unit.write(high[0])}."
    return f"{series.name}: most {unit.write(high[0])} ({high[1]}), least {unit.write(low[0])} ({low[1]})."


def y_ticks(values: Sequence[Number | None], unit: Unit, steps: int = 4) -> list[tuple[float, str]]:
    """Even steps from zero (or below, where there are losses) to a round number above the largest."""
    known = [float(v) for v in values if v is not None]
    high, low = max([0.0, *known]), min([0.0, *known])
    size = svg.nice_top(max(high, -low), steps) / steps
    down = -int(low // size) if low < 0 else 0
    up = max(-int(-high // size), 0 if down else 1)
    return [(i * size, _tick(i * size, size, unit)) for i in range(-down, up + 1)]


def _tick(value: float, size: float, unit: Unit) -> str:
    if unit.tick.endswith("%"):
        return formats.percent(Decimal(str(round(value, 6))))
    places = 0 if size >= 1 and float(size).is_integer() else 2 if unit.prefix else 1
    return formats.number(Decimal(str(round(value, 6))), places, before=unit.prefix)


def _at_most_four(series: Sequence[Series]) -> None:
    if not 1 <= len(series) <= MOST_SERIES:
        raise ValueError("A chart holds one to four series; put the rest into one called Other.")


def _compared(compare: Series, days: Sequence[date], unit: Unit) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": compare.name,
        "x": [day.isoformat() for day in days],
        "y": plotted(compare.values),
        "line": {"color": "--chart-muted", "width": 1.5, "dash": "dot"},
        "hovertemplate": unit.template(),
    }


def _traces(
    one: Series, days: Sequence[date], unit: Unit, color: str, *, unfinished: bool, links: Sequence[str]
) -> list[dict[str, Any]]:
    done, open_end = svg.split_open(one.values, unfinished=unfinished)
    base: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines+markers" if len(days) < 3 else "lines",
        "name": one.name,
        "x": [day.isoformat() for day in days],
        "connectgaps": False,
        "hovertemplate": unit.template(),
    }
    if links:
        base["customdata"] = list(links)
    traces = [base | {"y": plotted(done), "line": {"color": color, "width": 2.25}}]
    if open_end:
        # The step before last joins the two lines and is already in the first one's hover.
        templates = ["<extra></extra>"] * (len(days) - 1) + [unit.template("so far")]
        traces.append(
            base
            | {
                "y": plotted(open_end),
                "line": {"color": color, "width": 2.25, "dash": "dash"},
                "hovertemplate": templates,
            }
        )
    return traces


def _layout(unit: Unit, ticks: Sequence[tuple[float, str]], step: str) -> dict[str, Any]:
    x: dict[str, Any] = {}
    if step:
        words = "%b %y" if step == "month" else "%-d %b"
        hover = "%B %Y" if step == "month" else "%a %-d %b"
        x = {"type": "date", "tickformat": words, "hoverformat": hover}
    else:
        x = {"type": "category"}
    return {
        "xaxis": x,
        "yaxis": {
            "tickvals": [value for value, _ in ticks],
            "ticktext": [text for _, text in ticks],
            "range": [ticks[0][0], ticks[-1][0]],
        },
    }


def _rows(names: Sequence[str], series: Sequence[Series], unit: Unit) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (name, *(unit.write(value) for value in values))
        for name, *values in zip(names, *(s.values for s in series), strict=True)
    )


def _legend(series: Sequence[Series], compare: Series | None, *, unfinished: bool) -> tuple[tuple[str, str], ...]:
    """Pairs of line class and words."""
    keys = [(f"c{i}", s.name) for i, s in enumerate(series, start=1)]
    if unfinished:
        keys.append(("c1 open", "Not finished"))
    if compare:
        keys.append(("was", compare.name))
    return tuple(keys)


@dataclass(frozen=True)
class Change:
    """One part of a difference: its name, the written amount and its bar."""

    name: str
    text: str
    bar: SafeString
    less: bool
    url: str = ""


def changes(parts: Sequence[tuple[str, Number, str]], write: Callable[[Number], str], *, most: int = 8) -> list[Change]:
    """Contribution to a change, largest first; what does not fit is one row called Other.

    Parts are (name, difference, url); the differences always add up to the whole.
    """
    ordered = sorted(parts, key=lambda part: -abs(Decimal(part[1])))
    if len(ordered) > most:
        rest = sum((part[1] for part in ordered[most - 1 :]), Decimal(0))
        ordered = [*ordered[: most - 1], ("Other", rest, "")]
    largest = max((abs(Decimal(part[1])) for part in ordered), default=Decimal(0))
    return [Change(name, write(value), svg.diverging(value, largest), value < 0, url) for name, value, url in ordered]


@dataclass(frozen=True)
class HeatCell:
    text: str
    shade: str
    title: str
    url: str = ""


@dataclass(frozen=True)
class HeatRow:
    name: str
    cells: Sequence[HeatCell]


@dataclass(frozen=True)
class Heat:
    caption: str
    columns: Sequence[str]
    rows: Sequence[HeatRow] = field(default_factory=tuple)


def heat(
    caption: str,
    columns: Sequence[str],
    rows: Sequence[tuple[str, Sequence[Number | None]]],
    write: Callable[[Number | None], str],
    *,
    full: Callable[[Number | None], str] | None = None,
    url: Callable[[str, str], str] | None = None,
) -> Heat:
    """A shaded table. `write` makes the short text in a cell, `full` the words of its title."""
    largest = max((v for _, values in rows for v in values if v is not None), default=Decimal(0))

    def cell(row: str, column: str, value: Number | None) -> HeatCell:
        words = f"{row} {column}: {(full or write)(value)}"
        return HeatCell(write(value), svg.shade(value, largest), words, url(row, column) if url and value else "")

    return Heat(
        caption,
        columns,
        [HeatRow(name, [cell(name, c, v) for c, v in zip(columns, values, strict=True)]) for name, values in rows],
    )
