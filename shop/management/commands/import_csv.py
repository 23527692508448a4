"""Import CSV files into a shop. The last line printed is JSON."""

import json
import sys
import time
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from shop import doors
from shop.errors import Refused
from shop.imports import mapping, refusals, running
from shop.imports.kinds import find_kind
from shop.imports.reading import Source
from shop.tenancy import acting, use_shop


class Command(BaseCommand):
    help = "Import tables written as text (.csv, .tsv, .txt, also .gz). Which kinds there are: docs/imports.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("shop", metavar="SHOP", help="the shop's short name, as in its address")
        parser.add_argument("kind", metavar="KIND")
        parser.add_argument("files", metavar="FILE", nargs="+")
        parser.add_argument("--branch", default="", help="branch of rows that name none (default: the shop's first)")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            nargs="+",
            metavar="FIELD=COLUMN",
            help="field=column, several columns of one field are joined with a space; field:=value for every row",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
        parser.add_argument("--refused", metavar="FILE", help="where refused rows go (default: among the uploads)")

    def handle(self, *args: Any, **options: Any) -> None:
        self.verbosity = options["verbosity"]
        shop = doors.shop_by_slug(options["shop"])
        if shop is None:
            raise CommandError(
                f"There is no shop “{options['shop']}”. Make one: manage.py create_shop {options['shop']}"
            )
        with use_shop(shop), acting("import_csv", f"import of {options['kind']}"):
            try:
                result = self._import(options)
            except Refused as refusal:
                raise CommandError(refusal.sentence) from refusal
        self._tell(result, dry_run=options["dry_run"])

    def _import(self, options: dict[str, Any]) -> running.Result:
        started = time.perf_counter()
        kind = find_kind(options["kind"])
        said = mapping.parse(kind, [word for words in options["map"] for word in words])
        sources = [_source(name) for name in options["files"]]
        with ExitStack() as stack:
            refused = stack.enter_context(refusals.collect(options["refused"]))
            with transaction.atomic():
                result = running.run(
                    kind=kind, sources=sources, mapping=said, branch=options["branch"], refused_to=refused.file,
                    progress=self._progress,
                )  # fmt: skip
                if options["dry_run"]:
                    transaction.set_rollback(True)
            if not options["dry_run"]:
                running.finish(kind, result.created + result.updated)
            if result.refused:
                self.stdout.write(f"Refused rows, with reasons: {_place(refused.keep())}")
        result.seconds = round(time.perf_counter() - started, 3)
        return result

    def _progress(self, done: float) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{done:4.0%}", ending="")

    def _tell(self, result: running.Result, *, dry_run: bool) -> None:
        for note in result.notes:
            self.stdout.write(note)
        for reason, count in result.reasons:
            self.stdout.write(f"{count:>10,} refused: {reason}")
        if dry_run:
            self.stdout.write("Nothing was changed: this was a dry run.")
        if self.verbosity > 1:
            self.stdout.write(json.dumps(result.statements))
        names = ("created", "updated", "unchanged", "refused", "seconds")
        self.stdout.write(json.dumps({name: getattr(result, name) for name in names}))


def _place(name: str) -> str:
    """Where a stored file is on this machine; its name in the storage where that is elsewhere."""
    try:
        return name if Path(name).exists() else default_storage.path(name)
    except NotImplementedError:
        return name


def _source(name: str) -> Source:
    path = Path(name)
    if not path.is_file():
        raise CommandError(f"There is no file {name}.")
    return Source(path.name, path.stat().st_size, lambda: path.open("rb"))
