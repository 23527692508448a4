"""Several prepared statements in one message to the database: one journey, one transaction, the shop told in it.

For the few places where a till waits. Everything else asks through the ORM.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection, transaction
from django.db.utils import OperationalError
from psycopg import errors

from shop.scope import current_actor, current_shop_id

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Statement:
    """SQL that every connection plans once. `types` are those of $1, $2 ..."""

    name: str
    types: str
    sql: str


Call = tuple[Statement, Sequence[Any]]

# Plans for any values: without it the first five are planned for theirs. The timeout is one for all that is waited for.
_TELL = Statement(
    "aisle_tell",
    "text, text, text",
    "select set_config('app.shop_id', $1, true), set_config('app.actor', $2, true), set_config('app.reason', $3, true),"
    " set_config('lock_timeout', '3s', true), set_config('plan_cache_mode', 'force_generic_plan', true)",
)
_OUT_OF_DATE = (errors.FeatureNotSupported, errors.InvalidSqlStatementName)
_prepared: WeakKeyDictionary[Any, set[Statement]] = WeakKeyDictionary()


def send(*calls: Call) -> list[Rows]:
    """Run these one after the other, all or none, and return the rows of each.

    Each sees what those before it wrote and what others have committed meanwhile. In an open transaction they join
    it, as a savepoint. Waits at most three seconds for a lock. Raises Django's database errors; an OperationalError
    may be tried again.
    """
    connection.ensure_connection()
    told: Call = (_TELL, [str(current_shop_id()), *current_actor()])
    if connection.in_atomic_block:
        with transaction.atomic():
            return _send([told, *calls])[1:]
    return _send([told, *calls])[1:]


def _send(calls: Sequence[Call]) -> list[Rows]:
    wrapper: Any = connection
    raw = wrapper.connection
    with wrapper.wrap_database_errors, raw.cursor() as cursor:
        _prepare(cursor, raw, [statement for statement, _ in calls])
        texts = [f"execute {call.name}({', '.join(['%s'] * len(values))})" for call, values in calls]
        try:
            # Without BEGIN, PostgreSQL makes one transaction of one message.
            cursor.execute("; ".join(texts), [value for _, values in calls for value in values])
        except _OUT_OF_DATE as error:
            raw.close()
            raise OperationalError(
                "a migration changed what a plan was made for; the next connection plans anew"
            ) from error
        rows = [cursor.fetchall()]
        while cursor.nextset():
            rows.append(cursor.fetchall())
    return rows


def _prepare(cursor: Any, raw: Any, statements: Sequence[Statement]) -> None:
    ready = _prepared.setdefault(raw, set())
    for statement in statements:
        if statement not in ready:
            cursor.execute(f"prepare {statement.name} ({statement.types}) as {statement.sql}")
            ready.add(statement)
