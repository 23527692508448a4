"""Files in: upload, match columns, watch, read what came of it."""

import datetime as dt
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop import jobs
from shop.access import needs
from shop.imports import kinds, mapping, reading, uploads
from shop.imports.errors import ImportRefused
from shop.imports.kinds import As, Kind
from shop.imports.mapping import Mapping
from shop.imports.next_steps import next_steps
from shop.models import Branch, Job
from shop.page import page
from shop.roles import Can

_SHOWN_ROWS = 3
_JOBS_A_PAGE = 25


class NewImport(forms.Form):
    """Step one: the file, what it holds, and the branch of rows that name none."""

    file = forms.FileField(label="File", allow_empty_file=True)
    kind = forms.ChoiceField(label="What is in it")
    branch = forms.ChoiceField(label="Branch", help_text="For rows that name no branch themselves.", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.name, kind.title) for kind in kinds.every_kind()]  # type: ignore[attr-defined]
        self.fields["branch"].choices = [  # type: ignore[attr-defined]
            (name, name) for name in Branch.objects.order_by("id").values_list("name", flat=True)
        ]


@needs(Can.IMPORT)
@require_safe
def import_list(request: Any) -> HttpResponse:
    imports = Paginator(Job.objects.filter(kind=uploads.JOB_KIND), _JOBS_A_PAGE)
    return page(request, "shop/import_list.html", {"imports": imports.get_page(request.GET.get("page"))})


@needs(Can.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: Any) -> HttpResponse:
    form = NewImport(request.POST or None, request.FILES or None, initial={"kind": request.GET.get("kind", "")})
    if request.method == "POST" and form.is_valid():
        try:
            draft = uploads.keep_upload(form.cleaned_data.pop("file"), **form.cleaned_data)
            return redirect(f"{reverse('shop:import_match')}?upload={draft}")
        except ImportRefused as refusal:
            form.add_error("file", refusal.sentence)
    context = {"form": form, "kinds": kinds.every_kind(), "endings": ",".join(reading.ENDINGS)}
    return page(request, "shop/import_new.html", context, status=422 if form.errors else 200)


@needs(Can.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_match(request: Any) -> HttpResponse:
    """Step two: which column gives which field. The guess is shown, a person confirms it."""
    draft = uploads.open_draft(request.GET.get("upload", ""))
    kind = kinds.find_kind(draft["kind"])
    source = uploads.source_of(draft["name"], draft["path"])
    layout = reading.look(source, whole=False)
    said, problems = mapping.guess(kind, layout.header), []
    if request.method == "POST":
        said = _said(kind, request.POST)
        try:
            job = uploads.ask_import(draft=draft, mapping=_checked(kind, said, layout.header), by=request.user.email)
            return redirect("shop:import_detail", job.pk)
        except ImportRefused as refusal:
            problems = [{"text": refusal.sentence, "href": "#fields"}]
    rows = reading.sample(source, layout, _SHOWN_ROWS)
    context = {
        "draft": draft,
        "kind": kind,
        "layout": layout,
        "rows": rows,
        "fields": _fields(kind, said, layout.header, rows),
        "constants": bool(said.constants),
        "problems": problems,
    }
    return page(request, "shop/import_match.html", context, status=422 if problems else 200)


def _said(kind: Kind, posted: Any) -> Mapping:
    """The form's selects and constants. A constant wins over a column."""
    said = Mapping()
    for field in kind.fields:
        constant = posted.get(f"constant-{field.name}", "").replace("\0", "").strip()
        columns = tuple(column for column in posted.getlist(f"column-{field.name}") if column)
        if constant:
            said.constants[field.name] = constant
        elif columns:
            said.columns[field.name] = columns
    return said


def _checked(kind: Kind, said: Mapping, header: tuple[str, ...]) -> Mapping:
    """Exactly what the form said, nothing added. Raises ImportRefused for a required field that nothing gives."""
    missing = [field.name for field in kind.fields if field.required and field.name not in said.fields]
    if missing:
        raise ImportRefused(f"Choose a column, or write one value, for {' and '.join(missing)}.")
    left_out: dict[str, tuple[str, ...]] = {field.name: () for field in kind.fields if field.name not in said.fields}
    return mapping.complete(kind, Mapping({**said.columns, **left_out}, said.constants), header)


def _fields(kind: Kind, said: Mapping, header: tuple[str, ...], rows: list[list[str]]) -> list[dict[str, Any]]:
    values = {column: ", ".join(row[place] for row in rows if place < len(row)) for place, column in enumerate(header)}
    return [
        {
            "field": field,
            "columns": said.columns.get(field.name, ()),
            "constant": said.constants.get(field.name, ""),
            "choices": [(column, _shortened(values[column])) for column in header],
            "takes_two": field.reads is As.MOMENT,
        }
        for field in kind.fields
    ]


def _shortened(values: str) -> str:
    return values if len(values) <= 40 else f"{values[:39]}…"


@needs(Can.IMPORT)
@require_safe
def import_detail(request: Any, pk: int) -> HttpResponse:
    """How far an import is, and in the end what it did. Its state is asked for again while it runs."""
    job = _import_job(pk)
    kind = kinds.find_kind(job.payload["kind"])
    columns = [
        (field.name, " + ".join(job.payload["mapping"]["columns"].get(field.name, []))
         or f"“{job.payload['mapping']['constants'].get(field.name, '')}” in every row")
        for field in kind.fields
        if field.name in Mapping.from_json(job.payload["mapping"]).fields
    ]  # fmt: skip
    facts = job.result.get("facts", {})
    context = {
        "job": job,
        "kind": kind,
        "result": job.result,
        "columns": columns,
        "amount": Decimal(facts.get("amount", "0")),
        "days": [dt.date.fromisoformat(facts[name]) for name in ("first_day", "last_day") if facts.get(name)],
        "links": _links(kind, facts),
        "next_steps": next_steps(job, request.membership.role) if job.status == Job.Status.DONE else [],
    }
    return page(request, "shop/import_detail.html", context)


def _links(kind: Kind, facts: dict[str, Any]) -> list[dict[str, str]]:
    """Where to see what came in."""
    links = []
    if facts.get("first_day"):
        days = urlencode({"period": "custom", "from": facts["first_day"], "to": facts["last_day"]})
        links.append({"text": "See the sales", "url": f"{reverse('insights:sales')}?{days}", "icon": "chart-line"})
    if kind.name in {"products", "stock"} or facts.get("new_products"):
        links.append({"text": "See the products", "url": reverse("insights:product_list"), "icon": "package"})
    return links


@needs(Can.IMPORT)
@require_POST
def import_cancel(request: Any, pk: int) -> HttpResponse:
    jobs.cancel(job_id=_import_job(pk).pk)
    return redirect("shop:import_detail", pk)


@needs(Can.IMPORT)
@require_safe
def import_refused(request: Any, pk: int) -> FileResponse:
    """The rows that were refused, as they were in the file, with the reason."""
    job = _import_job(pk)
    path = job.result.get("refused_file")
    if not path or not default_storage.exists(path):
        raise Http404("This import refused no rows, or they are no longer kept.")
    name = f"refused-{job.payload['name']}.csv"
    answer = FileResponse(default_storage.open(path, "rb"), as_attachment=True, filename=name)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _import_job(pk: int) -> Job:
    job: Job = get_object_or_404(Job, pk=pk, kind=uploads.JOB_KIND)
    return job
