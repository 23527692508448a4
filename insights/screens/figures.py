"""Numbers of the registry as people read them: written values, cards and chart units. One place for all pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString

from insights import charts
from insights.changes import SAME, ratio
from insights.charts import svg
from sales.measures import MEASURES, Measure, Sums
from shop import formats
from shop.roles import may


@dataclass(frozen=True, slots=True)
class Card:
    """A measure's number beside what is usual, for components/kpi.html."""

    key: str
    label: str
    value: str
    definition: str
    delta: str = ""
    direction: str = ""
    verdict: str = ""
    usual: str = ""
    note: str = ""
    spark: SafeString = svg.NOTHING
    url: str = ""
    picked: bool = False
    warning: str = ""


def allowed(keys: Iterable[str], role: str) -> list[Measure]:
    """The measures of these keys that the role may see."""
    return [MEASURES[key] for key in keys if may(role, MEASURES[key].needs)]


def write(measure: Measure, value: Decimal | None, currency: str) -> str:
    """The number as a headline."""
    if measure.unit == "money":
        return formats.money_short(value, currency)
    if measure.unit == "share":
        return formats.UNKNOWN if value is None else formats.number(value * 100, 1) + "%"
    if measure.unit == "count" or (value is not None and abs(value) >= 100):
        return formats.number(value)
    return formats.units(None if value is None else formats.rounded(value, 1))


def exact(measure: Measure, value: Decimal | None, currency: str) -> str:
    """The number as a table has it: to the cent."""
    if measure.unit == "money":
        return formats.money(value, currency)
    return write(measure, value, currency)


def chart_unit(measure: Measure, currency: str) -> charts.Unit:
    if measure.unit == "money":
        return charts.money(currency)
    return charts.ratio() if measure.unit == "share" else charts.count()


def card(
    measure: Measure,
    now: Sums,
    before: Sums | None,
    currency: str,
    *,
    url: str = "",
    picked: bool = False,
    than: str = "usual",
    spark: SafeString = svg.NOTHING,
) -> Card:
    """The card of a measure; without a known number before, no change is claimed. `than` names what it is beside."""
    value, was = measure.of(now), measure.of(before) if before else None
    delta, direction = difference(measure, value, was)
    written = write(measure, was, currency) if was is not None else ""
    return Card(
        key=measure.key,
        label=measure.name,
        value=write(measure, value, currency),
        definition=measure.definition,
        delta=delta,
        direction=direction,
        verdict=verdict(measure, direction),
        usual=written if than == "usual" else "",
        note=f"{than} {written}" if written and than != "usual" else "",
        spark=spark,
        url=url,
        picked=picked,
        warning=warning(measure, now, currency),
    )


def difference(measure: Measure, value: Decimal | None, was: Decimal | None) -> tuple[str, str]:
    """The change in words, and up or down. Shares change in points, everything else in per cent."""
    if value is None or was is None:
        return "", ""
    if measure.unit == "share":
        change = value - was
        same = abs(change) < Decimal("0.0005")
        return ("same", "") if same else (formats.points(abs(change)), "up" if change > 0 else "down")
    part = ratio(value, was)
    if part is None:
        return "", ""
    if abs(part) < SAME / 10:
        return "same", ""
    return formats.percent(abs(part)), "up" if part > 0 else "down"


def verdict(measure: Measure, direction: str) -> str:
    """Good or bad by the measure's polarity, never by direction alone."""
    if not direction or not measure.polarity:
        return ""
    return "good" if (direction == "up") == (measure.polarity > 0) else "bad"


def warning(measure: Measure, sums: Sums, currency: str) -> str:
    """What a margin leaves out: lines sold without a known cost."""
    if not measure.key.startswith("gross_margin") or not sums.costed_lines or sums.costed_lines == sums.lines:
        return ""
    return f"Without {formats.money_short(sums.net - sums.costed_net, currency)} of sales whose cost is not known."


def sparkline(measure: Measure, days: Sequence[Sums], usual: Sums | None) -> SafeString:
    """The last trading days as a line, dotted where usual is."""
    words = f"{measure.name}, last {len(days)} trading days"
    return svg.spark([measure.of(day) for day in days], measure.of(usual) if usual else None, words)
