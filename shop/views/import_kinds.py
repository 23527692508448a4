"""What can be imported: every kind of file in a shopkeeper's words, from its declaration."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from shop.access import needs
from shop.imports.kinds import As, every_kind
from shop.page import page
from shop.roles import Can

_READS = {
    As.TEXT: "Words",
    As.CODE: "Code",
    As.QUANTITY: "Number",
    As.MONEY: "Amount",
    As.WHOLE: "Whole number",
    As.DATE: "Date",
    As.MOMENT: "Date and time",
}


@needs(Can.IMPORT)
@require_safe
def import_kinds(request: Any) -> HttpResponse:
    """Every kind with its fields, what an empty cell means, and how a cell may look."""
    kinds = [(kind, [(field, _READS[field.reads]) for field in kind.fields]) for kind in every_kind()]
    return page(request, "shop/import_kinds.html", {"kinds": kinds})
