"""One GET over the open internet to an address that a person typed: bounded in where it leads, in size and in time."""

from __future__ import annotations

import hashlib
import http.client
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from typing import BinaryIO
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from shop.feeds import addresses, sources
from shop.feeds.addresses import Peer
from shop.feeds.sources import FileProblem, SourceProblem

MOST_REDIRECTS = 5
MOST_SECONDS = 15 * 60
LONGEST = 2000
_PORTS = {"https": 443, "http": 80}
_MOVED = {301, 302, 303, 307, 308}
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f-\x9f\\]")


@dataclass(frozen=True)
class Answer:
    """What came back. `body` is whole and stands at its beginning; it is empty unless `status` is 200."""

    status: int
    url: str
    headers: Message
    body: BinaryIO
    size: int
    sha256: str


def parts_of(url: str) -> SplitResult:
    """The parts of an address that may be asked. Raises SourceProblem saying what is wrong with it."""
    if _NOT_IN_URLS.search(url) or len(url) > LONGEST:
        raise SourceProblem("This is not an address. It begins with https:// and holds no spaces.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SourceProblem("This is not an address. It begins with https://.") from error
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        raise SourceProblem("The address must begin with https:// and name a machine.")
    if parts.username is not None or parts.password is not None:
        raise SourceProblem("Leave the name and password out of the address. They have fields of their own.")
    return parts


@contextmanager
def get(
    url: str, *, headers: Mapping[str, str], private: Mapping[str, str], seconds: float = MOST_SECONDS
) -> Iterator[Answer]:
    """Ask for a file. `private` headers (who we are) go to the address's own machine only, never where it leads.

    Raises SourceProblem for an address that may not be called, at once or where a redirect leads, and for one that
    does not answer well.
    """
    ends, home = time.monotonic() + seconds, _origin(parts_of(url))
    for _ in range(MOST_REDIRECTS + 1):
        parts = parts_of(url)
        peer = addresses.look_up(parts.hostname or "", parts.port or _PORTS[parts.scheme])
        if parts.scheme != "https" and not peer.is_at_home:
            raise SourceProblem("The address must begin with https://, so that nobody reads or changes the file.")
        said = {**headers, **(private if _origin(parts) == home else {})}
        with _asked(parts, peer, said, ends) as answer:
            if answer.status not in _MOVED:
                with _read(answer, url, ends) as read:
                    yield read
                return
            url = urljoin(url, answer.headers.get("Location", ""))
    raise SourceProblem("The address leads from one place to the next without end.")


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]


class _Pinned(http.client.HTTPConnection):
    """A connection to the machine that was judged; no name is looked up again."""

    def __init__(self, parts: SplitResult, peer: Peer) -> None:
        super().__init__(peer.host, peer.port)
        self._peer, self._tls = peer, parts.scheme == "https"
        self.default_port = _PORTS[parts.scheme]  # leaves it out of the Host header

    def connect(self) -> None:
        made = addresses.connect(self._peer)
        self.sock = addresses.encrypted(made, self._peer) if self._tls else made


@contextmanager
def _asked(
    parts: SplitResult, peer: Peer, headers: Mapping[str, str], ends: float
) -> Iterator[http.client.HTTPResponse]:
    connection = _Pinned(parts, peer)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = f"?{quote(parts.query, safe=_QUERY)}" if parts.query else ""
    left = ends - time.monotonic()
    if left <= 0:
        raise _too_slow(peer.host)
    sent = {"User-Agent": "Aisle", "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close", **headers}
    with addresses.ends_within(left, lambda: connection.sock):
        try:
            connection.request("GET", path + query, headers=sent)
            answer = connection.getresponse()
        except SourceProblem:
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _not_well(peer.host, ends) from error
        try:
            yield answer
        finally:
            answer.close()
            connection.close()


_QUERY = "/?%:@!$&'()*+,;=~-._[]"


@contextmanager
def _read(answer: http.client.HTTPResponse, url: str, ends: float) -> Iterator[Answer]:
    host = urlsplit(url).hostname or ""
    with sources.buffer() as body:
        size, digest = 0, hashlib.sha256()
        try:
            while answer.status == 200 and (piece := answer.read1(1 << 16)):
                size += len(piece)
                if size > sources.MOST_BYTES:
                    raise FileProblem("The file is larger than 1 GB. Pack it as .gz, or split it.")
                digest.update(piece)
                body.write(piece)
                if time.monotonic() > ends:
                    raise _too_slow(host)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _not_well(host, ends) from error
        if answer.status == 200 and answer.length:
            raise _not_well(host, ends)  # fewer bytes than were promised
        body.seek(0)
        yield Answer(answer.status, url, answer.headers, body, size, digest.hexdigest())


def _not_well(host: str, ends: float) -> SourceProblem:
    if time.monotonic() >= ends:
        return _too_slow(host)
    return SourceProblem(f"{host[:80]} closed the connection before all of the file had come.")


def _too_slow(host: str) -> SourceProblem:
    return SourceProblem(f"{host[:80]} is too slow: the file did not come in time.")
