"""Small drawings made by the server, and the first paint of every large chart.

Nothing here uses a style attribute: colours are classes of app.css, sizes are SVG attributes.
Boxes are placed in per cent and lines in a stretched view box, so text keeps its size on a phone.
Numbers become float only to be drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

Value = Decimal | int | float | None

NOTHING = mark_safe("")


def short(value: float) -> str:
    """Short and stable: 12.5, 3, never 1e-05 or -0."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def nice_top(largest: float, steps: int = 4) -> float:
    """The end of an axis: the next round number that `steps` even parts divide well."""
    if largest <= 0:
        return float(steps)
    part = largest / steps
    size = 10.0 ** math.floor(math.log10(part))
    for factor in (1, 1.5, 2, 2.5, 5, 10):
        if part <= factor * size * (1 + 1e-9):
            return factor * size * steps
    return 10 * size * steps


def runs(values: Sequence[Value]) -> Iterable[list[tuple[int, float]]]:
    """Unbroken stretches of known values, so that a gap stays a gap."""
    stretch: list[tuple[int, float]] = []
    for index, value in enumerate(values):
        if value is not None:
            stretch.append((index, float(value)))
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def spark(values: Sequence[Value], usual: Value = None, label: str = "") -> SafeString:
    """A line the size of a word, dotted where usual is. Empty when nothing is known."""
    known = [float(v) for v in (*values, usual) if v is not None]
    if not any(v is not None for v in values):
        return NOTHING
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    width = max(len(values) - 1, 1)

    def at(index: int, value: float) -> str:
        return f"{short(1 + 158 * index / width)},{short(32 - 28 * (value - low) / span)}"

    shapes = []
    for stretch in runs(values):
        points = " ".join(at(i, v) for i, v in stretch)
        first, last = (short(1 + 158 * stretch[i][0] / width) for i in (0, -1))
        shapes.append(format_html('<polygon class="a" points="{},36 {} {},36"/>', first, points, last))
        shapes.append(format_html('<polyline class="l" points="{}"/>', points))
    if usual is not None:
        y = short(32 - 28 * (float(usual) - low) / span)
        shapes.insert(0, format_html('<line class="b" x1="0" x2="160" y1="{}" y2="{}"/>', y, y))
    return format_html(
        '<svg class="spark" viewBox="0 0 160 36" preserveAspectRatio="none" {}>{}</svg>',
        _role(label),
        mark_safe("".join(shapes)),
    )


def _role(label: str) -> SafeString:
    if not label:
        return mark_safe('aria-hidden="true"')
    return format_html('role="img" aria-label="{}"', label)


def line(
    series: Sequence[Sequence[Value]],
    compare: Sequence[Value] = (),
    *,
    unfinished: bool = False,
    y_labels: Sequence[tuple[float, str]],
    x_labels: Sequence[str],
    label: str,
) -> SafeString:
    """Lines over the same steps. `compare` is dotted; the last step is dashed while unfinished."""
    low, high = y_labels[0][0], y_labels[-1][0]
    steps = max(len(x_labels) - 1, 1)

    def shape(values: Sequence[Value], css: str) -> SafeString:
        parts = []
        for stretch in runs(values):
            points = " ".join(
                f"{short(1000 * i / steps)},{short(100 - 100 * (v - low) / (high - low))}" for i, v in stretch
            )
            parts.append(format_html('<polyline class="l {}" points="{}"/>', css, points))
        return mark_safe("".join(parts))

    drawn = [shape(compare, "was")]
    for index, values in enumerate(series, start=1):
        done, open_end = split_open(values, unfinished=unfinished)
        drawn += [shape(done, f"c{index}"), shape(open_end, f"c{index} open")]
    return format_html(
        '<svg class="draw" role="img" aria-label="{}">{}{}'
        '<svg viewBox="0 0 1000 100" preserveAspectRatio="none" width="100%" height="100%" overflow="visible">'
        "{}</svg></svg>",
        label,
        y_axis(y_labels),
        x_axis(x_labels),
        mark_safe("".join(drawn)),
    )


def split_open(values: Sequence[Value], *, unfinished: bool) -> tuple[list[Value], list[Value]]:
    """The finished part, and the last step alone (both hold every place; the rest is None)."""
    if not unfinished or len(values) < 2:
        return list(values), []
    return [*values[:-1], None], [None] * (len(values) - 2) + list(values[-2:])


