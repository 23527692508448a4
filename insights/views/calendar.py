"""The calendar: say what will happen, approve what was understood, or fill in a form."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from insights.calendar import events
from insights.calendar.events import EventRefused
from insights.models import CalendarEvent
from insights.screens import calendar as screens
from insights.views.downloads import download
from insights.views.event_form import EventForm
from shop.access import needs
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_SALES)
@require_safe
def event_list(request: Any) -> HttpResponse:
    """What is to approve, what is coming, what has been."""
    if request.GET.get("export") == "csv":
        return download(request, screens.as_file())
    return _list(request)


def _list(request: Any, said: str = "", problem: str = "") -> HttpResponse:
    screen = screens.build(request.membership.role, request.shop.today())
    problems = [{"text": problem, "href": "#said"}] if problem else []
    context = {"screen": screen, "said": said, "problems": problems}
    return page(request, "insights/event_list.html", context, status=422 if problem else 200)


@needs(Can.DECIDE)
@require_POST
def event_say(request: Any) -> HttpResponse:
    """Read a sentence into a proposal."""
    said = request.POST.get("said", "")
    try:
        event = events.propose(sentence=said, shop=request.shop, by=request.user.email)
    except EventRefused as refusal:
        return _list(request, said, refusal.sentence)
    messages.success(request, f"Understood: {event.name}. Approve it below to let the forecast know.")
    return redirect("insights:event_list")


@needs(Can.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def event_new(request: Any) -> HttpResponse:
    form = EventForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            event = events.add(fields=form.as_fields(), by=request.user.email)
            return _done(request, f"{event.name} is in the calendar. The next forecast takes it in.")
        except EventRefused as refusal:
            form.add_error(None, refusal.sentence)
    return page(request, "insights/event_form.html", {"form": form}, status=422 if form.errors else 200)


@needs(Can.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def event_edit(request: Any, pk: int) -> HttpResponse:
    """Change an event; saving approves it."""
    event = get_object_or_404(CalendarEvent, pk=pk)
    form = EventForm(request.POST or None, event=event)
    if request.method == "POST" and form.is_valid():
        try:
            event = events.approve(pk=pk, by=request.user.email, fields=form.as_fields())
            return _done(request, f"{event.name} is in the calendar as you wrote it.")
        except EventRefused as refusal:
            form.add_error(None, refusal.sentence)
    context = {"form": form, "event": event}
    return page(request, "insights/event_form.html", context, status=422 if form.errors else 200)


@needs(Can.DECIDE)
@require_POST
def event_approve(request: Any, pk: int) -> HttpResponse:
    get_object_or_404(CalendarEvent.objects.only("pk"), pk=pk)
    event = events.approve(pk=pk, by=request.user.email)
    return _done(request, f"{event.name} is in the calendar. The next forecast takes it in.")


@needs(Can.DECIDE)
@require_POST
def event_dismiss(request: Any, pk: int) -> HttpResponse:
    get_object_or_404(CalendarEvent.objects.only("pk"), pk=pk)
    event = events.dismiss(pk=pk, by=request.user.email)
    return _done(request, f"{event.name} is left out of the forecast.")


def _done(request: Any, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("insights:event_list")
