"""`manage.py export SHOP KIND [--from D --to D]`: a file of the shop's figures or lists, printed as CSV."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from shop import doors
from shop.errors import Refused
from shop.exports import export, export_kinds
from shop.periods import Period
from shop.tenancy import use_shop


class Command(BaseCommand):
    help = "Print a CSV file with a header. Text a spreadsheet would run as a formula gets a leading apostrophe."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("shop", help="The shop's slug.")
        parser.add_argument("kind", help=f"One of: {', '.join(export_kinds())}.")
        parser.add_argument(
            "--from", dest="first", type=dt.date.fromisoformat, help="First business date (2026-03-01)."
        )
        parser.add_argument("--to", dest="last", type=dt.date.fromisoformat, help="Last business date.")

    def handle(self, *args: Any, **options: Any) -> None:
        shop = doors.shop_by_slug(options["shop"])
        if shop is None:
            raise CommandError(f"There is no shop “{options['shop']}”.")
        try:
            period = _period(options["first"], options["last"])
            with use_shop(shop), transaction.atomic():
                for piece in export(options["kind"], period):
                    self.stdout.write(piece, ending="")
        except (Refused, ValueError) as error:
            raise CommandError(str(error)) from error


def _period(first: dt.date | None, last: dt.date | None) -> Period | None:
    """Both ends, or one with the other left open, or none: everything."""
    if first is None and last is None:
        return None
    return Period(first or dt.date.min, last or dt.date.max)
