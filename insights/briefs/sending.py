"""Sends the morning brief: one a day and address, however often it is asked for or a worker dies in between."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
import zoneinfo
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from insights.briefs import links
from insights.briefs.compose import Line, Morning, compose, line, subject
from insights.models import Brief
from shop import doors, jobs, mount
from shop.models import Job, Membership, Schedule, Shop
from shop.roles import Can, may
from shop.schedules import moment_key, schedulable
from shop.tenancy import current_shop_id

log = logging.getLogger("aisle.briefs")
JOB_KIND = "brief"
AT = dt.time(6, 45)


def _ask(schedule: Schedule, day: dt.date) -> Job:
    payload = {"date": day.isoformat()}
    return jobs.ask(kind=JOB_KIND, payload=payload, title="Morning brief", by="schedule", key=moment_key(schedule))


schedulable(JOB_KIND, "Morning brief by mail", AT, _ask)


@jobs.job_kind(JOB_KIND, sees=Can.DECIDE)
def run_job(job: Job, report: jobs.Report) -> dict[str, Any]:
    """The job's work. Returns {sent, failed, skipped}."""
    shop = Shop.objects.get(pk=current_shop_id())
    with timezone.override(zoneinfo.ZoneInfo(shop.zone)):
        return send_all(shop, report.progress)


def send_all(shop: Shop, progress: Any = None) -> dict[str, Any]:
    """Mail today's brief to everybody who decides and wants it. An address that has it is skipped."""
    readers = [m for m in doors.members_of(shop.pk) if m.gets_brief and may(m.role, Can.DECIDE) and m.user.is_active]
    told = {"sent": 0, "failed": 0, "skipped": 0}
    if not readers:
        return told
    now = timezone.now()
    morning = compose(shop, now)
    for done, reader in enumerate(readers):
        told[send(shop, reader, morning, now)] += 1
        if progress:
            progress(done + 1, len(readers))
    return told


def send(shop: Shop, reader: Membership, morning: Morning, now: dt.datetime) -> str:
    """sent, failed or skipped. The row is written before the mail leaves and marked after, so that a worker that dies
    in between sends once more at most, and one that has sent never does."""
    email = reader.user.email
    brief, _ = Brief.objects.get_or_create(
        brief_date=morning.day, email=email, defaults={"subject": subject(morning, shop), "text": ""}
    )
    if brief.sent_at:
        return "skipped"
    context = _context(shop, reader, morning, now)
    brief.subject, brief.text = subject(morning, shop), render_to_string("insights/mail/brief.txt", context)
    try:
        _mail(brief, render_to_string("insights/mail/brief.html", context), context["off"])
    except (OSError, smtplib.SMTPException) as error:
        brief.error = f"The mail server did not take it ({type(error).__name__})."
        log.warning("brief not sent", extra={"why": type(error).__name__})
    else:
        brief.sent_at, brief.error = timezone.now(), ""
    brief.save()
    return "sent" if brief.sent_at else "failed"


def _mail(brief: Brief, html: str, off: str) -> None:
    message = EmailMultiAlternatives(brief.subject, brief.text, None, [brief.email])
    message.attach_alternative(html, "text/html")
    message.extra_headers["List-Unsubscribe"] = f"<{off}>"
    message.send()


@transaction.atomic
def _context(shop: Shop, reader: Membership, morning: Morning, now: dt.datetime) -> dict[str, Any]:
    """What one reader's mail is written from; makes the links in it."""
    lines = [_with_link(line(found, shop, reader.role, now), reader, now) for found in morning.suggestions]
    return {
        "shop": shop,
        "name": reader.user.get_short_name(),
        "morning": morning,
        "lines": lines,
        "more": max(morning.waiting - len(lines), 0),
        "today": absolute(mount.shop_url(shop.slug, "insights:today")),
        "off": absolute(mount.root_url("brief_off", links.make_off(reader))),
    }


def _with_link(told: Line, reader: Membership, now: dt.datetime) -> Line:
    token = links.make(told.suggestion, reader.user.email, now)
    return replace(told, link=absolute(mount.root_url("decision_link", token)))


def absolute(path: str) -> str:
    """Where a path is reached from a mail."""
    return settings.PUBLIC_URL.rstrip("/") + path
