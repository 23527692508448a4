"""What is wrong with a feed, kept in its row while it lasts, told by mail once: unreachable, broken file, silence."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
import zoneinfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from shop import doors, formats, mount
from shop.feeds import quiet
from shop.models import Feed, FeedFile, Shop
from shop.roles import Can, may

log = logging.getLogger("aisle.feeds")
Kind = Feed.Problem
TOLD_AFTER = 3  # looks in a row that found the source closed: what passes by itself is nobody's mail
REMEDIES = {
    Kind.SOURCE: "It is tried again by itself. If this goes on, check the feed's settings and test the connection.",
    Kind.FILE: "Have the till send the file again, or open its import, mend the columns and bring it in.",
    Kind.QUIET: "Look whether the till still sends its file. Days that are missing can be brought in by hand.",
}


@transaction.atomic
def review(feed_id: int, *, source_problem: str | None = None) -> None:
    """Bring the feed's problem up to now, and mail a new one to those who may import, once.

    `source_problem` is what the look that just ended found; None keeps what the last one found.
    """
    feed: Feed | None = Feed.objects.select_for_update(no_key=True).filter(pk=feed_id).first()
    if feed is None:
        return
    kind, text = _now(feed, source_problem) if feed.is_active else ("", "")
    if (kind, text) != (feed.problem_kind, feed.problem):
        same_kind = kind == feed.problem_kind and kind != Kind.FILE
        feed.problem_at = feed.problem_at if same_kind else timezone.now() if kind else None
        feed.alerted_at = feed.alerted_at if same_kind else None
        feed.problem_kind, feed.problem = kind, text
    if kind and feed.alerted_at is None and (kind != Kind.SOURCE or feed.failures >= TOLD_AFTER):
        feed.alerted_at = timezone.now()
        transaction.on_commit(lambda: _mail(feed))
    feed.save(update_fields=["problem", "problem_kind", "problem_at", "alerted_at"])


def _now(feed: Feed, source_problem: str | None) -> tuple[str, str]:
    """The worst of what is wrong, in words that stay the same while it stays the same."""
    if source_problem is None:
        source_problem = feed.problem if feed.problem_kind == Kind.SOURCE else ""
    if source_problem:
        return Kind.SOURCE, source_problem[:400]
    broken = list(FeedFile.objects.filter(feed=feed, state=FeedFile.State.FAILED, healed_at=None)[:20])
    if broken:
        return Kind.FILE, _broken(broken)[:400]
    since = quiet.silent_since(feed, timezone.now())
    return (Kind.QUIET, _silent(feed, since)) if since else ("", "")


def _broken(files: list[FeedFile]) -> str:
    first, more = files[0], len(files) - 1
    also = f" {more} earlier {'file is' if more == 1 else 'files are'} not in either." if more else ""
    return f"{first.name[:100]} could not be imported. {first.problem[:220]}{also}"


def _silent(feed: Feed, since: dt.datetime) -> str:
    zone = zoneinfo.ZoneInfo(Shop.objects.get(pk=feed.shop_id).zone)
    local = since.astimezone(zone)
    moment = f"{formats.day_long(local.date(), local.date())}, {formats.clock(local)}"
    return (
        f"No new file has come since {moment}." if feed.received_at else f"No file has come since it began, {moment}."
    )


def _mail(feed: Feed) -> None:
    """Tell everybody who may import. Where no server takes the mail it is tried again at the next look."""
    shop = Shop.objects.get(pk=feed.shop_id)
    context = {
        "feed": feed, "shop": shop, "remedy": REMEDIES[Kind(feed.problem_kind)],
        "link": f"{settings.PUBLIC_URL.rstrip('/')}{mount.prefix_of(shop.slug)}feeds/{feed.pk}/",
    }  # fmt: skip
    subject = " ".join(render_to_string("shop/mail/feed_problem_subject.txt", context).split())[:200]
    body = render_to_string("shop/mail/feed_problem.txt", context)
    sent = 0
    for member in doors.members_of(shop.pk):
        if may(member.role, Can.IMPORT) and member.user.is_active:
            try:
                sent += EmailMessage(subject, body, None, [member.user.email]).send()
            except (OSError, smtplib.SMTPException) as error:
                log.warning("alert not mailed", extra={"feed": feed.pk, "why": type(error).__name__})
    if not sent:
        Feed.objects.filter(pk=feed.pk, alerted_at=feed.alerted_at).update(alerted_at=None)
