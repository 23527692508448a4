"""The small drawings as template tags."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString

from insights.charts import svg

register = template.Library()


@register.simple_tag
def spark(values: Sequence[svg.Value], usual: svg.Value = None, label: str = "") -> SafeString:
    return svg.spark(values, usual, label)


@register.simple_tag
def hours(values: Sequence[svg.Value], labels: Sequence[str], note: str = "", label: str = "") -> SafeString:
    return svg.hours(values, labels, note, label)


@register.simple_tag
def change_bar(value: svg.Value, largest: svg.Value) -> SafeString:
    return svg.diverging(value, largest)


@register.filter
def shade(value: svg.Value, largest: svg.Value) -> str:
    return svg.shade(value, largest)
