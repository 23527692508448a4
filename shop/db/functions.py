"""What the first migration asks of PostgreSQL beside tables: the vector extension and one look across shops."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, transaction

CREATE_VECTOR_HELP = (
    "PostgreSQL refused CREATE EXTENSION vector. Install pgvector on the database server, then let a superuser run "
    "CREATE EXTENSION vector in this database, and migrate again."
)

# All the sweeper may learn across shops: which jobs to hint again. Nothing else about them, and nothing to write.
ABANDONED_JOBS = """
create function aisle_abandoned_jobs(most integer) returns table (shop_id bigint, job_id bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select j.shop_id, j.id from public.shop_job j
    where (j.status = 'queued' and j.asked_at < now() - interval '10 seconds')
       or (j.status = 'running' and j.lease_until < now())
    order by j.id limit most
$$
"""
DROP_ABANDONED_JOBS = "drop function aisle_abandoned_jobs(integer)"

# Fair between shops: of each kind no more than the shop may run at once, each shop's first before any shop's second.
FAIR_ABANDONED_JOBS = """
create function aisle_abandoned_jobs(most integer, at_once integer) returns table (shop_id bigint, job_id bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    with held as (
        select j.shop_id, j.kind, count(*) as many from public.shop_job j
        where j.status = 'running' and j.lease_until >= now() group by j.shop_id, j.kind
    ), left_alone as (
        select j.shop_id, j.kind, j.id,
            row_number() over (partition by j.shop_id, j.kind order by j.status = 'queued', j.id) as place
        from public.shop_job j
        where (j.status = 'queued' and j.asked_at < now() - interval '10 seconds')
           or (j.status = 'running' and j.lease_until < now())
    )
    select l.shop_id, l.id from left_alone l left join held h on h.shop_id = l.shop_id and h.kind = l.kind
    where l.place + coalesce(h.many, 0) <= at_once
    order by row_number() over (partition by l.shop_id order by l.id), l.id limit most
$$
"""
DROP_FAIR_ABANDONED_JOBS = "drop function aisle_abandoned_jobs(integer, integer)"

# The clock's second look across shops: which schedules to start now.
DUE_SCHEDULES = """
create function aisle_due_schedules(most integer) returns table (shop_id bigint, schedule_id bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select s.shop_id, s.id from public.shop_schedule s
    where s.is_active and s.next_due_at <= now()
    order by s.next_due_at, s.id limit most
$$
"""
DROP_DUE_SCHEDULES = "drop function aisle_due_schedules(integer)"

# Which feeds to look at now: those whose moment has come, and those with a file whose import has ended.
DUE_FEEDS = """
create function aisle_due_feeds(most integer) returns table (shop_id bigint, feed_id bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select f.shop_id, f.id from public.shop_feed f
    where (f.is_active and f.next_due_at <= now()) or exists (
        select from public.shop_feedfile x
        join public.shop_import i on i.shop_id = x.shop_id and i.id = x.imported_id
        left join public.shop_job j on j.shop_id = i.shop_id and j.id = i.job_id
        where x.shop_id = f.shop_id and x.feed_id = f.id and x.state = 'importing'
          and (i.state in ('done', 'refused', 'undone', 'dropped') or j.status in ('failed', 'cancelled')))
    order by f.next_due_at, f.id limit most
$$
"""
DROP_DUE_FEEDS = "drop function aisle_due_feeds(integer)"

# What people decide on is written by hand; see shop.models.Feed.
FEED_KEEPS_NO_HISTORY = [
    f"drop trigger if exists keep_history_{event} on shop_feed" for event in ("insert", "update", "delete")
]


def create_vector(apps: Any, schema_editor: Any) -> None:
    """Make the extension unless it is there. Raises ImproperlyConfigured saying what to do where it is refused."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("select 1 from pg_extension where extname = 'vector'")
        if cursor.fetchone():
            return
        try:
            with transaction.atomic(using=schema_editor.connection.alias):
                cursor.execute("create extension vector")
        except DatabaseError as error:
            raise ImproperlyConfigured(f"{CREATE_VECTOR_HELP} ({error})") from error
