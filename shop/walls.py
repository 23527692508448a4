"""Wall two: row-level security and what belongs to it, derived from the models after every migration.

For every shop-owned table: forced row-level security with one policy, a primary key and composite foreign
keys that begin with the shop, the app role's grants, and the change-history triggers. Safe to run twice.
Runs as the owner of the tables.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, models

from shop.tenancy import ShopForeignKey, ShopOwned

POLICY = "shop_only"
OWNER_POLICY = "owner_all"
THIS_SHOP = "shop_id = (select nullif(current_setting('app.shop_id', true), '')::bigint)"

# Tables outside the shop policy, and why the app role may read them with no shop chosen. Read only
# through shop.doors or by the third-party app that owns them. docs/tenancy.md explains each.
DOOR_TABLES = {
    "shop_shop": "the door: found by its slug before any shop is chosen",
    "shop_user": "a person may be in many shops",
    "shop_user_groups": "Django's own, for platform operators",
    "shop_user_user_permissions": "Django's own, for platform operators",
    "shop_membership": "the door: says which shops a user may enter",
    "shop_devicekey": "the door: a till is known by its key before its shop is chosen; hashes only",
    "shop_enrolment": "the door: a one-time code that makes a till's key; hashes only",
    "shop_invitation": "the door: opened by a secret before the user is in the shop",
    "account_emailaddress": "allauth: belongs to the user",
    "account_emailconfirmation": "allauth: belongs to the user",
    "mfa_authenticator": "allauth: belongs to the user",
    "auth_group": "Django's own, for platform operators",
    "auth_group_permissions": "Django's own, for platform operators",
    "auth_permission": "Django's own, no shop data",
    "django_admin_log": "written in /platform/ only; the shop's admin keeps shop_change instead",
    "django_celery_beat_clockedschedule": "knows no shop; seen in /platform/ only",
    "django_celery_beat_crontabschedule": "knows no shop; seen in /platform/ only",
    "django_celery_beat_intervalschedule": "knows no shop; seen in /platform/ only",
    "django_celery_beat_periodictask": "knows no shop; seen in /platform/ only",
    "django_celery_beat_periodictasks": "knows no shop; seen in /platform/ only",
    "django_celery_beat_solarschedule": "knows no shop; seen in /platform/ only",
    "django_content_type": "Django's own, no shop data",
    "django_migrations": "Django's own, no shop data",
    "django_session": "belongs to the user; the shop comes from the URL, never from the session",
    "aisle_cache": "rate limits and short-lived values; keys that hold shop data begin with the shop",
}


def shop_owned_models() -> Iterator[type[ShopOwned]]:
    """Every concrete shop-owned model: a new one joins by being one."""
    for model in apps.get_models():
        if issubclass(model, ShopOwned) and model._meta.managed and not model._meta.proxy:
            yield model


def raise_walls(using: str = "default") -> None:
    """Build or mend wall two on every shop-owned table that exists. Safe to repeat."""
    with connections[using].cursor() as cursor:
        cursor.execute(_HISTORY_FUNCTION)
        cursor.execute(_ANALYZE_FUNCTION)
        tables = [model for model in shop_owned_models() if _exists(cursor, model._meta.db_table)]
        for model in tables:
            _set_primary_key(cursor, model)
        for model in tables:
            _link_inside_shop(cursor, model)
            _force_policy(cursor, model._meta.db_table)
            if model.keeps_history:
                _keep_history(cursor, model._meta.db_table)
        _grant(cursor, tables)


def _exists(cursor: Any, table: str) -> bool:
    cursor.execute("select to_regclass(%s) is not null", [table])
    return bool(cursor.fetchone()[0])


def _constraint(cursor: Any, table: str, name: str) -> str | None:
    cursor.execute(
        "select pg_get_constraintdef(oid) from pg_constraint where conrelid = to_regclass(%s) and conname = %s",
        [table, name],
    )
    row = cursor.fetchone()
    return row[0] if row else None


def _set_primary_key(cursor: Any, model: type[ShopOwned]) -> None:
    """Django makes the primary key (id); ours begins with the shop, and ids come from a sequence anyway."""
    table = model._meta.db_table
    name = f"{table}_pkey"
    wanted = f"PRIMARY KEY ({', '.join(model.wall_key)})" if model.wall_key else None
    found = _constraint(cursor, table, name)
    if found == wanted:
        return
    if found:
        cursor.execute(f'alter table "{table}" drop constraint "{name}"')
    if wanted:
        cursor.execute(f'alter table "{table}" add constraint "{name}" {wanted}')


def shop_links(model: type[ShopOwned]) -> list[models.ForeignKey[Any, Any]]:
    """The model's links to other shop-owned rows."""
    return [field for field in model._meta.concrete_fields if isinstance(field, ShopForeignKey)]


