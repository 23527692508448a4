"""Structured logs: one JSON object a line, with the request id and the shop; no personal data."""

import datetime as dt
import json
import logging
import re
import time
import uuid
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest, HttpResponse

from shop.both_ways import BothWays
from shop.scope import chosen_shop_id

log = logging.getLogger("aisle.request")
request_id: ContextVar[str] = ContextVar("request_id", default="")
_SAFE_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NEVER = frozenset({"request", "status_code", "data"})


class JsonFormatter(logging.Formatter):
    """Extra fields given to the logger become keys; an exception becomes its traceback in `error`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "says": _says(record),
            "request": request_id.get() or None,
            "shop": chosen_shop_id(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD | _NEVER}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        written = json.dumps({key: value for key, value in line.items() if value is not None}, default=str)
        return _ADDRESS.sub("(email)", written)


def _says(record: logging.LogRecord) -> str:
    """The message; Django's own lines about a request end in its path, which is left out."""
    if hasattr(record, "request") and isinstance(record.args, tuple) and record.args:
        return str(record.args[0])
    return record.getMessage()


class RequestLogMiddleware(BothWays):
    """Gives each request an id (taken from X-Request-ID where it is safe), answers it, and logs one line."""

    def __call__(self, request: HttpRequest) -> Any:
        if self.is_async:
            return self._call_async(request)
        token, started = _begin(request)
        try:
            return _end(request, self.get_response(request), started)
        finally:
            request_id.reset(token)

    async def _call_async(self, request: HttpRequest) -> HttpResponse:
        token, started = _begin(request)
        try:
            return _end(request, await self.get_response(request), started)
        finally:
            request_id.reset(token)


def _begin(request: HttpRequest) -> tuple[Any, float]:
    given = request.headers.get("X-Request-ID", "")
    return request_id.set(given if _SAFE_ID.match(given) else uuid.uuid4().hex), time.perf_counter()


def _end(request: HttpRequest, response: HttpResponse, started: float) -> HttpResponse:
    response["X-Request-ID"] = request_id.get()
    route = getattr(request.resolver_match, "route", None)
    till = getattr(request, "device", None)
    log.info(
        "answered",
        extra=({"shop": till.shop_id, "device": till.device_id} if till else {})
        | {
            # The route, not the path: paths and queries can hold names and search words.
            "route": route,
            "mounted": getattr(request, "shop_slug", None),
            "method": request.method,
            "status": response.status_code,
            "ms": round((time.perf_counter() - started) * 1000, 1),
        },
    )
    return response
