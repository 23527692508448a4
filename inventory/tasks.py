"""Background upkeep of prices: those that have started become the products' own. Tills are right without it."""

from typing import Any

from celery import current_app

from inventory import price_batches
from shop import doors
from shop.tasks import platform_task, shop_task


@platform_task
def settle_all_prices() -> None:
    for shop_id in doors.every_shop_id():
        current_app.send_task("inventory.tasks.settle_prices", kwargs={"shop_id": shop_id}, retry=False)


@shop_task
def settle_prices(*, shop_id: int) -> Any:
    return price_batches.settle()
