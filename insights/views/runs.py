"""The analyses: start one, watch it, read what it came to."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from insights.analyses.engine import ask_run
from insights.models import Run
from insights.night import ask_all
from insights.screens import runs as screens
from insights.views.downloads import download
from shop import jobs
from shop.access import needs
from shop.models import Job
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_SALES)
@require_safe
def run_list(request: Any) -> HttpResponse:
    """What ran, when the next begins, and a button to begin now."""
    if request.GET.get("export") == "csv":
        return download(request, screens.as_file())
    return page(request, "insights/run_list.html", {"screen": screens.build(request.GET.get("page", "1"))})


@needs(Can.SEE_SALES)
@require_safe
def run_detail(request: Any, pk: int) -> HttpResponse:
    """One run: progress while it works, then its sentences and figures beside those of the run before."""
    run = get_object_or_404(Run.objects.select_related("job"), pk=pk)
    return page(request, "insights/run_detail.html", {"screen": screens.detail(run)})


@needs(Can.SEE_SALES)
@require_safe
def run_wait(request: Any, pk: int) -> HttpResponse:
    """A run that was asked for and waits for a worker: its page until the run has one of its own."""
    job = get_object_or_404(Job, pk=pk, kind="analysis")
    run = Run.objects.filter(job=job).only("pk").first()
    if run is not None:
        return redirect("insights:run_detail", run.pk)
    return page(request, "insights/run_wait.html", {"job": job})


@needs(Can.DECIDE)
@require_POST
def run_start(request: Any) -> HttpResponse:
    """Begin one analysis, or with `analysis=all` every one."""
    name = request.POST.get("analysis", "")
    if name == "all":
        ask_all(by=request.user.email)
        return redirect("insights:run_list")
    return redirect("insights:run_wait", ask_run(name=name, by=request.user.email).pk)


@needs(Can.DECIDE)
@require_POST
def run_cancel(request: Any, pk: int) -> HttpResponse:
    """Ask a run's job to stop; nothing of it is kept."""
    job = get_object_or_404(Job, pk=pk, kind="analysis")
    jobs.cancel(job_id=job.pk)
    return redirect("insights:run_wait", job.pk)
