"""What the page of an import shows at each of its steps."""

from collections.abc import Callable
from typing import Any

from shop.imports import columns, desk, kinds
from shop.imports.kinds import Kind
from shop.imports.mapping import Mapping
from shop.imports.next_steps import next_steps
from shop.imports.preview import preview
from shop.imports.reading import Layout, pages
from shop.imports.words import links, outcome, to_review
from shop.models import Branch, Import

State = Import.State
CODE_PAGES = (("utf-8", "UTF-8"), ("utf-16", "UTF-16"), *pages.NAMES.items())
DELIMITERS = ((",", "Commas"), (";", "Semicolons"), ("\t", "Tabs"), ("|", "Upright strokes"))


def branches() -> list[tuple[str, str]]:
    return [(name, name) for name in Branch.objects.order_by("id").values_list("name", flat=True)]


def said_of(imported: Import) -> dict[str, Any]:
    """What a person may say of how the file is written."""
    skip = imported.layout.get("said", {}).get("skip")
    return {
        "code_pages": CODE_PAGES,
        "delimiters": DELIMITERS,
        "header_rows": str(imported.layout.get("said", {}).get("header_rows", "")),
        "names_line": "" if skip is None else skip + 1,
    }


def _stopped(request: Any, imported: Import, kind: Kind | None) -> dict[str, Any]:
    return said_of(imported)


def matching(request: Any, imported: Import, kind: Kind) -> dict[str, Any]:
    shown = columns.shown(imported, kind)
    return {
        "columns": shown,
        "missing": shown.missing,
        "kinds": kinds.every_kind(),
        "likely": dict(imported.sample.get("kinds", [])).get(imported.kind),
        "layout": imported.layout,
        "tables": imported.sample.get("tables", []),
        "branches": branches(),
        **said_of(imported),
        "preview": preview_of(imported, kind),
    }


def preview_of(imported: Import, kind: Kind) -> dict[str, Any]:
    """The first rows as they will be stored, and what is wrong with them."""
    sample = imported.sample
    layout = Layout.from_json({"encoding": "", "delimiter": ",", "header": sample["header"]} | imported.layout)
    mapping = Mapping.from_json(imported.mapping)
    found = preview(kind, mapping, layout, sample["rows"], imported.branch, lines=sample.get("lines"))
    rows = []
    for line, values in zip(found.lines, found.rows, strict=True):
        wrong = {problem["field"]: problem["text"] for problem in found.problems if problem["line"] == line}
        cells = [
            {"name": name, "text": text, "wrong": name in wrong}
            for name, text in zip(found.columns, values, strict=True)
        ]
        rows.append({"line": line, "cells": cells, "problem": "; ".join(wrong.values())})
    return {
        "titles": [kind.field(name).title for name in found.columns],
        "rows": rows,
        "evidence": found.evidence,
        "refusal": next((problem["text"] for problem in found.problems if not problem["line"]), ""),
    }


def checking(request: Any, imported: Import, kind: Kind) -> dict[str, Any]:
    checked = imported.checked
    ready = checked.get("created", 0) + checked.get("updated", 0)
    return {
        "checked": checked,
        "ready": ready,
        "outcome": outcome(kind, checked, request.shop, will=True),
        "groups": [_group(place, group, imported, kind) for place, group in enumerate(checked.get("groups", []))],
        "absent": [(value, label) for value, label in Import.Absent.choices if value == "leave" or value in kind.absent]
        if kind.absent
        else [],
    }


def _group(place: int, group: dict[str, Any], imported: Import, kind: Kind) -> dict[str, Any]:
    known = {field.name: field for field in kind.fields}
    field = known.get(group.get("field", ""))
    return group | {
        "place": place,
        "title": field.title if field else "",
        "mends": bool(field and group.get("values")),
        "more": group["count"] - sum(count for _, count in group.get("values", [])),
    }


def _done(request: Any, imported: Import, kind: Kind) -> dict[str, Any]:
    return {
        "result": imported.result,
        "outcome": outcome(kind, imported.result, request.shop),
        "to_review": to_review(imported.result),
        "links": links(kind, imported.result),
        "next_steps": next_steps(imported.job, request.membership.role) if imported.job else [],
        "undo_until": desk.undo_until(imported),
        "other_kinds": [other for other in kinds.every_kind() if other.name != imported.kind],
    }


_SCREENS: dict[str, Callable[..., dict[str, Any]]] = {
    State.MATCHING: matching,
    State.READY: checking,
    State.DONE: _done,
    State.REFUSED: _stopped,
}


def screen(request: Any, imported: Import, kind: Kind | None) -> dict[str, Any]:
    """What the step that the import is at needs."""
    shows = _SCREENS.get(imported.state)
    return shows(request, imported, kind) if shows else {}
