"""Reading what a till sends: JSON, and nothing that only looks like it."""

import json
import math
from http import HTTPStatus
from typing import Any, TypeVar

from django.http import HttpRequest
from pydantic import BaseModel

from shop.errors import Refused

MOST_BYTES = 1024 * 1024
Contract = TypeVar("Contract", bound=BaseModel)


class BodyRefused(Refused):
    """The body as a whole cannot be read."""

    code = "malformed"
    status = HTTPStatus.BAD_REQUEST


class TooBig(Refused):
    code = "too_big"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class WrongType(Refused):
    code = "wrong_type"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


def read(request: Any, contract: type[Contract]) -> Contract:
    """The body as the contract has it. Raises what `read_json` raises, and pydantic's ValidationError (422)."""
    return contract.model_validate(read_json(request))


def read_json(request: Any) -> Any:
    """The body as plain values. A number with a point is a float, so that a contract can refuse it as money.

    Raises WrongType, TooBig or BodyRefused: for what is not UTF-8 JSON, for a name twice in an object, for NaN,
    infinities, and text that a database cannot keep.
    """
    text = _text(getattr(request, "_request", request))
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except (ValueError, RecursionError) as error:
        raise BodyRefused("This is not JSON that we can read.") from error
    if "\\u" in text:
        _check_letters(value)
    return value


def _text(request: HttpRequest) -> str:
    if request.content_type != "application/json" or request.headers.get("Content-Encoding", "identity") != "identity":
        raise WrongType("Send JSON, with “Content-Type: application/json”.")
    too_big = TooBig(f"Send at most {MOST_BYTES:,} bytes at once.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MOST_BYTES:
        raise too_big
    if len(request.body) > MOST_BYTES:
        raise too_big
    try:
        return request.body.decode()
    except UnicodeDecodeError as error:
        raise BodyRefused("This is not UTF-8.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BodyRefused("An object names something twice.")
    return made


def _constant(name: str) -> Any:
    raise BodyRefused(f"{name} is not a number in JSON.")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise BodyRefused("A number is too large.")
    return value


def _check_letters(value: Any) -> None:
    """Escapes can spell what no text is: NUL and half of a surrogate pair."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += [*each, *each.values()]
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, str) and any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in each):
            raise BodyRefused("A text holds a character that cannot be kept.")
