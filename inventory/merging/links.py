"""What becomes of everything that names a product when the product turns out to be another one.

Every link to a product is declared here or by its own app, as rows that move along or rows that stay: a test fails for
one that is not. What more there is to do (stock, lots, advice) is a part. Apps above this one declare theirs when they
are loaded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import UniqueConstraint

from inventory.models import Product, ProductMerge
from shop.tenancy import ShopForeignKey, ShopOwned, current_shop_id
from shop.walls import shop_owned_models


@dataclass(frozen=True, slots=True)
class Work:
    """One merging or its undoing: `late` for rows that came under the old product after it was merged."""

    merge: ProductMerge
    kept: Product
    gone: Product
    by: str
    at: dt.datetime
    late: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """One link to a product. Its rows move to the product that is kept, or stay, and `why` says why.

    `then` is told the ids of rows that moved, there or back, in the same transaction. `since` counts the rows of a
    product that came after a moment, for what undoing leaves behind.
    """

    model: type[ShopOwned]
    field: str
    moves: bool
    words: str
    why: str = ""
    then: Callable[[Work, Sequence[int]], None] | None = None
    since: Callable[[int, dt.datetime], int] | None = None

    @property
    def key(self) -> str:
        return f"{self.model._meta.label}.{self.field}"


@dataclass(frozen=True, slots=True)
class Part:
    """More to do than moving links: `merge` returns what `undo` needs, as JSON. `first`: before any link moves."""

    name: str
    merge: Callable[[Work], Any]
    undo: Callable[[Work, Any], None]
    first: bool = False
    again: Callable[[Work, Any], Any] | None = None  # for rows that came late: what is noted from now on


_links: dict[str, Link] = {}
_parts: dict[str, Part] = {}


def moves(model: type[ShopOwned], field: str, words: str, **more: Any) -> None:
    """Declare a link whose rows go to the product that is kept; `words` name several of them, for people."""
    link = Link(model, field, True, words, **more)
    _links[link.key] = link


def stays(model: type[ShopOwned], field: str, words: str, why: str) -> None:
    """Declare a link whose rows go on naming the product that is gone."""
    link = Link(model, field, False, words, why)
    _links[link.key] = link


def part(one: Part) -> None:
    _parts[one.name] = one


def every_link() -> list[Link]:
    return list(_links.values())


def moving() -> list[Link]:
    return [link for link in _links.values() if link.moves]


def every_part() -> list[Part]:
    return sorted(_parts.values(), key=lambda one: not one.first)


def product_fields() -> list[str]:
    """Every link to a product in the installation, by its key."""
    return [
        f"{model._meta.label}.{field.name}"
        for model in shop_owned_models()
        for field in model._meta.concrete_fields
        if isinstance(field, ShopForeignKey) and field.related_model is Product
    ]


def count(link: Link, product: int) -> int:
    """How many rows name the product by this link."""
    return int(link.model.objects.filter(**{link.field: product}).count())


def would_stay(link: Link, gone: int, kept: int) -> int:
    """How many rows would not move, since the product that is kept has their place already."""
    table, column = link.model._meta.db_table, _column(link.model, link.field)
    with connection.cursor() as cursor:
        cursor.execute(
            f'select count(*) from "{table}" r where r.shop_id = %(shop)s and r."{column}" = %(gone)s'
            f" and ({_taken(link)})",
            {"shop": current_shop_id(), "gone": gone, "kept": kept},
        )
        return int(cursor.fetchone()[0])


def repoint(link: Link, gone: int, kept: int, only: Sequence[int] | None = None) -> list[int]:
    """Let the rows (`only` these, by id) that name `gone` name `kept`; those whose place is taken stay.

    Returns the ids that moved.
    """
    table, column = link.model._meta.db_table, _column(link.model, link.field)
    these = "" if only is None else " and r.id = any(%(only)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f'update "{table}" r set "{column}" = %(kept)s'
            f' where r.shop_id = %(shop)s and r."{column}" = %(gone)s{these}'
            f" and not ({_taken(link)}) returning r.id",
            {"shop": current_shop_id(), "gone": gone, "kept": kept, "only": list(only or ())},
        )
        return sorted(pk for (pk,) in cursor.fetchall())


def _column(model: type[ShopOwned], field: str) -> str:
    return str(model._meta.get_field(field).column)  # type: ignore[union-attr]


def _taken(link: Link) -> str:
    """SQL that tells whether the place of row `r` at the product that is kept is taken: by a unique key of the table,
    or because the row would name one product twice."""
    keys = [one for one in link.model._meta.constraints if isinstance(one, UniqueConstraint)]
    said = [_same_key(link, key) for key in keys if link.field in key.fields]
    said += [f'coalesce(r."{column}" = %(kept)s, false)' for column in _other_products(link)]
    return " or ".join(said) or "false"


def _other_products(link: Link) -> list[str]:
    """The columns that name another product, or this one where the row is itself a product."""
    if link.model is Product:
        return ["id"]
    return [
        str(field.column)
        for field in link.model._meta.concrete_fields
        if field.related_model is Product and field.name != link.field
    ]


def _same_key(link: Link, key: UniqueConstraint) -> str:
    same = "is not distinct from" if key.nulls_distinct is False else "="
    columns = [_column(link.model, name) for name in key.fields if name not in ("shop", link.field)]
    alike = "".join(f' and o."{column}" {same} r."{column}"' for column in columns)
    return (
        f'exists (select from "{link.model._meta.db_table}" o where o.shop_id = r.shop_id'
        f' and o."{_column(link.model, link.field)}" = %(kept)s{alike})'
    )
