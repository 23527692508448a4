"""The ground floor's Django app: registers our system checks and raises the walls after a migration."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self) -> None:
        from shop import checks  # noqa: F401  registers itself

        autodiscover_modules("imports", "exports", "feeds")  # each app declares what comes in and goes out
        post_migrate.connect(_raise_walls, sender=self)


def _raise_walls(*, using: str, **kwargs: Any) -> None:
    from django.conf import settings
    from django.db import connections

    from shop import walls

    # Only the owner can; a flush by the app's role also sends this signal and changes no table.
    if connections[using].settings_dict["USER"] == settings.DATABASE_OWNER["USER"]:
        walls.raise_walls(using)
