"""Does a small thing in a transaction of its own, committed at once, whatever the caller has open."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection, transaction

T = TypeVar("T")


def aside(do: Callable[[], T]) -> T:
    """The result of `do`, whose rows are committed when this returns."""
    if not connection.in_atomic_block:
        return _committed(do)
    box: list[Any] = []
    run = contextvars.copy_context().run  # the thread works for the same shop
    thread = threading.Thread(target=run, args=(_into, box, do))
    thread.start()
    thread.join()
    error, result = box[0]
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]


def _committed(do: Callable[[], T]) -> T:
    with transaction.atomic():
        return do()


def _into(box: list[Any], do: Callable[[], Any]) -> None:
    try:
        box.append((None, _committed(do)))
    except BaseException as error:
        box.append((error, None))
    finally:
        connection.close()
