"""Every answer that is not the one asked for, as RFC 9457 problem details.

Nothing of the database, the code or another shop is ever in one.
"""

import json
import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db.utils import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from pydantic import ValidationError
from rest_framework.exceptions import APIException

from shop.errors import Refused
from shop.logs import request_id

log = logging.getLogger("aisle.api")
CONTENT_TYPE = "application/problem+json"
# The database is away, full, or two works met: the same request is worth sending again.
PASSING = (OperationalError, InterfaceError)
_NOT_HERE = "There is nothing here. Check the address and the id."


class Invalid(Refused):
    """What was sent does not have the shape it must have; `errors` says where."""

    code = "invalid"

    def __init__(self, errors: list[dict[str, str]], sentence: str = "What was sent cannot be used.") -> None:
        super().__init__(sentence)
        self.errors = errors


def problem(
    request: Any,
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> HttpResponse:
    """The one way a problem is written. `more` are members of its own, such as what a batch got done before it."""
    body: dict[str, Any] = {
        "type": f"/problems/{code.replace('_', '-')}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "instance": request.path,
        "request_id": request_id.get(),
    }
    if errors:
        body["errors"] = errors
    response = HttpResponse(json.dumps(body | more), status=status, content_type=CONTENT_TYPE)
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def of(error: Exception, request: Any) -> HttpResponse:
    """The problem an exception stands for. One that stands for none is a bug: logged, and answered with 500."""
    if isinstance(error, Refused):
        return _refused(error, request)
    if isinstance(error, ValidationError):
        return _refused(Invalid(pointed(error)), request)
    if isinstance(error, PASSING):
        log.warning("the database could not answer", exc_info=error)
        detail = "The books are out of reach for a moment. Send the same again."
        return problem(request, 503, "try_again", detail, headers={"Retry-After": "1"})
    return _of_http(error, request) or _bug(error, request)


def handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """REST framework's hook. Trouble that passes rises, so that the view may try again."""
    return None if isinstance(error, PASSING) else of(error, context["request"]._request)


def _refused(refusal: Refused, request: HttpRequest) -> HttpResponse:
    headers = {}
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    wait = getattr(refusal, "wait_seconds", None)
    if wait is not None:
        headers["Retry-After"] = str(wait)
    errors = getattr(refusal, "errors", None)
    return problem(request, refusal.status, refusal.code, refusal.sentence, errors=errors, headers=headers)


def _of_http(error: Exception, request: HttpRequest) -> HttpResponse | None:
    if isinstance(error, Http404):
        return problem(request, 404, "not_found", _NOT_HERE)
    if isinstance(error, PermissionDenied):
        return problem(request, 403, "not_allowed", "This is not allowed.")
    if isinstance(error, RequestDataTooBig):
        return problem(request, 413, "too_big", "What was sent is too big.")
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return problem(request, 400, "bad_request", "This request cannot be read.")
    if isinstance(error, APIException):
        found = error.status_code == HTTPStatus.NOT_FOUND
        detail = _NOT_HERE if found else str(error.detail)
        return problem(request, error.status_code, str(error.default_code), detail)
    return None


def _bug(error: Exception, request: HttpRequest) -> HttpResponse:
    got_request_exception.send(sender=None, request=request)
    log.error("a fault while answering", exc_info=error)
    return problem(request, 500, "fault", "Something broke on our side. Send the same again later.")


# --- Where in the document ----------------------------------------------------------------------------------
_IN_WORDS = {
    "missing": "This is needed.",
    "string_type": "This must be text in quotes.",
    "int_type": "This must be a whole number.",
    "int_from_float": "This must be a whole number.",
    "bool_type": "This must be true or false.",
    "list_type": "This must be a list.",
    "dict_type": "This must be an object.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be an object.",
    "extra_forbidden": "This is not known here.",
    "too_short": "This needs at least one.",
    "string_too_short": "This needs some text.",
    "timezone_aware": "Write the time with its offset, such as Z or +01:00.",
}


def pointed(error: ValidationError) -> list[dict[str, str]]:
    """What pydantic found, each with a JSON pointer into what was sent; what was sent is not repeated."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        {
            "pointer": "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in each["loc"]),
            "detail": _IN_WORDS.get(each["type"], each["msg"].removeprefix("Value error, ")),
        }
        for each in found[:100]
    ]
