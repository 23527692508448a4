"""Background upkeep of the roll-ups: keeps the queue of changed days short between page views."""

from typing import Any

from celery import current_app

from sales import rollups
from shop import doors
from shop.tasks import platform_task, shop_task


@platform_task
def refresh_all_rollups() -> None:
    for shop_id in doors.every_shop_id():
        current_app.send_task("sales.tasks.refresh_rollups", kwargs={"shop_id": shop_id}, retry=False)


@shop_task
def refresh_rollups(*, shop_id: int) -> Any:
    return rollups.refresh()
