"""A week of nightly files by each source: one late, one broken and mended, one repeated, one with sales of the day
before. The books are those of a clean import of the seven days."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail

from shop.models import Feed
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.feeds import imap
from tests.feeds.imap import Mails
from tests.feeds.tills import BROKEN, at, beat, books, feed_from, night, now, states
from tests.feeds.web import Site
from tests.importing import bring_in

pytestmark = pytest.mark.django_db(transaction=True)

# What comes each night: (name, content). Wednesday's is late, Thursday's broken and sent again, Friday's comes
# twice, Saturday's holds Friday again.
NIGHTS: list[list[tuple[str, bytes]]] = [
    [("day-0.csv", night(0))],
    [("day-1.csv", night(1))],
    [],
    [("day-2.csv", night(2)), ("day-3.csv", BROKEN)],
    [("day-3.csv", night(3)), ("day-4.csv", night(4))],
    [("copy-of-4.csv", night(4)), ("day-5.csv", night(5, also=4))],
    [("day-6.csv", night(6))],
]
WANTED = [
    ("day-0.csv", "done"), ("day-1.csv", "done"), ("day-2.csv", "done"), ("day-3.csv", "failed"),
    ("day-3.csv", "done"), ("day-4.csv", "done"), ("copy-of-4.csv", "repeated"), ("day-5.csv", "done"),
    ("day-6.csv", "done"),
]  # fmt: skip


def run_week(
    cast: Cast, feed: Feed, put: Callable[[str, bytes], None], wanted_states: list[tuple[str, str]] = WANTED
) -> None:
    """Seven nights; then the books are compared with Rival Market's, which imported the days by hand."""
    problems = []
    for number, files in enumerate(NIGHTS):
        for place, (name, content) in enumerate(files):
            with time_machine.travel(at(number).replace(minute=20 * place), tick=False):
                put(name, content)
            with time_machine.travel(at(number).replace(minute=20 * place + 15), tick=False):
                feed = beat(feed)
        if number in (2, 3, 4):
            with time_machine.travel(at(number, 12), tick=False):
                feed = beat(feed)
                problems.append(feed.problem_kind)
    assert problems == ["quiet", "file", ""]
    assert [said.subject.split(":")[1].split(",")[0].strip() for said in mail.outbox] == ["silent", "a file is not in"]
    assert states(feed) == wanted_states
    got = books()
    with use_shop(cast.rival):
        bring_in("sales_lines", *(night(number) for number in range(7)))
        wanted = books()
    assert len(got["documents"]) == 70
    assert got == wanted


@pytest.fixture
def answers() -> dict[str, Any]:
    return {"every_minutes": 15, "quiet_hours": 30}


def test_a_week_by_folder(green: Cast, folder: Path, answers: dict[str, Any]) -> None:
    def put(name: str, content: bytes) -> None:
        (folder / name).write_bytes(content)
        os.utime(folder / name, (now().timestamp(), now().timestamp()))

    with time_machine.travel(at(-1), tick=False):
        feed = feed_from("folder", {"folder": "till-1", "after": "move"}, **answers)
    run_week(green, feed, put)
    assert sorted(path.name for path in folder.iterdir()) == ["done"]
    assert len(list((folder / "done").iterdir())) == 9


def test_a_week_by_mail(green: Cast, mails: Mails, answers: dict[str, Any]) -> None:
    with time_machine.travel(at(-1), tick=False):
        feed = feed_from("mailbox", mailbox_of(mails), **answers)

    def put(name: str, content: bytes) -> None:
        mails.put(imap.mail("Till 1 <till@tills.example>", "Z report", **{name.replace(".", "_"): content}))
        mails.put(imap.mail("prize@lottery.example", "Z report", **{"day-9_csv": night(9)}))

    run_week(green, feed, put)
    assert not any(word.startswith(("SELECT", "UID STORE", "UID COPY", "EXPUNGE")) for word in mails.said)
    assert len(mails.mails) == 18


def test_a_week_by_address(green: Cast, site: Site, answers: dict[str, Any]) -> None:
    site.needs = ("Authorization", "Bearer s3cret")
    with time_machine.travel(at(-1), tick=False):
        feed = feed_from(
            "url",
            {"url": f"{site.url}/latest", "sign_in": "bearer", "password": "s3cret", "query": "shop=1"},
            **answers,
        )
    site.files["/latest"] = b"receipt,time,product,quantity,price\n"

    def put(name: str, content: bytes) -> None:
        site.files["/latest"] = content
        site.headers["Content-Disposition"] = f'attachment; filename="{name}"'

    # The same file at the same address again is no news at all.
    run_week(green, feed, put, [row for row in WANTED if row[1] != "repeated"])
    assert {asked.path for asked in site.asked} == {"/latest?shop=1"}


def mailbox_of(mails: Mails) -> dict[str, Any]:
    return {
        "host": "localhost", "port": mails.port, "encryption": "tls", "user": mails.user, "password": mails.password,
        "folder": "INBOX", "senders": "@tills.example", "subject": "z report",
    }  # fmt: skip
