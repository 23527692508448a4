"""What begins by itself: every analysis at its shop's hour, and again after an import that added sales."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.dispatch import receiver
from django.urls import reverse

from insights.analyses.engine import ask_run
from insights.analyses.protocol import every_analysis
from shop import schedules
from shop.imports.next_steps import NextStep, next_step
from shop.models import Job, Schedule, Shop
from shop.roles import Can, may
from shop.signals import import_done
from shop.tenancy import current_shop_id


def register() -> None:
    """Let every analysis be scheduled, at the shop's own minute of the night."""
    for analysis in every_analysis().values():
        schedules.schedulable(analysis.name, analysis.title, None, _ask)


def _ask(schedule: Schedule, day: dt.date) -> Job:
    return ask_run(name=schedule.kind, by=schedules.BY, key=schedules.moment_key(schedule))


def ask_all(*, by: str, key: str = "") -> list[Job]:
    """Ask for every analysis; with a key, once for that key."""
    return [
        ask_run(name=name, by=by, key=uuid.uuid5(uuid.NAMESPACE_URL, f"aisle:{key}:{name}") if key else None)
        for name in every_analysis()
    ]


@next_step
def offer_to_analyse(job: Job, role: str) -> NextStep | None:
    """A button on the page of an import that added sales."""
    if not may(role, Can.DECIDE) or not job.result.get("created") or not job.result.get("facts", {}).get("first_day"):
        return None
    return NextStep(
        "Analyse again", reverse("insights:run_start"), "moon-star", posts=True, fields=(("analysis", "all"),)
    )


@receiver(import_done)
def analyse_again(*, kind: str, job_id: int, created: int, facts: dict[str, Any], **rest: Any) -> None:
    """Where the shop wants it, an import that added sales starts the analyses, once an import."""
    if created and facts.get("first_day") and Shop.objects.get(pk=current_shop_id()).analyse_after_import:
        ask_all(by="import", key=f"import:{job_id}")
