"""Reads what a model answered. It is a stranger's text: cleaned, cut to size and held to a schema, or refused."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

from insights.providers.base import BadAnswer

MOST_TEXT = 60_000  # characters of an answer that are read or kept
MOST_STRING = 4_000  # characters of one text in it
_FENCE = re.compile(r"^\s*```(?:json)?\s*(.*?)\s*```\s*$", re.DOTALL)
_KEPT = {"\n", "\t"}
_UNWANTED = {"Cc", "Cs", "Co", "Zl", "Zp"}
# Marks that change the order in which a line is read; joiners stay, since scripts and emoji need them.
_TURNING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0xFEFF)}


def clean(text: str, most: int = MOST_STRING) -> str:
    """The text without control characters and direction marks, at most so long."""
    kept = (letter for letter in text[:most] if letter in _KEPT or not _is_unwanted(letter))
    return "".join(kept)


def _is_unwanted(letter: str) -> bool:
    return letter in _TURNING or unicodedata.category(letter) in _UNWANTED


def read(text: str, schema: dict[str, Any]) -> Any:
    """The answer's JSON, its texts cleaned. Raises BadAnswer with what is wrong with it."""
    if len(text) > MOST_TEXT:
        raise BadAnswer("The answer is far too long.")
    fenced = _FENCE.match(text)
    try:
        data = json.loads(fenced[1] if fenced else text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("The answer is not JSON.") from error
    return _fitting(_cleaned(data), schema)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _cleaned(data: Any) -> Any:
    if isinstance(data, str):
        return clean(data)
    if isinstance(data, dict):
        return {clean(name, 200): _cleaned(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_cleaned(value) for value in data]
    return data


def _fitting(data: Any, schema: dict[str, Any]) -> Any:
    from jsonschema import Draft202012Validator

    for problem in Draft202012Validator(schema).iter_errors(data):
        where = "/".join(str(step) for step in problem.absolute_path) or "the whole"
        # Not the message: it repeats the answer, whatever stands in it.
        raise BadAnswer(f"The answer breaks the rule “{problem.validator}” at {clean(where, 80)}.")
    return data
