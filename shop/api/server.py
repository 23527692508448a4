"""Answers the API in threads of its own, beside Django's way of answering pages.

Django makes a thread for every request under ASGI and changes to it and back for each middleware; a till's request
is one step in a thread that waits for it. What it does there is `shop.api.lane.answer`, the same as everywhere else.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core import signals
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http import HttpRequest

from shop.api import lane
from shop.api.bodies import MOST_BYTES
from shop.logs import RequestLogMiddleware

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
_logged = RequestLogMiddleware(lane.answer)


class ApiServer:
    """The ASGI application: /api/ answered here, everything else by Django's handler."""

    def __init__(self, site: Any) -> None:
        self.site = site
        # Threads begin with the first request, which is after gunicorn has made its workers.
        self.threads = ThreadPoolExecutor(settings.API_THREADS, thread_name_prefix="api")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(lane.PREFIX):
            await self.site(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            return
        loop = asyncio.get_running_loop()
        status, headers, content = await loop.run_in_executor(self.threads, _answer, scope, body)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})


async def _body(receive: Any) -> bytes | None:
    """What was sent, cut off where it is too big to be read; None where the till has gone."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        size += len(message.get("body", b""))
        if size <= MOST_BYTES:
            parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts) if size <= MOST_BYTES else b" " * (MOST_BYTES + 1)


def _answer(scope: Any, body: bytes) -> Answer:
    """One request in this thread; its database connection goes back to the pool in the end."""
    signals.request_started.send(sender=ASGIHandler, scope=scope)
    request: HttpRequest = ASGIRequest(scope, BytesIO(body))
    response = _logged(request)
    try:
        content = b"".join(response) if response.streaming else response.content
        response.headers.setdefault("Content-Length", str(len(content)))
        headers = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
        return response.status_code, headers, content
    finally:
        response.close()  # says request_finished, at which Django hands the connection back
