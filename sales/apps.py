"""Django app configuration."""

from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "sales"

    def ready(self) -> None:
        from sales import merging, receivers  # noqa: F401  hear what the stock announces

        merging.declare()
