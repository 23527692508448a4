"""What the tests about competitors share: prices seen, and the work done here and now."""

import datetime as dt
from decimal import Decimal
from typing import Any

from insights.matching import job as work
from inventory.competitors import entering
from inventory.models import CompetitorItem, Product
from shop.jobs import Report
from shop.models import Job
from tests.factories import Cast

BY = "alice@shops.example"


def see(cast: Cast, name: str, price: str = "1.39", *, days_ago: int = 1, **more: Any) -> CompetitorItem:
    today = cast.green.today()
    day = today - dt.timedelta(days=days_ago)
    given = {"competitor": "Big Store", "name": name, "by": BY} | more
    item: CompetitorItem = entering.note_price(price=Decimal(price), seen_on=day, today=today, **given).item
    return item


def milk() -> Product:
    found: Product = Product.objects.get(sku="MILK")
    return found


def worked(**payload: Any) -> dict[str, Any]:
    """The job's work done here and now."""
    job = Job.objects.create(kind=work.JOB_KIND, title=work.TITLE, payload=payload, asked_by=BY)
    return work.run(job, Silent())


class Silent(Report):
    """A report that nobody reads."""

    def __init__(self) -> None:
        self.said: list[int] = []

    def progress(self, done: int, total: int) -> None:
        self.said.append(done)
