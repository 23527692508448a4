"""Every table, asked of PostgreSQL itself: 100 % of shop-owned tables stand behind wall two.

A new model joins by existing; a new table of anybody else must be named in shop.walls.DOOR_TABLES with a reason.
"""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from shop import walls
from shop.db.postgresql.base import as_owner
from shop.tenancy import ShopOwned

MODELS = sorted(walls.shop_owned_models(), key=lambda model: model._meta.db_table)
pytestmark = pytest.mark.django_db
each_table = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.db_table)


def rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def test_every_table_is_shop_owned_or_a_door_with_a_reason() -> None:
    tables = {name for (name,) in rows("select tablename from pg_tables where schemaname = 'public'")}
    owned = {model._meta.db_table for model in MODELS}
    assert tables - owned - set(walls.DOOR_TABLES) == set(), "a table is neither shop-owned nor a door with a reason"
    assert set(walls.DOOR_TABLES) - tables == set(), "a door is named that does not exist"
    assert all(walls.DOOR_TABLES.values())


@each_table
def test_row_security_is_forced_with_exactly_our_policies(model: type[ShopOwned]) -> None:
    table = model._meta.db_table
    (state,) = rows("select relrowsecurity, relforcerowsecurity from pg_class where oid = to_regclass(%s)", table)
    assert state == (True, True)
    policies = rows(
        "select policyname, cmd, qual, with_check, roles from pg_policies where tablename = %s order by 1", table
    )
    owner, app = policies
    assert (owner[0], app[0]) == (walls.OWNER_POLICY, walls.POLICY)
    assert owner[4] in ([settings.DATABASE_OWNER["USER"]], "{" + settings.DATABASE_OWNER["USER"] + "}")
    assert app[1] == "ALL"
    assert app[2] == app[3]
    assert "app.shop_id" in app[2]


@each_table
def test_every_unique_key_begins_with_the_shop(model: type[ShopOwned]) -> None:
    keys = rows(
        "select i.relname, a.attname from pg_index x join pg_class i on i.oid = x.indexrelid"
        " left join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]"
        " where x.indrelid = to_regclass(%s) and x.indisunique",
        model._meta.db_table,
    )
    assert keys, "a shop-owned table has a unique key"
    assert {name: column for name, column in keys if column != "shop_id"} == {}


@each_table
def test_every_link_is_composite_and_stays_inside_the_shop(model: type[ShopOwned]) -> None:
    found = rows(
        "select c.confrelid::regclass::text, array(select a.attname from unnest(c.conkey) with ordinality k(n, o)"
        " join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.o)::text[]"
        " from pg_constraint c where c.contype = 'f' and c.conrelid = to_regclass(%s)",
        model._meta.db_table,
    )
    wanted = [(f.related_model._meta.db_table, ["shop_id", f.column]) for f in walls.shop_links(model)]
    links = [(parent, columns) for parent, columns in found if parent != "shop_shop"]
    assert sorted(links) == sorted(wanted)
    plain = [
        f.name
        for f in model._meta.concrete_fields
        if f.is_relation and f.name != "shop" and f not in walls.shop_links(model)
    ]
    assert plain == [], "links between shop-owned rows are ShopForeignKeys"
    assert found, "a row's shop exists: by a link to it or through a parent that is never empty"


@each_table
def test_the_app_role_cannot_rewrite_a_ledger(model: type[ShopOwned]) -> None:
    table = model._meta.db_table
    ((delete, update),) = rows(
        "select has_table_privilege(current_user, %s, 'delete'), has_table_privilege(current_user, %s, 'update')",
        table,
        table,
    )
    assert (delete, update) == ((False, False) if model.append_only else (True, True))
    for field in model._meta.concrete_fields if model.append_only else []:
        ((may,),) = rows("select has_column_privilege(current_user, %s, %s, 'update')", table, field.column)
        assert may == (field.column in model.wall_updates), field.column


def test_the_app_role_owns_nothing_and_is_held_by_the_walls() -> None:
    ((name, superuser, bypass, creates),) = rows(
        "select rolname, rolsuper, rolbypassrls, rolcreatedb or rolcreaterole"
        " from pg_roles where rolname = current_user"
    )
    assert (superuser, bypass, creates) == (False, False, False)
    assert name == settings.DATABASE_APP["USER"]
    assert (
        rows("select relname from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = current_user")
        == []
    )
    assert rows("select 1 where current_user <> session_user") == []


