"""What customers wrote and how it sounds: a list with filters, counts, and the trend."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import TruncMonth, TruncWeek
from django.urls import reverse

from customers.models import Review
from insights import charts
from insights.downloads import File
from insights.models import ReviewReading, Run
from inventory.models import Product
from shop.csvout import Cell, quantity
from shop.models import Branch
from shop.roles import Can, may

ROWS = 25
SPANS = {"4w": ("Last 4 weeks", 28), "12w": ("Last 12 weeks", 84), "12m": ("Last 12 months", 364), "all": ("All", 0)}
DEFAULT_SPAN = "12m"
LABELS = {"negative": "Displeased", "positive": "Pleased", "neutral": "Neither", "unread": "Not read yet"}
MOST_CHOICES = 500
LONG = 500
EXPORT_COLUMNS = ("id", "language", "label", "score")


@dataclass(frozen=True, slots=True)
class Filters:
    label: str
    span: str
    product: Product | None
    branch: Branch | None
    products: tuple[Product, ...]
    branches: tuple[Branch, ...]
    page: str
    today: dt.date

    @property
    def narrowed(self) -> bool:
        return bool(self.label or self.product or self.branch)

    @property
    def first(self) -> dt.date | None:
        """The first day, on which a week or month of the chart begins."""
        days = SPANS[self.span][1]
        if not days:
            return None
        first = self.today - dt.timedelta(days=days - 1)
        return first - dt.timedelta(days=first.weekday()) if self.by_week else first.replace(day=1)

    @property
    def by_week(self) -> bool:
        return self.span in ("4w", "12w")

    @property
    def span_words(self) -> str:
        return SPANS[self.span][0]

    def url(self, **changes: str) -> str:
        said = {
            "label": self.label,
            "span": "" if self.span == DEFAULT_SPAN else self.span,
            "product": str(self.product.pk) if self.product else "",
            "branch": str(self.branch.pk) if self.branch else "",
        } | changes
        return f"{reverse('insights:review_list')}?{urlencode({k: v for k, v in said.items() if v})}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One review of the list; `author` is empty for roles that may not see customers by name."""

    review: Review
    reading: ReviewReading | None
    author: str
    beginning: str
    rest: str

    @property
    def words(self) -> str:
        return LABELS[self.reading.label if self.reading else "unread"]


@dataclass(frozen=True, slots=True)
class ReviewsScreen:
    filters: Filters
    entries: list[Entry]
    page: Page[Any]
    cards: list[dict[str, Any]]
    chart: charts.Chart | None
    basis: str
    run: Run | None
    is_empty: bool
    spans: Mapping[str, tuple[str, int]]
    labels: Mapping[str, str]


def read(given: Mapping[str, str], today: dt.date) -> Filters:
    """Read an address. What is not known is as not said."""
    reviewed = Review.objects.exclude(product=None).order_by().values("product_id").distinct()
    products = tuple(Product.objects.filter(pk__in=reviewed).order_by("name", "pk")[:MOST_CHOICES])
    branches = tuple(Branch.objects.order_by("name"))
    label, span = given.get("label", ""), given.get("span", "")
    return Filters(
        label=label if label in LABELS else "",
        span=span if span in SPANS else DEFAULT_SPAN,
        product=next((one for one in products if str(one.pk) == given.get("product", "")), None),
        branch=next((one for one in branches if str(one.pk) == given.get("branch", "")), None),
        products=products,
        branches=branches,
        page=given.get("page", "1"),
        today=today,
    )


@transaction.atomic
def build(filters: Filters, role: str) -> ReviewsScreen:
    whole = _within(filters)
    listed = _labelled(whole, filters.label).select_related("product", "branch").prefetch_related("readings")
    page = Paginator(listed, ROWS).get_page(filters.page)
    named = may(role, Can.SEE_CUSTOMERS)
    return ReviewsScreen(
        filters=filters,
        entries=[_entry(review, named=named) for review in page],
        page=page,
        cards=_cards(filters, whole),
        chart=_chart(filters, whole),
        basis=_basis(whole),
        run=Run.objects.latest_done("sentiment"),
        is_empty=not Review.objects.exists(),
        spans=SPANS,
        labels=LABELS,
    )


def of_reviews(filters: Filters, role: str) -> File:
    """The list as a file, under the names an import uses. Who wrote is in it for roles that may see it."""
    named = may(role, Can.SEE_CUSTOMERS)
    author = ("author",) if named else ()
    header = ("code", "source", "product", "branch", "rating", "title", "text", *author, "date", *EXPORT_COLUMNS[1:])
    return File("reviews", header, _rows(filters, named=named))


def rows() -> Iterator[tuple[Cell, ...]]:
    """Every review read: its number, language, label and score."""
    found = ReviewReading.objects.order_by("review__source", "review__code").select_related("review")
    for row in found.iterator(chunk_size=2000):
        yield row.review.code, row.language, row.label, quantity(row.score)


