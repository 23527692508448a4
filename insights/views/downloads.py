"""A table of a page as a file."""

import tempfile
from typing import IO, Any, cast

from django.db import transaction
from django.http import FileResponse, HttpResponse

from insights.downloads import File
from shop import access, files
from shop.periods import Period
from shop.roles import Can

_IN_MEMORY = 1024**2


def download(request: Any, file: File, period: Period | None = None) -> HttpResponse:
    """The file, for roles that may export, in the form `?format=` asks for. Its name says shop, table and period.

    It is written to disk as its rows are read, so that its size costs no memory.
    """
    access.require(request.membership, Can.EXPORT)
    form = files.asked_format(request.GET.get("format", ""))
    span = f"_{period.first}_{period.last}" if period else ""
    out = tempfile.SpooledTemporaryFile(_IN_MEMORY, prefix="aisle-")  # noqa: SIM115  the response closes it
    with transaction.atomic():
        files.write(out, form, file.name, file.header, file.rows, country=request.shop.country)
    response = _answer(out, form)
    response["Content-Disposition"] = f'attachment; filename="{request.shop.slug}_{file.name}{span}.{form.ending}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _answer(out: IO[bytes], form: files.Format) -> HttpResponse:
    size = out.tell()
    out.seek(0)
    if size <= _IN_MEMORY:
        with out:
            return HttpResponse(out.read(), content_type=form.content_type)
    return cast(HttpResponse, FileResponse(out, content_type=form.content_type))  # its own base, handled alike
