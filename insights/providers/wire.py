"""Bounds around a call over the network that no SDK gives: an end in time, and an end in size."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from insights.providers.base import AnswerLost, BadAnswer, ProviderDown, ProviderError, WrongAddress

T = TypeVar("T")
MOST_BYTES = 1_000_000


def within(seconds: float, call: Callable[[], T]) -> T:
    """The call's result, or AnswerLost after so many seconds, whatever it is stuck in: a name that is looked up,
    a server that sends a byte a second. What an SDK raises unforeseen is a BadAnswer."""
    box: list[Any] = []
    thread = threading.Thread(target=_into, args=(box, call), daemon=True)
    thread.start()
    thread.join(seconds)
    if not box:
        raise AnswerLost("no answer in time")
    error, result = box[0]
    if error is None:
        return result  # type: ignore[no-any-return]
    if isinstance(error, ProviderError):
        raise error
    raise BadAnswer("it could not be read") from error


def _into(box: list[Any], call: Callable[[], Any]) -> None:
    try:
        box.append((None, call()))
    except Exception as error:
        box.append((error, None))


class Meter:
    """Counts what arrives. Raises BadAnswer past the size, AnswerLost past the time."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._bytes = 0

    def count(self, piece: bytes) -> bytes:
        self._bytes += len(piece)
        if self._bytes > MOST_BYTES:
            raise BadAnswer("The answer is far too long.")
        if time.monotonic() > self._ends:
            raise AnswerLost("the answer came too slowly")
        return piece


@contextmanager
def requests_session(session: Any, seconds: float) -> Iterator[None]:
    """Bound a session of requests: no redirect, no second try, no answer without end. Closes it afterwards."""
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter

    class Bounded(HTTPAdapter):
        def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]
            request.headers["Accept-Encoding"] = "identity"
            response = super().send(request, **(options | {"stream": True}))
            meter, body = Meter(seconds), bytearray()
            try:
                while piece := response.raw.read1(65536, decode_content=True):
                    body += meter.count(piece)
            except BaseException:
                response.raw.close()
                raise
            response._content = bytes(body)
            return response

    session.max_redirects = 0
    for scheme in ("https://", "http://"):
        session.mount(scheme, Bounded())
    try:
        yield
    except requests.exceptions.ConnectTimeout as error:
        raise ProviderDown("could not be reached") from error
    except requests.exceptions.TooManyRedirects as error:
        raise WrongAddress("it leads to another") from error
    except requests.exceptions.ConnectionError as error:
        if isinstance(getattr(error.args[0] if error.args else None, "reason", None), urllib3.exceptions.HTTPError):
            raise ProviderDown("could not be reached") from error
        raise AnswerLost("the connection was closed") from error
    except (requests.exceptions.Timeout, urllib3.exceptions.HTTPError) as error:
        raise AnswerLost("no answer in time, or not all of it") from error
    finally:
        session.close()


def httpx_client(url: str, seconds: float) -> Any:
    """A client of httpx2 with the same bounds. Plain http is spoken at home only, past any proxy."""
    import httpx2

    class Stream(httpx2.SyncByteStream):
        def __init__(self, inner: Any) -> None:
            self._inner, self._meter = inner, Meter(seconds)

        def __iter__(self) -> Iterator[bytes]:
            for piece in self._inner:
                yield self._meter.count(piece)

        def close(self) -> None:
            self._inner.close()

    def bound(response: Any) -> None:
        response.stream = Stream(response.stream)

    return httpx2.Client(
        timeout=seconds,
        follow_redirects=False,
        trust_env=not url.startswith("http://"),
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [bound]},
    )


def seconds_to_wait(header: str | None) -> float | None:
    """What Retry-After says, as seconds from now; None where it says nothing readable."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        then = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (then - dt.datetime.now(then.tzinfo or dt.UTC)).total_seconds()) if then.tzinfo else None
