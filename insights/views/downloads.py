"""A table of a page as a file."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse

from insights.downloads import File
from shop import access
from shop.csvout import pieces
from shop.periods import Period
from shop.roles import Can


def download(request: Any, file: File, period: Period | None = None) -> HttpResponse:
    """The file, for roles that may export. Its name says shop, table and period."""
    access.require(request.membership, Can.EXPORT)
    span = f"_{period.first}_{period.last}" if period else ""
    with transaction.atomic():
        content = "".join(pieces(file.header, file.rows))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{request.shop.slug}_{file.name}{span}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response
