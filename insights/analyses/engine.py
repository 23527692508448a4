"""Runs an analysis as a job: read, compute, put into words, then store and suggest in one transaction.

Nothing of a run is seen before it is whole. A worker killed midway leaves its Run row; the next one starts the work
over under the same row. What a model has answered is in the call log by then, so nothing is paid twice.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from insights.analyses.protocol import Analysis, AnalysisRefused, Asked, find_analysis
from insights.decisions.offering import offer
from insights.models import Run
from insights.providers import gateway
from insights.providers.gateway import Said
from sales import reports
from shop import jobs
from shop.errors import Refused
from shop.models import Job, Shop
from shop.roles import Can
from shop.tenancy import current_shop_id

JOB_KIND = "analysis"
LONGEST_HORIZON = 365


def ask_run(
    *,
    name: str,
    by: str,
    as_of: dt.date | None = None,
    horizon: int | None = None,
    key: uuid.UUID | None = None,
    hint: bool = True,
) -> Job:
    """Ask for a run. The same key asks once. Without `as_of` it reads up to the last whole day there is when it begins.

    Raises AnalysisRefused for an unknown analysis or a horizon outside 1 to 365 days.
    """
    analysis = find_analysis(name)
    if horizon is not None and not 1 <= horizon <= LONGEST_HORIZON:
        raise AnalysisRefused(f"Choose a horizon of 1 to {LONGEST_HORIZON} days.")
    payload = {"analysis": name, "as_of": as_of.isoformat() if as_of else None, "horizon": horizon}
    return jobs.ask(kind=JOB_KIND, payload=payload, title=analysis.title, by=by, key=key, hint=hint)


def last_whole_day(shop: Shop) -> dt.date:
    """Yesterday by the shop's clock, or its last day with sales where that is earlier."""
    yesterday = shop.today() - dt.timedelta(days=1)
    days = reports.first_and_last_day()
    return min(yesterday, days.last) if days else yesterday


@jobs.job_kind(JOB_KIND, sees=Can.SEE_SALES)
def run_job(job: Job, report: jobs.Report) -> dict[str, Any]:
    """The job's work. Returns {run, status, series, seconds, **scores}."""
    analysis = find_analysis(job.payload["analysis"])
    run = _begin(job, analysis)
    if run.status != Run.Status.DONE:  # a worker may have died between the run's end and the job's
        try:
            _carry_out(analysis, run, report)
        except jobs.LeaseLost:
            raise
        except jobs.Cancelled:
            _stop(run, Run.Status.CANCELLED)
            raise
        except Refused as refusal:
            _stop(run, Run.Status.FAILED, refusal.sentence)
            raise
        except Exception:
            _stop(run, Run.Status.FAILED, "Something broke on our side. The results of the run before stand.")
            raise
    return outcome(run)


def outcome(run: Run) -> dict[str, Any]:
    """A run in short, as the command prints it."""
    seconds = (run.ended_at - run.started_at).total_seconds() if run.ended_at else None
    return {"run": run.pk, "status": run.status, "series": run.series, "seconds": seconds, **run.scores}


def _begin(job: Job, analysis: Analysis) -> Run:
    shop = Shop.objects.get(pk=current_shop_id())
    asked_day = job.payload.get("as_of")
    run: Run = Run.objects.get_or_create(
        job=job,
        defaults={
            "analysis": analysis.name,
            "as_of_date": dt.date.fromisoformat(asked_day) if asked_day else last_whole_day(shop),
            "horizon": job.payload.get("horizon") or analysis.horizon,
            "version": analysis.version,
            "prompt_version": analysis.prompt_version,
            "asked_by": job.asked_by,
        },
    )[0]
    if run.status != Run.Status.DONE:
        run.status, run.started_at, run.ended_at, run.error = Run.Status.RUNNING, timezone.now(), None, ""
        run.save()
    return run


def _carry_out(analysis: Analysis, run: Run, report: jobs.Report) -> None:
    asked = Asked(run.shop, run.as_of_date, run.horizon, run_key=f"run:{run.pk}")
    tick = _slowly(report.progress)
    tick(0, 100)
    inputs = analysis.inputs(asked)
    run.inputs_hash = analysis.inputs_hash(inputs)
    tick(10, 100)
    result = analysis.compute(inputs, lambda done, total: tick(10 + 70 * done // max(total, 1), 100))
    del inputs
    enriched = analysis.enrich(result, asked, lambda done, total: tick(80 + 10 * done // max(total, 1), 100))
    run.findings = analysis.findings(result)
    tick(90, 100)
    _put_into_words(analysis, run, asked, enriched)
    run.series, run.scores = analysis.series(result), analysis.scores(result)
    report.progress(95, 100)
    with transaction.atomic():
        analysis.store(run, result)
        offer(run, analysis.suggests, analysis.suggest(run, result))
        run.status, run.ended_at = Run.Status.DONE, timezone.now()
        run.save()
        report.checkpoint(stored=True)


def _put_into_words(analysis: Analysis, run: Run, asked: Asked, said: Said | None) -> None:
    question = analysis.ask(run.findings)
    if question is not None:
        said = gateway.ask(question, run_key=asked.run_key)
    run.sentences = analysis.words(run.findings, said)
    run.provider, run.model, run.why_local = "local", "", ""
    if said is not None:
        run.provider, run.model, run.why_local = said.provider, said.model, said.why_local[:200]


def _stop(run: Run, status: str, error: str = "") -> None:
    Run.objects.filter(pk=run.pk).update(status=status, error=error, ended_at=timezone.now())


def _slowly(progress: Any, seconds: float = 0.5) -> Any:
    """Progress at most twice a second: a tick costs a statement."""
    last = [0.0]

    def tick(done: int, total: int) -> None:
        now = time.monotonic()
        if now - last[0] >= seconds:
            last[0] = now
            progress(done, total)

    return tick
