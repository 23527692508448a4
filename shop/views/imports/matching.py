"""Step two: which column gives what. The guess is shown, a person confirms it; the rows are shown as they will be."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from shop.access import needs
from shop.imports import columns, desk, transforms
from shop.imports.errors import ImportRefused
from shop.imports.kinds import find_kind
from shop.imports.mapping import Mapping
from shop.models import Import
from shop.page import page
from shop.roles import Can
from shop.views.imports.screens import CODE_PAGES, DELIMITERS, preview_of
from shop.views.imports.showing import find, show, step, to


@needs(Can.IMPORT)
@require_POST
def import_map(request: Any, pk: int) -> HttpResponse:
    """Keep what the form says; `do` check: and have it checked. Else the page shows the rows as they will be stored."""
    imported = find(pk)
    if imported.state not in (Import.State.MATCHING, Import.State.READY):
        return to(pk)
    if request.POST.get("do") == "back":
        return step(request, pk, lambda: desk.change(import_id=pk))
    kind = find_kind(imported.kind)
    said = columns.posted(kind, imported.sample.get("header", []), request.POST, Mapping.from_json(imported.mapping))
    try:
        imported = desk.change(
            import_id=pk,
            mapping=said,
            branch=request.POST.get("branch", imported.branch)[:120],
            supplier=request.POST.get("supplier", imported.supplier)[:120],
        )
        if request.POST.get("do") == "check":
            _refuse_missing(columns.shown(imported, kind).missing)
            desk.check(import_id=pk, by=request.user.email)
            return to(pk)
    except ImportRefused as refusal:
        return show(request, find(pk), [refusal.sentence])
    return show(request, find(pk)) if request.htmx else to(pk)


def _refuse_missing(missing: list[str]) -> None:
    if missing:
        raise ImportRefused(
            f"Choose a column for {' and '.join(missing)}, or write one value for every row. "
            "Without it these rows cannot be stored."
        )


@needs(Can.IMPORT)
@require_POST
def import_proposal(request: Any, pk: int) -> HttpResponse:
    """Take over what a model proposes, or leave it."""
    take = request.POST.get("do") == "take"
    return step(request, pk, lambda: desk.answer_proposal(import_id=pk, take=take))


@needs(Can.IMPORT)
@require_POST
def import_read(request: Any, pk: int) -> HttpResponse:
    """Read the file anew, as a person says: another kind, table, code page or row of names."""
    offered = {"encoding": dict(CODE_PAGES), "delimiter": dict(DELIMITERS)}
    said: dict[str, Any] = {}
    for name in ("encoding", "member", "delimiter"):
        if name in request.POST:
            chosen = request.POST[name]
            said[name] = chosen if chosen in offered.get(name, {chosen: ""}) and chosen else None
    if "header_rows" in request.POST:
        chosen = request.POST["header_rows"]
        said["header_rows"] = int(chosen) if chosen in ("0", "1", "2") else None
    if "skip" in request.POST:
        said["skip"] = _line(request.POST["skip"])
    kind = request.POST.get("kind")
    return step(request, pk, lambda: desk.reread(import_id=pk, by=request.user.email, kind=kind, **said))


def _line(text: str) -> int | None:
    """How many lines stand above the one that holds the column names, which people count from 1."""
    return int(text) - 1 if text.isascii() and text.isdigit() and 0 < int(text[:4]) <= 1000 else None


@needs(Can.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_steps(request: Any, pk: int) -> HttpResponse:
    """What is done to the text of one field before it is read: steps of a fixed list, in their order."""
    imported = find(pk)
    if imported.state not in (Import.State.MATCHING, Import.State.READY):
        return to(pk)
    kind, problems = find_kind(imported.kind), []
    name = request.GET.get("name", "")
    field = next((field for field in kind.fields if field.name == name), None)
    if field is None:
        return to(pk)
    mapping = Mapping.from_json(imported.mapping)
    if request.method == "POST":
        try:
            steps = _posted_steps(request.POST, mapping.steps.get(name, ()))
            imported = desk.change(import_id=pk, mapping=mapping.with_steps(name, *steps))
            mapping = Mapping.from_json(imported.mapping)
        except ImportRefused as refusal:
            problems = [{"text": refusal.sentence}]
    context = {
        "imported": imported,
        "kind": kind,
        "field": field,
        "steps": [transforms.sentence(step) for step in mapping.steps.get(name, ())],
        "offered": transforms.suiting(field.reads),
        "problems": problems,
        "preview": preview_of(imported, kind),
    }
    return page(request, "shop/import_field.html", context, status=422 if problems else 200)


def _posted_steps(form: Any, before: Any) -> list[dict[str, Any]]:
    """The steps there are without the one taken off, and with the one put on."""
    steps = list(before)
    if (off := form.get("off", "")).isdigit() and int(off) < len(steps):
        del steps[int(off)]
    known = next((known for known in transforms.every() if known.name == form.get("do")), None)
    if known is None:
        return steps
    step: dict[str, Any] = {"do": known.name}
    for argument in known.arguments:
        step[argument.name] = _argument(argument, form.get(argument.name, ""))
    return [step, *steps] if known.name == "join" else [*steps, step]


def _argument(argument: transforms.Argument, text: str) -> Any:
    text = text.replace("\0", "")
    if argument.kind == "count":
        return int(text) if text.lstrip("-").isdigit() and len(text) < 5 else 0
    if argument.kind == "list":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if argument.kind == "values":
        pairs = [line.split("=", 1) for line in text.splitlines() if "=" in line]
        return {old.strip(): new.strip() for old, new in pairs}
    return text
