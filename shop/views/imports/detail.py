"""One import: the page shows the step it is at, whichever that is."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.access import needs
from shop.imports import desk, undo
from shop.imports.errors import ImportRefused
from shop.imports.kinds import find_kind
from shop.models import Import
from shop.page import page
from shop.roles import Can
from shop.views.imports.showing import AT_WORK, find, show, step, to


@needs(Can.IMPORT)
@require_safe
def import_detail(request: Any, pk: int) -> HttpResponse:
    """Where an import is. While a worker is at it, the page asks again, and turns to the next step by itself."""
    imported = find(pk)
    if request.htmx and request.htmx.target == "state" and imported.state not in AT_WORK:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return show(request, imported)


@needs(Can.IMPORT)
@require_POST
def import_go(request: Any, pk: int) -> HttpResponse:
    def do() -> None:
        if absent := request.POST.get("absent"):
            desk.choose_absent(import_id=pk, absent=absent)
        desk.go(import_id=pk, by=request.user.email)

    return step(request, pk, do)


@needs(Can.IMPORT)
@require_POST
def import_cancel(request: Any, pk: int) -> HttpResponse:
    return step(request, pk, lambda: desk.cancel(import_id=pk))


@needs(Can.IMPORT)
@require_POST
def import_drop(request: Any, pk: int) -> HttpResponse:
    return step(request, pk, lambda: desk.drop(import_id=pk))


@needs(Can.IMPORT)
@require_POST
def import_again(request: Any, pk: int) -> HttpResponse:
    """The same file once more, as another kind."""
    imported = find(pk)
    try:
        again = desk.begin(
            file=imported.file, kind=request.POST.get("kind", ""), branch=imported.branch, by=request.user.email,
            supplier=imported.supplier, said=imported.layout.get("said"),
        )  # fmt: skip
    except ImportRefused as refusal:
        return show(request, imported, [refusal.sentence])
    return to(again.pk)


@needs(Can.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_undo(request: Any, pk: int) -> HttpResponse:
    """What taking the import back would do; posting does it."""
    imported = find(pk)
    if request.method == "POST":
        return step(request, pk, lambda: desk.undo(import_id=pk, by=request.user.email))
    if imported.state != Import.State.DONE:
        return to(pk)
    context = {
        "imported": imported,
        "kind": find_kind(imported.kind),
        "plan": undo.plan(imported),
        "until": desk.undo_until(imported),
    }
    return page(request, "shop/import_undo.html", context)
