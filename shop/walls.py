"""Wall two: row-level security and what belongs to it, derived from the models after every migration.

For every shop-owned table: forced row-level security with one policy, a primary key and composite foreign
keys that begin with the shop, the app role's grants, and the change-history triggers. Runs as the owner of the
tables; after a restore it is also how one asks whether the walls stand.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, models

from shop.db.catalogue import Catalogue
from shop.tenancy import ShopForeignKey, ShopOwned

POLICY = "shop_only"
OWNER_POLICY = "owner_all"
ALL_RIGHTS, LEDGER_RIGHTS = {"select", "insert", "update", "delete"}, {"select", "insert"}
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
    """Build or mend wall two on every shop-owned table that exists. Safe to repeat: what stands is left alone, so
    with nothing to mend no table is locked."""
    with connections[using].cursor() as cursor:
        for statement in missing(cursor):
            cursor.execute(statement)


def missing(cursor: Any) -> list[str]:
    """The statements that would put up what wall two lacks, in their order. Empty: it stands."""
    found = Catalogue.of(cursor, settings.DATABASE_APP["USER"])
    models = [model for model in shop_owned_models() if model._meta.db_table in found.tables]
    needed = [*_functions(found)]
    for model in models:
        needed += _primary_key(found, model)
    for model in models:
        needed += [*_links_inside_shop(found, model), *_forced_policy(found, model), *_kept_history(found, model)]
    return [*dict.fromkeys(needed), *_rights(found, models)]


def _functions(found: Catalogue) -> Iterator[str]:
    for name, statement in FUNCTIONS.items():
        if found.functions.get(name) != statement.split("$$")[1]:
            yield statement


def _primary_key(found: Catalogue, model: type[ShopOwned]) -> Iterator[str]:
    """Django makes the primary key (id); ours begins with the shop, and ids come from a sequence anyway."""
    table = model._meta.db_table
    name = f"{table}_pkey"
    wanted = f"PRIMARY KEY ({', '.join(model.wall_key)})" if model.wall_key else None
    stands = found.constraints.get((table, name))
    if stands == wanted:
        return
    if stands:
        yield f'alter table "{table}" drop constraint "{name}"'
    if wanted:
        yield f'alter table "{table}" add constraint "{name}" {wanted}'


def shop_links(model: type[ShopOwned]) -> list[models.ForeignKey[Any, Any]]:
    """The model's links to other shop-owned rows."""
    return [field for field in model._meta.concrete_fields if isinstance(field, ShopForeignKey)]


def _links_inside_shop(found: Catalogue, model: type[ShopOwned]) -> Iterator[str]:
    """Composite keys, so that no row can name another shop's row (foreign key checks ignore policies)."""
    table = model._meta.db_table
    links = shop_links(model)
    for field in links:
        parent: Any = field.related_model
        other = parent._meta.db_table
        if parent.wall_key != ("shop_id", "id"):
            yield from _constraint(found, other, f"{other}_id_in_shop", "unique (shop_id, id)")
        keys = f'foreign key (shop_id, "{field.column}") references "{other}" (shop_id, id)'
        name = f"{table}_{field.column}_in_shop"[:63]
        yield from _constraint(found, table, name, f"{keys} deferrable initially deferred")
    if all(field.null for field in links):
        yield from _constraint(found, table, f"{table}_shop", "foreign key (shop_id) references shop_shop (id)")


def _constraint(found: Catalogue, table: str, name: str, definition: str) -> Iterator[str]:
    if (table, name) not in found.constraints:
        yield f'alter table "{table}" add constraint "{name}" {definition}'


def _forced_policy(found: Catalogue, model: type[ShopOwned]) -> Iterator[str]:
    table = model._meta.db_table
    enabled, forced = found.tables[table]
    if not enabled:
        yield f'alter table "{table}" enable row level security'
    if not forced:
        yield f'alter table "{table}" force row level security'
    for other in sorted(found.policies[table] - {POLICY, OWNER_POLICY}):  # each further one would let more rows through
        yield f'drop policy "{other}" on "{table}"'
    if POLICY not in found.policies[table]:
        yield f'create policy {POLICY} on "{table}" using ({THIS_SHOP}) with check ({THIS_SHOP})'
    if OWNER_POLICY not in found.policies[table]:
        yield f'create policy {OWNER_POLICY} on "{table}" to current_user using (true) with check (true)'


