"""Imports with a row of their own, as the desk makes them, and taken back as its job does."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from shop.imports import running, undo
from shop.imports.kinds import find_kind
from shop.imports.mapping import parse
from shop.models import Import, RawFile
from tests.importing import source


def kept(kind: str, content: str | bytes, *, maps: Sequence[str] = (), branch: str = "", **more: Any) -> Import:
    """Import into the chosen shop what can be taken back; `result` is on the row."""
    found, file = find_kind(kind), source(content)
    raw = RawFile.objects.create(name=file.name, size=file.size, sha256="0" * 64)
    imported: Import = Import.objects.create(file=raw, kind=kind, branch=branch, state=Import.State.IMPORTING)
    with transaction.atomic():
        result = running.run(
            kind=found, sources=[file], mapping=parse(found, maps), branch=branch, imported=imported, **more
        )
        imported.state, imported.result = Import.State.DONE, result.as_json()
        imported.imported_at = timezone.now()
        imported.save()
    running.finish(found, result.created + result.updated, imported)
    return imported


def take_back(imported: Import) -> undo.UndoPlan:
    done = undo.take_back(imported, by="alice@shops.example")
    running.finish(find_kind(imported.kind), 0)
    return done
