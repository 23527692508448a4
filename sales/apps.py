"""Django app configuration."""

from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "sales"
