"""The API's own way through the site: no session, no cookie, no page's middleware, and a problem for whatever fails."""

import re
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver, set_script_prefix, set_urlconf

from shop import doors
from shop.api import problems
from shop.both_ways import BothWays
from shop.errors import Refused

PREFIX = "/api/"
_KEY_IN_URL = re.compile(r"aisle_[a-z0-9]{8}_")
_ALLOW_METHODS = "GET, POST"
_ALLOW_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Client-Time, X-Request-ID"
_EXPOSE_HEADERS = "ETag, Idempotency-Replayed, Retry-After, X-Request-ID"


class KeyInUrl(Refused):
    """Addresses are written down in logs and histories, where a key must never be."""

    code = "key_in_url"
    status = HTTPStatus.BAD_REQUEST


class NotEncrypted(Refused):
    """No redirect: the key has gone over the wire in the open already, and the till must learn it."""

    code = "https_needed"
    status = HTTPStatus.FORBIDDEN


class OriginRefused(Refused):
    code = "origin_refused"
    status = HTTPStatus.FORBIDDEN


class ApiLane(BothWays):
    """Answers whatever is under /api/ here; the middleware below it never sees it."""

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)  # type: ignore[no-any-return]
        return sync_to_async(answer)(request) if self.is_async else answer(request)


def answer(request: Any) -> HttpResponse:
    """The rendered answer to a request under /api/; raises nothing."""
    set_script_prefix("/")
    set_urlconf(None)
    try:
        response = _called(request)
    except Exception as error:
        response = problems.of(error, request)
    return _dressed(request, response)


def _called(request: Any) -> Any:
    request.get_host()  # a name we do not answer to is refused
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        raise NotEncrypted("Use https, and change this till's key: it was sent in the open.")
    if _KEY_IN_URL.search(request.get_full_path()):
        raise KeyInUrl("Send the key in the Authorization header only, and change it: addresses are written down.")
    if request.method == "OPTIONS":
        return _preflight(request)
    match = request.resolver_match = get_resolver().resolve(request.path_info)
    response = match.func(request, *match.args, **match.kwargs)
    return response.render() if callable(getattr(response, "render", None)) else response


def _preflight(request: HttpRequest) -> HttpResponse:
    """A browser asks whether a page may ask; which shop it is about is not known yet."""
    origin = request.headers.get("Origin", "")
    if not origin or not doors.origin_is_allowed(origin):
        raise OriginRefused("No shop here lets this web address call it.")
    return HttpResponse(
        status=HTTPStatus.NO_CONTENT,
        headers={
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": _ALLOW_METHODS,
            "Access-Control-Allow-Headers": _ALLOW_HEADERS,
            "Access-Control-Max-Age": "600",
        },
    )


def _dressed(request: Any, response: HttpResponse) -> HttpResponse:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    if settings.SECURE_HSTS_SECONDS:
        response.headers["Strict-Transport-Security"] = (
            f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
        )
    origin = request.headers.get("Origin")
    if origin:
        response.headers["Vary"] = "Origin"
        till = getattr(request, "device", None)
        if till is not None and origin in till.shop.api_origins.split():
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = _EXPOSE_HEADERS
    return response
