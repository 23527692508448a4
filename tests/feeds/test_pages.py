"""The pages of feeds: set one up, test it, see how it stands, do what is to be done. No page says a secret."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from shop.models import Change, Feed, FeedFile, Import, RawFile
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.feeds.tills import columns, feed_from
from tests.feeds.web import Site
from tests.importing import bring_in

pytestmark = pytest.mark.django_db
SECRET = "s3cret-of-the-till"
ANSWERS = {"name": "Till 1", "kind": "sales_lines", "branch": "", "every_minutes": "60", "quiet_hours": "30"}


@pytest.fixture
def alice(cast: Cast) -> Any:
    with use_shop(cast.green):
        yield cast.client()


def test_a_feed_is_made_tested_and_changed(alice: Client, site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.needs = ("X-Api-Key", SECRET)
    site.files["/export"] = b"receipt,time,product\n"
    said = {"url": f"{site.url}/export?key={SECRET}", "sign_in": "header", "user": "X-Api-Key", "password": "wrong"}
    assert "Choose" in alice.get("/s/green/feeds/new/").content.decode()
    page = "/s/green/feeds/new/?source=url"
    alice.get(page)
    answer = alice.post(page, said | {"do": "test"}, headers={"HX-Request": "true", "HX-Target": "tested"})
    assert "refuses us (401)" in answer.content.decode() and b"<html" not in answer.content
    said["password"] = SECRET
    answer = alice.post(page, said | {"do": "test"})
    assert "answers with a file" in answer.content.decode() and "export.csv" in answer.content.decode()
    columns()
    saved = f"saved-{columns_pk()}"
    answer = alice.post(page, said | ANSWERS | {"do": "save", "columns": saved}, follow=True)
    feed = Feed.objects.get()
    assert (feed.name, feed.saved_mapping_id) == ("Till 1", columns_pk()) and SECRET not in feed.secret
    change = f"/s/green/feeds/{feed.pk}/change/"
    shown = [answer, alice.get(change), alice.get("/s/green/feeds/")]
    answer = alice.post(
        change, said | ANSWERS | {"do": "save", "columns": saved, "password": "", "url": f"{site.url}/export",
                                  "name": "Till one"}, follow=True,
    )  # fmt: skip
    shown.append(answer)
    feed.refresh_from_db()
    assert feed.name == "Till one" and feed.secret, "what is left empty stays"
    assert not any(SECRET in page.content.decode() for page in shown)
    history = list(Change.objects.filter(table="shop_feed").values_list("before", "after"))
    assert len(history) == 2 and SECRET not in str(history) and feed.secret not in str(history)
    assert SECRET not in caplog.text


def columns_pk() -> int:
    from shop.models import SavedMapping

    return int(SavedMapping.objects.latest("pk").pk)


def test_a_password_is_not_sent_to_another_machine(alice: Client, site: Site) -> None:
    feed = feed_from("url", {"url": f"{site.url}/export", "sign_in": "bearer", "password": SECRET})
    said = {"url": "https://elsewhere.example/export", "sign_in": "bearer", "password": ""}
    saved = {"do": "save", "columns": f"saved-{feed.saved_mapping_id}"}
    alice.post(f"/s/green/feeds/{feed.pk}/change/", said | ANSWERS | saved)
    feed.refresh_from_db()
    assert feed.settings["url"] == said["url"] and not feed.secret


def test_what_is_wrong_is_said_beside_its_field(alice: Client) -> None:
    page = "/s/green/feeds/new/?source=mailbox"
    answer = alice.post(page, ANSWERS | {"do": "save", "columns": "first", "host": "a b", "senders": "everybody"})
    text = answer.content.decode()
    assert answer.status_code == 422 and "server’s name only" in text or "server&#x27;s name only" in text
    assert "domains with an @" in text and not Feed.objects.exists()
    assert alice.get("/s/green/feeds/new/?source=folder").status_code == 404, "the operator allows no folder"
    assert alice.get("/s/green/feeds/new/?source=ftp").status_code == 404


def test_way_out_of_the_shops_folder_is_refused(alice: Client, folder: Path) -> None:
    page = "/s/green/feeds/new/?source=folder"
    for path in ("../rival", "/etc", "till-1/../../rival", "~root", "C:\\tills", "a\\b", ".ssh"):
        answer = alice.post(page, ANSWERS | {"do": "save", "columns": "first", "folder": path, "after": "leave"})
        assert answer.status_code == 422, path
    assert not Feed.objects.exists()


def test_a_feed_says_what_is_wrong_and_lets_it_be(alice: Client, site: Site) -> None:
    feed = feed_from("url", {"url": f"{site.url}/export", "sign_in": "none"})
    file = FeedFile.objects.create(feed=feed, identity="1", name="day-1.csv", state="failed", problem="It is cut off.")
    Feed.objects.update(problem="day-1.csv could not be imported. It is cut off.", problem_kind="file",
                        problem_at=timezone.now())  # fmt: skip
    for page in ("/s/green/feeds/", f"/s/green/feeds/{feed.pk}/"):
        assert "could not be imported" in alice.get(page).content.decode(), page
    bring_in("sales_lines", f"receipt,time,product,total\nR1,{timezone.now():%Y-%m-%d} 10:00,MILK,2.00\n")
    assert "could not be imported" in alice.get("/s/green/today/").content.decode()
    assert "not kept" in alice.post(f"/s/green/feeds/files/{file.pk}/again/", follow=True).content.decode()
    alice.post(f"/s/green/feeds/files/{file.pk}/leave/")
    feed.refresh_from_db()
    assert feed.problem == "" and "It is cut off" not in alice.get("/s/green/feeds/").content.decode()


def test_a_feed_is_paused_and_removed(alice: Client, site: Site) -> None:
    feed = feed_from("url", {"url": f"{site.url}/export", "sign_in": "none"})
    kept = RawFile.objects.create(name="day-1.csv", size=1, sha256="0" * 64)
    done = Import.objects.create(file=kept, feed=feed, kind="sales_lines", state="done")
    FeedFile.objects.create(feed=feed, identity="1", file=kept, imported=done, state="done")
    alice.post(f"/s/green/feeds/{feed.pk}/switch/", {"on": "0"})
    assert not Feed.objects.get().is_active
    alice.post(f"/s/green/feeds/{feed.pk}/look/")
    assert "Waiting for a free worker" in alice.get(f"/s/green/feeds/{feed.pk}/").content.decode()
    alice.post(f"/s/green/feeds/{feed.pk}/remove/")
    done.refresh_from_db()
    assert not Feed.objects.exists() and done.feed_id is None and RawFile.objects.exists()


def test_an_import_becomes_a_feed(alice: Client, folder: Path) -> None:
    kept = RawFile.objects.create(name="till.csv", size=1, sha256="0" * 64)
    layout = {
        "encoding": "cp1250",
        "delimiter": ";",
        "header": ["receipt", "time", "product"],
        "said": {"encoding": "cp1250"},
    }
    mapping = {
        "columns": {name: [name] for name in layout["header"]},
        "constants": {},
        "edits": {"0:2": {"product": "X"}},
    }
    done = Import.objects.create(
        file=kept, kind="sales_lines", branch="Station", state="done", layout=layout, mapping=mapping
    )
    page = f"/s/green/feeds/new/?source=folder&import={done.pk}"
    assert "As in the import of till.csv" in alice.get(page).content.decode()
    alice.post(
        page, ANSWERS | {"do": "save", "columns": "import", "folder": "till-1", "after": "leave", "branch": "Station"}
    )
    feed = Feed.objects.select_related("saved_mapping").get()
    assert feed.saved_mapping and not feed.saved_mapping.mapping.get("edits")
    assert (feed.kind, feed.branch, feed.saved_mapping.layout["said"]) == (
        "sales_lines",
        "Station",
        {"encoding": "cp1250"},
    )


def test_the_strip_shows_which_days_are_missing(alice: Client, cast: Cast) -> None:
    today = cast.green.today()
    rows = [
        f"{number}-{receipt},{today - dt.timedelta(days=number)} 12:{receipt:02},MILK,1.45,Till 1"
        for number in range(1, 30)
        for receipt in range(1 if number == 3 else 8)
        if number != 5
    ]
    bring_in("sales_lines", "\n".join(["receipt,time,product,total,register", *rows, ""]))
    text = alice.get("/s/green/feeds/").content.decode()
    assert "1 day is missing and 1 day is in only in part." in text
    assert "High Street, Till 1: no sales of" in text and "has 1 line, the last at 12:00" in text
    table = alice.get("/s/green/coverage/?download=1").content.decode()
    assert table.count(",missing,") == 1 and table.count(",partial,") == 1
    assert alice.get("/s/green/coverage/").status_code == 200
