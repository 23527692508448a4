"""What begins by itself: every analysis has its hour, and an import of sales starts them where the shop wants it."""

from typing import Any

import pytest

from insights.analyses.protocol import every_analysis
from insights.night import analyse_again
from shop import schedules
from shop.models import Import, Job, RawFile, Schedule, Shop
from shop.tenancy import use_shop
from tests.factories import Cast

pytestmark = pytest.mark.django_db
SALES = {"kind": "sales_lines", "job_id": 7, "created": 12, "updated": 0, "facts": {"first_day": "2026-11-01"}}


def asked() -> list[str]:
    return sorted(job.payload["analysis"] for job in Job.objects.filter(kind="analysis"))


def announce(shop: Shop, *, wanted: bool = True, **said: Any) -> list[str]:
    with use_shop(shop):
        Shop.objects.filter(pk=shop.pk).update(analyse_after_import=wanted)
        analyse_again(sender=None, **(SALES | said))
        return asked()


def test_every_shop_has_an_hour_for_every_analysis(cast: Cast) -> None:
    for shop in (cast.green, cast.rival):
        with use_shop(shop):
            kinds = set(Schedule.objects.filter(is_active=True).values_list("kind", flat=True))
            assert set(every_analysis()) <= kinds


def test_a_schedule_that_is_due_asks_for_its_analysis_once(cast: Cast) -> None:
    with use_shop(cast.green):
        schedule = Schedule.objects.get(kind="forecast")
        Schedule.objects.filter(pk=schedule.pk).update(next_due_at=schedule.next_due_at.replace(year=2020))
        assert schedules.start(schedule.pk) is not None
        assert schedules.start(schedule.pk) is None
        assert asked() == ["forecast"]


def test_an_import_of_sales_starts_them_where_the_shop_wants_it_once(cast: Cast) -> None:
    assert announce(cast.green) == sorted(every_analysis())
    assert announce(cast.green) == sorted(every_analysis())
    with use_shop(cast.rival):
        assert asked() == []


@pytest.mark.parametrize("said", [{"wanted": False}, {"created": 0}, {"kind": "products", "facts": {}}])
def test_an_import_starts_nothing(cast: Cast, said: dict[str, Any]) -> None:
    assert announce(cast.green, **said) == []


def test_an_import_of_sales_offers_them_to_who_decides(cast: Cast) -> None:
    with use_shop(cast.green):
        facts = {"first_day": "2026-11-01", "last_day": "2026-11-02", "amount": "5"}
        result = {"created": 2, "updated": 0, "unchanged": 0, "refused": 0, "facts": facts}
        file = RawFile.objects.create(name="till.csv", size=1, sha256="0" * 64)
        done = Import.objects.create(file=file, kind="sales_lines", state="done", result=result)
        job = Job.objects.create(kind="import", status="done", payload={"import": done.pk}, result=result)
        Import.objects.filter(pk=done.pk).update(job=job)
        page = cast.client().get(f"/s/green/imports/{done.pk}/")
        assert b"Analyse again" in page.content
        cast.client().post("/s/green/insights/runs/start/", {"analysis": "all"})
        assert asked() == sorted(every_analysis())
        Job.objects.filter(pk=job.pk).update(result=result | {"created": 0})
        assert b"Analyse again" not in cast.client().get(f"/s/green/imports/{done.pk}/").content
