"""Celery's way in: tasks carry ids, open their shop, make one call."""

from collections.abc import Callable
from typing import Any

from celery import Task, current_app, shared_task
from celery.signals import beat_embedded_init, beat_init

from shop import doors, jobs, schedules
from shop.feeds import fetching
from shop.imports import keeping
from shop.takeout import links
from shop.tenancy import no_shop, use_shop


class ShopTask(Task):
    """A task for one shop: it must be sent with shop_id, and runs with that shop chosen."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if args or "shop_id" not in kwargs:
            raise TypeError(f"{self.name} takes keywords, shop_id among them")
        with use_shop(kwargs["shop_id"]):
            return super().__call__(**kwargs)


class PlatformTask(Task):
    """A task for no shop in particular: it may only fan out or ask across shops by ids."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with no_shop():
            return super().__call__(*args, **kwargs)


def shop_task(function: Callable[..., Any]) -> Any:
    """Register a task for one shop: `def verb_noun(*, shop_id, ...)`."""
    return shared_task(base=ShopTask)(function)


def platform_task(function: Callable[..., Any]) -> Any:
    """Register a task that looks across shops."""
    return shared_task(base=PlatformTask)(function)


@shop_task
def run_job(*, shop_id: int, job_id: int) -> None:
    jobs.run(job_id)


@platform_task
def sweep_jobs() -> None:
    for shop_id, job_id in jobs.abandoned():
        jobs.send_hint(shop_id, job_id)


@shop_task
def start_scheduled(*, shop_id: int, schedule_id: int) -> None:
    schedules.start(schedule_id)


@platform_task
def start_due_schedules() -> None:
    for shop_id, schedule_id in schedules.due():
        ids = {"shop_id": shop_id, "schedule_id": schedule_id}
        current_app.send_task(schedules.START, kwargs=ids, retry=False)


@shop_task
def start_feed(*, shop_id: int, feed_id: int) -> None:
    fetching.start(feed_id)


@platform_task
def start_due_feeds() -> None:
    for shop_id, feed_id in fetching.due():
        current_app.send_task(
            "shop.tasks.start_feed", kwargs={"shop_id": shop_id, "feed_id": feed_id}, retry=False, expires=120
        )


@shop_task
def remove_old_downloads(*, shop_id: int) -> None:
    links.remove_old()


@platform_task
def remove_all_old_downloads() -> None:
    for shop_id in doors.every_shop_id():
        current_app.send_task("shop.tasks.remove_old_downloads", kwargs={"shop_id": shop_id}, retry=False, expires=3600)


@shop_task
def remove_old_files(*, shop_id: int) -> None:
    keeping.remove_old()


@platform_task
def remove_all_old_files() -> None:
    for shop_id in doors.every_shop_id():
        current_app.send_task("shop.tasks.remove_old_files", kwargs={"shop_id": shop_id}, retry=False, expires=3600)


@beat_init.connect  # type: ignore[untyped-decorator]
@beat_embedded_init.connect  # type: ignore[untyped-decorator]
def give_every_shop_its_schedules(**kwargs: Any) -> None:
    """Before beat reads its rows, so that shops made earlier than a kind of work have it too."""
    schedules.seed()
