"""`manage.py backup FILE`: everything in one file, while people work."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError

from shop.backup import BackupTrouble, Login, make


class Command(BaseCommand):
    help = "Write the database and the uploads into one file, and print as JSON what is in it. See docs/backup.md."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="A file that does not exist yet, such as /backups/2026-03-01.tar.")
        parser.add_argument("--no-uploads", action="store_true", help="Leave the uploaded files out.")

    def handle(self, *args: Any, **options: Any) -> None:
        uploads = None if options["no_uploads"] else Path(default_storage.path(""))
        try:
            made = make(
                options["file"].absolute(),
                Login.of(settings.DATABASE_BACKUP_URL, setting="DATABASE_BACKUP_URL"),
                uploads,
            )
        except BackupTrouble as trouble:
            raise CommandError(str(trouble)) from trouble
        self.stdout.write(json.dumps(asdict(made)))
