"""What the tests of imports share: text in, counts out."""

import io
import uuid
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models import Sum

from sales.models import SaleLine
from shop import jobs
from shop.imports import desk, running
from shop.imports.kinds import find_kind
from shop.imports.mapping import parse
from shop.imports.reading import Source
from shop.models import Import, Job, SavedMapping

BY = "alice@shops.example"
SHARED = Path(settings.BASE_DIR).parent / "shared" / "data"


def shared(name: str) -> Path:
    """A real file beside the project; where it is absent the test skips and says which file it wants."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"NOT TESTED: the real file ../shared/data/{name} is not there")
    return path


def source(content: str | bytes, name: str = "till.csv") -> Source:
    data = content.encode() if isinstance(content, str) else content
    return Source(name, len(data), lambda: io.BytesIO(data))


def keep_uploads_in(folder: Any, settings: Any) -> None:
    """Let a test's uploads be its own."""
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}
    settings.STORAGES = {**settings.STORAGES, "default": storage}


def asked_for(content: str | bytes, kind: str = "sales_lines", *columns: str, branch: str = "") -> Job:
    """The job of an import whose columns are known already, named like the fields they give."""
    data = content.encode() if isinstance(content, str) else content
    names = columns or tuple(data.split(b"\n")[0].decode().split(","))
    saved = SavedMapping.objects.create(
        kind=kind, fingerprint=uuid.uuid4().hex, mapping={"columns": {name: [name] for name in names}, "constants": {}}
    )
    file = desk.keep(io.BytesIO(data), name="till.csv", by=BY)
    job: Job = desk.run_saved(file=file, saved_mapping=saved, branch=branch, by=BY, feed=None).job
    return job


def work(imported: Import) -> Import:
    """Let a worker do what was asked for last."""
    jobs.run(imported.job_id)
    return desk.settle(imported.pk)


def bring_in(
    kind: str, *contents: str | bytes | Source, maps: Sequence[str] = (), branch: str = "", **more: Any
) -> Any:
    """Import into the chosen shop, as the command does; returns the Result."""
    found = find_kind(kind)
    sources = [content if isinstance(content, Source) else source(content) for content in contents]
    result = running.run(kind=found, sources=sources, mapping=parse(found, maps), branch=branch, **more)
    running.finish(found, result.created + result.updated)
    return result


def counts(result: Any) -> tuple[int, int, int, int]:
    return result.created, result.updated, result.unchanged, result.refused


def paid() -> Decimal:
    """net + tax of every line of the chosen shop."""
    sums = SaleLine.objects.aggregate(net=Sum("net"), tax=Sum("tax"))
    return (sums["net"] or Decimal(0)) + (sums["tax"] or Decimal(0))


def reasons(result: Any) -> str:
    return " / ".join(reason for reason, _ in result.reasons)
