"""Django app configuration."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory import order_mail  # noqa: F401  registers its job
        from inventory.merging import own

        own.declare()