def _within(filters: Filters) -> Any:
    """The reviews asked for, whatever their label. One without a date is in no span but all."""
    found = Review.objects.all()
    if filters.first:
        found = found.filter(written_on__gte=filters.first, written_on__lte=filters.today)
    if filters.product:
        found = found.filter(product=filters.product)
    if filters.branch:
        found = found.filter(branch=filters.branch)
    return found


def _labelled(found: Any, label: str) -> Any:
    if label == "unread":
        return found.filter(readings=None)
    return found.filter(readings__label=label) if label else found


def _entry(review: Any, *, named: bool) -> Entry:
    reading = next(iter(review.readings.all()), None)
    cut = len(review.text) if len(review.text) <= LONG else review.text.rfind(" ", 0, LONG) + 1 or LONG
    return Entry(review, reading, review.author if named else "", review.text[:cut], review.text[cut:])


def _cards(filters: Filters, whole: Any) -> list[dict[str, Any]]:
    """Tiles that narrow the list to what they count."""
    counts = Counter(
        {
            label or "unread": many
            for label, many in whole.order_by().values_list("readings__label").annotate(Count("pk"))
        }
    )
    total = sum(counts.values())
    cards = [{"label": "Reviews", "value": f"{total:,}", "url": filters.url(label=""), "picked": not filters.label}]
    for label, words in LABELS.items():
        if label != "unread" or counts[label]:
            share = f"{counts[label] / total:.0%}" if total else ""
            url = filters.url(label=label)
            value = f"{counts[label]:,}"
            cards.append({"label": words, "value": value, "note": share, "url": url, "picked": filters.label == label})
    return cards


def _chart(filters: Filters, whole: Any) -> charts.Chart | None:
    """Pleased and displeased ones by week, or by month of a longer span; nothing where no review has a date."""
    by_week = filters.by_week
    step = TruncWeek("written_on") if by_week else TruncMonth("written_on")
    good, bad = (Count("pk", filter=Q(readings__label=label)) for label in ("positive", "negative"))
    dated = whole.exclude(written_on=None).order_by().annotate(step=step)
    counted = dated.values_list("step").annotate(good=good, bad=bad)
    found = {first: (pleased, displeased) for first, pleased, displeased in counted}
    if not found:
        return None
    days = list(_steps(min(found), max(*found, filters.today), by_week=by_week))
    series = [
        charts.Series(words, [found.get(day, (0, 0))[place] for day in days])
        for place, words in enumerate(("Pleased", "Displeased"))
    ]
    title = "Reviews a week" if by_week else "Reviews a month"
    summary = _trend(days, series, by_week=by_week)
    step_words = "week" if by_week else "month"
    return charts.line(
        title, days, series, charts.count(), step=step_words, summary=summary, unfinished=True, today=filters.today
    )


def _steps(first: dt.date, last: dt.date, *, by_week: bool) -> Iterator[dt.date]:
    while first <= last:
        yield first
        first = (
            first + dt.timedelta(days=7) if by_week else (first.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        )


def _trend(days: list[dt.date], series: list[charts.Series], *, by_week: bool) -> str:
    good, bad = (sum(value or 0 for value in one.values) for one in series)
    worst = max(range(len(days)), key=lambda place: series[1].values[place] or 0)
    most = int(series[1].values[worst] or 0)
    if not most:
        return f"{good:,.0f} pleased, none displeased."
    when = f"the week of {days[worst].day} {days[worst]:%B %Y}" if by_week else f"{days[worst]:%B %Y}"
    return f"{good:,.0f} pleased, {bad:,.0f} displeased. Most of the displeased, {most}, came in {when}."


def _basis(whole: Any) -> str:
    """Who read the reviews shown, in a sentence."""
    readers = Counter(
        dict(whole.order_by().exclude(readings=None).values_list("readings__provider").annotate(Count("pk")))
    )
    here, others = readers.pop("local", 0), sum(readers.values())
    names = " and ".join({"gemini": "Gemini", "openai": "a connected model"}.get(one, one) for one in sorted(readers))
    this_machine = "on this machine: compared with sentences whose tone is known."
    if here and others:
        return f"{others:,} were read by {names}, {here:,} {this_machine}"
    if others:
        return f"Read by {names}."
    return f"Read {this_machine}" if here else ""


def _rows(filters: Filters, *, named: bool) -> Iterator[tuple[Cell, ...]]:
    found = _labelled(_within(filters), filters.label).select_related("product", "branch").prefetch_related("readings")
    for review in found.iterator(chunk_size=1000):
        reading = next(iter(review.readings.all()), None)
        about = review.product and review.product.sku, review.branch and review.branch.name
        author = (review.author,) if named else ()
        told = (reading.language, reading.label, quantity(reading.score)) if reading else ("", "", "")
        stars = quantity(review.rating)
        yield review.code, review.source, *about, stars, review.title, review.text, *author, review.written_on, *told