def _link_inside_shop(cursor: Any, model: type[ShopOwned]) -> None:
    """Composite keys, so that no row can name another shop's row (foreign key checks ignore policies)."""
    table = model._meta.db_table
    links = shop_links(model)
    for field in links:
        parent = field.related_model._meta.db_table
        key = _parent_key(cursor, parent)
        _add_constraint(
            cursor,
            table,
            f"{table}_{field.column}_in_shop"[:63],
            f'foreign key (shop_id, "{field.column}") references "{parent}" ({key}) deferrable initially deferred',
        )
    if all(field.null for field in links):
        _add_constraint(cursor, table, f"{table}_shop", "foreign key (shop_id) references shop_shop (id)")


def _parent_key(cursor: Any, parent: str) -> str:
    """The parent's unique key on (shop_id, id), made where its primary key is another."""
    if (_constraint(cursor, parent, f"{parent}_pkey") or "") != "PRIMARY KEY (shop_id, id)":
        _add_constraint(cursor, parent, f"{parent}_id_in_shop", "unique (shop_id, id)")
    return "shop_id, id"


def _add_constraint(cursor: Any, table: str, name: str, definition: str) -> None:
    if _constraint(cursor, table, name) is None:
        cursor.execute(f'alter table "{table}" add constraint "{name}" {definition}')


def _force_policy(cursor: Any, table: str) -> None:
    cursor.execute(f'alter table "{table}" enable row level security')
    cursor.execute(f'alter table "{table}" force row level security')
    cursor.execute("select policyname from pg_policies where tablename = %s", [table])
    present = {row[0] for row in cursor.fetchall()}
    if POLICY not in present:
        cursor.execute(f'create policy {POLICY} on "{table}" using ({THIS_SHOP}) with check ({THIS_SHOP})')
    if OWNER_POLICY not in present:
        cursor.execute(f'create policy {OWNER_POLICY} on "{table}" to current_user using (true) with check (true)')


def _grant(cursor: Any, tables: list[type[ShopOwned]]) -> None:
    role = f'"{settings.DATABASE_APP["USER"]}"'
    cursor.execute(f"grant usage on schema public to {role}")
    cursor.execute(f"grant select, insert, update, delete on all tables in schema public to {role}")
    cursor.execute(f"grant usage, select on all sequences in schema public to {role}")
    # Tables made later outside migrations, such as the cache table.
    cursor.execute(
        f"alter default privileges in schema public grant select, insert, update, delete on tables to {role}"
    )
    for model in tables:
        if model.append_only:
            cursor.execute(f'revoke update, delete on "{model._meta.db_table}" from {role}')
        if model.append_only and model.wall_updates:
            columns = ", ".join(f'"{name}"' for name in model.wall_updates)
            cursor.execute(f'grant update ({columns}) on "{model._meta.db_table}" to {role}')


# One function for every table: statement triggers with transition tables see admin, bulk and COPY merges alike.
_HISTORY_FUNCTION = """
create or replace function aisle_keep_history() returns trigger language plpgsql as $$
declare
    _actor text := coalesce(current_setting('app.actor', true), '');
    _reason text := coalesce(current_setting('app.reason', true), '');
begin
    if tg_op = 'INSERT' then
        insert into shop_change (shop_id, "table", row_id, action, before, after, actor, reason, changed_at)
        select n.shop_id, tg_table_name, n.id, 'insert', null, to_jsonb(n), _actor, _reason, now() from new_rows n;
    elsif tg_op = 'UPDATE' then
        insert into shop_change (shop_id, "table", row_id, action, before, after, actor, reason, changed_at)
        select n.shop_id, tg_table_name, n.id, 'update', to_jsonb(o), to_jsonb(n), _actor, _reason, now()
        from old_rows o join new_rows n on n.shop_id = o.shop_id and n.id = o.id
        where to_jsonb(o) is distinct from to_jsonb(n);
    else
        insert into shop_change (shop_id, "table", row_id, action, before, after, actor, reason, changed_at)
        select o.shop_id, tg_table_name, o.id, 'delete', to_jsonb(o), null, _actor, _reason, now() from old_rows o;
    end if;
    return null;
end $$
"""
# A large import must tell the planner at once how large its tables are now, which only their owner may.
_ANALYZE_FUNCTION = """
create or replace function aisle_analyze(table_name text) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
    if not exists (select from pg_class where oid = to_regclass(quote_ident(table_name)) and relforcerowsecurity) then
        raise exception '% is no table of a shop', table_name;
    end if;
    execute format('analyze %I', table_name);
end $$
"""
_TRANSITIONS = {
    "insert": "referencing new table as new_rows",
    "update": "referencing old table as old_rows new table as new_rows",
    "delete": "referencing old table as old_rows",
}


def _keep_history(cursor: Any, table: str) -> None:
    for event, referencing in _TRANSITIONS.items():
        cursor.execute(
            f'create or replace trigger keep_history_{event} after {event} on "{table}" {referencing} '
            "for each statement execute function aisle_keep_history()"
        )
