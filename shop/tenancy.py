"""Wall one: every query knows its shop, or it does not run.

Wall two is PostgreSQL row-level security, built by `shop.walls`; the database backend in `shop.db` carries
the shop chosen (see `shop.scope`) into each transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self, cast

from django.db import models
from django.db.models import sql

from shop import scope
from shop.scope import NoShopChosen, acting, all_shops, chosen_shop_id, current_shop_id, no_shop, use_shop

__all__ = [
    "NoShopChosen",
    "ShopForeignKey",
    "ShopManager",
    "ShopOwned",
    "ShopQuerySet",
    "acting",
    "all_shops",
    "chosen_shop_id",
    "current_shop_id",
    "no_shop",
    "use_shop",
]


class _ClosedQuery(sql.Query):
    """A query that refuses to be compiled: every read, write, count and explain passes here."""

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        if not self.is_empty():
            raise NoShopChosen(f"{self.model} was queried with no shop chosen")
        return super().get_compiler(*args, **kwargs)

    def chain(self, klass: Any = None) -> Any:
        if klass is not None and not self.is_empty():
            raise NoShopChosen(f"{self.model} was queried with no shop chosen")
        return super().chain(klass)


class ShopQuerySet(models.QuerySet[Any]):
    """The QuerySet of shop-owned models; subclasses add the business's filter words."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Django's bulk_create; stamps the chosen shop and refuses another shop's rows."""
        rows = list(objs)
        for row in rows:
            row.stamp_shop()
        return super().bulk_create(rows, *args, **kwargs)

    def _raw_delete(self, using: str | None) -> int:
        if isinstance(self.query, _ClosedQuery):
            raise NoShopChosen(f"{self.model.__name__} was deleted with no shop chosen")
        return super()._raw_delete(using)


class ShopManager(models.Manager.from_queryset(ShopQuerySet)):  # type: ignore[misc]
    """Filters by the chosen shop; with none chosen its QuerySets raise when run."""

    use_in_migrations = False

    def get_queryset(self) -> ShopQuerySet:
        rows: ShopQuerySet = super().get_queryset()
        chosen = scope.chosen()
        if chosen is None:
            rows.query.__class__ = _ClosedQuery
        elif chosen != scope.ALL_SHOPS:
            rows = rows.filter(shop_id=chosen)
        return rows


class ShopForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """A link between two rows of one shop; the walls make the composite key (shop_id, x_id)."""

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        return name, path, args, kwargs


class ShopOwned(models.Model):
    """A row that belongs to one shop. `shop.walls` reads the class facts below and builds wall two."""

    # The database's primary key, by column; tables read by their parent put the parent first.
    wall_key: ClassVar[tuple[str, ...]] = ("shop_id", "id")
    # The app role may never delete; it may update only the columns named in `wall_updates`.
    append_only: ClassVar[bool] = False
    wall_updates: ClassVar[tuple[str, ...]] = ()
    # Who changed what is kept for tables that people edit, not for facts and caches.
    keeps_history: ClassVar[bool] = True

    shop = models.ForeignKey(
        "shop.Shop", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False, editable=False
    )

    objects: ClassVar[Any] = ShopManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.stamp_shop()
        super().save(*args, **kwargs)

    def stamp_shop(self) -> Self:
        """Put the chosen shop on a new row. Raises NoShopChosen for none or for another shop's row."""
        chosen, owner = scope.chosen(), cast("int | None", self.shop_id)
        if chosen == scope.ALL_SHOPS and owner is not None:
            return self
        if chosen is None or chosen == scope.ALL_SHOPS:
            raise NoShopChosen(f"{type(self).__name__} was saved with no shop chosen")
        if owner is None:
            self.shop_id = chosen
        elif owner != chosen:
            raise NoShopChosen(f"{type(self).__name__} of another shop was saved")
        return self
