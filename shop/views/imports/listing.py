"""All imports, a new one, and the files to begin from."""

import io
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from shop import csvout
from shop.access import needs
from shop.feeds import panels
from shop.feeds import reports as feeds
from shop.imports import desk, keeping, kinds
from shop.imports.errors import ImportRefused
from shop.models import Import
from shop.page import page
from shop.roles import Can
from shop.views.imports.screens import branches

_IMPORTS_A_PAGE = 25


class NewImport(forms.Form):
    """Step one: the file. What it holds is guessed, unless somebody says so; the branch is for rows that name none."""

    file = forms.FileField(label="File", allow_empty_file=True)
    kind = forms.ChoiceField(label="What is in it", required=False)
    branch = forms.ChoiceField(label="Branch", help_text="For rows that name no branch themselves.", required=False)
    supplier = forms.CharField(
        label="Supplier", help_text="Whose list it is, if it is a supplier's.", required=False, max_length=120
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(kind.name, kind.title) for kind in kinds.every_kind()]
        self.fields["kind"].choices = [("", "Find out from the file"), *named]  # type: ignore[attr-defined]
        self.fields["branch"].choices = branches()  # type: ignore[attr-defined]


@needs(Can.IMPORT)
@require_safe
def import_list(request: Any) -> HttpResponse:
    imports = Paginator(Import.objects.select_related("file", "feed", "job"), _IMPORTS_A_PAGE)
    shown = imports.get_page(request.GET.get("page"))
    for one in shown:
        one.title = kinds.find_kind(one.kind).title if one.kind else "Not known yet"
    troubled = [standing for standing in feeds.standings() if standing.feed.problem]
    shows = panels.panels(request.shop, request.membership.role)
    return page(request, "shop/import_list.html", {"imports": shown, "troubled": troubled, "panels": shows})


@needs(Can.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: Any) -> HttpResponse:
    form = NewImport(request.POST or None, request.FILES or None, initial={"kind": request.GET.get("kind", "")})
    if request.method == "POST" and form.is_valid():
        try:
            said = form.cleaned_data
            upload = said.pop("file")
            file = desk.keep(upload, name=upload.name, by=request.user.email)
            begun = desk.begin(file=file, by=request.user.email, **said)
            if request.htmx:
                return HttpResponse(headers={"HX-Redirect": reverse("shop:import_detail", args=[begun.pk])})
            return redirect("shop:import_detail", begun.pk)
        except ImportRefused as refusal:
            form.add_error("file", refusal.sentence)
    context = {"form": form, "kinds": kinds.every_kind(), "endings": ",".join(keeping.endings())}
    return page(request, "shop/import_new.html", context, status=422 if form.errors else 200)


@needs(Can.IMPORT)
@require_safe
def import_template(request: Any) -> HttpResponse:
    """A file with the column names of a kind and some rows that can be imported as they are."""
    try:
        found = kinds.find_kind(request.GET.get("kind", ""))
    except ImportRefused as refusal:
        raise Http404(refusal.sentence) from refusal
    header, rows = kinds.template(found)
    out = io.StringIO("".join(csvout.pieces(header, rows)))
    name = f"{found.name}.csv"
    heading = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8", headers=heading)
