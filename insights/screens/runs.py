"""The analyses at work: what ran, what each run came to, and beside it the run before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Sum

from insights.analyses.protocol import Analysis, Figure, every_analysis
from insights.downloads import File
from insights.models import LLMCall, Run
from shop import formats
from shop.csvout import Cell
from shop.models import Job, Schedule

RUNS_A_PAGE = 25


@dataclass(frozen=True, slots=True)
class AnalysisRow:
    """An analysis as the page offers it: its last run, whether one is under way, when the next begins."""

    name: str
    title: str
    last: Run | None
    under_way: Run | None
    schedule: Schedule | None


@dataclass(frozen=True, slots=True)
class RunsScreen:
    analyses: list[AnalysisRow]
    runs: Page[Any]


def build(number: str) -> RunsScreen:
    """All analyses and the runs, newest first. The same number of queries whatever there is."""
    latest = {run.analysis: run for run in Run.objects.done().order_by("analysis", "-ended_at").distinct("analysis")}
    under_way = {run.analysis: run for run in Run.objects.filter(status=Run.Status.RUNNING).order_by("id")}
    planned = {schedule.kind: schedule for schedule in Schedule.objects.all()}
    rows = [
        AnalysisRow(name, analysis.title, latest.get(name), under_way.get(name), planned.get(name))
        for name, analysis in sorted(every_analysis().items())
    ]
    runs = Paginator(Run.objects.defer("findings", "sentences").select_related("job"), RUNS_A_PAGE)
    return RunsScreen(rows, runs.get_page(number))


@dataclass(frozen=True, slots=True)
class Compared:
    label: str
    now: str
    before: str
    change: str


@dataclass(frozen=True, slots=True)
class RunScreen:
    run: Run
    title: str
    job: Job | None
    before: Run | None
    figures: list[Compared]
    facts: list[tuple[str, str]]
    same_data: bool
    calls: int
    cost: str
    suggestions: int


def detail(run: Run) -> RunScreen:
    """One run beside the one before it of the same analysis."""
    analysis = every_analysis()[run.analysis]
    earlier = Run.objects.done().filter(analysis=run.analysis, pk__lt=run.pk)
    before = earlier.order_by("-pk").first()
    calls = LLMCall.objects.filter(run_key=f"run:{run.pk}")
    cost = calls.aggregate(cost=Sum("cost"))["cost"]
    return RunScreen(
        run=run,
        title=analysis.title,
        job=run.job,
        before=before,
        figures=_compared(analysis, run, before) if run.status == Run.Status.DONE else [],
        facts=list(_facts(run)),
        same_data=bool(before and before.inputs_hash == run.inputs_hash and before.version == run.version),
        calls=calls.count(),
        cost=f"${cost:.4f}" if cost else "nothing",
        suggestions=run.suggestions.count(),
    )


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    yield "Sales up to", formats.day(run.as_of_date, run.shop.today())
    if run.horizon:
        yield "Looks ahead", f"{run.horizon} days"
    if run.ended_at:
        yield "Took", f"{(run.ended_at - run.started_at).total_seconds():.0f} seconds"
    yield "Asked for by", run.asked_by or "the schedule"
    yield "Method", run.version
    if run.status == Run.Status.DONE:
        yield "Worded by", f"{run.provider} {run.model}".strip() if run.provider != "local" else "Aisle itself"
    if run.inputs_hash:
        yield "Fingerprint of the data", run.inputs_hash[:12]


def _compared(analysis: Analysis, run: Run, before: Run | None) -> list[Compared]:
    earlier = {figure.label: figure for figure in analysis.figures(before.findings)} if before else {}
    return [
        Compared(figure.label, _written(figure), *_against(figure, earlier.get(figure.label)))
        for figure in analysis.figures(run.findings)
    ]


def _exact(value: float) -> Decimal:
    return Decimal(str(value))


def _written(figure: Figure) -> str:
    if figure.value is None:
        return "–"
    if isinstance(figure.value, str):
        return figure.value
    if figure.unit == "share":
        return formats.percent(_exact(figure.value))
    return f"{figure.value:,.0f}" if figure.unit == "count" else f"{figure.value:,.2f}"


def _against(figure: Figure, earlier: Figure | None) -> tuple[str, str]:
    """How it stood before, and what changed; a dash where either is unknown."""
    if earlier is None:
        return "–", "–"
    now, then = figure.value, earlier.value
    if not isinstance(now, (int, float)) or not isinstance(then, (int, float)):
        return _written(earlier), "–"
    if figure.unit == "share":
        return _written(earlier), formats.points(_exact(now) - _exact(then))
    change = now - then
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return _written(earlier), f"{sign}{_written(Figure('', abs(change), figure.unit))}"


def as_file() -> File:
    """All runs, newest first, as `export runs` gives them."""
    return File("runs", RUN_COLUMNS, run_rows())


RUN_COLUMNS = (
    "run", "analysis", "status", "as_of", "horizon", "series", "started", "ended", "inputs_hash", "method",
    "provider", "model", "prompt_version", "wape", "naive_wape", "coverage", "error",
)  # fmt: skip


def run_rows() -> Iterator[tuple[Cell, ...]]:
    for run in Run.objects.defer("findings", "sentences").iterator():
        what = run.pk, run.analysis, run.status, run.as_of_date, run.horizon, run.series
        when = run.started_at, run.ended_at, run.inputs_hash, run.version
        words = run.provider, run.model, run.prompt_version
        scores = tuple(_score(run, name) for name in ("wape", "naive_wape", "coverage"))
        yield *what, *when, *words, *scores, run.error


def _score(run: Run, name: str) -> str:
    value = run.scores.get(name)
    return "" if value is None else str(value)
