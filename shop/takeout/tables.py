"""Which of a shop's tables go into the takeout, which columns, and what each means: read off the models themselves.

Every table that belongs to a shop is in it, unless its app says in `shop.exports.left_out` why it is not.
"""

from __future__ import annotations

import datetime as dt
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models

from shop.csvout import Cell
from shop.exports import left_out
from shop.tenancy import ShopOwned

# What opens a door is no data: it is never written anywhere.
SECRETS = ("secret", "key_hash", "token", "password")
_AT_ONCE = 2000


@dataclass(frozen=True)
class Table:
    """A table of the takeout. `columns` are names, `means` what each holds."""

    name: str
    about: str
    model: type[models.Model]
    columns: tuple[str, ...]
    means: tuple[str, ...]

    def rows(self) -> Iterator[tuple[Cell, ...]]:
        """Every row of the chosen shop, oldest first, read piece by piece."""
        found = self.model._default_manager.order_by("pk").values_list(*self.columns)
        for row in found.iterator(chunk_size=_AT_ONCE):
            yield tuple(map(_cell, row))

    def count(self) -> int:
        return int(self.model._default_manager.count())


def tables() -> list[Table]:
    """The tables of the takeout, by app and name."""
    found = [model for model in apps.get_models() if issubclass(model, ShopOwned) and not model._meta.proxy]
    return [_table(model) for model in found if model._meta.db_table not in left_out()]


def _table(model: type[models.Model]) -> Table:
    fields = [field for field in model._meta.concrete_fields if _goes_out(field)]
    return Table(
        name=model._meta.db_table,
        about=_first_words(inspect.getdoc(model) or str(model._meta.verbose_name)),
        model=model,
        columns=tuple(field.attname for field in fields),
        means=tuple(map(_meaning, fields)),
    )


def _goes_out(field: Any) -> bool:
    return field.name != "shop" and not any(word in field.name for word in SECRETS)


def _first_words(doc: str) -> str:
    """The first paragraph of a model's documentation, on one line."""
    return re.sub(r"\s+", " ", doc.split("\n\n")[0]).replace("`", "").strip()


def _meaning(field: Any) -> str:
    """What a column holds, from what the model says of it."""
    if field.name == "id":
        return "The row's own number; other files name it."
    if field.remote_field is not None:
        return f"The {field.verbose_name}: its id in {field.related_model._meta.db_table}.csv."
    said = str(field.help_text) or f"{str(field.verbose_name)[:1].upper()}{str(field.verbose_name)[1:]}."
    if field.choices:
        said += " One of: " + ", ".join(str(value) for value, _ in field.flatchoices if value) + "."
    return said + _kind(field)


def _kind(field: Any) -> str:
    if isinstance(field, models.DateTimeField):
        return " Moment in UTC."
    if isinstance(field, models.JSONField):
        return " JSON."
    return ""


def _cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, (str, Decimal, int, dt.date)):
        return value
    if isinstance(value, float):
        return str(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