def test_no_view_walks_around_the_walls() -> None:
    """A view runs with its owner's rights, and a materialized one always leaks."""
    views = rows(
        "select relname, relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = 'public' and relkind in ('v', 'm')"
    )
    assert views == []


def test_only_the_known_functions_run_as_the_owner() -> None:
    names = rows(
        "select proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " where n.nspname = 'public' and prosecdef"
    )
    assert {name for (name,) in names} == {
        "aisle_abandoned_jobs",  # the sweeper's look: ids of jobs, nothing else
        "aisle_due_schedules",  # the clock's look: ids of schedules that are due, nothing else
        "aisle_due_feeds",  # the clock's look at feeds: ids of those to look at, nothing else
        "inventory_forget_prices",  # price history of products of the shop that are no longer there, and nothing else
        "aisle_analyze",  # refreshes the planner's statistics of a shop-owned table, and says nothing
        "sales_mark_all_days",  # a trigger, not callable: marks a shop's own days when its zone changes
    }


@each_table
def test_tables_that_people_edit_keep_history(model: type[ShopOwned]) -> None:
    triggers = rows(
        "select tgname from pg_trigger where tgrelid = to_regclass(%s) and tgname like 'keep_history_%%'",
        model._meta.db_table,
    )
    assert len(triggers) == (3 if model.keeps_history else 0)


@pytest.mark.django_db(transaction=True)
def test_raising_the_walls_again_changes_nothing_and_locks_no_table() -> None:
    """A migration while people sell ends with it."""
    with as_owner(), transaction.atomic():
        walls.raise_walls()
        locked = rows(
            "select relation::regclass::text, mode from pg_locks where pid = pg_backend_pid() and locktype = 'relation'"
            " and mode not in ('AccessShareLock', 'RowExclusiveLock')"
        )
        with connection.cursor() as cursor:
            assert walls.missing(cursor) == []
    assert locked == []


GAPS = {
    "row security off": "alter table sales_sale disable row level security",
    "not forced": "alter table sales_sale no force row level security",
    "no policy": "drop policy shop_only on sales_sale",
    "a policy that lets more through": "create policy more on sales_sale using (true)",
    "a link to any shop": "alter table sales_saleline drop constraint sales_saleline_sale_id_in_shop",
    "a key gone": "alter table inventory_stockmovement drop constraint inventory_stockmovement_pkey cascade",
    "no history": "drop trigger keep_history_update on inventory_product",
    "history asleep": "alter table inventory_product disable trigger keep_history_delete",
    "a ledger that may be rewritten": "grant update, delete on inventory_stockmovement to {app}",
    "a ledger's column that may": "grant update (quantity) on inventory_stockmovement to {app}",
    "a table nobody may read": "revoke all on inventory_product from {app}",
    "a function changed": "create or replace function aisle_keep_history() returns trigger language plpgsql as"
    " $$ begin return null; end $$",
}


@pytest.mark.django_db(transaction=True)
def test_a_gap_in_the_walls_is_found_and_mended() -> None:
    for gap, statement in GAPS.items():
        with as_owner(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement.format(app=settings.DATABASE_APP["USER"]))
            assert walls.missing(cursor), gap
            walls.raise_walls()
            assert walls.missing(cursor) == [], gap
            transaction.set_rollback(True)


def test_the_backup_role_reads_past_the_walls_and_writes_nothing() -> None:
    role = settings.DATABASE_BACKUP["USER"]
    flags = "rolsuper, rolbypassrls, rolcreatedb or rolcreaterole, rolconfig::text"
    assert rows(f"select {flags} from pg_roles where rolname = %s", role) == [
        (False, True, False, "{default_transaction_read_only=on}")
    ]
    member_of = rows("select roleid::regrole::text from pg_auth_members where member = %s::regrole", role)
    assert member_of == [("pg_read_all_data",)]
    assert rows("select relname from pg_class where relowner = %s::regrole", role) == []
    may_write = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
    assert rows(f"{may_write} and has_table_privilege(%s, oid, 'insert, update, delete, truncate')", role) == []


def test_nobody_else_stands_above_the_walls() -> None:
    above = rows("select rolname from pg_roles where rolbypassrls and not rolsuper and rolname like 'aisle%%'")
    assert above == [(settings.DATABASE_BACKUP["USER"],)]
