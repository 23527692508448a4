"""Every analysis for two shops, by two beats and a worker at their minute, with a paid model: the worker is killed
with -9 midway and the broker forgets everything. Each is done once, no row is there twice, nothing is paid twice."""

import datetime as dt
import uuid
import zoneinfo
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from customers.models import Review
from insights.analyses.protocol import every_analysis
from insights.models import Elasticity, ForecastSeries, LLMCall, ReviewReading, Run, Suggestion
from inventory.models import Product
from sales.services import Line, record_sale
from shop import schedules
from shop.models import Branch, Job, Schedule, Shop
from shop.scope import use_shop
from tests.concurrency.night import Night
from tests.factories import Cast
from tests.vendors.connecting import connect
from tests.vendors.server import Vendor

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = 40
RECOVERY = 120  # seconds
TEXTS = (
    "The bread was fresh and the staff were kind.",
    "Mouldy strawberries again.",
    "It is a shop.",
    "Lovely cheese.",
)


def trade(shop: Shop) -> None:
    """Weeks of sales with a change of price, and a few reviews."""
    with use_shop(shop):
        branch = Branch.objects.order_by("pk").first()
        now = timezone.now()
        for day in range(1, DAYS):
            for product in Product.objects.order_by("pk"):
                price = (product.price or Decimal(1)) * (Decimal("0.8") if day < 12 else Decimal(1))
                line = Line(product=product, quantity=Decimal(3 + day % 7), unit_price=price)
                at = now - dt.timedelta(days=day)
                record_sale(uuid=uuid.uuid4(), branch=branch, lines=[line], sold_at=at, source="api", by="test")
        Review.objects.bulk_create(Review(code=str(number), text=text) for number, text in enumerate(TEXTS))


def plan(shop: Shop, moment: dt.datetime) -> None:
    schedules.ensure_defaults(shop)
    at = moment.astimezone(zoneinfo.ZoneInfo(shop.zone)).time()
    with use_shop(shop):
        for row in Schedule.objects.all():
            wanted = row.kind in every_analysis()
            schedules.change(
                schedule_id=row.pk, at=at, weekdays=schedules.EVERY_DAY, is_active=wanted, by="alice@shops.example"
            )


def in_each(shops: tuple[Shop, ...], asked: Any) -> list[Any]:
    found = []
    for shop in shops:
        with use_shop(shop):
            found.append(asked())
    return found


def release_leases() -> None:
    """A lease is a minute; the test does not wait for it."""
    Job.objects.filter(status=Job.Status.RUNNING).update(lease_until=timezone.now())


def test_two_shops_nights_survive_a_killed_worker_and_a_wiped_broker(
    committed_cast: Cast, night: Night, vendor: Vendor, settings: Any
) -> None:
    settings.MODELS_ALLOW_LOCAL = True
    allowed = {"AISLE_MODELS_ALLOW_LOCAL": "1"}
    shops = (committed_cast.green, committed_cast.rival)
    vendor.slowness = 1.0
    for shop in shops:
        trade(shop)
        connect(shop, vendor, key=f"test-key-of-{shop.slug}")
    moment = (timezone.now() + dt.timedelta(seconds=62)).replace(second=0, microsecond=0)
    for shop in shops:
        plan(shop, moment)
    worker = night.start_worker(concurrency=2, env=allowed)
    night.start_beat(), night.start_beat()
    night.wait(night.is_heard)
    night.wipe_valkey()  # once while everybody lives
    night.wait(lambda: any(in_each(shops, Run.objects.exists)), 100)
    assert moment <= timezone.now() < moment + dt.timedelta(seconds=60), "at its minute, by the clock"
    night.kill9(worker)
    night.wipe_valkey()  # and once when the hints are lost
    in_each(shops, release_leases)
    night.start_worker(concurrency=2, env=allowed)

    def all_done() -> bool:
        return all(count == len(every_analysis()) for count in in_each(shops, lambda: Run.objects.done().count()))

    night.wait(all_done, RECOVERY)
    for shop in shops:
        with use_shop(shop):
            assert_once(shop)
            due = Schedule.objects.filter(kind__in=every_analysis()).values_list("next_due_at", flat=True)
            assert set(due) == {moment + dt.timedelta(days=1)}
    asked = Counter((seen.key, seen.raw) for seen in vendor.asked)
    assert asked and set(asked.values()) == {1}, "nothing is paid twice"


def assert_once(shop: Shop) -> None:
    assert Counter(Run.objects.values_list("analysis", flat=True)) == dict.fromkeys(every_analysis(), 1)
    assert set(Job.objects.filter(kind="analysis").values_list("status", flat=True)) <= {"done", "running"}
    products = Product.objects.count()
    branches = ForecastSeries.objects.products().values_list("branch_id", "product_id")
    assert len(branches) == len(set(branches)) == products
    assert Elasticity.objects.count() == Elasticity.objects.values("product").distinct().count()
    assert ReviewReading.objects.count() == len(TEXTS)
    keys = list(Suggestion.objects.filter(state="open").values_list("key", flat=True))
    assert len(keys) == len(set(keys))
    paid = LLMCall.objects.filter(outcome="ok").values_list("input_hash", flat=True)
    assert len(paid) == len(set(paid))
