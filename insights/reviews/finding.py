"""Which reviews are asked for: the address read into filters, filters into a query. What is not known is not said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from customers.models import Review
from insights.models import Aspect, ReviewReading, ReviewReply, ReviewTheme, Run
from insights.reviews.standing import DISPLEASED, TONES, standing
from inventory.models import Product, Supplier
from shop.models import Branch
from shop.periods import Period

SPANS = {
    "4w": ("Last 4 weeks", 28),
    "12w": ("Last 12 weeks", 84),
    "26w": ("Last 26 weeks", 182),
    "12m": ("Last 12 months", 364),
    "all": ("All", 0),
}
DEFAULT_SPAN = "12w"
LABELS = {**TONES, "unread": "Not read yet"}
SHOWS = {"": "All", "waiting": "Waiting for a reply", "corrected": "Corrected", "spam": "Spam"}
MOST_CHOICES = 500
LONGEST_SEARCH = 100
WAITS_DAYS = 60  # nobody expects an answer after two months

ANSWERED = (ReviewReply.State.REPLIED, ReviewReply.State.DROPPED)


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen: only what reviews name."""

    products: tuple[Product, ...]
    branches: tuple[Branch, ...]
    suppliers: tuple[Supplier, ...]
    sources: tuple[str, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address says. `label` and `show` narrow the list alone, all else the page's numbers too."""

    label: str
    show: str
    span: str
    aspect: str
    language: str
    source: str
    words: str
    product: Product | None
    branch: Branch | None
    supplier: Supplier | None
    theme: ReviewTheme | None
    choices: Choices
    page: str
    today: dt.date

    @property
    def narrowed(self) -> bool:
        """Whether the numbers are of a part only."""
        return bool(self.more or self.branch or self.words or self.theme)

    @property
    def more(self) -> int:
        """How many of the less common filters are set."""
        return sum(map(bool, (self.aspect, self.language, self.source, self.product, self.supplier)))

    @property
    def by_week(self) -> bool:
        return self.span.endswith("w")

    @property
    def period(self) -> Period | None:
        """The days asked for, from the first of a week or month on; None for all there are."""
        days = SPANS[self.span][1]
        if not days:
            return None
        first = self.today - dt.timedelta(days=days - 1)
        first = first - dt.timedelta(days=first.weekday()) if self.by_week else first.replace(day=1)
        return Period(first, self.today)

    @property
    def before(self) -> Period | None:
        """As many days just before."""
        return self.period.previous() if self.period else None

    @property
    def span_words(self) -> str:
        return SPANS[self.span][0]

    def url(self, **changes: str) -> str:
        said = {
            "show": self.show,
            "label": self.label,
            "span": "" if self.span == DEFAULT_SPAN else self.span,
            "branch": _number(self.branch),
            "q": self.words,
            "aspect": self.aspect,
            "product": _number(self.product),
            "supplier": _number(self.supplier),
            "language": self.language,
            "source": self.source,
            "theme": _number(self.theme),
        } | changes
        return f"{reverse('insights:review_list')}?{urlencode({k: v for k, v in said.items() if v})}"


def read(given: Mapping[str, str], today: dt.date) -> Filters:
    choices = _choices()
    label, show, span = given.get("label", ""), given.get("show", ""), given.get("span", "")
    aspect, language, source = given.get("aspect", ""), given.get("language", ""), given.get("source", "")
    return Filters(
        label=label if label in LABELS else "",
        show=show if show in SHOWS else "",
        span=span if span in SPANS else DEFAULT_SPAN,
        aspect=aspect if aspect in Aspect.values else "",
        language=language if language in choices.languages else "",
        source=source if source in choices.sources else "",
        words=" ".join(given.get("q", "").replace("\0", "").split())[:LONGEST_SEARCH],
        product=_chosen(choices.products, given.get("product", "")),
        branch=_chosen(choices.branches, given.get("branch", "")),
        supplier=_chosen(choices.suppliers, given.get("supplier", "")),
        theme=_theme(given.get("theme", "")),
        choices=choices,
        page=given.get("page", "1"),
        today=today,
    )


def within(filters: Filters, period: Period | None = None) -> Any:
    """The reviews asked for, whatever their tone, of these days or of all. One without a date is in no span but all."""
    found = standing()
    if period:
        found = found.filter(written_on__gte=period.first, written_on__lte=period.last)
    if filters.branch:
        found = found.filter(branch=filters.branch)
    for word in filters.words.split():
        found = found.filter(Q(text__icontains=word) | Q(title__icontains=word))
    if filters.aspect:
        found = found.filter(aspects__aspect=filters.aspect)
    exact = {
        "language": filters.language,
        "source": filters.source,
        "about": filters.product and filters.product.pk,
        "supplied_by": filters.supplier and filters.supplier.pk,
        "theme": filters.theme and filters.theme.pk,
    }
    return found.filter(**{name: value for name, value in exact.items() if value})


def listed(filters: Filters) -> Any:
    """What the list and its file hold: what the numbers are of, or what waits, was corrected or is taken for spam."""
    found = within(filters, filters.period).filter(is_spam=filters.show == "spam")
    if filters.show == "waiting":
        found = found.filter(waiting(filters.today))
    elif filters.show == "corrected":
        found = within(filters, filters.period).exclude(corrections=None)
    if filters.label:
        found = found.filter(tone="" if filters.label == "unread" else filters.label)
    return found


def waiting(today: dt.date) -> Q:
    """Displeased, of the last two months, neither answered nor said to need no answer."""
    since = today - dt.timedelta(days=WAITS_DAYS - 1)
    return Q(is_spam=False, tone=DISPLEASED, written_on__gte=since, written_on__lte=today) & ~Q(answer__in=ANSWERED)


def latest_run() -> Run | None:
    found: Run | None = Run.objects.latest_done("sentiment")
    return found


def _choices() -> Choices:
    named = Review.objects.order_by().annotate(about=Coalesce("product_id", "readings__product_id")).exclude(about=None)
    bought = Supplier.objects.filter(pk__in=standing().order_by().values("supplied_by"))
    sources = Review.objects.order_by("source").exclude(source="").values_list("source", flat=True).distinct()
    languages = ReviewReading.objects.order_by("language").exclude(language="").values_list("language", flat=True)
    return Choices(
        products=tuple(Product.objects.filter(pk__in=named.values("about")).order_by("name", "pk")[:MOST_CHOICES]),
        branches=tuple(Branch.objects.order_by("name")),
        suppliers=tuple(bought.order_by("name", "pk")[:MOST_CHOICES]),
        sources=tuple(sources[:MOST_CHOICES]),
        languages=tuple(languages.distinct()),
    )


def _theme(given: str) -> ReviewTheme | None:
    found: ReviewTheme | None = None
    if given.isascii() and given.isdigit() and len(given) < 19:
        found = ReviewTheme.objects.filter(pk=int(given)).first()
    return found


def _chosen(among: tuple[Any, ...], given: str) -> Any:
    return next((one for one in among if str(one.pk) == given), None)


def _number(row: Any) -> str:
    return str(row.pk) if row else ""
