"""The ground floor's Django app: registers our system checks and raises the walls after a migration."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self) -> None:
        from shop import checks  # noqa: F401  registers itself

        post_migrate.connect(_raise_walls, sender=self)


def _raise_walls(*, using: str, **kwargs: Any) -> None:
    from shop import walls

    walls.raise_walls(using)
