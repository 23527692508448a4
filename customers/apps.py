"""Django app configuration."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        from customers.models import Review
        from inventory.merging import links

        links.moves(Review, "product", "reviews")
