"""The one page of an import, and how a step is done and shown."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect

from shop import jobs
from shop.imports import desk, keeping
from shop.imports.errors import ImportRefused
from shop.imports.kinds import find_kind
from shop.models import Import
from shop.page import page
from shop.views.imports.screens import screen

State = Import.State
TEMPLATE = "shop/import_detail.html"
_STEPS = {
    State.READING: (1, "Reading the file"),
    State.MATCHING: (2, "Match columns"),
    State.CHECKING: (3, "Checking the file"),
    State.READY: (3, "Check"),
    State.IMPORTING: (4, "Importing"),
    State.DONE: (5, "Done"),
    State.UNDOING: (5, "Taking it back"),
    State.UNDONE: (5, "Taken back"),
    State.REFUSED: (1, "This file cannot be read"),
    State.DROPPED: (1, "Not imported"),
}
AT_WORK = (State.READING, State.CHECKING, State.IMPORTING, State.UNDOING)


def find(pk: int) -> Import:
    imported: Import = get_object_or_404(Import.objects.select_related("file", "job", "feed"), pk=pk)
    if imported.state in AT_WORK and imported.job is not None and imported.job.has_ended:
        imported = desk.settle(imported.pk)
    return imported


def show(request: Any, imported: Import, problems: list[str] | None = None, **more: Any) -> HttpResponse:
    """The page of an import, with what went wrong just now."""
    kind = find_kind(imported.kind) if imported.kind else None
    step, heading = _STEPS[State(imported.state)]
    told = problems or ([imported.problem] if imported.problem else [])
    context = {
        "imported": imported,
        "kind": kind,
        "job": imported.job,
        "step": step,
        "heading": heading,
        "at_work": imported.state in AT_WORK,
        "left": jobs.time_left(imported.job) if imported.job else "",
        "problems": [{"text": text} for text in told],
        "same": keeping.same_before(imported.file, other_than=imported.pk),
        **screen(request, imported, kind),
        **more,
    }
    template = "shop/import_match.html" if request.htmx and request.htmx.target == "preview" else TEMPLATE
    return page(request, template, context, status=422 if problems else 200)


def step(request: Any, pk: int, do: Callable[[], object]) -> HttpResponse:
    """Do one step and show the page again; a refusal stands on the page."""
    imported = find(pk)
    try:
        do()
    except ImportRefused as refusal:
        return show(request, imported, [refusal.sentence])
    return to(pk)


def to(pk: int) -> HttpResponseRedirect:
    answer: HttpResponseRedirect = redirect("shop:import_detail", pk)
    return answer
