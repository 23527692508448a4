"""Undoing by the rows' own history: what the changes of an import say it made is removed, what they say it changed is
put back as it was.

A row that was changed since stays as it is, and so does a made row that something else names. Both are known in sets:
a fixed number of statements a table, however many rows. What names a row without holding it (roll-ups, forecasts, the
lines of a receipt taken back) is declared by the app it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from shop.models import Import
from shop.tenancy import ShopOwned
from shop.walls import shop_links, shop_owned_models


@dataclass
class Undoing:
    """An import being taken back, inside one transaction; `dry` says that it is only worked out.

    `undo_rows` has each row of the import's history (table_name, row_id, before, after, state: remove, restore, done,
    edited, used, lost, gone; why). A kind's own undo puts into `undo_taken` (table_name, row_id) what it takes back by
    itself, sets its rows in `undo_rows` to done, and says in `removed` and `kept` what came of it.
    """

    imported: Import
    cursor: Any
    dry: bool = False
    progress: Callable[[float], None] = lambda done: None
    removed: list[tuple[str, int]] = field(default_factory=list)
    restored: list[tuple[str, int]] = field(default_factory=list)
    kept: list[tuple[str, str, str]] = field(default_factory=list)
    kept_count: int = 0
    values: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = {"shop": self.imported.shop_id, "import": self.imported.pk, "why": ""}

    def run(self, statement: str, **values: Any) -> int:
        """Execute one statement with the import's and these values; returns how many rows it touched."""
        self.cursor.execute(statement, {**self.values, **values})
        return int(self.cursor.rowcount)

    def one(self, statement: str, **values: Any) -> tuple[Any, ...]:
        self.run(statement, **values)
        row: tuple[Any, ...] = self.cursor.fetchone()
        return row

    def many(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        self.run(statement, **values)
        return list(self.cursor.fetchall())


@dataclass(frozen=True)
class _Loose:
    """Rows `x` of a table that do not hold what their link names: `statement` settles them, `after` the removal."""

    where: str
    statement: str
    after: bool = False


_loose: dict[tuple[type[ShopOwned], str], _Loose] = {}
_GONE = "(select u.row_id from undo_rows u where u.table_name = '{parent}' and u.state = 'remove')"


def goes_along(model: type[ShopOwned], link: str, where: str = "true", by: str = "") -> None:
    """Declare rows `x` that go with what they name. `by` removes them where the app itself may not, after the removal;
    it is a statement with the ids as the array %(ids)s."""
    statement = f'delete from "{model._meta.db_table}" x where x."{_column(model, link)}" in {_GONE} and ({where})'
    _loose[model, link] = _Loose(where, by or statement, after=bool(by))


def lets_go(model: type[ShopOwned], link: str, where: str = "true") -> None:
    """Declare rows `x` that stay when what they name goes, and name nothing then."""
    table, column = model._meta.db_table, _column(model, link)
    statement = f'update "{table}" x set "{column}" = null where x."{column}" in {_GONE} and ({where})'
    _loose[model, link] = _Loose(where, statement)


def _column(model: type[ShopOwned], link: str) -> str:
    return next(one.column for one in shop_links(model) if one.name == link)


def gather(undoing: Undoing) -> None:
    """Make `undo_rows` and `undo_taken`."""
    undoing.run(_FIRST_AND_LAST)
    undoing.run("analyze undo_ends")
    undoing.run(_GATHER)
    undoing.run("drop table undo_ends")
    undoing.run("create temp table undo_taken (table_name text, row_id bigint) on commit drop")
    undoing.run("create index on undo_rows (table_name, row_id)")
    undoing.run("analyze undo_rows")


def drop(undoing: Undoing) -> None:
    undoing.run("drop table undo_rows, undo_taken")


def decide(undoing: Undoing) -> None:
    """Find what stays: rows changed since, rows that would name nothing, rows that something else names."""
    undoing.run("analyze undo_taken")
    undoing.run(_CHANGED_LATER)
    found = touched(undoing)
    for model in found:
        undoing.run(_EDITED.format(table=model._meta.db_table), table=model._meta.db_table)
        for link in shop_links(model):
            _find_lost(undoing, model, link)
    if not undoing.dry:
        for model in found:
            _restore(undoing, model)
    while any([_find_used(undoing, model) for model in found]):
        pass


def touched(undoing: Undoing) -> list[type[ShopOwned]]:
    """The models the import wrote to, those that name others before those they name."""
    names = {name for (name,) in undoing.many("select distinct table_name from undo_rows")}
    rest = [model for model in shop_owned_models() if model._meta.db_table in names]
    ordered: list[type[ShopOwned]] = []
    while rest:
        free = [model for model in rest if not any(_names(other, model) for other in rest if other is not model)]
        ordered += free or rest[:1]
        rest = [model for model in rest if model not in ordered]
    return ordered


def _names(model: type[ShopOwned], other: type[ShopOwned]) -> bool:
    return any(link.related_model is other for link in shop_links(model))


def _find_lost(undoing: Undoing, model: type[ShopOwned], link: models.ForeignKey[Any, Any]) -> None:
    parent: Any = link.related_model
    undoing.run(
        _LOST.format(column=link.column, parent=parent._meta.db_table),
        table=model._meta.db_table,
        why=f"its {parent._meta.verbose_name} is no longer there",
    )


def _restore(undoing: Undoing, model: type[ShopOwned]) -> None:
    """Rows get the columns they had; columns that came since keep what they have."""
    table = model._meta.db_table
    columns = [f'"{field.column}"' for field in model._meta.concrete_fields if field.column not in ("id", "shop_id")]
    before = ", ".join(f"r.{column}" for column in columns)
    undoing.run(_RESTORE.format(table=table, columns=", ".join(columns), before=before), table=table)
    undoing.run(_RETURN.format(table=table), table=table)


def _find_used(undoing: Undoing, model: type[ShopOwned]) -> int:
    """Set made rows to used that a row names which stays; returns how many."""
    table, found = model._meta.db_table, 0
    if not undoing.one(_ANY, table=table)[0]:
        return 0
    for other in shop_owned_models():
        for link in shop_links(other):
            if link.related_model is model and not _forgets(link):
                found += undoing.run(_used(other, link), table=table, why=f"used by {_plural(other)}")
    return found


def _used(other: type[ShopOwned], link: models.ForeignKey[Any, Any]) -> str:
    names = {"other": other._meta.db_table, "column": link.column}
    ignored = "" if other.append_only else _ALSO_REMOVED.format(**names)
    if loose := _loose.get((other, link.name)):
        ignored += f" and not ({loose.where})"
    return _USED.format(**names, ignored=ignored)


def _forgets(link: models.ForeignKey[Any, Any]) -> bool:
    return link.remote_field.on_delete is models.SET_NULL


def remove(undoing: Undoing) -> None:
    """Delete what is to be removed, and settle what names it without holding it."""
    undoing.run("set constraints all deferred")
    for model in touched(undoing):
        table = model._meta.db_table
        if undoing.one(_ANY, table=table)[0]:
            statements = _settling(model)
            for statement in (*(one.statement for one in statements if not one.after), _REMOVE.format(table=table)):
                undoing.run(statement.format(parent=table), table=table)
            ids = [row_id for (row_id,) in undoing.many(_IDS, table=table)] if any(s.after for s in statements) else []
            for one in statements:
                if one.after:
                    undoing.run(one.statement, ids=ids)
    undoing.run("set constraints all immediate")


def _settling(model: type[ShopOwned]) -> list[_Loose]:
    found = []
    for other in shop_owned_models():
        for link in shop_links(other):
            if link.related_model is model:
                if loose := _loose.get((other, link.name)):
                    found.append(loose)
                elif _forgets(link):
                    table = other._meta.db_table
                    forget = f'update "{table}" x set "{link.column}" = null where x."{link.column}" in {_GONE}'
                    found.append(_Loose("true", forget))
    return found


def tell(undoing: Undoing, most_kept: int) -> None:
    """Fill in what is removed, restored and kept, by what it is in words."""
    by_table = {model._meta.db_table: model for model in touched(undoing)}
    for table, state, count in undoing.many(_COUNTS):
        if table not in by_table:
            continue
        if state in ("remove", "restore"):
            told = undoing.removed if state == "remove" else undoing.restored
            told.append((_plural(by_table[table]) if count != 1 else str(by_table[table]._meta.verbose_name), count))
        elif state in ("edited", "used", "lost"):
            undoing.kept_count += count
    kept = undoing.many(_KEPT, most=most_kept)
    for table in dict.fromkeys(table for table, _, _ in kept if table in by_table):
        whys = {row_id: why for name, row_id, why in kept if name == table}
        rows = by_table[table].objects.in_bulk(list(whys))
        what = str(by_table[table]._meta.verbose_name)
        undoing.kept += [(what, str(rows[row_id]), why) for row_id, why in whys.items() if row_id in rows]


def _plural(model: type[ShopOwned]) -> str:
    return str(model._meta.verbose_name_plural)


_FIRST_AND_LAST = """
create temp table undo_ends on commit drop as
select "table" as table_name, row_id, min(id) as first_id, max(id) as last_id from shop_change
where import_id = %(import)s group by 1, 2
"""
_GATHER = """
create temp table undo_rows on commit drop as
select e.table_name, e.row_id, f.before, l.after, e.last_id, false as later, ''::text as why,
    case when f.action = 'insert' and l.action = 'delete' then 'gone' when f.action = 'insert' then 'remove'
        when l.action = 'delete' then 'return' else 'restore' end as state
from undo_ends e join shop_change f on f.id = e.first_id join shop_change l on l.id = e.last_id
"""
_CHANGED_LATER = """
update undo_rows u set later = true where exists (
    select from shop_change l where l."table" = u.table_name and l.row_id = u.row_id and l.id > u.last_id
)
"""
# Changed since and changed back is as it was. Columns that came or went since say nothing.
_EDITED = """
update undo_rows u set state = case when t.id is null then 'gone' else 'edited' end, why = 'changed since'
from undo_rows o left join "{table}" t on t.id = o.row_id
where o.table_name = %(table)s and o.later and o.state in ('remove', 'restore')
    and u.table_name = o.table_name and u.row_id = o.row_id
    and (t.id is null or exists (
        select from jsonb_each(o.after) a
        where to_jsonb(t) ? a.key and to_jsonb(t) -> a.key is distinct from a.value
    ))
"""
_LOST = """
update undo_rows u set state = 'lost', why = %(why)s
where u.table_name = %(table)s and u.state in ('restore', 'return')
    and u.before ->> '{column}' is distinct from u.after ->> '{column}'
    and (u.before ->> '{column}')::bigint is not null
    and not exists (select from "{parent}" p where p.id = (u.before ->> '{column}')::bigint)
"""
_RESTORE = """
update "{table}" t set ({columns}) = row ({before})
from undo_rows u join "{table}" o on o.id = u.row_id cross join lateral jsonb_populate_record(o, u.before) r
where u.table_name = %(table)s and u.state = 'restore' and t.id = u.row_id
"""
_RETURN = """
insert into "{table}" select r.* from undo_rows u cross join lateral jsonb_populate_record(null::"{table}", u.before) r
where u.table_name = %(table)s and u.state = 'return'
    and not exists (select from "{table}" t where t.id = u.row_id)
"""
_ANY = "select exists (select from undo_rows where table_name = %(table)s and state = 'remove')"
_USED = """
update undo_rows u set state = 'used', why = %(why)s
where u.table_name = %(table)s and u.state = 'remove'
    and exists (select from "{other}" x where x."{column}" = u.row_id{ignored})
"""
_ALSO_REMOVED = """
        and not exists (
            select from undo_rows o where o.table_name = '{other}' and o.row_id = x.id and (o.state = 'remove'
                or o.state = 'restore' and o.before ->> '{column}' is distinct from x."{column}"::text)
        )"""
_REMOVE = """
delete from "{table}" t using undo_rows u where u.table_name = %(table)s and u.state = 'remove' and t.id = u.row_id
"""
_IDS = "select row_id from undo_rows where table_name = %(table)s and state = 'remove'"
_COUNTS = "select table_name, state, count(*)::int from undo_rows group by 1, 2 order by 3 desc, 1"
_KEPT = """
select table_name, row_id, why from undo_rows where state in ('edited', 'used', 'lost')
order by state, table_name, row_id limit %(most)s
"""
