"""What a person said of how a file is written, as far as it can be."""

from __future__ import annotations

from typing import Any

from shop.imports.errors import ImportRefused

_CHARACTERS = {"delimiter": "a delimiter", "quote": "a quotation mark", "escape": "an escape character"}


def checked(said: dict[str, Any] | None) -> dict[str, Any]:
    """The same, with numbers as numbers. Raises ImportRefused for what cannot be meant."""
    said = dict(said or {})
    for name in ("skip", "header_rows"):
        if name in said:
            said[name] = _number(said[name])
    for name, what in _CHARACTERS.items():
        letter = str(said.get(name) or "")
        if len(letter) > 2 or letter[:1] in "\r\n\0" and letter:
            raise ImportRefused(f"“{letter[:20]}” is not {what}: write one character.")
    letters = [str(said[name])[:1] for name in _CHARACTERS if said.get(name)]
    if len(set(letters)) < len(letters):
        raise ImportRefused("The delimiter, the quotation mark and the escape character must differ from each other.")
    if "has_header" in said and "header_rows" not in said:
        said["header_rows"] = int(bool(said["has_header"]))
    return {name: value for name, value in said.items() if value is not None}


def _number(value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = -1
    if not 0 <= number <= 1000:
        raise ImportRefused(f"“{str(value)[:20]}” is no number of lines. Write a whole number up to 1,000.")
    return number
