"""Django's migrate, run as the owner of the tables; then the cache table, which is not a model.

Safe while people sell: a migration waits 0.2 s for a table in use, lets the sales behind it through, and tries again.
"""

from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoMigrate

from shop.db.patience import NeverLetIn, patiently
from shop.db.postgresql.base import as_owner


class Command(DjangoMigrate):
    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner(options["database"]):
            try:
                patiently(lambda: self._migrate(*args, **options), using=options["database"], say=self.stderr.write)
            except NeverLetIn as error:
                raise CommandError(str(error)) from error

    def _migrate(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not options["check_unapplied"] and not options["plan"]:
            call_command("createcachetable", verbosity=0)
