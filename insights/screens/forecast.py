"""How good the forecast is, beside repeating last week: for the shop, each branch and each category at a branch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count

from insights.models import ForecastSeries, Run
from insights.screens.today_outlook import FORECAST
from shop import formats
from shop.csvout import Cell
from shop.models import Shop

COLUMNS = ("branch", "category", "model", "wape", "naive_wape", "bias", "coverage")


@dataclass(frozen=True, slots=True)
class Quality:
    """The scores of one series in words. `better` compares its miss with that of repeating last week."""

    name: str
    where: str
    model: str
    wape: str
    naive: str
    better: bool | None
    bias: str
    coverage: str


@dataclass(frozen=True, slots=True)
class QualityScreen:
    run: Run | None
    sentence: str
    totals: list[Quality]
    categories: list[Quality]
    pinball: str
    models: list[tuple[str, int]]


def build(shop: Shop) -> QualityScreen:
    """The last finished run's scores. Three queries, however many series there are."""
    run = Run.objects.latest_done(FORECAST)
    if run is None:
        return QualityScreen(None, "", [], [], "", [])
    found = list(_totals(run))
    return QualityScreen(
        run=run,
        sentence=_sentence(run),
        totals=[quality(row, shop) for row in sorted(found, key=_whole_shop_first) if row.category_id is None],
        categories=[quality(row, shop) for row in found if row.category_id is not None],
        pinball=_pinball(run),
        models=_models(run),
    )


def _whole_shop_first(row: ForecastSeries) -> bool:
    return row.branch_id is not None


def _totals(run: Run) -> Any:
    found = ForecastSeries.objects.totals().filter(run=run).select_related("branch", "category")
    return found.defer("mean", "low50", "high50", "low80", "high80").order_by(
        "category__name", "branch__name", "pk"
    )  # fmt: skip


def quality(row: ForecastSeries, shop: Shop) -> Quality:
    return Quality(
        name=_name(row, shop),
        where=row.branch.name if row.category and row.branch and row.product_id is None else "",
        model=method(row.model),
        wape=_share(row.wape),
        naive=_share(row.naive_wape),
        better=None if row.wape is None or row.naive_wape is None else row.wape <= row.naive_wape,
        bias=bias_in_words(row.bias),
        coverage=_share(row.coverage),
    )


def _name(row: ForecastSeries, shop: Shop) -> str:
    """What sets it apart on its page: the category, else the branch; of a product, the branch."""
    if row.category and row.product_id is None:
        return str(row.category.name)
    return str(row.branch.name) if row.branch else shop.name


def _share(value: Any) -> str:
    number = _number(value)
    return formats.UNKNOWN if number is None else formats.percent(number)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 1000:
        return None
    return Decimal(str(round(value, 6)))


_METHODS = {
    "naive": "last week again",
    "effects": "calendar, promotions and prices",
    "trees": "what all products together teach",
    "season": "the season",
    "trees by season": "what all products together teach, by season",
    "like last year": "last year",
    "ets": "recent level and weekdays",
    "theta": "recent trend",
    "croston": "rare sales",
    "imapa": "rare sales, evened out",
    "sum": "its parts added up",
    "total": "its parts added up",
    "several": "by branch",
}


def method(model: str) -> str:
    """A demand model's name in a shopkeeper's words; of several mixed, each."""
    words = [_METHODS.get(name, name) for name in model.split("+")]
    return " and ".join(dict.fromkeys(words)).capitalize()


def bias_in_words(bias: float | None) -> str:
    """A positive bias expected too much."""
    number = _number(bias)
    if number is None:
        return formats.UNKNOWN
    if abs(number) < Decimal("0.005"):
        return "none"
    return f"{formats.percent(abs(number))} too {'much' if number > 0 else 'little'}"


def told(wape: Any, naive: Any, coverage: Any) -> str:
    """Two numbers and what they mean; empty where nothing was measured."""
    miss, other, held = _number(wape), _number(naive), _number(coverage)
    if miss is None:
        return ""
    said = f"In its test the forecast was off by {formats.percent(miss)} of what was sold"
    if other is not None:
        word = "would have been off by" if miss <= other else "would have done better, with"
        said += f"; repeating last week {word} {formats.percent(other)}"
    said += "."
    if held is not None:
        said += f" Its ranges of 8 times in 10 held {formats.percent(held)} of the days."
    return said


def _sentence(run: Run) -> str:
    scores = run.scores if isinstance(run.scores, dict) else {}
    return told(*(scores.get(name) for name in ("wape", "naive_wape", "coverage"))) or (
        "This run was not tested against the past: there was too little of it."
    )


def _pinball(run: Run) -> str:
    """Beside the naive one where both are known; smaller is better."""
    scores = run.scores if isinstance(run.scores, dict) else {}
    ours, naive = _number(scores.get("pinball")), _number(scores.get("naive_pinball"))
    if ours is None:
        return ""
    said = f"Pinball loss {formats.plain(round(ours, 3))}"
    return said + (f", of repeating last week {formats.plain(round(naive, 3))}." if naive is not None else ".")


def _models(run: Run) -> list[tuple[str, int]]:
    """How many products each way of forecasting serves, most first."""
    found = ForecastSeries.objects.products().filter(run=run).order_by().values_list("model").annotate(n=Count("pk"))
    return [(method(model), count) for model, count in sorted(found, key=lambda row: (-row[1], row[0]))]


def rows() -> Iterator[tuple[Cell, ...]]:
    """The last run's scores as numbers: shares, not per cent."""
    run = Run.objects.latest_done(FORECAST)
    return _rows(run) if run else iter(())


def _rows(run: Run) -> Iterator[tuple[Cell, ...]]:
    for row in _totals(run):
        names = row.branch and row.branch.name, row.category and row.category.name, row.model
        scores = row.wape, row.naive_wape, row.bias, row.coverage
        yield *names, *("" if score is None else f"{score:.4f}" for score in scores)
