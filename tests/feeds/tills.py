"""A till's nightly files, and a shop that takes them in by a feed."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils import timezone

from sales import reports
from sales.models import Sale, SaleLine
from shop import jobs
from shop.feeds import fetching, services
from shop.feeds.services import Plan
from shop.models import Feed, FeedFile, Import, Job, SavedMapping

BY = "alice@shops.example"
MONDAY = dt.date(2026, 3, 2)
HEADER = ("receipt", "time", "product", "quantity", "price")
BROKEN = b"<<< printer error 0x80 >>>\nplease call service\n"


def night(number: int, *, also: int | None = None) -> bytes:
    """The sales of one day: ten receipts of two lines. `also` repeats another day's, as tills do that send too much."""
    days = [number] if also is None else [also, number]
    rows = [
        f"{MONDAY + dt.timedelta(days=day)}-{receipt},{MONDAY + dt.timedelta(days=day)} {9 + receipt:02}:15,"
        f"{product},{1 + (day + receipt) % 3},{price}"
        for day in days
        for receipt in range(10)
        for product, price in (("MILK", "1.45"), ("CHOC", "2.40"))
    ]
    return "\n".join([",".join(HEADER), *rows, ""]).encode()


def columns() -> SavedMapping:
    mapping = {"columns": {name: [name] for name in HEADER}, "constants": {}}
    saved: SavedMapping = SavedMapping.objects.create(kind="sales_lines", fingerprint="f" * 64, mapping=mapping)
    return saved


def feed_from(source: str, answers: dict[str, Any], **more: Any) -> Feed:
    plan = {"name": f"Till by {source}", "kind": "sales_lines", "saved_mapping": columns(), "branch": "High Street"}
    return services.add(Plan(source=source, answers=answers, **(plan | more)), by=BY)


def beat(feed: Feed, *, times: int = 1) -> Feed:
    """What the clock and the workers do when the feed's moment has come."""
    for _ in range(times):
        fetching.start(feed.pk)
        work()
        fetching.start(feed.pk)
    return Feed.objects.get(pk=feed.pk)


def work() -> None:
    """Let a worker do what waits, in its order, until nothing does."""
    while (job := Job.objects.filter(status="queued").order_by("id").first()) is not None:
        jobs.run(job.pk)


def states(feed: Feed) -> list[tuple[str, str]]:
    return list(FeedFile.objects.filter(feed=feed).order_by("id").values_list("name", "state"))


def books() -> dict[str, Any]:
    """What counts: every document with its lines, and the days' totals. Not who brought it, nor when."""
    lines: dict[int, list[Any]] = {}
    fields = ("product__sku", "quantity", "unit_price", "net", "tax")
    for sale, *line in SaleLine.objects.values_list("sale_id", *fields):
        lines.setdefault(sale, []).append(tuple(line))
    documents = sorted(
        (sale.receipt, sale.sold_at, sale.business_date, sale.total, sorted(lines[sale.pk]))
        for sale in Sale.objects.counted()
    )
    known = reports.first_and_last_day()
    days = {day: (sums.net, sums.baskets) for day, sums in reports.by_day(known).items()} if known else {}
    return {"documents": documents, "days": days, "total": sum((row[3] for row in documents), Decimal(0))}


def imports() -> int:
    return Import.objects.count()


def at(day: int, hour: int = 2) -> dt.datetime:
    """The night after a day of the week, in UTC."""
    return dt.datetime.combine(MONDAY + dt.timedelta(days=day + 1), dt.time(hour), tzinfo=dt.UTC)


def now() -> dt.datetime:
    return timezone.now()
