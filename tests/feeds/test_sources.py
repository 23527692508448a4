"""What each source takes and what it leaves, and how it fails: in plain words, without a secret."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from shop.feeds import folder as folders
from shop.feeds import mailbox, url
from shop.feeds.sources import Fetched, FileProblem, NotYet, SourceProblem, Where
from tests.feeds import certificates, imap
from tests.feeds.imap import Mails
from tests.feeds.web import Site

TILL = {"folder": "till-1", "after": "leave"}


def where(settings: dict[str, Any], **secrets: str) -> Where:
    return Where(settings, secrets, "green", "Europe/Lisbon")


def look(source: Any, at: Where, cursor: dict[str, Any], seen: set[str] | None = None) -> dict[str, bytes]:
    """Everything a look hands over, by name; what it handed over before is seen."""
    seen = set() if seen is None else seen
    found = {}
    for one in source.fetch(at, cursor, seen.__contains__):
        found[one.name] = content(one)
        seen.add(one.identity)
        one.taken()
    return found


def content(found: Fetched) -> bytes:
    with found.opens() as opened:
        return opened.read()


def put(path: Path, text: str = "a,b\n", age: float = 3600) -> Path:
    path.write_text(text)
    moment = time.time() - age
    os.utime(path, (moment, moment))
    return path


# --- Folder ----------------------------------------------------------------------------------------------------------


def test_a_folder_gives_what_has_stopped_growing_the_oldest_first(folder: Path) -> None:
    put(folder / "b.csv", "b", age=7200)
    put(folder / "a.csv", "a")
    put(folder / "new.csv", "half of i", age=5)
    for name in ("c.csv.part", ".hidden.csv", "~$book.xlsx", "notes.pdf", "d.csv.tmp"):
        put(folder / name)
    cursor: dict[str, Any] = {}
    found = look(folders.SOURCE, where(TILL), cursor)
    assert list(found) == ["b.csv", "a.csv"] and list(cursor["waiting"]) == ["new.csv"]


def test_a_file_with_a_wrong_clock_is_taken_when_two_looks_find_it_the_same(folder: Path) -> None:
    path, cursor, seen = put(folder / "future.csv", "12", age=-7200), {}, set[str]()
    assert look(folders.SOURCE, where(TILL), cursor, seen) == {}
    cursor["waiting"]["future.csv"][2] -= 61
    put(path, "123", age=-7200)
    assert look(folders.SOURCE, where(TILL), cursor, seen) == {}, "it has grown since"
    cursor["waiting"]["future.csv"][2] -= 61
    assert look(folders.SOURCE, where(TILL), cursor, seen) == {"future.csv": b"123"}
    assert look(folders.SOURCE, where(TILL), cursor, seen) == {}


def test_a_file_that_changes_under_our_hands_is_left_for_the_next_look(folder: Path) -> None:
    path = put(folder / "a.csv", "1234")
    (found,) = folders.SOURCE.fetch(where(TILL), {}, lambda identity: False)
    put(path, "12345")
    with pytest.raises(NotYet):
        content(found)


def test_a_folder_is_left_by_no_trick(folder: Path, tmp_path: Path) -> None:
    outside = put(tmp_path / "secret.csv", "secret")
    (tmp_path / "feeds" / "rival").mkdir()
    put(tmp_path / "feeds" / "rival" / "sales.csv", "theirs")
    (folder / "link.csv").symlink_to(outside)
    (folder.parent / "way-out").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.csv")
    (folder / "folder.csv").mkdir()
    assert look(folders.SOURCE, where(TILL), {}) == {}
    with pytest.raises(SourceProblem, match="cannot be opened"):
        look(folders.SOURCE, where({"folder": "way-out"}), {})
    for path in ("../rival", "..", "/etc", "till-1/../../rival", "a\0b"):
        with pytest.raises(Exception, match="Two dots|below your shop"):
            look(folders.SOURCE, where({"folder": path}), {})
    put(folder / "swapped.csv", "mine")
    (found,) = folders.SOURCE.fetch(where(TILL), {}, lambda identity: False)
    (folder / "swapped.csv").unlink()
    (folder / "swapped.csv").symlink_to(outside)
    with pytest.raises(NotYet):
        content(found)


def test_a_taken_file_moves_to_done_and_hides_no_other(folder: Path) -> None:
    moving, seen = where(TILL | {"after": "move"}), set[str]()
    put(folder / "day.csv", "monday", age=7200)
    look(folders.SOURCE, moving, {}, seen)
    put(folder / "day.csv", "tuesday", age=3600)
    assert look(folders.SOURCE, moving, {}, seen) == {"day.csv": b"tuesday"}
    assert sorted(path.read_text() for path in (folder / "done").iterdir()) == ["monday", "tuesday"]
    # Stopped between keeping and moving: known, not taken twice, and moved now.
    path = put(folder / "late.csv")
    entry = folders.Entry("late.csv", path.stat().st_size, path.stat().st_mtime_ns)
    assert look(folders.SOURCE, moving, {}, {entry.identity}) == {} and not path.exists()


def test_a_folder_that_is_not_there_says_so(folder: Path) -> None:
    with pytest.raises(SourceProblem, match="There is no folder till-9"):
        folders.SOURCE.check(where({"folder": "till-9"}))
    put(folder / "a.csv")
    assert folders.SOURCE.check(where(TILL)).names == ("a.csv",)


# --- Mailbox ---------------------------------------------------------------------------------------------------------


def box(mails: Mails, **more: Any) -> Where:
    settings = {"host": "localhost", "port": mails.port, "encryption": "tls", "user": mails.user, "folder": "INBOX",
                "senders": "@tills.example"}  # fmt: skip
    return where(settings | more, password=mails.password)


def test_only_attachments_of_the_senders_are_taken_once(mails: Mails) -> None:
    mails.put(imap.mail("Till <till@tills.example>", "Z 1", day_csv=b"1", photo_png=b"2"))
    mails.put(imap.mail("till@tills.example.evil.example", "Z 2", day_csv=b"evil"))
    mails.put(imap.mail('"till@tills.example" <evil@evil.example>', "Z 3", day_csv=b"evil"))
    mails.put(imap.mail("till@tills.example, evil@evil.example", "Z 4", day_csv=b"evil"))
    mails.put(b"From: till@tills.example\nSubject: =?utf-9?q?broken\nContent-Type: multipart/mixed\n\n--\n")
    mails.put(imap.mail("TILL@TILLS.EXAMPLE", "Z 5", two_csv=b"3", three_csv=b"4"))
    cursor, seen = {}, set[str]()
    assert look(mailbox.SOURCE, box(mails), cursor, seen) == {"day.csv": b"1", "two.csv": b"3", "three.csv": b"4"}
    assert look(mailbox.SOURCE, box(mails), cursor, seen) == {}
    mails.put(imap.mail("till@tills.example", "Z 6", six_csv=b"6"))
    assert look(mailbox.SOURCE, box(mails), cursor, seen) == {"six.csv": b"6"}
    # A server that numbers its mail anew: all of it is looked at again, and known by its content.
    mails.validity = 8
    assert len(look(mailbox.SOURCE, box(mails), cursor, seen)) == 4


def test_what_is_wrong_with_a_mailbox_is_said_without_its_password(
    mails: Mails, caplog: pytest.LogCaptureFixture
) -> None:
    plain = Mails(None)
    cases: list[tuple[Where, str]] = [
        (where(dict(box(mails).settings), password="wrong pass"), "refuses the sign-in"),
        (where(dict(box(mails).settings), password="pässword"), "refuses the sign-in"),
        (box(mails, folder="Tills"), "no mail folder Tills"),
        (box(mails, port=1), "does not answer"),
        (box(plain, encryption="starttls"), "STARTTLS"),
    ]
    for at, words in cases:
        with pytest.raises(SourceProblem, match=words) as caught:
            mailbox.SOURCE.check(at)
        assert "pass" not in caught.value.sentence.replace("password", "")
    assert mails.password not in caplog.text and not any("LOGIN" in word for word in plain.said)
    plain.close()
    mails.put(imap.mail("till@tills.example", "Z 1", day_csv=b"1"))
    assert mailbox.SOURCE.check(box(mails)).names == ("Z 1",)


@pytest.mark.parametrize(
    "said",
    [
        b"* 1 FETCH (UID 101 BODY[HEADER.FIELDS (FROM)] {4000000000}\r\n",
        b"* " + b"x" * 2_000_000,
        b"A1 OK what\r\n* garbage\r\n",
        b"",
        b"\xff\xfe\x00\r\n",
    ],
)
def test_a_hostile_mail_server_is_a_problem_and_nothing_more(mails: Mails, said: bytes) -> None:
    mails.put(imap.mail("till@tills.example", "Z 1", day_csv=b"1"))
    for command in ("UID FETCH", "UID SEARCH", "EXAMINE", "LOGIN"):
        mails.answers = {command: said}
        with pytest.raises(SourceProblem):
            look(mailbox.SOURCE, box(mails), {})


def test_a_mail_that_is_too_large_is_one_file_that_failed(mails: Mails, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "MOST_MAIL", 1000)
    mails.put(imap.mail("till@tills.example", "Z 1", day_csv=b"x" * 2000))
    (found,) = mailbox.SOURCE.fetch(box(mails), {}, lambda identity: False)
    with pytest.raises(FileProblem, match="larger than"):
        content(found)


def test_a_password_is_not_sent_where_the_certificate_is_not_trusted(
    trusted: Path, tmp_path: Path, settings: Any
) -> None:
    stranger = Mails(certificates.server_context(certificates.make(tmp_path)))
    with pytest.raises(SourceProblem, match="certificate"):
        mailbox.SOURCE.check(box(stranger))
    plain = Mails(None)
    with pytest.raises(SourceProblem, match="TLS"):
        mailbox.SOURCE.check(box(plain))
    assert mailbox.SOURCE.check(box(plain, encryption="none")), "inside this network, where the operator allows it"
    settings.FEEDS_PRIVATE_NETWORKS = False
    with pytest.raises(SourceProblem, match="inside the network"):
        mailbox.SOURCE.check(box(plain, encryption="none"))
    assert not stranger.said
    stranger.close()
    plain.close()


# --- Web address -----------------------------------------------------------------------------------------------------


def test_a_file_at_an_address_is_news_when_its_content_is(site: Site) -> None:
    at, cursor, seen = where({"url": f"{site.url}/day.csv"}), {}, set[str]()
    for tags in (True, False):
        site.tags = tags
        site.files["/day.csv"] = b"1"
        assert look(url.SOURCE, at, cursor, seen) == {"day.csv": b"1"}
        assert look(url.SOURCE, at, cursor, seen) == {}
        site.files["/day.csv"] = b"2"
        assert look(url.SOURCE, at, cursor, seen) == {"day.csv": b"2"}
    assert "if-none-match" in site.asked[1].headers


def test_days_are_asked_for_until_they_are_there(site: Site) -> None:
    at, cursor, seen = where({"url": f"{site.url}/{{date}}.csv"}), {}, set[str]()
    assert look(url.SOURCE, at, cursor, seen) == {}, "nothing there yet is no problem"
    days = [asked.path for asked in site.asked]
    assert len(days) == 8 and days == sorted(days)
    site.files[days[-1]] = b"today"
    assert list(look(url.SOURCE, at, cursor, seen).values()) == [b"today"]
    site.files[days[3]] = b"late"
    assert list(look(url.SOURCE, at, cursor, seen).values()) == [b"late"]
    assert look(url.SOURCE, at, cursor, seen) == {}


@pytest.mark.parametrize(
    ("status", "words"), [(401, "refuses us"), (404, "no file at this address"), (500, "an error")]
)
def test_an_address_that_does_not_answer_well(site: Site, status: int, words: str) -> None:
    site.rules["/day.csv"] = lambda handler: handler.send_error(status)
    with pytest.raises(SourceProblem, match=words):
        look(url.SOURCE, where({"url": f"{site.url}/day.csv"}), {})


def test_a_web_page_is_no_file_and_names_are_made_plain(site: Site) -> None:
    at = where({"url": f"{site.url}/day"})
    site.files["/day"], site.headers = b"<html>", {"Content-Type": "text/html; charset=utf-8"}
    with pytest.raises(SourceProblem, match="web page"):
        look(url.SOURCE, at, {})
    site.files["/day"] = b"1"
    for told, name in (
        ('attachment; filename="../../etc/passwd"', "passwd.csv"),
        ('attachment; filename="..\\\\boot.csv"', "boot.csv"),
        ("attachment; filename*=UTF-8''caf%C3%A9.csv", "café.csv"),
        ("attachment", "day.csv"),
    ):
        site.headers = {"Content-Type": "text/csv", "Content-Disposition": told}
        assert list(look(url.SOURCE, at, {})) == [name]
