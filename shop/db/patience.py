"""Changing tables while people sell.

A statement that changes a table waits for whoever reads it, and everybody who comes later waits behind the statement.
So one forgotten reader and one migration would stop every till. Here the statement gives up first.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connections
from psycopg import errors

T = TypeVar("T")

LOCK_WAIT = "200ms"
PAUSE, LONGEST_PAUSE = 0.3, 2.0


class NeverLetIn(RuntimeError):
    """The tables were in use all the time; nothing was left half done."""


def patiently(
    work: Callable[[], T], *, using: str = "default", seconds: float = 600, say: Callable[[str], object] = print
) -> T:
    """Do work that locks tables; whoever sells meanwhile waits no longer than 0.2 s for a statement of it.

    A lock that is not had within that time is given up, and after a pause the work is done again from where it
    stands. So it must be safe to repeat once broken off; migrations are, each being one transaction. Raises
    NeverLetIn after `seconds`. The connection keeps its short wait until it is closed.
    """
    until, pause = time.monotonic() + seconds, PAUSE
    while True:
        with connections[using].cursor() as cursor:
            cursor.execute(f"set lock_timeout = '{LOCK_WAIT}'")
        try:
            return work()
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.LockNotAvailable | errors.DeadlockDetected):
                raise
            if time.monotonic() + pause > until:
                raise NeverLetIn(
                    f"The tables were in use for {seconds:.0f} s: {error}. Try again when fewer people work, "
                    "or end the transaction that holds them (pg_stat_activity shows it)."
                ) from error
        say("A table is in use; sales go first. Trying again.")
        time.sleep(pause * random.uniform(0.8, 1.2))
        pause = min(pause * 1.5, LONGEST_PAUSE)
