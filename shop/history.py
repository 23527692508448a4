"""Who changed what, in words: reads the rows that the database's trigger wrote, whatever wrote the change."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst

from shop import formats
from shop.models import Change
from shop.scope import current_actor, use_shop

MOST_RECENT = 300
VERBS = {"insert": "added", "update": "changed", "delete": "removed"}
_NEVER_SHOWN = {"id", "shop_id"}
Row = dict[str, Any]
# Columns a reader may not see, by model.
Hidden = Mapping[type[models.Model], frozenset[str]]


@dataclass(frozen=True)
class FieldChange:
    """One field with its value before and after, as a person would read it."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One change of one row: who, when, why, and field by field."""

    when: dt.datetime
    who: str
    why: str
    verb: str
    about: str
    fields: list[FieldChange]


@dataclass(frozen=True)
class Happening:
    """What one person changed in one go, for the list of recent changes."""

    when: dt.datetime
    who: str
    why: str
    what: str
    url_name: str
    row_id: int | None


def of_row(row: models.Model, parts: Sequence[tuple[type[models.Model], str]] = ()) -> models.QuerySet[Change]:
    """The changes of a row and of the rows that hang on it (model, link), newest first; removed parts too."""
    wanted = Q(table=row._meta.db_table, row_id=row.pk)
    for model, link in parts:
        wanted |= Q(table=model._meta.db_table) & (Q(**{f"after__{link}": row.pk}) | Q(**{f"before__{link}": row.pk}))
    found: models.QuerySet[Change] = Change.objects.filter(wanted).order_by("-id")
    return found


def in_words(changes: Iterable[Change], hidden: Hidden | None = None) -> list[Entry]:
    """Changes as entries; columns in `hidden` are left out, and so is a change of nothing else."""
    listed = list(changes)
    names = _linked_names(listed)
    entries = [_entry(change, names, hidden or {}) for change in listed]
    return [entry for entry in entries if entry.fields or entry.verb == "removed"]


def recent(seen: Sequence[type[models.Model]], most: int = 10) -> list[Happening]:
    """The latest changes of these models: rows changed in one go are one happening."""
    by_table = {model._meta.db_table: model for model in seen}
    latest = Change.objects.filter(table__in=by_table).order_by("-id")[:MOST_RECENT]
    groups = itertools.groupby(latest, key=lambda c: (c.changed_at, c.actor, c.table, c.action))
    return [_happening(by_table[key[2]], list(rows)) for key, rows in itertools.islice(groups, most)]


def note(shop_id: int, table: str, row_id: int, before: Row | None, after: Row | None) -> None:
    """Write a change that no trigger sees: of a door table, or the part of a row that people decide on."""
    if before == after:
        return
    action = "insert" if before is None else "delete" if after is None else "update"
    actor, reason = current_actor()
    with use_shop(shop_id):
        Change.objects.create(
            table=table, row_id=row_id, action=action, before=before, after=after,
            actor=actor, reason=reason, changed_at=timezone.now(),
        )  # fmt: skip


def _happening(model: type[models.Model], rows: list[Change]) -> Happening:
    first, one = rows[0], len(rows) == 1
    meta = model._meta
    name = (first.after or first.before or {}).get("name") or (first.after or first.before or {}).get("code") or ""
    many = f"{len(rows)}{'+' if len(rows) == MOST_RECENT else ''} {meta.verbose_name_plural}"
    return Happening(
        when=first.changed_at,
        who=first.actor or "Aisle",
        why=first.reason,
        what=f"{VERBS[first.action]} {f'{meta.verbose_name} {name}' if one else many}".strip(),
        url_name=f"admin:{meta.app_label}_{meta.model_name}_change",
        row_id=first.row_id if one and first.action != "delete" else None,
    )


def _model_of(table: str) -> type[models.Model] | None:
    return next((model for model in apps.get_models() if model._meta.db_table == table), None)


def _entry(change: Change, names: dict[tuple[type[models.Model], Any], str], hidden: Hidden) -> Entry:
    model = _model_of(change.table)
    before, after = change.before or {}, change.after or {}
    columns = [column for column in {**before, **after} if before.get(column) != after.get(column)]
    unseen = _NEVER_SHOWN | (hidden.get(model, frozenset()) if model else frozenset())
    fields = []
    for column in columns:
        if column not in unseen:
            field = _field(model, column)
            old, new = (_worded(field, row.get(column), names) for row in (before, after))
            if old != new:
                fields.append(FieldChange(_label(field, column), old, new))
    return Entry(
        when=change.changed_at,
        who=change.actor or "Aisle",
        why=change.reason,
        verb=VERBS[change.action],
        about=str(capfirst(model._meta.verbose_name)) if model else change.table,
        fields=fields,
    )


def _field(model: type[models.Model] | None, column: str) -> Any:
    if model is None:
        return None
    return next((field for field in model._meta.concrete_fields if field.column == column), None)


def _label(field: Any, column: str) -> str:
    return str(capfirst(field.verbose_name if field else column.replace("_", " ")))


def _linked_names(changes: list[Change]) -> dict[tuple[type[models.Model], Any], str]:
    """The names of all rows that the changes point to, one query a model."""
    wanted: dict[Any, set[Any]] = {}
    for change in changes:
        model = _model_of(change.table)
        for field in model._meta.concrete_fields if model else ():
            if field.is_relation and field.column != "shop_id":
                ids = {row.get(field.column) for row in (change.before or {}, change.after or {})} - {None}
                wanted.setdefault(field.related_model, set()).update(ids)
    return {
        (model, row.pk): str(row)
        for model, ids in wanted.items()
        if ids
        for row in model._default_manager.filter(pk__in=ids)
    }


def _worded(field: Any, value: Any, names: dict[tuple[type[models.Model], Any], str]) -> str:
    if value is None or value in ("", []):
        return formats.UNKNOWN
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field is not None and field.is_relation:
        return names.get((field.related_model, value), f"no. {value}, since removed")
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, int | float):
        return formats.plain(Decimal(str(value)))
    if isinstance(field, models.DateTimeField) and (moment := parse_datetime(str(value))):
        return f"{timezone.localtime(moment):%d %b %Y %H:%M}"
    return str(value)
