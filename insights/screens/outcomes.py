"""Results of decisions in plain words: what each came to, against what, and the boards they add up to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.urls import reverse
from django.utils.safestring import SafeString

from insights import charts
from insights.charts import ledger
from insights.decisions import scoreboard
from insights.decisions.outcomes_plan import Plan
from insights.decisions.scoreboard import Score, Total
from insights.models import Outcome
from insights.screens.decisions import kind_of
from shop import formats
from shop.csvout import Cell, amount
from shop.models import Shop

ROWS = 30
WHOLE_FROM = 100
Act, Verdict = Outcome.Act, Outcome.Verdict
CHIPS = {"earned": "ok", "cost": "bad", "unclear": "", "unmeasured": ""}
ACTS = {"followed": "Followed", "changed": "Changed by you", "refused": "Refused"}
COLUMNS = (
    "suggestion", "kind", "product", "branch", "act", "days", "first_date", "last_date", "metric", "predicted",
    "predicted_low", "predicted_high", "effect", "effect_low", "effect_high", "verdict", "why_not", "measured",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One result in a table or beside a decision."""

    title: str
    url: str
    kind: str
    act: str
    days: str
    verdict: str
    chip: str
    effect: str
    span: str
    forecast: str
    method: str
    drawing: SafeString | str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """A table of scores, with a drawing of each row's mean and range."""

    title: str
    first: str
    rows: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Screen:
    kind: str
    kinds: list[tuple[str, str]]
    month: str
    boards: list[Board]
    lines: list[Line]
    page: Page[Any]
    csv_url: str
    lead: str


# --- Words ---------------------------------------------------------------------------------------------------------


def span(low: Decimal | None, high: Decimal | None, currency: str) -> str:
    """−£3 to £14."""
    if low is None or high is None:
        return ""
    return f"{brief(low, currency)} to {brief(high, currency)}"


def brief(value: Decimal | None, currency: str, *, sign: bool = False) -> str:
    """Money in a sentence: no pence from 100 up, where they would say more than is known."""
    if value is not None and abs(value) >= WHOLE_FROM:
        return formats.number(value, 0, before=formats.symbol(currency), sign=sign)
    return formats.money(value, currency, sign=sign)


def said(of: Total, currency: str) -> str:
    """+£412 (£290 to £530), 23 measured."""
    value = brief(of.value, currency, sign=True)
    return f"{value} ({span(of.low, of.high, currency)}), {formats.number(of.count)} measured"


def month_line(found: Sequence[Outcome], shop: Shop, now: dt.datetime) -> str:
    """This month: +£412 (£290 to £530), 23 measured. Empty where none was."""
    month = scoreboard.this_month(found, shop.today(now))
    return f"This month: {said(month, shop.currency)}" if month else ""


def result_words(one: Outcome, currency: str) -> str:
    """Result −£6 (forecast +£14); beside the verdict's own chip."""
    if one.verdict == Verdict.UNMEASURED:
        return _why_not(one)
    value = brief(one.effect, currency, sign=True)
    forecast = _forecast(one, currency)
    beside = f" (forecast {forecast})" if forecast else ""
    if one.verdict == Verdict.UNCLEAR:
        fits = span(one.effect_low, one.effect_high, currency)
        return f"{value}{beside}, but anything from {fits} fits."
    return f"Result {value}{beside}, 8 times in 10 {span(one.effect_low, one.effect_high, currency)}."


def method_words(one: Outcome) -> str:
    """Against what it was measured, in the figures of the measuring itself."""
    facts: Mapping[str, Any] = one.method if isinstance(one.method, Mapping) else {}
    sold, control = _number(facts.get("sold")), facts.get("control")
    if one.verdict == Verdict.UNMEASURED:
        return _why_not(one)
    if control == "sisters":
        return _against_sisters(one, facts, sold)
    if control == "pull":
        return (
            f"Nothing was changed, so this is what the advised price would have brought at the {sold} that sold, by "
            "how it answered to prices before."
        )
    if facts.get("out") == 0:
        return "It never ran out, so nothing was missed."
    return f"It sold {sold}; only {_number(facts.get('stock'))} were there before the goods came."