def _kept_history(found: Catalogue, model: type[ShopOwned]) -> Iterator[str]:
    table = model._meta.db_table
    for event, referencing in _TRANSITIONS.items() if model.keeps_history else ():
        if f"keep_history_{event}" not in found.triggers[table]:
            yield (
                f'create or replace trigger keep_history_{event} after {event} on "{table}" {referencing} '
                "for each statement execute function aisle_keep_history()"
            )


def _rights(found: Catalogue, models: list[type[ShopOwned]]) -> Iterator[str]:
    """The app's role may read and write every table, but of a ledger change named columns only and delete nothing."""
    role = f'"{settings.DATABASE_APP["USER"]}"'
    if not found.enters_schema:
        yield f"grant usage on schema public to {role}"
    if not found.later_rights >= ALL_RIGHTS:  # tables made outside migrations, such as the cache table
        yield f"alter default privileges in schema public grant {_listed(ALL_RIGHTS)} on tables to {role}"
    for sequence in sorted(found.sequences):
        if not found.rights[sequence] >= {"usage", "select"}:
            yield f'grant usage, select on sequence "{sequence}" to {role}'
    ledgers = {model._meta.db_table: set(model.wall_updates) for model in models if model.append_only}
    for table in sorted(found.tables):
        yield from _table_rights(found, table, role, ledgers.get(table))


def _table_rights(found: Catalogue, table: str, role: str, updates: set[str] | None) -> Iterator[str]:
    wanted = ALL_RIGHTS if updates is None else LEDGER_RIGHTS
    too_many, too_few = found.rights[table] & ALL_RIGHTS - wanted, wanted - found.rights[table]
    columns = set() if "update" in too_many else found.columns[table]  # they go with the right to the whole table
    if too_many:
        yield f'revoke {_listed(too_many)} on "{table}" from {role}'
    if too_few:
        yield f'grant {_listed(too_few)} on "{table}" to {role}'
    if updates is not None and columns - updates:
        yield f'revoke update ({_quoted(columns - updates)}) on "{table}" from {role}'
    if updates and updates - columns:
        yield f'grant update ({_quoted(updates - columns)}) on "{table}" to {role}'


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _quoted(names: set[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(names))


# One function for every table: statement triggers with transition tables see admin, bulk and COPY merges alike.
_HISTORY_FUNCTION = """
create or replace function aisle_keep_history() returns trigger language plpgsql as $$
declare
    _actor text := coalesce(current_setting('app.actor', true), '');
    _reason text := coalesce(current_setting('app.reason', true), '');
    _import bigint := nullif(current_setting('app.import', true), '')::bigint;
begin
    if tg_op = 'INSERT' then
        insert into shop_change (shop_id, "table", row_id, action, before, after, actor, reason, changed_at, import_id)
        select n.shop_id, tg_table_name, n.id, 'insert', null, to_jsonb(n), _actor, _reason, now(), _import
        from new_rows n;
    elsif tg_op = 'UPDATE' then
        insert into shop_change (shop_id, "table", row_id, action, before, after, actor, reason, changed_at, import_id)
        select n.shop_id, tg_table_name, n.id, 'update', to_jsonb(o), to_jsonb(n), _actor, _reason, now(), _import
        from old_rows o join new_rows n on n.shop_id = o.shop_id and n.id = o.id
        where to_jsonb(o) is distinct from to_jsonb(n);
    else
        insert into shop_change (shop_id, "table", row_id, action, before, after, actor, reason, changed_at, import_id)
        select o.shop_id, tg_table_name, o.id, 'delete', to_jsonb(o), null, _actor, _reason, now(), _import
        from old_rows o;
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

FUNCTIONS = {"aisle_keep_history": _HISTORY_FUNCTION, "aisle_analyze": _ANALYZE_FUNCTION}
