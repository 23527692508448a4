"""After an import: it is announced once it is in, others offer what to do next, and their failure is not its own."""

import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from sales.models import Sale
from shop import jobs, services
from shop.imports import desk, next_steps
from shop.imports.next_steps import NextStep, next_step
from shop.models import Change, Import, Job, Shop
from shop.roles import Can, may
from shop.services import ShopRefused
from shop.signals import import_done
from shop.tenancy import current_shop_id, use_shop
from tests.factories import Cast
from tests.importing import keep_uploads_in
from tests.shop.test_imports_jobs import asked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def green(committed_cast: Cast, tmp_path: Any, settings: Any) -> Iterator[Cast]:
    keep_uploads_in(tmp_path, settings)
    with use_shop(committed_cast.green):
        yield committed_cast


@pytest.fixture
def heard() -> Iterator[list[dict[str, Any]]]:
    """What was announced, with what could be seen at that moment."""
    told: list[dict[str, Any]] = []

    def hear(sender: Any, **facts: Any) -> None:
        del facts["signal"]
        told.append({**facts, "shop": current_shop_id(), "sales": Sale.objects.count()})
        assert not transaction.get_connection().in_atomic_block, "after the commit"

    import_done.connect(hear)
    yield told
    import_done.disconnect(hear)


def test_an_import_is_announced_when_it_is_in(green: Cast, heard: list[dict[str, Any]]) -> None:
    job = asked()
    jobs.run(job.pk)
    (told,) = heard
    assert (told["kind"], told["job_id"], told["shop"]) == ("sales_lines", job.pk, green.green.pk)
    assert (told["created"], told["updated"], told["sales"]) == (50, 0, 50)
    assert told["facts"]["documents"] == 50
    again = asked()
    jobs.run(again.pk)
    assert (heard[1]["created"], heard[1]["facts"].get("documents", 0)) == (0, 0), "and says that nothing was new"


def test_an_import_that_failed_is_not_announced(green: Cast, heard: list[dict[str, Any]]) -> None:
    job = asked("receipt,time,product,quantity,price\n")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == "failed" or job.result["created"] == 0
    assert [told for told in heard if told["created"]] == []


def test_what_hears_it_may_fail(green: Cast, caplog: pytest.LogCaptureFixture) -> None:
    def fails(sender: Any, **facts: Any) -> None:
        raise ValueError("no model today")

    import_done.connect(fails)
    try:
        job = asked()
        with caplog.at_level(logging.ERROR):
            jobs.run(job.pk)
    finally:
        import_done.disconnect(fails)
    job.refresh_from_db()
    assert job.status == "done"
    assert "import not followed up" in caplog.text


def test_the_page_offers_what_comes_next(green: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_steps, "_offers", [])

    @next_step
    def again(job: Job, role: str) -> NextStep | None:
        if not may(role, Can.DECIDE) or not job.result["facts"].get("documents"):
            return None
        return NextStep("Analyse again", "/s/green/again/", "moon-star", posts=True, fields=(("job", str(job.pk)),))

    next_step(lambda job, role: NextStep("See the news", "/s/green/news/", "sunrise"))
    job = asked()
    page = f"/s/green/imports/{Import.objects.get().pk}/"
    assert "Analyse again" not in green.client().get(page).content.decode(), "not before it is in"
    jobs.run(job.pk)
    body = green.client().get(page).content.decode()
    assert '<form method="post" action="/s/green/again/"' in body and "Analyse again" in body
    assert f'<input type="hidden" name="job" value="{job.pk}">' in body
    assert 'href="/s/green/news/"' in body


def test_an_import_asked_for_twice_is_watched_by_who_may_import(green: Cast) -> None:
    kind = jobs.kind_of(Job(kind=desk.IMPORT))
    assert kind is not None and kind.sees == Can.IMPORT
    assert jobs.kind_of(Job(kind="gone")) is None


def test_the_cash_limit_and_the_wish_to_analyse_are_settings(green: Cast) -> None:
    given = {
        "name": "Green Grocer", "country": "PT", "region": "", "currency": "EUR", "zone": "Europe/Lisbon",
        "day_starts_at_hour": "0", "weekly_cash": "1500.50", "analyse_after_import": "on",
    }  # fmt: skip
    assert green.client().post("/s/green/settings/", given).status_code == 302
    shop = Shop.objects.get(pk=green.green.pk)
    assert (shop.weekly_cash, shop.analyse_after_import) == (Decimal("1500.50"), True)
    assert Change.objects.get(table="shop_shop").after["weekly_cash"] == "1500.50"
    assert green.client().post("/s/green/settings/", {**given, "weekly_cash": "-1"}).status_code == 422
    green.client().post("/s/green/settings/", {**given, "weekly_cash": "", "analyse_after_import": ""})
    shop.refresh_from_db()
    assert (shop.weekly_cash, shop.analyse_after_import) == (None, False)
    with pytest.raises(ShopRefused):
        services.change_settings(shop=shop, by="alice@shops.example", weekly_cash=Decimal(-1))