def _against_sisters(one: Outcome, facts: Mapping[str, Any], sold: str) -> str:
    likely = f"about {_number(facts.get('expected'))} ({_number(facts.get('low'))} to {_number(facts.get('high'))})"
    if one.metric == "order":
        return f"It had run out on {_number(facts.get('out'))} days; {likely} would have sold, {sold} did."
    others = int(facts.get("sisters") or 0)
    beside = f"the shop and {others} other products of its category" if others > 1 else "the rest of the shop"
    first = f"{_number(facts.get('days'))} days counted. {sold} sold; otherwise {likely} would have."
    return (
        f"{first} That is told by the same weekdays before and by what {beside} sold on these days. The range is how "
        f"far this was off in {_number(facts.get('placebos'))} cases where nothing had been changed."
    )


def _why_not(one: Outcome) -> str:
    facts = one.method if isinstance(one.method, Mapping) else {}
    words = str(facts.get("why_not") or "There was nothing to compare with.")
    return words[:1].upper() + words[1:]


def _forecast(one: Outcome, currency: str) -> str:
    return "" if one.predicted is None else brief(one.predicted, currency, sign=True)


def _number(value: Any) -> str:
    if not isinstance(value, int | float):
        return formats.UNKNOWN
    return formats.number(Decimal(repr(value)), 0 if abs(value) >= 20 or value == int(value) else 1)


def waiting_words(plan: Plan | None, found: Sequence[Outcome], today: dt.date) -> str:
    """Measuring until 16 Nov. Empty when the last window is in, or nothing will be."""
    if plan is None or plan.why_not:
        return ""
    if plan.waits_for:
        return f"Not begun: waiting for {plan.waits_for}."
    last = plan.last
    if last is None or any(one.last_date >= last for one in found) or last < today - dt.timedelta(days=3):
        return ""
    return f"Measuring until {formats.day(last, today)}."


def line(one: Outcome, currency: str, scale: tuple[float, float] | None = None) -> Line:
    """A result as a row; drawn on a scale where one is given."""
    drawing: SafeString | str = ""
    known = one.effect is not None and one.effect_low is not None and one.effect_high is not None
    if one.effect is not None and one.effect_low is not None and one.effect_high is not None and scale:
        drawing = ledger.interval(one.effect, one.effect_low, one.effect_high, scale)
    return Line(
        title=one.suggestion.title,
        url=reverse("insights:decision_detail", args=[one.suggestion_id]),
        kind=kind_of(one.suggestion.kind).word,
        act=ACTS.get(one.act, ""),
        days=f"{one.days} days",
        verdict=one.get_verdict_display(),
        chip=CHIPS.get(one.verdict, ""),
        effect=formats.money(one.effect, currency, sign=True) if known else "",
        span=span(one.effect_low, one.effect_high, currency) if known else "",
        forecast=_forecast(one, currency),
        method=method_words(one),
        drawing=drawing,
    )


# --- The page ------------------------------------------------------------------------------------------------------


@transaction.atomic
def build(given: Mapping[str, str], shop: Shop, now: dt.datetime) -> Screen:
    """All results, and the boards they add up to; as many queries for a thousand decisions as for one."""
    kind = given.get("kind", "").replace("\x00", "")[:20]
    every = scoreboard.results()
    found = [one for one in every if not kind or one.suggestion.kind == kind]
    page = Paginator(found, ROWS).get_page(given.get("page", "1"))
    names = sorted({one.suggestion.kind for one in every})
    shown = [part for one in page for part in (one.effect_low, one.effect_high) if part is not None]
    scale = ledger.reach(shown)
    return Screen(
        kind=kind,
        kinds=[(name, kind_of(name).word) for name in names],
        month=month_line(found, shop, now),
        boards=boards(found, shop.currency),
        lines=[line(one, shop.currency, scale) for one in page],
        page=page,
        csv_url="?" + urlencode({"kind": kind, "export": "csv"} if kind else {"export": "csv"}),
        lead=_lead(found, shop.currency),
    )