def y_axis(labels: Sequence[tuple[float, str]]) -> SafeString:
    low, high = labels[0][0], labels[-1][0]

    def at(value: float) -> str:
        return short(100 - 100 * (value - low) / (high - low)) + "%"

    return format_html_join(
        "",
        '<line class="{}" x1="0" x2="100%" y1="{}" y2="{}"/>'
        '<text x="0" dx="-8" y="{}" dy="4" text-anchor="end">{}</text>',
        (("zero" if v == 0 else "ax", at(v), at(v), at(v), text) for v, text in labels),
    )


def x_axis(labels: Sequence[str], most: int = 8) -> SafeString:
    """At most `most` labels; every second one gives way on a narrow card."""
    every = max(1, math.ceil(len(labels) / most))
    shown = [(i, text) for i, text in enumerate(labels) if i % every == 0]
    steps = max(len(labels) - 1, 1)
    return format_html_join(
        "",
        '<text class="{}" x="{}%" y="100%" dy="18" text-anchor="middle">{}</text>',
        (("opt" if n % 2 else "x", short(100 * i / steps), text) for n, (i, text) in enumerate(shown)),
    )


def columns(
    values: Sequence[Value], *, y_labels: Sequence[tuple[float, str]], x_labels: Sequence[str], label: str
) -> SafeString:
    """Upright bars from zero, one for each label."""
    low, high = y_labels[0][0], y_labels[-1][0]
    slot = 100 / max(len(values), 1)
    zero = 100 - 100 * (0 - low) / (high - low)

    def bar(index: int, value: float) -> tuple[str, ...]:
        top = 100 - 100 * (max(value, 0) - low) / (high - low)
        size = 100 * abs(value) / (high - low)
        return short(slot * (index + 0.15)), short(top if value >= 0 else zero), short(slot * 0.7), short(size)

    drawn = format_html_join(
        "",
        '<rect class="bar" x="{}%" y="{}%" width="{}%" height="{}%" rx="2"/>',
        (bar(i, float(v)) for i, v in enumerate(values) if v is not None),
    )
    return format_html(
        '<svg class="draw" role="img" aria-label="{}">{}{}{}</svg>',
        label,
        y_axis(y_labels),
        drawn,
        _slot_labels(x_labels),
    )


def _slot_labels(labels: Sequence[str], most: int = 12) -> SafeString:
    every = max(1, math.ceil(len(labels) / most))
    slot = 100 / max(len(labels), 1)
    return format_html_join(
        "",
        '<text class="{}" x="{}%" y="100%" dy="16" text-anchor="middle">{}</text>',
        (
            ("opt" if (i // every) % 2 else "x", short(slot * (i + 0.5)), text)
            for i, text in enumerate(labels)
            if i % every == 0
        ),
    )


def hours(values: Sequence[Value], labels: Sequence[str], note: str = "", label: str = "") -> SafeString:
    """A bar for each hour; the busiest is solid and carries `note`."""
    known = [float(v or 0) for v in values]
    high = max(known, default=0) or 1.0
    peak = known.index(max(known)) if any(known) else -1
    slot = 100 / max(len(known), 1)
    drawn = format_html_join(
        "",
        '<rect class="bar {}" x="{}%" y="{}%" width="{}%" height="{}%" rx="2"/>',
        (
            (
                "peak" if i == peak else "pale",
                short(slot * (i + 0.1)),
                short(100 - 100 * v / high),
                short(slot * 0.8),
                short(100 * v / high),
            )
            for i, v in enumerate(known)
            if v > 0
        ),
    )
    top = NOTHING
    if note and peak >= 0:
        place = short(slot * (peak + 0.5))
        top = format_html('<text class="note" x="{}%" y="0" dy="-4" text-anchor="middle">{}</text>', place, note)
    return format_html(
        '<svg class="draw hours" {}>{}{}{}</svg>', _role(label), drawn, top, _slot_labels(labels, most=6)
    )


def diverging(value: Value, largest: Value) -> SafeString:
    """One bar from the middle: right is more, left is less. `largest` is the longest bar's value."""
    size = 0.0 if not value or not largest else min(50 * abs(float(value)) / abs(float(largest)), 50)
    less = value is not None and value < 0
    return format_html(
        '<svg class="draw" aria-hidden="true"><rect class="{}" x="{}%" y="15%" width="{}%" height="70%" rx="2"/>'
        '<line class="zero" x1="50%" x2="50%" y1="0" y2="100%"/></svg>',
        "less" if less else "more",
        short(50 - size if less else 50),
        short(size),
    )


def shade(value: Value, largest: Value) -> str:
    """The class of a heat table cell: h0 (nothing) to h9 (the largest)."""
    if not value or not largest or value <= 0:
        return "h0"
    return f"h{min(9, max(1, math.ceil(9 * float(value) / float(largest))))}"
