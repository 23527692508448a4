"""Work that only tests know: slow, in steps, each step one row that must be there once in the end."""

import datetime as dt
import time
from typing import Any

from django.db import transaction

from shop import jobs, schedules
from shop.models import Branch, Job, Schedule

KIND = "test_nightly"
STEPS = 4
A_STEP = 0.6  # seconds


def ask(schedule: Schedule, day: dt.date) -> Job:
    key = schedules.moment_key(schedule)
    return jobs.ask(kind=KIND, key=key, payload={}, title="Nightly work", by=schedules.BY)


@jobs.job_kind(KIND)
def work(job: Job, report: jobs.Report) -> dict[str, Any]:
    for step in range(job.step.get("done", 0), STEPS):
        report.progress(step, STEPS)
        time.sleep(A_STEP)
        with transaction.atomic():
            Branch.objects.create(name=f"Night {job.pk}, step {step}")
            report.checkpoint(done=step + 1)
    return {"steps": STEPS}


schedules.schedulable(KIND, "Nightly work", None, ask)