def _lead(found: list[Outcome], currency: str) -> str:
    taken = scoreboard.total([one for one in found if one.act != Act.REFUSED])
    if taken is None:
        return "What followed from each decision is measured 7, 14 and 28 days after it took effect."
    word = "earned" if taken.value >= 0 else "cost"
    value = brief(abs(taken.value), currency)
    return (
        f"Taking advice {word} {value} so far, 8 times in 10 {span(taken.low, taken.high, currency)}, by "
        f"{formats.number(taken.count)} that could be measured."
    )


def boards(found: list[Outcome], currency: str) -> list[Board]:
    taken = [one for one in found if one.act != Act.REFUSED]
    made = [
        Board("By kind", "Kind", _rows(scoreboard.by(taken, lambda one: kind_of(one.suggestion.kind).word), currency)),
        Board("Followed, changed, refused", "What you did", _rows(scoreboard.by(found, _act), currency)),
        Board("By who worked it out", "Worked out by", _rows(scoreboard.by(taken, _maker), currency)),
    ]
    return [board for board in made if board.rows]


def _act(one: Outcome) -> str:
    return ACTS.get(one.act, one.act)


def _maker(one: Outcome) -> str:
    run = one.suggestion.run
    if run is None or run.provider in ("", "local"):
        return f"Aisle itself{', ' + run.version if run and run.version else ''}"
    return " ".join(part for part in (run.provider, run.model, run.prompt_version) if part)


def _rows(scores: list[Score], currency: str) -> list[dict[str, Any]]:
    means = [part for score in scores if score.mean for part in (score.mean.low, score.mean.high)]
    scale = ledger.reach(means)
    return [
        {
            "name": score.name,
            "decisions": score.decisions,
            "measured": score.measured,
            "earned": score.earned,
            "cost": score.cost,
            "unclear": score.unclear,
            "unmeasured": score.unmeasured,
            "hits": _share(score.hit_share),
            "mean": formats.money(score.mean.value, currency, sign=True) if score.mean else "",
            "mean_span": span(score.mean.low, score.mean.high, currency) if score.mean else "",
            "total": brief(score.total.value, currency, sign=True) if score.total else "",
            "total_span": span(score.total.low, score.total.high, currency) if score.total else "",
            "advised": brief(score.advised, currency, sign=True) if score.advised is not None else "",
            "drawing": ledger.interval(score.mean.value, score.mean.low, score.mean.high, scale) if score.mean else "",
        }
        for score in scores
    ]


def _share(value: float | None) -> str:
    return formats.percent(None if value is None else Decimal(repr(round(value, 4))))


def earned_chart(one: Outcome, shop: Shop) -> charts.Chart | None:
    """What it had earned by each day, beside what the advice said; None where it was not measured day by day."""
    facts = one.method if isinstance(one.method, Mapping) else {}
    earned = facts.get("earned")
    if not isinstance(earned, list) or len(earned) < 2:
        return None
    days = [one.first_date + dt.timedelta(days=number) for number in range(len(earned))]
    forecast = None
    if one.predicted is not None:
        forecast = charts.Series(
            "The advice said", [one.predicted * (number + 1) / len(earned) for number in range(len(earned))]
        )
    return charts.line(
        "Earned since the decision",
        days,
        [charts.Series("Measured", [Decimal(repr(value)) for value in earned])],
        charts.money(shop.currency),
        compare=forecast,
        summary=result_words(one, shop.currency),
    )


def rows(found: Any = None) -> Iterator[tuple[Cell, ...]]:
    """Every window of every decision as a file, newest first. Money is in the shop's currency, times are UTC."""
    wanted = Outcome.objects.all() if found is None else found
    for one in wanted.select_related("suggestion__product", "suggestion__branch").iterator():
        of, facts = one.suggestion, one.method if isinstance(one.method, Mapping) else {}
        what = of.pk, of.kind, of.product and of.product.sku, of.branch and of.branch.name
        days = one.act, one.days, one.first_date, one.last_date, one.metric
        money = (one.predicted, one.predicted_low, one.predicted_high, one.effect, one.effect_low, one.effect_high)
        yield *what, *days, *map(amount, money), one.verdict, facts.get("why_not"), one.measured_at
