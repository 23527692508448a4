"""Whole runs while the model fails in every way it can: the pages are right, say what they rest on, and none breaks.

And a hostile model: whatever text it answers changes no row beyond its own result, and renders inert.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from customers.models import Review
from insights.analyses.engine import ask_run
from insights.models import CalendarEvent, LLMCall, ModelAccess, ReviewReading, Run, Suggestion
from insights.providers import budget, gateway, services
from inventory.models import Product, StockMovement
from sales.models import Sale
from sales.services import Line, record_sale
from shop import jobs
from shop.models import Branch, Job
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.insights.test_pricing_run import AS_OF
from tests.insights.test_pricing_run import bring_in_a_year as two_prices
from tests.vendors import Fault, Vendor
from tests.vendors.connecting import connect

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("today/", "insights/runs/", "reviews/", "calendar/", "settings/models/calls/", "prices/", "insights/forecast/")
MISFITS = [fault for fault in Fault if fault not in {Fault.SLOW, Fault.FALSE_COUNT, Fault.DRIP}]
LIMIT = Decimal("0.05")
SCRIPT = "<script>alert(document.cookie)</script>'; drop table sales_sale; --"


@pytest.fixture
def green(committed_cast: Cast, vendor: Vendor, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    """A shop with five weeks of sales, two reviews and a model that costs money."""
    settings.MODELS_SECONDS, settings.MODELS_ALLOW_LOCAL = 1, True
    monkeypatch.setattr(gateway, "_FIRST_PAUSE", 0.01)
    cache.clear()
    with use_shop(committed_cast.green):
        branch, milk = Branch.objects.order_by("pk").first(), Product.objects.get(sku="MILK")
        for day in range(1, 36):
            line = Line(product=milk, quantity=Decimal(3 + day % 7))
            at = timezone.now() - dt.timedelta(days=day)
            record_sale(uuid=uuid.uuid4(), branch=branch, lines=[line], sold_at=at, source="api", by="test")
        for number, text in enumerate(("Lovely fresh bread.", "Rude and dirty.")):
            Review.objects.create(code=str(number), text=text, author="Edith Longname")
        connect(committed_cast.green, vendor)
        services.set_limit(LIMIT)
        yield committed_cast


def run_all() -> list[Run]:
    for name in ("forecast", "sentiment"):
        job = ask_run(name=name, by="alice@shops.example", hint=False)
        jobs.run(job.pk)
        assert Job.objects.get(pk=job.pk).status == "done"
    return list(Run.objects.order_by("pk"))


def see(cast: Cast) -> dict[str, str]:
    client = cast.client()
    client.post("/s/green/calendar/say/", {"said": "street fair Saturday"})
    run_pages = [f"insights/runs/{run.pk}/" for run in Run.objects.all()]
    call_pages = [f"settings/models/calls/{call.pk}/" for call in LLMCall.objects.all()]
    found = {}
    for path in (*PAGES, *run_pages, *call_pages):
        answer = client.get(f"/s/green/{path}")
        assert answer.status_code == 200, (path, answer.status_code)
        found[path] = answer.content.decode()
    return found


@pytest.mark.parametrize("fault", MISFITS, ids=lambda fault: fault.name.lower())
def test_a_model_that_fails_leaves_every_page_right(green: Cast, vendor: Vendor, fault: Fault) -> None:
    vendor.always = fault
    for run in run_all():
        assert run.sentences
        assert run.provider == "local" or run.why_local == ""
    assert {reading.label for reading in ReviewReading.objects.all()} == {"positive", "negative"}
    assert budget.spent() <= LIMIT
    pages = see(green)
    assert not any("<script>alert" in page for page in pages.values())
    assert "Edith Longname" not in "".join(seen.raw for seen in vendor.asked)


def test_advised_prices_are_the_same_whatever_the_model_does(green: Cast, vendor: Vendor) -> None:
    """In one shop, one fault after the other: a year of prices is dear to bring in."""
    two_prices()

    def advised() -> list[Any]:
        job = ask_run(name="pricing", by="alice@shops.example", as_of=AS_OF, hint=False)
        jobs.run(job.pk)
        run = Run.objects.get(job=job)
        assert run.status == "done" and run.sentences, (run.error, vendor.always)
        offered = Suggestion.objects.open().filter(kind="price")
        assert not any("<script" in one.why for one in offered)
        assert run.provider == "local" or run.why_local == ""
        return list(offered.order_by("key").values_list("key", "title", "advised_price", "value"))

    ModelAccess.objects.update(is_active=False)
    alone = advised()
    assert alone
    ModelAccess.objects.update(is_active=True)
    for fault in MISFITS:
        cache.clear()
        vendor.always = fault
        assert advised() == alone, fault
    assert vendor.asked and budget.spent() <= LIMIT


def test_with_no_model_everything_works_and_says_so(green: Cast, vendor: Vendor) -> None:
    for access in ModelAccess.objects.all():
        services.remove(access)
    runs = run_all()
    assert {run.provider for run in runs} == {"local"}
    assert "No model is connected" in see(green)[f"insights/runs/{runs[0].pk}/"]
    assert vendor.asked == []


def test_a_healthy_model_is_named_and_its_cost_shown(green: Cast, vendor: Vendor) -> None:
    vendor.data = {"sentences": [{"fact": "f1", "text": "Worth a look."}]}
    runs = run_all()
    pages = see(green)
    worded = [run for run in runs if run.provider == "gemini"]
    assert worded, [(run.analysis, run.provider, run.why_local, run.error) for run in runs]
    assert "gemini test-model" in pages[f"insights/runs/{worded[0].pk}/"]
    assert 0 < budget.spent() <= LIMIT


@pytest.mark.parametrize(
    "answer",
    [
        {"sentences": [SCRIPT, "{{f1}} " + SCRIPT], "order": ["f1", SCRIPT]},
        [{"id": 1, "label": "positive", "score": 99, "language": SCRIPT}, {"id": 10**9, "label": SCRIPT}],
        {"name": SCRIPT, "first": "1900-01-01", "last": "2999-12-31", "effect": 1e9, "is_event": True},
        SCRIPT,
    ],
    ids=["sentences", "labels", "event", "text"],
)
def test_a_hostile_model_changes_nothing_beyond_its_own_result(green: Cast, vendor: Vendor, answer: Any) -> None:
    vendor.data = answer
    before = (Sale.objects.count(), StockMovement.objects.count(), Product.objects.get(sku="MILK").price)
    with use_shop(green.rival):
        rival = (Run.objects.count(), Suggestion.objects.count(), CalendarEvent.objects.count())
    run_all()
    pages = see(green)
    assert before == (Sale.objects.count(), StockMovement.objects.count(), Product.objects.get(sku="MILK").price)
    with use_shop(green.rival):
        assert rival == (Run.objects.count(), Suggestion.objects.count(), CalendarEvent.objects.count())
    assert not any("<script>alert" in page for page in pages.values())
    assert all(-1 <= reading.score <= 1 for reading in ReviewReading.objects.all())
    for event in CalendarEvent.objects.all():
        assert event.first_date.year in {timezone.now().year, timezone.now().year + 1}
        assert event.state == "proposed"
