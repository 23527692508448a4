"""Setting up a feed in a browser, and the pages of feeds from 320 to 1440 pixels in both colours."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from shop.models import Feed, FeedFile, RawFile
from shop.tenancy import use_shop
from tests.browser.conftest import Live
from tests.browser.looks import DESK, PHONE, each_look, is_well, shoot
from tests.factories import Cast
from tests.feeds.conftest import certificate, site, trusted
from tests.feeds.tills import columns
from tests.feeds.web import Site
from tests.importing import bring_in

__all__ = ["certificate", "site", "trusted"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sold(cast: Cast) -> None:
    """Five weeks of two tills: a day missing at one, half a day at the other, Sundays shut."""
    today = cast.green.today()
    open_days = [number for number in range(3, 9) if (today - dt.timedelta(days=number)).weekday() != 6]
    half, missing = open_days[:2]
    rows = [
        f"{till}-{number}-{receipt},{today - dt.timedelta(days=number)} 12:{receipt:02},MILK,1.45,{till}"
        for number in range(1, 40)
        for till in ("Till 1", "Till 2")
        for receipt in range(2 if (till, number) == ("Till 2", half) else 9)
        if (till, number) != ("Till 1", missing) and (today - dt.timedelta(days=number)).weekday() != 6
    ]
    bring_in("sales_lines", "\n".join(["receipt,time,product,total,register", *rows, ""]))


def came(feed: Feed) -> None:
    """Files in every state."""
    now = timezone.now()
    for number, (state, problem) in enumerate(
        [
            ("done", ""),
            ("repeated", ""),
            ("done", ""),
            ("failed", "The file is cut off: a quotation mark is never closed."),
        ]
    ):
        kept = RawFile.objects.create(name=f"sales-{number}.csv", size=9, sha256=f"{number}" * 64, origin="url")
        FeedFile.objects.create(
            feed=feed, identity=str(number), name=kept.name, file=kept, state=state, problem=problem
        )
    Feed.objects.update(
        problem="sales-3.csv could not be imported. A quotation mark is never closed.",
        problem_kind="file", problem_at=now, checked_at=now, received_at=now,
    )  # fmt: skip


def test_a_feed_is_set_up_and_looked_after(live: Live, open_page: Callable[..., Any], site: Site) -> None:
    site.files["/export"] = b"receipt,time,product\n"
    with use_shop(live.cast.green):
        sold(live.cast)
        columns()
    page = open_page(live.cast.alice, "/s/green/feeds/new/")
    page.get_by_role("link", name="Choose A web address").click()
    page.get_by_label("Address of the file").fill(f"{site.url}/nowhere")
    page.get_by_role("button", name="Test the connection").click()
    page.get_by_text("There is no file at this address").wait_for()
    page.get_by_label("Address of the file").fill(f"{site.url}/export")
    page.get_by_role("button", name="Test the connection").click()
    page.get_by_text("The address answers with a file.").wait_for()
    page.get_by_label("Name", exact=True).fill("Till 1, nightly")
    page.get_by_label("How its files are read").select_option(index=0)
    page.get_by_role("button", name="Make this feed").click()
    page.get_by_role("heading", name="Till 1, nightly").wait_for()
    with use_shop(live.cast.green):
        feed = Feed.objects.get()
        came(feed)
    for path in ("feeds/", f"feeds/{feed.pk}/", "feeds/new/?source=mailbox", "coverage/"):
        for looks in (PHONE, DESK):
            for page, width, dark in each_look(open_page, live.cast.alice, f"/s/green/{path}", looks):
                is_well(page, path)
                shoot(page, path.replace("/", "_").replace("?", "_"), width, dark)
