"""Django app configuration."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "insights"

    def ready(self) -> None:
        from insights import night  # its receiver hears of imports

        night.register()
