"""What customers say: how it sounds, where that goes, what it is about, and the reviews themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Count

from customers.models import Review
from insights import charts
from insights.charts import Chart
from insights.downloads import File
from insights.models import Aspect, Run
from insights.reviews import chance, finding, reports
from insights.reviews.finding import LABELS, SHOWS, SPANS, Filters
from insights.reviews.reports import AspectRow, Step, ThemeRow, Totals
from insights.reviews.standing import DISPLEASED, PLEASED, standing
from insights.screens import review_rows
from insights.screens.review_rows import LANGUAGES, READERS, Entry
from shop import formats
from shop.csvout import Cell, quantity
from shop.roles import Can, may

ROWS = 20
EXPORT_COLUMNS = ("id", "language", "label", "score", "confidence", "aspects")


@dataclass(frozen=True, slots=True)
class AspectLine:
    """An aspect as its row of the table says it."""

    name: str
    url: str
    picked: bool
    row: AspectRow
    score: str
    tone: str
    change: str
    direction: str


@dataclass(frozen=True, slots=True)
class ThemeLine:
    row: ThemeRow
    url: str
    picked: bool


@dataclass(frozen=True, slots=True)
class ReviewsScreen:
    filters: Filters
    lead: str
    cards: list[dict[str, Any]]
    chart: Chart | None
    aspects: list[AspectLine]
    themes: list[ThemeLine]
    entries: list[Entry]
    page: Page[Any]
    shows: list[tuple[str, str, str]]
    basis: str
    run: Run | None
    is_empty: bool
    spans: Mapping[str, tuple[str, int]]
    labels: Mapping[str, str]
    aspect_names: list[tuple[str, str]]
    languages: list[tuple[str, str]]
    reset_url: str
    trend_url: str


@transaction.atomic
def build(filters: Filters, role: str) -> ReviewsScreen:
    whole = finding.within(filters, filters.period)
    earlier = finding.within(filters, filters.before) if filters.before else None
    now = reports.totals(whole, filters.today)
    before = reports.totals(earlier, filters.today) if earlier is not None else None
    page = Paginator(finding.listed(filters), ROWS).get_page(filters.page)
    # The other lists come without drawings.
    steps = [] if filters.show else reports.steps(whole, by_week=filters.by_week, until=filters.today)
    lines = [] if filters.show else [_aspect(filters, row) for row in _aspects(filters)]
    return ReviewsScreen(
        filters=filters,
        lead=_lead(filters, now, before, lines),
        cards=_cards(filters, now, before),
        chart=_chart(filters, steps),
        aspects=lines,
        themes=[_theme(filters, row) for row in reports.themes()],
        entries=review_rows.entries(page.object_list, role, filters.today),
        page=page,
        shows=_shows(filters, now),
        basis=_basis(whole),
        run=finding.latest_run(),
        is_empty=not now.reviews and not now.spam and not Review.objects.exists(),
        spans=SPANS,
        labels=LABELS,
        aspect_names=[(one.value, str(one.label)) for one in Aspect],
        languages=sorted(((one, LANGUAGES.get(one, one)) for one in filters.choices.languages), key=lambda one: one[1]),
        reset_url=filters.url(label="", show="", branch="", q="", aspect="", product="", supplier="", language="",
                              source="", theme=""),
        trend_url=filters.url(export="trend") if may(role, Can.EXPORT) else "",
    )  # fmt: skip


# --- In words ------------------------------------------------------------------------------------------------------


def _lead(filters: Filters, now: Totals, before: Totals | None, aspects: list[AspectLine]) -> str:
    """Two or three sentences: how it sounds, whether that changed, what is complained of, what waits."""
    if not now.read:
        return f"{_many(now.reviews)} {_when(filters)}, none of them read yet." if now.reviews else ""
    said = f"Of {_many(now.read)} {_when(filters)}, {_percent(now.pleased, now.read)} sound pleased and "
    said += f"{_percent(now.displeased, now.read)} displeased{_since(filters, now, before)}."
    bad = max(aspects, key=lambda line: line.row.bad, default=None)
    if bad and bad.row.bad > 1:
        said += f" Complaints are mostly about {bad.name.lower()}: {bad.row.bad:,} of them."
    if now.waiting:
        said += f" {now.waiting:,} {'waits' if now.waiting == 1 else 'wait'} for a reply."
    return said


def _since(filters: Filters, now: Totals, before: Totals | None) -> str:
    """What the share was in as many days before, and whether the change means anything."""
    if before is None or not before.read:
        return ""
    meaning = chance.of_shares(now.displeased, now.read, before.displeased, before.read)
    if meaning == chance.TOO_FEW:
        return f" ({chance.TOO_FEW} whether that changed)"
    then = (
        f"{_percent(before.displeased, before.read)} in the {filters.span_words.lower().removeprefix('last ')} before"
    )
    if meaning == chance.BY_CHANCE:
        return f", after {then}: {meaning}"
    way = "up" if now.displeased * before.read > before.displeased * now.read else "down"
    return f", {way} from {then}: {meaning}"


def _when(filters: Filters) -> str:
    return "in all" if filters.span == "all" else f"of the {filters.span_words.lower()}"


def _many(count: int) -> str:
    return "1 review" if count == 1 else f"{count:,} reviews"


def _percent(part: int, of: int) -> str:
    return f"{round(100 * part / of)}%" if of else formats.UNKNOWN


def score_words(score: Decimal | float | None) -> str:
    """0.32 with its sign; the score goes from -1 to 1."""
    return formats.number(None if score is None else Decimal(str(score)), 2, sign=True)


# --- The strip -----------------------------------------------------------------------------------------------------


def _cards(filters: Filters, now: Totals, before: Totals | None) -> list[dict[str, Any]]:
    unread = f"{now.unread:,} not read yet" if now.unread else ""
    bare = filters.url(label="", show="")
    return [
        {"label": "Reviews", "value": f"{now.reviews:,}", "note": unread or _spam(now), "url": bare,
         "picked": not filters.label and not filters.show},
        _tone(filters, PLEASED, now, before),
        _tone(filters, DISPLEASED, now, before),
        {"label": "Mean score", "value": score_words(now.mean), "note": "from −1 to 1",
         "definition": "The mean of what each review scores, from −1 for very displeased to 1 for very pleased. "
         "Where a person corrected how a review sounds, it counts as they said."},
        {"label": "Waiting for a reply", "value": f"{now.waiting:,}", "url": filters.url(label="", show="waiting"),
         "picked": filters.show == "waiting", "note": f"of the last {finding.WAITS_DAYS} days",
         "definition": f"Displeased reviews of the last {finding.WAITS_DAYS} days that nobody marked as replied to, "
         "nor said that they need no reply."},
        {"label": "Reply rate", "value": _percent(now.replied, now.displeased),
         "note": f"{now.replied:,} of {now.displeased:,} displeased" if now.displeased else "",
         "definition": "The share of displeased reviews that were marked as replied to."},
    ]  # fmt: skip


def _tone(filters: Filters, tone: str, now: Totals, before: Totals | None) -> dict[str, Any]:
    part = now.pleased if tone == PLEASED else now.displeased
    card: dict[str, Any] = {
        "label": LABELS[tone],
        "value": _percent(part, now.read),
        "note": f"{part:,} of {now.read:,} read",
        "url": filters.url(label=tone, show=""),
        "picked": filters.label == tone and not filters.show,
    }
    if before is None or not before.read or not now.read:
        return card
    then = before.pleased if tone == PLEASED else before.displeased
    card["note"] = chance.of_shares(part, now.read, then, before.read)
    difference = round(Decimal(part) / now.read - Decimal(then) / before.read, 3)
    if difference:
        more = difference > 0
        real = card["note"] == chance.REAL
        card["delta"] = formats.points(abs(difference))
        card["direction"] = "up" if more else "down"
        card["verdict"] = ("good" if more == (tone == PLEASED) else "bad") if real else ""
    return card


def _spam(now: Totals) -> str:
    return f"{now.spam:,} spam left out" if now.spam else ""


def _shows(filters: Filters, now: Totals) -> list[tuple[str, str, str]]:
    """Which reviews are listed: (key, words, address)."""
    counts = {"waiting": now.waiting, "spam": now.spam}
    return [
        (key, f"{words} ({counts[key]:,})" if key in counts else words, filters.url(show=key, label=""))
        for key, words in SHOWS.items()
    ]


# --- The parts -----------------------------------------------------------------------------------------------------


def _chart(filters: Filters, steps: list[Step]) -> Chart | None:
    """Pleased and displeased ones by week, or by month of a longer span; nothing where no review has a date."""
    if not steps:
        return None
    series = [
        charts.Series("Pleased", [step.pleased for step in steps]),
        charts.Series("Displeased", [step.displeased for step in steps]),
    ]
    word = "week" if filters.by_week else "month"
    days = [step.first for step in steps]
    return charts.line(
        f"Reviews a {word}", days, series, charts.count(), step=word, summary=_trend(steps, word), unfinished=True,
        today=filters.today,
    )  # fmt: skip


def _trend(steps: list[Step], word: str) -> str:
    good, bad = sum(step.pleased for step in steps), sum(step.displeased for step in steps)
    if not bad:
        return f"{good:,} pleased, none displeased."
    said = f"{good:,} pleased, {bad:,} displeased. "
    meaning, way = chance.of_trend([(step.displeased, step.read) for step in steps])
    if meaning == chance.TOO_FEW:
        return f"{said}Whether the share of displeased ones rises or falls: {chance.TOO_FEW}."
    if not way:
        return f"{said}From {word} to {word} the share of displeased ones shows no steady way up or down."
    worst = max(steps, key=lambda step: step.displeased)
    when = f"the week of {worst.first.day} {worst.first:%B}" if word == "week" else f"{worst.first:%B %Y}"
    return (
        f"{said}The share of displeased ones {'rises' if way > 0 else 'falls'}, {chance.REAL}. "
        f"Most of them, {worst.displeased:,}, came in {when}."
    )


def _aspects(filters: Filters) -> list[AspectRow]:
    """All of them, also while the page shows the reviews of one."""
    open_to_all = replace(filters, aspect="")
    before = finding.within(open_to_all, filters.before) if filters.before else None
    return reports.aspects(finding.within(open_to_all, filters.period), before)


def _aspect(filters: Filters, row: AspectRow) -> AspectLine:
    picked = filters.aspect == row.aspect.value
    return AspectLine(
        name=str(row.aspect.label),
        url=filters.url(aspect="" if picked else row.aspect.value),
        picked=picked,
        row=row,
        score=score_words(row.score),
        tone=direction_of(row.score),
        change="" if row.change is None else score_words(row.change),
        direction="" if row.meaning != chance.REAL or not row.change else "up" if row.change > 0 else "down",
    )


def direction_of(score: float) -> str:
    """up, down, or neither, as a page colours a score."""
    return "up" if score > 0.1 else "down" if score < -0.1 else ""


def _theme(filters: Filters, row: ThemeRow) -> ThemeLine:
    picked = filters.theme == row.theme
    return ThemeLine(row, filters.url(theme="" if picked else str(row.theme.pk), span="all"), picked)


def _basis(whole: Any) -> str:
    """Who read the reviews shown, in a sentence."""
    read = whole.filter(is_spam=False).exclude(readings=None).order_by()
    readers = dict(read.values_list("readings__provider").annotate(Count("pk")))
    here = readers.pop("local", 0)
    others = sum(readers.values())
    names = " and ".join(READERS.get(one, one) for one in sorted(readers))
    if here and others:
        return f"{others:,} {'was' if others == 1 else 'were'} read by {names}, {here:,} on this machine."
    if others:
        return f"Read by {names}."
    return "Read on this machine." if here else ""


# --- Files ---------------------------------------------------------------------------------------------------------


def file(filters: Filters, name: str, role: str) -> File | None:
    """A table of the page as a file; None where it has none of this name."""
    if name == "csv":
        return _of_reviews(filters, role)
    if name == "trend":
        found = finding.within(filters, filters.period)
        steps = reports.steps(found, by_week=filters.by_week, until=filters.today)
        rows = ((step.first, step.pleased, step.displeased, step.read) for step in steps)
        return File("reviews_trend", ("from", "pleased", "displeased", "read"), rows)
    if name == "aspects":
        return File("reviews_aspects", ("aspect", "reviews", "negative", "score", "change"), _aspect_rows(filters))
    return None


def _of_reviews(filters: Filters, role: str) -> File:
    """The list, under the names an import uses. Who wrote is in it for roles that may see it."""
    named = may(role, Can.SEE_CUSTOMERS)
    author = ("author",) if named else ()
    about = ("code", "source", "product", "branch", "rating", "title", "text", *author, "date")
    return File("reviews", (*about, *EXPORT_COLUMNS[1:], "spam", "reply"), _rows(filters, named=named))


def _rows(filters: Filters, *, named: bool) -> Iterator[tuple[Cell, ...]]:
    found = finding.listed(filters).select_related("product", "branch").prefetch_related("aspects")
    for review in found.iterator(chunk_size=1000):
        about = review.product and review.product.sku, review.branch and review.branch.name
        author = (review.author,) if named else ()
        stars = quantity(review.rating)
        spam = (review.spam_reason or "said by a person") if review.is_spam else ""
        written = review.code, review.source, *about, stars, review.title, review.text, *author, review.written_on
        yield *written, *_told(review), spam, review.answer


def _aspect_rows(filters: Filters) -> Iterator[tuple[Cell, ...]]:
    for row in _aspects(filters):
        change = None if row.change is None else quantity(_thousandths(row.change))
        yield row.aspect.value, row.reviews, row.bad, quantity(_thousandths(row.score)), change


def _thousandths(score: float) -> Decimal:
    return round(Decimal(str(score)), 3)


def rows() -> Iterator[tuple[Cell, ...]]:
    """Every review read or corrected: its number, and how it stands."""
    found = standing().exclude(tone="").order_by("source", "code").prefetch_related("aspects")
    for review in found.iterator(chunk_size=2000):
        yield review.code, *_told(review)


def _told(review: Any) -> tuple[Cell, ...]:
    aspects = " ".join(f"{one.aspect}:{quantity(one.score)}" for one in review.aspects.all())
    return review.language, review.tone, quantity(review.tone_score), quantity(review.confidence), aspects
