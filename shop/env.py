"""Reads the settings of this installation from environment variables.

Each reader returns a valid value or raises ImproperlyConfigured with the name of the variable, what is wrong
with it and what to set instead. NAME_FILE, the path of a file that holds the value, may be set in place of NAME.
Every variable read is remembered in `known`, from which docs/settings.md is written and tested.
"""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


@dataclass(frozen=True)
class Setting:
    """One documented variable: its name, its default in words, what it is for and a value that would do."""

    name: str
    kind: str
    default: str
    meaning: str
    example: str


known: dict[str, Setting] = {}


def text(name: str, default: str | None = None, *, meaning: str, example: str = "", shown: str | None = None) -> str:
    """A line of text. With no default the variable is required. `shown` documents a default computed at start."""
    return _read(Setting(name, "text", _words(default, shown), meaning, example or "text"), default, str)


def flag(name: str, default: bool | None = None, *, meaning: str, shown: str | None = None) -> bool:  # noqa: FBT001
    """A yes or no: 1, true, yes, on or 0, false, no, off."""
    in_words = _words(None if default is None else ("on" if default else "off"), shown)
    return _read(Setting(name, "flag", in_words, meaning, "on"), default, _flag)


def whole(
    name: str,
    default: int | None = None,
    *,
    meaning: str,
    least: int | None = None,
    most: int | None = None,
    shown: str | None = None,
) -> int:
    """A whole number, from `least` to `most` where they are given."""
    example = str(next(n for n in (default, least, most, 1) if n is not None))

    def parse(value: str) -> int:
        if not re.fullmatch(r"-?[0-9]+", value):
            raise ValueError("it is not a whole number")
        number = int(value)
        if least is not None and number < least:
            raise ValueError(f"it is below {least}")
        if most is not None and number > most:
            raise ValueError(f"it is above {most}")
        return number

    in_words = _words(None if default is None else str(default), shown)
    return _read(Setting(name, "whole number", in_words, meaning, example), default, parse)


def choice(
    name: str, default: str | None = None, *, options: Sequence[str], meaning: str, shown: str | None = None
) -> str:
    """One of the words in `options`."""

    def parse(value: str) -> str:
        if value not in options:
            raise ValueError(f"it is none of {', '.join(options)}")
        return value

    return _read(Setting(name, " or ".join(options), _words(default, shown), meaning, options[0]), default, parse)


def words(name: str, default: Sequence[str] | None = None, *, meaning: str, example: str = "a,b") -> list[str]:
    """A list written with commas; spaces around an entry and empty entries are dropped."""

    def parse(value: str) -> list[str]:
        return [word.strip() for word in value.split(",") if word.strip()]

    in_words = _words(None if default is None else ",".join(default), None)
    return _read(Setting(name, "list", in_words, meaning, example), None if default is None else list(default), parse)


def url(
    name: str,
    default: str | None = None,
    *,
    schemes: Sequence[str],
    meaning: str,
    example: str,
    shown: str | None = None,
) -> str:
    """An address that begins with one of `schemes`. An empty default means: not set."""

    def parse(value: str) -> str:
        try:
            scheme = urlsplit(value).scheme
        except ValueError as error:
            raise ValueError("it is not an address") from error
        if scheme not in schemes:
            raise ValueError(f"it does not begin with {' or '.join(f'{s}://' for s in schemes)}")
        return value

    return _read(Setting(name, "URL", _words(default, shown), meaning, example), default, parse)


def _words(default: str | None, shown: str | None) -> str:
    if shown is not None:
        return shown
    if default is None:
        return "(required)"
    return default or "(empty)"


def _flag(value: str) -> bool:
    if value.lower() in TRUE:
        return True
    if value.lower() in FALSE:
        return False
    raise ValueError("it is neither on nor off")


def _read(setting: Setting, default: T | None, parse: Callable[[str], T]) -> T:
    known[setting.name] = setting
    value = _given(setting.name)
    if value is None or value == "":
        if default is None:
            raise ImproperlyConfigured(
                f"{setting.name} is not set ({setting.meaning}). Set it, for example {setting.name}={setting.example}."
            )
        return default
    try:
        return parse(value)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{setting.name} cannot be used: {error} ({setting.meaning}). "
            f"Set it, for example {setting.name}={setting.example}, or leave it out for the default."
        ) from error


def _given(name: str) -> str | None:
    """What the environment says for a name, by itself or by the file that NAME_FILE points to."""
    file = os.environ.get(f"{name}_FILE")
    if not file:
        value = os.environ.get(name)
        return None if value is None else value.strip()
    if os.environ.get(name):
        raise ImproperlyConfigured(f"Both {name} and {name}_FILE are set. Keep one of them.")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE names the file {file}, which cannot be read: {error.strerror}. Set it to a file that can."
        ) from error
