"""Django's migrate, run as the owner of the tables; then the cache table, which is not a model."""

from typing import Any

from django.core.management import call_command
from django.core.management.commands.migrate import Command as DjangoMigrate

from shop.db.postgresql.base import as_owner


class Command(DjangoMigrate):
    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner(options["database"]):
            super().handle(*args, **options)
            if not options["check_unapplied"] and not options["plan"]:
                call_command("createcachetable", verbosity=0)
