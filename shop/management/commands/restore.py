"""`manage.py restore FILE --into DATABASE`: a backup into an empty database, checked row by row."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from shop.backup import BackupTrouble, Login, restore


class Command(BaseCommand):
    help = "Put a backup into an empty database, compare every table, check the walls, print it as JSON."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="What `manage.py backup` wrote.")
        parser.add_argument("--into", required=True, help="A database that is empty; made where there is none.")
        parser.add_argument("--uploads", type=Path, help="An empty folder to put the uploaded files in.")
        parser.add_argument("--jobs", type=int, default=2, help="Processors to use (2).")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = restore(
                options["file"].absolute(),
                owner=Login.of(settings.DATABASE_OWNER_URL, options["into"], setting="DATABASE_OWNER_URL"),
                app=Login.of(settings.DATABASE_URL, options["into"]),
                uploads=options["uploads"],
                jobs=options["jobs"],
            )
        except BackupTrouble as trouble:
            raise CommandError(str(trouble)) from trouble
        self.stdout.write(json.dumps(asdict(done)))
