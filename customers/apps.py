"""Django app configuration."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "customers"
