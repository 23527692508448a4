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
