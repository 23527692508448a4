"""Drawings of the decision ledger: a result with its range beside zero, and what was said beside what came."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from insights.charts.svg import short, y_axis

Number = Decimal | float


def reach(values: Sequence[Number]) -> tuple[float, float]:
    """The ends of a scale that holds these values and zero, with a little room."""
    low, high = min([0.0, *map(float, values)]), max([0.0, *map(float, values)])
    room = 0.04 * ((high - low) or 1.0)
    return low - room, high + room


def interval(middle: Number, low: Number, high: Number, scale: tuple[float, float]) -> SafeString:
    """A dot with its range on a scale, and where zero is."""
    begin, end = scale

    def at(value: Number) -> str:
        return short(100 * (min(max(float(value), begin), end) - begin) / ((end - begin) or 1.0)) + "%"

    side = "less" if middle < 0 else "more"
    return format_html(
        '<svg class="draw" aria-hidden="true"><line class="zero" x1="{}" x2="{}" y1="0" y2="100%"/>'
        '<line class="l {}" x1="{}" x2="{}" y1="50%" y2="50%"/><circle class="{}" cx="{}" cy="50%" r="4.5"/></svg>',
        at(0), at(0), "c2" if middle < 0 else "c1", at(low), at(high), side, at(middle),
    )  # fmt: skip


def calibration(points: Sequence[tuple[float, float, float]], label: str) -> SafeString:
    """Points of (said, was, at best) as shares: the line of what was, dotted where a perfect adviser would be."""
    grid = [(0.0, "0%"), (0.25, "25%"), (0.5, "50%"), (0.75, "75%"), (1.0, "100%")]
    ticks = format_html_join(
        "",
        '<text class="x" x="{}%" y="100%" dy="18" text-anchor="middle">{}%</text>',
        ((short(100 * said), short(100 * said)) for said in (0.2, 0.4, 0.6, 0.8)),
    )
    was = " ".join(f"{short(1000 * said)},{short(100 - 100 * share)}" for said, share, _ in points)
    best = " ".join(f"{short(1000 * said)},{short(100 - 100 * share)}" for said, _, share in points)
    dots = format_html_join(
        "",
        '<circle class="bar" cx="{}%" cy="{}%" r="4"/>',
        ((short(100 * said), short(100 - 100 * share)) for said, share, _ in points),
    )
    return format_html(
        '<svg class="draw" role="img" aria-label="{}">{}{}'
        '<svg viewBox="0 0 1000 100" preserveAspectRatio="none" width="100%" height="100%" overflow="visible">'
        '<polyline class="l was" points="{}"/><polyline class="l c1" points="{}"/></svg>{}</svg>',
        label, y_axis(grid), ticks, best, was, dots,
    )  # fmt: skip
