"""Drawings of stock: how long it lasts, and what expires when. Shapes only; the words are beside them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

FULL = 21  # days of cover at which the bar is full
WIDE = 96


def cover_bar(days: Decimal | None, target: int | None, *, low: bool) -> SafeString:
    """A bar as long as the stock lasts, with a tick where the next deliveries want it to reach."""
    have = 0.0 if days is None else WIDE * min(float(days), FULL) / FULL
    place = "" if target is None else f"{WIDE * min(target, FULL) / FULL + 2:.1f}"
    tick = format_html('<line class="tick" x1="{0}" x2="{0}" y1="1" y2="15"/>', place) if place else ""
    return format_html(
        '<svg class="cover" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" x="2" y="5" width="96" height="6" rx="3"/>'
        '<rect class="{}" x="2" y="5" width="{}" height="6" rx="3"/>{}</svg>',
        "low" if low else "have",
        f"{have:.1f}",
        tick,
    )


def stacked(labels: Sequence[str], lower: Sequence[Decimal], upper: Sequence[Decimal], label: str) -> SafeString:
    """Two amounts a step on one another, from zero: what should sell, and on top of it what is at risk."""
    top = max((float(a + b) for a, b in zip(lower, upper, strict=True)), default=0.0) or 1.0
    slot = 100 / max(len(labels), 1)
    bars = format_html_join(
        "",
        "{}",
        ((_bar(place, slot, float(a), float(b), top),) for place, (a, b) in enumerate(zip(lower, upper, strict=True))),
    )
    every = 2 if len(labels) > 7 else 1
    names = format_html_join(
        "",
        '<text class="{}" x="{}%" y="100%" dy="16" text-anchor="middle">{}</text>',
        (
            ("" if place % every == 0 else "opt", f"{slot * (place + 0.5):.2f}", name)
            for place, name in enumerate(labels)
        ),
    )
    return format_html(
        '<svg class="draw days" role="img" aria-label="{}">{}'
        '<line class="ax" x1="0" x2="100%" y1="100%" y2="100%"/>{}</svg>',
        label,
        bars,
        names,
    )


def _bar(place: int, slot: float, lower: float, upper: float, top: float) -> SafeString:
    x, wide = slot * (place + 0.15), slot * 0.7
    low, high = 100 * lower / top, 100 * upper / top
    return format_html(
        '<rect class="bar" x="{0}%" y="{1}%" width="{2}%" height="{3}%"/>'
        '<rect class="risk" x="{0}%" y="{4}%" width="{2}%" height="{5}%"/>',
        f"{x:.2f}",
        f"{100 - low:.2f}",
        f"{wide:.2f}",
        f"{low:.2f}",
        f"{100 - low - high:.2f}",
        f"{high:.2f}",
    )
