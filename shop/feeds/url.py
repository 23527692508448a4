"""A web address: asked with GET over HTTPS, by name and password, a token or a header of the shop's choice.

A file is told from the one before by its content, so a server without ETag or Last-Modified does as well. An address
may hold {date}: then the days of the last week are asked one by one, and one that is not there yet is asked again.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from django import forms
from django.utils import timezone

from shop.feeds import sources, web
from shop.feeds.sources import Cursor, Fetched, Found, Seen, SourceProblem, Where

DAYS_BACK = 7
CHECK_SECONDS = 15
_HEADER_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9-]{0,60}$")
_OURS = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "range", "if-none-match"}
_ENDING_OF = {
    "text/csv": ".csv", "text/tab-separated-values": ".tsv", "text/plain": ".csv", "application/zip": ".zip",
    "application/gzip": ".gz", "application/vnd.ms-excel": ".xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
}  # fmt: skip


class UrlForm(forms.Form):
    """Where, and who we say we are."""

    url = forms.CharField(
        label="Address of the file",
        max_length=web.LONGEST,
        help_text="It begins with https://. {date} stands for a day, written 2026-11-21.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
    )
    sign_in = forms.ChoiceField(
        label="Sign in",
        choices=[
            ("none", "Not needed"),
            ("basic", "Name and password"),
            ("bearer", "Token"),
            ("header", "A header of its own"),
        ],
    )
    user = forms.CharField(
        label="Name, or the header's name",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label="Password, token or the header's value",
        max_length=2000,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        try:
            parts = web.parts_of(_on(url, dt.date(2026, 1, 1)))
        except SourceProblem as problem:
            raise forms.ValidationError(problem.sentence) from problem
        if parts.fragment:
            raise forms.ValidationError("Leave out what follows the # in the address.")
        return url

    def clean(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        user, way = said.get("user", ""), said.get("sign_in")
        if _has_control(user) or _has_control(said.get("password", "")):
            raise forms.ValidationError("The name and the password are one line each.")
        if way == "header" and (not _HEADER_NAME.match(user) or user.lower() in _OURS):
            self.add_error("user", "Write the header's name, such as X-Api-Key.")
        if way == "basic" and (not user or ":" in user):
            self.add_error("user", "Write the name to sign in with.")
        # What follows the question mark may be a key: it is kept with the password.
        address, mark, query = said.get("url", "").partition("?")
        return said | {"url": address, "query": query if mark else ""}


def _has_control(text: str) -> bool:
    return any(ord(letter) < 32 or ord(letter) == 127 for letter in text)


class Url:
    """The source."""

    name, title, icon = "url", "A web address", "globe"
    about = "Your till's or supplier's system offers its export at an address that begins with https://."
    form: type[forms.Form] = UrlForm
    secret: tuple[str, ...] = ("password", "query")

    def available(self) -> bool:
        return True

    def describe(self, said: Mapping[str, Any]) -> str:
        return str(said.get("url", ""))

    def check(self, where: Where) -> Found:
        names = []
        for day in _days(where):
            with web.get(_address(where, day), headers={}, private=_sign_in(where), seconds=CHECK_SECONDS) as answer:
                if answer.status == 200:
                    _must_be_a_file(answer)
                    names.append(_name_of(answer))
                elif answer.status != 404 or day is None:
                    raise _refused(answer.status)
        if not names:
            return Found("The address answers, and has no file of the last seven days yet.")
        return Found("The address answers with a file.", tuple(names[:5]))

    def fetch(self, where: Where, cursor: Cursor, seen: Seen) -> Iterator[Fetched]:
        known = cursor.setdefault("known", {})
        days = _days(where)
        for day in days:
            key = day.isoformat() if day else "latest"
            before = dict(known.get(key, {}))
            conditions = {
                name: before[word]
                for name, word in (("If-None-Match", "etag"), ("If-Modified-Since", "modified"))
                if before.get(word)
            }
            with web.get(_address(where, day), headers=conditions, private=_sign_in(where)) as answer:
                if answer.status == 304 or (answer.status == 404 and day is not None):
                    continue
                if answer.status != 200:
                    raise _refused(answer.status)
                _must_be_a_file(answer)
                now = {
                    "etag": answer.headers.get("ETag", "")[:200],
                    "modified": answer.headers.get("Last-Modified", "")[:60],
                    "sha256": answer.sha256,
                    "count": before.get("count", 0) + (answer.sha256 != before.get("sha256")),
                }
                identity = f"{key}:{now['count']}:{answer.sha256}"
                known[key] = now
                if answer.sha256 != before.get("sha256") and not seen(identity):
                    yield Fetched(identity, _name_of(answer), _opens(answer.body), {"address": _shown(answer.url)})
        for key in [key for key in known if key != "latest" and key not in {str(day) for day in days}]:
            del known[key]


def _days(where: Where) -> list[dt.date | None]:
    """The days whose files are asked for, the oldest first; none where the address names no day."""
    if "{date}" not in f"{where.settings.get('url', '')}?{where.secrets.get('query', '')}":
        return [None]
    today = timezone.now().astimezone(zoneinfo.ZoneInfo(where.zone)).date()
    return [today - dt.timedelta(days=back) for back in range(DAYS_BACK, -1, -1)]


def _address(where: Where, day: dt.date | None) -> str:
    query = where.secrets.get("query", "")
    url = f"{where.settings.get('url', '')}?{query}" if query else str(where.settings.get("url", ""))
    return _on(url, day) if day else url


def _on(url: str, day: dt.date) -> str:
    return url.replace("{date}", day.isoformat())


def _sign_in(where: Where) -> dict[str, str]:
    way, user = where.settings.get("sign_in"), str(where.settings.get("user", ""))
    password = where.secrets.get("password", "")
    if way == "basic":
        return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}
    if way == "bearer":
        return {"Authorization": f"Bearer {password}"}
    return {user: password} if way == "header" else {}


def _refused(status: int) -> SourceProblem:
    if status in (401, 403):
        return SourceProblem(f"The address refuses us ({status}). Check the name, the password or the token.")
    if status in (404, 410):
        return SourceProblem(f"There is no file at this address ({status}). Check it for typing mistakes.")
    return SourceProblem(f"The address answers with an error ({status}).")


def _must_be_a_file(answer: web.Answer) -> None:
    if answer.headers.get_content_type() == "text/html":
        raise SourceProblem("The address answers with a web page, not with a file. Perhaps it wants a sign-in.")
    if not answer.size:
        raise SourceProblem("The address answers with an empty file.")


def _name_of(answer: web.Answer) -> str:
    """What the server calls the file, or the last part of its address, with an ending."""
    told = answer.headers.get_filename() or ""
    name = PurePosixPath(told.replace("\\", "/")).name or PurePosixPath(unquote(urlsplit(answer.url).path)).name
    name = "".join(letter for letter in name if letter.isprintable())[-90:].lstrip(".~") or "file"
    if sources.is_offered(name):
        return name
    return name + _ENDING_OF.get(answer.headers.get_content_type(), ".csv")


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{parts.path}"[:300]


def _opens(body: BinaryIO) -> Any:
    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        yield body

    return opened


SOURCE = sources.register(Url())
