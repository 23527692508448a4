"""Which shift a document belongs to: the one its till named, else the one its till had open when it was sold.

A till's documents and shifts come in any order, so this is asked again whenever a shift is opened, closed or read.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sales.models import Sale, Shift
from shop.models import Shop
from shop.tenancy import current_shop_id

BY_TILLS = "api"


def link_sales(shift: Shift) -> None:
    """Put the documents that belong to this shift into it. One that has a shift stays there."""
    loose = Sale.objects.filter(register=shift.register_id, shift=None)
    loose.filter(shift_key=shift.uuid).update(shift=shift)
    if shift.opened_at is not None:
        _unnamed_during(shift, shift.opened_at).update(shift=shift)


def _unnamed_during(shift: Shift, opened_at: dt.datetime) -> Any:
    """What the till sold between opening and close without saying in which shift."""
    # The day narrows the search by an index; a document's own day is at most one off its moment's.
    first = Shop.objects.get(pk=current_shop_id()).business_date(opened_at) - dt.timedelta(days=1)
    sales = Sale.objects.filter(
        business_date__gte=first,
        register=shift.register_id,
        shift=None,
        shift_key=None,
        source=BY_TILLS,
        sold_at__gte=opened_at,
    )
    return sales if shift.closed_at is None else sales.filter(sold_at__lt=shift.closed_at)
