"""`manage.py export SHOP KIND [--from D --to D] [--format F] [--to-file PATH]`: the shop's figures as a file."""

import datetime as dt
import sys
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from shop import doors, files
from shop.errors import Refused
from shop.exports import export, export_kinds, find_export
from shop.periods import Period
from shop.tenancy import use_shop


class Command(BaseCommand):
    help = "Print a file with a header. Text a spreadsheet would run as a formula gets a leading apostrophe in CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("shop", help="The shop's slug.")
        parser.add_argument("kind", help=f"One of: {', '.join(export_kinds())}.")
        parser.add_argument(
            "--from", dest="first", type=dt.date.fromisoformat, help="First business date (2026-03-01)."
        )
        parser.add_argument("--to", dest="last", type=dt.date.fromisoformat, help="Last business date.")
        parser.add_argument(
            "--format",
            dest="form",
            choices=[form.value for form in files.Format],
            default=files.Format.CSV.value,
            help="csv: exact, to be imported again. excel: CSV as the shop's country reads it. xlsx: a workbook.",
        )
        parser.add_argument("--to-file", type=Path, help="Where to write it; without, it is printed.")

    def handle(self, *args: Any, **options: Any) -> None:
        shop = doors.shop_by_slug(options["shop"])
        if shop is None:
            raise CommandError(f"There is no shop “{options['shop']}”.")
        try:
            period = _period(options["first"], options["last"])
            with use_shop(shop), transaction.atomic():
                self._write(options, period, shop.country)
        except (Refused, ValueError) as error:
            raise CommandError(str(error)) from error

    def _write(self, options: dict[str, Any], period: Period | None, country: str) -> None:
        kind, form, path = options["kind"], files.Format(options["form"]), options["to_file"]
        if form is files.Format.CSV and path is None:
            for piece in export(kind, period):
                self.stdout.write(piece, ending="")
            return
        wanted = find_export(kind)
        with path.open("wb") if path else nullcontext(sys.stdout.buffer) as out:
            files.write(out, form, kind, wanted.header, wanted.rows(period), country=country)


def _period(first: dt.date | None, last: dt.date | None) -> Period | None:
    """Both ends, or one with the other left open, or none: everything."""
    if first is None and last is None:
        return None
    return Period(first or dt.date.min, last or dt.date.max)
