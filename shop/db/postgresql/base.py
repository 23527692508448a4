"""Django's PostgreSQL backend, with the chosen shop and the actor told to each transaction.

Row-level security reads `app.shop_id`; the change history reads `app.actor` and `app.reason`. All three are
transaction-local, so a pooled connection carries nothing to its next user. `as_owner` lends the owner's
login to migrations and to the making of test databases.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.postgresql import base

from shop.scope import chosen_shop_id, current_actor

_NEVER_READS_ROWS = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")
_TELL = (
    "select set_config('app.shop_id', %s, true), set_config('app.actor', %s, true), set_config('app.reason', %s, true)"
)
_UNTOLD = (None, "", "")


def _wanted() -> tuple[int | None, str, str]:
    return (chosen_shop_id(), *current_actor())


class DatabaseFeatures(base.DatabaseFeatures):
    # Our primary keys begin with the shop, so grouping by "id" alone does not tell PostgreSQL the other columns.
    allows_group_by_selected_pks = False


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._told: tuple[int | None, str, str] = _UNTOLD
        self.execute_wrappers.append(self._tell_then_execute)

    def _tell_then_execute(self, execute: Any, query: Any, params: Any, many: Any, context: Any) -> Any:
        if _wanted() == self._told and (self._told == _UNTOLD or self.in_atomic_block):
            return execute(query, params, many, context)
        if isinstance(query, str) and query[:9].upper().startswith(_NEVER_READS_ROWS):
            return execute(query, params, many, context)
        if not self.in_atomic_block:
            return self._execute_alone(execute, query, params, many, context)
        self.tell_shop()
        return execute(query, params, many, context)

    def _execute_alone(self, execute: Any, *call: Any) -> Any:
        """In autocommit the setting lives exactly as long as the one statement. Not by `transaction.atomic`:
        that asks for the thread's connection, and a job reports over a second one."""
        self.set_autocommit(False)
        try:
            self.tell_shop()
            result = execute(*call)
            self.commit()
            return result
        except BaseException:
            self.rollback()
            raise
        finally:
            self.set_autocommit(True)

    def tell_shop(self) -> None:
        """Tell the open transaction who asks. Raw psycopg calls such as COPY need it said beforehand."""
        wanted = _wanted()
        if wanted != self._told and not self.needs_rollback:
            with self.wrap_database_errors, self.connection.cursor() as cursor:
                cursor.execute(_TELL, ["" if wanted[0] is None else str(wanted[0]), wanted[1], wanted[2]])
            self._told = wanted

    def get_new_connection(self, conn_params: Any) -> Any:
        """A connection whose server is still there. Where it has hung up, all that the pool holds have lost it too:
        tried one after the other, with a pause after each, they would keep the first callers after a crash waiting."""
        found = super().get_new_connection(conn_params)
        if self.pool and _hung_up(found):
            self.pool.putconn(found)
            self.pool.drain()
            found = super().get_new_connection(conn_params)
        return found

    # What was told dies with the transaction or savepoint that heard it.
    def _set_autocommit(self, autocommit: Any) -> Any:
        self._told = _UNTOLD
        return super()._set_autocommit(autocommit)

    def _commit(self) -> Any:
        self._told = _UNTOLD
        return super()._commit()

    def _rollback(self) -> Any:
        self._told = _UNTOLD
        return super()._rollback()

    def _savepoint_rollback(self, sid: str) -> Any:
        # Not "untold": PostgreSQL restores what the outer block had heard, which we no longer know.
        self._told = (-2, "", "")
        return super()._savepoint_rollback(sid)

    def _close(self) -> Any:
        self._told = _UNTOLD
        return super()._close()


def _hung_up(found: Any) -> bool:
    """Whether the server ended this idle connection: only then is there something to read. No question is sent."""
    poll = select.poll()
    poll.register(found.fileno(), select.POLLIN)
    return found.closed or bool(poll.poll(0))


@contextmanager
def as_owner(alias: str = "default", *, database: str = "") -> Iterator[None]:
    """Use the owner's login in this block, on the same database or another of its server. Closes the connection and
    its pool on both sides."""
    if not settings.DATABASE_OWNER_URL:
        raise ImproperlyConfigured("Set DATABASE_OWNER_URL to the database's owner: migrating needs it.")
    connection = connections[alias]
    # Where no other database is named the name is left alone: making test databases changes it inside.
    login = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD", *(["NAME"] if database else []))}
    owner = {key: settings.DATABASE_OWNER[key] for key in ("USER", "PASSWORD")}
    _switch(connection, owner | ({"NAME": database} if database else {}))
    try:
        yield
    finally:
        _switch(connection, login)


def _switch(connection: Any, login: dict[str, str]) -> None:
    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()
    connection.settings_dict.update(login)
