"""Step three: what the check found, mended here by cause or row by row, or taken along as a file."""

import csv
import io
import itertools
from collections.abc import Iterator
from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.access import needs
from shop.imports import desk
from shop.imports.errors import ImportRefused
from shop.imports.kinds import Kind, find_kind
from shop.imports.mapping import Mapping
from shop.models import Import
from shop.page import page
from shop.roles import Can
from shop.views.imports.showing import find, step, to

_ROWS_A_PAGE = 20


@needs(Can.IMPORT)
@require_POST
def import_check(request: Any, pk: int) -> HttpResponse:
    return step(request, pk, lambda: desk.check(import_id=pk, by=request.user.email))


@needs(Can.IMPORT)
@require_POST
def import_fix(request: Any, pk: int) -> HttpResponse:
    """Mend a cause: other texts for the values that are wrong, one for all of them, or those rows left out."""
    imported = find(pk)

    def do() -> None:
        groups = imported.checked.get("groups", [])
        place = request.POST.get("group", "")
        if not place.isdigit() or int(place) >= len(groups):
            raise ImportRefused("This was checked anew meanwhile. Look at the page again.")
        mapping = _mended(Mapping.from_json(imported.mapping), groups[int(place)], request.POST)
        desk.change(import_id=pk, mapping=mapping)
        desk.check(import_id=pk, by=request.user.email)

    return step(request, pk, do)


def _mended(mapping: Mapping, group: dict[str, Any], form: Any) -> Mapping:
    field, values = group["field"], [value for value, _ in group["values"]]
    if form.get("do") == "leave":
        steps = (*mapping.steps.get(field, ()), {"do": "leave_out", "values": values})
        return mapping.with_steps(field, *steps)
    for_all = form.get("all", "").replace("\0", "").strip()
    told = {old: form.get(f"value-{place}", "").replace("\0", "").strip() for place, old in enumerate(values)}
    empty = form.get("do") == "empty"
    for old, new in told.items():
        if new or for_all or empty:
            mapping = mapping.with_value(field, old, "" if empty else (new or for_all))
    if not (empty or for_all or any(told.values())):
        raise ImportRefused("Write what the value should be, then press Use these.")
    return mapping


@needs(Can.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_rows(request: Any, pk: int) -> HttpResponse:
    """The rows that need a look, to be corrected one by one or left out."""
    imported = find(pk)
    if imported.state != Import.State.READY or not imported.checked.get("refused_file"):
        return to(pk)
    kind, mapping = find_kind(imported.kind), Mapping.from_json(imported.mapping)
    start = request.GET.get("from", "0")
    start = int(start) if start.isascii() and start.isdigit() and len(start) < 8 else 0
    rows = list(itertools.islice(_refused_rows(imported, kind, mapping), start, start + _ROWS_A_PAGE))
    if request.method == "POST":

        def do() -> None:
            desk.change(import_id=pk, mapping=_edited(mapping, rows, request.POST))
            desk.check(import_id=pk, by=request.user.email)

        return step(request, pk, do)
    context = {
        "imported": imported, "kind": kind, "rows": rows, "start": start, "first": start + 1,
        "next": start + _ROWS_A_PAGE, "total": imported.checked["refused"],
    }  # fmt: skip
    return page(request, "shop/import_rows.html", context)


def _edited(mapping: Mapping, rows: list[dict[str, Any]], form: Any) -> Mapping:
    before = mapping
    for row in rows:
        place = f"0:{row['line']}"
        if form.get(f"skip-{row['line']}"):
            mapping = mapping.with_skip(place)
            continue
        for cell in row["cells"]:
            text = form.get(f"cell-{row['line']}-{cell['field'].name}", cell["text"]).replace("\0", "").strip()
            if text != cell["text"]:
                mapping = mapping.with_edit(place, cell["field"].name, text[:1000])
    if mapping == before:
        raise ImportRefused("Nothing was changed. Correct a cell, or tick that a row is left out.")
    return mapping


def _refused_rows(imported: Import, kind: Kind, mapping: Mapping) -> Iterator[dict[str, Any]]:
    """The refused rows as they are in the file, with the fields that can be corrected; those that are named first."""
    fields = [field for field in kind.fields if mapping.columns.get(field.name)]
    path = imported.checked["refused_file"]
    if not default_storage.exists(path):
        return
    with default_storage.open(path, "rb") as raw:
        reader = csv.reader(io.TextIOWrapper(raw, "utf-8", newline=""))
        header = next(reader, [])
        names = {name.removeprefix("'"): place for place, name in enumerate(header[:-2])}
        for *row, line, reason in reader:
            cells = [
                {
                    "field": field,
                    "text": _text_of(row, names, field.name, mapping, line),
                    "wrong": reason.startswith((f"{field.name}:", f"{field.name} ")),
                }
                for field in fields
            ]
            yield {"line": line, "reason": reason, "cells": sorted(cells, key=lambda cell: not cell["wrong"])}


def _text_of(row: list[str], names: dict[str, int], field: str, mapping: Mapping, line: str) -> str:
    edited = mapping.edits.get(f"0:{line}", {})
    if field in edited:
        return edited[field]
    cells = [
        row[names[column]].removeprefix("'") for column in mapping.columns[field] if names.get(column, 9**9) < len(row)
    ]
    return " ".join(cell.strip() for cell in cells if cell.strip())


@needs(Can.IMPORT)
@require_safe
def import_refused(request: Any, pk: int) -> FileResponse:
    """The rows that were refused, as they were in the file, with the reason."""
    imported = find(pk)
    path = (imported.result or imported.checked).get("refused_file")
    if not path or not default_storage.exists(path):
        raise Http404("This import refused no rows, or they are no longer kept.")
    answer = FileResponse(
        default_storage.open(path, "rb"), as_attachment=True, filename=f"refused-{imported.file.name}.csv"
    )
    answer["Cache-Control"] = "private, no-store"
    return answer
