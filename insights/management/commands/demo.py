"""Make the demo shop, or write its files, or tell what is hidden in it."""

import datetime as dt
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from insights.demo.branches import SIZES
from insights.demo.files import write_files
from insights.demo.grocer import build
from insights.demo.opening import CASHIER, OWNER, Opened, demo_in, open_demo, today_there
from insights.demo.truth import truth
from shop import doors, embedded
from shop.errors import Refused


class Command(BaseCommand):
    help = "Make a believable grocer with two years of sales. Where the shop is there already, nothing changes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", default="demo", metavar="SLUG", help="short name of the shop (default: demo)")
        parser.add_argument("--size", choices=list(SIZES), help="how much of it (default: medium)")
        parser.add_argument("--truth", action="store_true", help="print what is hidden in it as JSON, change nothing")
        parser.add_argument("--files", metavar="DIR", help="only write it as CSV files, as an import wants them")
        parser.add_argument("--today", metavar="DATE", help="the day after its last, like 2026-11-21 (default: today)")

    def handle(self, *args: Any, **options: Any) -> None:
        shop = doors.shop_by_slug(options["shop"])
        today = _date(options["today"])
        if options["truth"] or options["files"]:
            known = demo_in(shop) if shop else None
            size = options["size"] or (known[0] if known else "medium")
            day = today or (known[1] if known else today_there())
            self._tell(size, day) if options["truth"] else self._write(Path(options["files"]), size, day)
        elif shop:
            self.stdout.write(f"The shop “{shop.slug}” is there already. Nothing was changed.")
        else:
            self._open(options["shop"], options["size"] or "medium", today)

    def _tell(self, size: str, today: dt.date) -> None:
        self.stdout.write(json.dumps(truth(build(size, today)), indent=1))

    def _write(self, folder: Path, size: str, today: dt.date) -> None:
        for kind, rows in write_files(folder, size, today).items():
            self.stdout.write(f"{rows:>10,} rows in {folder / kind}.csv")

    def _open(self, slug: str, size: str, today: dt.date | None) -> None:
        try:
            opened = open_demo(slug=slug, size=size, today=today, say=lambda words: self.stdout.write(f"{words} ..."))
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(f"{opened.shop.name} is at /s/{slug}/")
        if opened.password:
            words = _sign_in(opened)
            self.stdout.write(words)
            _keep(words)
        else:
            self.stdout.write(f"Sign in as {OWNER} with the password it has.")


def _date(words: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(words) if words else None
    except ValueError as error:
        raise CommandError(f"“{words}” is not a date. Write it like 2026-11-21.") from error


def _sign_in(opened: Opened) -> str:
    return f"Sign in as   {OWNER}   with   {opened.password}\nAt the till  {CASHIER}   with the same"


def _keep(words: str) -> None:
    """On a machine that runs by itself, bin/dev shows the sign-in again at each start."""
    if embedded.in_use():
        note = settings.AISLE_HOME / "demo-sign-in"
        note.touch(mode=0o600)
        note.write_text(f"{words}\n", encoding="utf-8")
