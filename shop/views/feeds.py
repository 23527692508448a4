"""Files that come by themselves: the feeds of a shop, one feed with its files, and what people do with them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.access import needs
from shop.feeds import fetching, panels, reports, services, sources
from shop.feeds.services import FeedRefused
from shop.feeds.sources import Source, SourceProblem
from shop.models import Feed, FeedFile, Import
from shop.page import page
from shop.roles import Can
from shop.views.feed_forms import FeedForm

_FILES_A_PAGE = 25


@needs(Can.IMPORT)
@require_safe
def feed_list(request: Any) -> HttpResponse:
    context = {
        "standings": reports.standings(),
        "panels": panels.panels(request.shop, request.membership.role),
    }
    return page(request, "shop/feed_list.html", context)


@needs(Can.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def feed_new(request: Any) -> HttpResponse:
    """Choose a source, then say where and how; `import` names the import whose columns are taken over."""
    imported = _import_of(request.GET.get("import", ""))
    if not request.GET.get("source"):
        context = {"sources": sources.every_source(), "imported": imported}
        return page(request, "shop/feed_new.html", context)
    source = _source(request.GET["source"])
    form = FeedForm(request.POST or None, imported=imported)
    settings = source.form(request.POST or None)
    if request.method == "POST" and form.is_valid() & settings.is_valid() and request.POST.get("do") == "save":
        try:
            plan = form.plan(source.name, settings.cleaned_data)
            feed = services.add(plan, by=request.user.email)
            messages.success(request, f"{feed.name} runs. It looks for its first files now.")
            return redirect("shop:feed_detail", feed.pk)
        except FeedRefused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
    return _form(request, source, form, settings, None)


@needs(Can.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def feed_change(request: Any, pk: int) -> HttpResponse:
    feed = get_object_or_404(Feed.objects.select_related("saved_mapping"), pk=pk)
    source = _source(feed.source)
    form = FeedForm(request.POST or None, feed=feed)
    settings = source.form(request.POST or None, initial=feed.settings)
    for name in source.secret:
        if name in settings.fields and feed.secret:
            settings.fields[name].required = False
            settings.fields[name].help_text = "Left empty, it stays as it is."
    if request.method == "POST" and form.is_valid() & settings.is_valid() and request.POST.get("do") == "save":
        try:
            services.change(feed_id=pk, plan=form.plan(source.name, settings.cleaned_data), by=request.user.email)
            messages.success(request, "Saved. It looks again now.")
            return redirect("shop:feed_detail", pk)
        except FeedRefused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
    return _form(request, source, form, settings, feed)


def _form(request: Any, source: Source, form: FeedForm, settings: forms.Form, feed: Feed | None) -> HttpResponse:
    """The form, with the answer of a test where one was asked for."""
    context: dict[str, Any] = {"source": source, "form": form, "settings": settings, "feed": feed}
    wrong = form.errors or settings.errors
    if request.method == "POST" and request.POST.get("do") == "test":
        form.errors.clear()
        wrong = settings.errors
        if settings.is_valid():
            context |= _test(source, settings.cleaned_data, feed)
        else:
            context["problem"] = "Fill in where to look first: " + _first_error(settings)
    return page(request, "shop/feed_form.html", context, status=422 if wrong else 200)


def _test(source: Source, answers: dict[str, Any], feed: Feed | None) -> dict[str, Any]:
    try:
        return {"found": services.look(source=source.name, answers=answers, feed=feed)}
    except FeedRefused as refusal:
        return {"problem": refusal.sentence}


def _first_error(form: forms.Form) -> str:
    name, problems = next(iter(form.errors.items()))
    label = form.fields[name].label or name.replace("_", " ").capitalize() if name in form.fields else ""
    return f"{label}: {problems[0]}" if label else str(problems[0])


@needs(Can.IMPORT)
@require_safe
def feed_detail(request: Any, pk: int) -> HttpResponse:
    """How a feed stands, what it brought, and what to do about what is wrong."""
    feed: Feed = get_object_or_404(Feed.objects.select_related("saved_mapping"), pk=pk)
    files = Paginator(reports.files_of(feed), _FILES_A_PAGE)
    context = {
        "standing": reports.standing(feed, None),
        "feed": feed,
        "job": reports.running_job(feed),
        "files": files.get_page(request.GET.get("page")),
        "every": reports.every_in_words(feed.every_minutes),
        "silence": reports.silence_in_words(feed.quiet_hours),
        "panels": panels.panels(request.shop, request.membership.role, feed),
    }
    return page(request, "shop/feed_detail.html", context)


@needs(Can.IMPORT)
@require_POST
def feed_look(request: Any, pk: int) -> HttpResponse:
    """Look now, whatever its hours."""
    fetching.start_now(feed_id=get_object_or_404(Feed, pk=pk).pk, by=request.user.email)
    return redirect("shop:feed_detail", pk)


@needs(Can.IMPORT)
@require_POST
def feed_switch(request: Any, pk: int) -> HttpResponse:
    on = request.POST.get("on") == "1"
    feed = services.switch(feed_id=get_object_or_404(Feed, pk=pk).pk, on=on, by=request.user.email)
    messages.success(request, f"{feed.name} {'runs again' if on else 'is paused: nothing is fetched'}.")
    return redirect("shop:feed_detail", pk)


@needs(Can.IMPORT)
@require_POST
def feed_remove(request: Any, pk: int) -> HttpResponse:
    name = services.remove(feed_id=pk, by=request.user.email)
    messages.success(request, f"{name} is removed. What it brought in stays.")
    return redirect("shop:feed_list")


@needs(Can.IMPORT)
@require_POST
def feed_file_again(request: Any, pk: int) -> HttpResponse:
    file = get_object_or_404(FeedFile, pk=pk)
    try:
        services.try_again(file_id=pk, by=request.user.email)
        messages.success(request, f"{file} is imported once more.")
    except FeedRefused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("shop:feed_detail", file.feed_id)


@needs(Can.IMPORT)
@require_POST
def feed_file_leave(request: Any, pk: int) -> HttpResponse:
    file = get_object_or_404(FeedFile, pk=pk)
    try:
        services.let_be(file_id=pk)
        messages.success(request, f"The feed goes on without {file}.")
    except FeedRefused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("shop:feed_detail", file.feed_id)


def _source(name: str) -> Source:
    try:
        return sources.find(name)
    except SourceProblem as problem:
        raise Http404(problem.sentence) from problem


def _import_of(text: str) -> Import | None:
    """The import that is in and whose number this is; None for no number."""
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        return None
    found: Import | None = Import.objects.in_the_books().select_related("file").filter(pk=int(text)).first()
    return found
