"""`manage.py run_analysis SHOP forecast|sentiment|pricing [--as-of DATE] [--horizon DAYS]`: one run, here and now."""

import datetime as dt
import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from insights.analyses.engine import ask_run
from insights.analyses.protocol import every_analysis
from shop import doors, jobs
from shop.errors import Refused
from shop.models import Job
from shop.tenancy import use_shop

BETWEEN_LOOKS = 1.0  # seconds, while another process holds the shop's turn


class Command(BaseCommand):
    help = "Run an analysis for a shop; the last line is its outcome as JSON. Nothing later than --as-of is read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("shop", help="The shop's slug.")
        parser.add_argument("analysis", help=f"One of: {', '.join(sorted(every_analysis()))}.")
        parser.add_argument("--as-of", type=dt.date.fromisoformat, help="Last business date to read (2026-03-01).")
        parser.add_argument("--horizon", type=int, help="Days to look ahead (forecast).")

    def handle(self, *args: Any, **options: Any) -> None:
        shop = doors.shop_by_slug(options["shop"])
        if shop is None:
            raise CommandError(f"There is no shop “{options['shop']}”.")
        with use_shop(shop):
            try:
                job = ask_run(
                    name=options["analysis"],
                    as_of=options["as_of"],
                    horizon=options["horizon"],
                    by="run_analysis",
                    hint=False,
                )
            except Refused as refusal:
                raise CommandError(refusal.sentence) from refusal
            job = _finished(job)
        if job.status != Job.Status.DONE:
            raise CommandError(job.error or f"The run was {job.get_status_display().lower()}.")
        self.stdout.write(json.dumps(job.result))


def _finished(job: Job) -> Job:
    while not job.has_ended:
        jobs.run(job.pk)
        job.refresh_from_db()
        if not job.has_ended:
            time.sleep(BETWEEN_LOOKS)
    return job
