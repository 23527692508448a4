"""Random documents, and the same numbers worked out the slow way: over raw lines, from the registry's own SQL."""

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from hypothesis import strategies as st

from inventory.models import Category, Product
from sales import rollups
from sales.measures import MEASURES, Sums
from sales.models import Sale, SaleLine
from shop.models import Branch, Shop
from shop.periods import Period
from shop.services import create_shop
from shop.tenancy import current_shop_id, use_shop

# A moment around which each zone's clock jumps, or never does.
ZONES = {
    "Europe/Lisbon": "2026-03-29T01:00+00:00",
    "America/St_Johns": "2026-11-01T04:30+00:00",
    "Asia/Kathmandu": "2026-05-01T18:15+00:00",
    "Australia/Lord_Howe": "2026-10-03T15:30+00:00",
}


@dataclass(frozen=True)
class Doc:
    branch: int
    kind: str
    minutes: int
    late: bool
    voided: bool
    lines: tuple[tuple[int | None, Decimal, Decimal, Decimal, Decimal, Decimal | None], ...]


def decimals(low: str, high: str, places: int) -> Any:
    return st.decimals(low, high, places=places, allow_nan=False, allow_infinity=False)


LINES = st.tuples(
    st.sampled_from([None, 0, 1, 2]),
    decimals("-3", "9", 3),
    decimals("-20", "99.9999", 4),
    decimals("-2", "9.9999", 4),
    decimals("0", "2", 4),
    st.none() | decimals("0", "60", 4),
)
DOCS = st.lists(
    st.builds(
        Doc,
        branch=st.integers(0, 1),
        kind=st.sampled_from(["sale", "sale", "refund", "exchange", "void", "summary"]),
        # Near the jump, and some weeks before and after it.
        minutes=st.integers(-30, 30).map(lambda step: step * 95) | st.integers(-50, 20).map(lambda day: day * 1440),
        late=st.booleans(),
        voided=st.sampled_from([False, False, False, True]),
        lines=st.lists(LINES, min_size=1, max_size=4).map(tuple),
    ),
    min_size=1,
    max_size=12,
)


def open_shop(zone: str, cutoff: int) -> Shop:
    """A shop of its own with two branches, three products and two categories."""
    shop = create_shop(slug=f"raw-{uuid.uuid4().hex[:12]}", zone=zone, branches=["North", "South"])
    shop.day_starts_at_hour = cutoff
    shop.save()
    with use_shop(shop):
        categories = [Category.objects.create(name=name) for name in ("Dairy", "Bakery")]
        for number, category in enumerate([*categories, None]):
            Product.objects.create(sku=f"P{number}", name=f"Product {number}", category=category)
    return shop


def write(shop: Shop, docs: list[Doc]) -> list[Sale]:
    """Documents of the chosen shop, written set-based as an import does, with their days marked."""
    branches, products = list(Branch.objects.order_by("id")), list(Product.objects.order_by("id"))
    middle = dt.datetime.fromisoformat(ZONES[shop.zone])
    sales = [
        Sale(
            uuid=uuid.uuid4(),
            branch=branches[doc.branch],
            kind=doc.kind,
            source="test",
            sold_at=(moment := middle + dt.timedelta(minutes=doc.minutes)),
            business_date=shop.business_date(moment),
            total=0,
            line_count=len(doc.lines),
            fingerprint="",
            received_at=moment,
        )
        for doc in docs
    ]
    Sale.objects.bulk_create(sales)
    names = ("quantity", "net", "tax", "discount", "cost")
    SaleLine.objects.bulk_create(
        SaleLine(
            sale=sale,
            product=None if line[0] is None else products[line[0]],
            unit_price=1,
            **dict(zip(names, line[1:], strict=True)),
        )
        for sale, doc in zip(sales, docs, strict=True)
        for line in doc.lines
    )
    rollups.mark_dirty((sale.branch_id, sale.business_date) for sale in sales)
    return sales


def measured(key: str, period: Period, branch: int | None = None, more: str = "") -> dict[Any, dict[str, Any]]:
    """Every measure's own SQL over raw lines, grouped by an SQL expression over `l`, `s` and the product `p`."""
    columns = ", ".join(f"{measure.sql} as {name}" for name, measure in MEASURES.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {key} as key, {columns} from sales_saleline l join sales_sale s on s.id = l.sale_id"
            " left join inventory_product p on p.id = l.product_id"
            " where l.shop_id = %(shop)s and s.voided_at is null and s.business_date between %(first)s and %(last)s"
            f" and (%(branch)s is null or s.branch_id = %(branch)s) {more} group by 1",
            {"shop": current_shop_id(), "first": period.first, "last": period.last, "branch": branch},
        )
        return {row[0]: dict(zip(MEASURES, row[1:], strict=True)) for row in cursor.fetchall()}


NOTHING = {name: measure.of(Sums.zero()) for name, measure in MEASURES.items()}


def told(sums: Sums) -> dict[str, Any]:
    """Every measure of these sums; left out what cannot be told at this grain."""
    return {
        name: rounded(measure.of(sums))
        for name, measure in MEASURES.items()
        if sums.baskets is not None or measure.grain == "line"
    }


def same(sums: Sums, expected: dict[str, Any]) -> bool:
    return told(sums) == {name: rounded(expected[name]) for name in told(sums)}


def rounded(value: Any) -> Any:
    """Two ways to divide differ in their last digits."""
    return None if value is None else round(Decimal(value), 9)


def summed_by_hour(shop: Shop, period: Period) -> dict[tuple[int, int], Decimal]:
    """Net by (weekday, local hour), by Python's own clock."""
    found: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    sales = Sale.objects.counted().between(period.first, period.last).exclude(kind="summary")
    for sale in sales.prefetch_related("lines"):
        hour = sale.sold_at.astimezone(ZoneInfo(shop.zone)).hour
        found[sale.business_date.weekday(), hour] += sum(line.net for line in sale.lines.all())
    return dict(found)
