"""Leaves a vendor alone after it failed several times in a row, then lets one question try.

Kept in Django's cache, by shop and model: one shop's wrong key says nothing about another's.
"""

from __future__ import annotations

import time

from django.core.cache import cache

from insights.models import ModelAccess
from insights.providers.aside import aside

FAILURES = 3
REST = 60.0
_REMEMBERED = 600


def may_ask(access: ModelAccess) -> bool:
    """Whether to ask now. After a rest one caller may; the others wait for what it finds."""
    return aside(lambda: _may_ask(access))


def _may_ask(access: ModelAccess) -> bool:
    failures, rests_until = cache.get(_key(access), (0, 0.0))
    if failures < FAILURES:
        return True
    return time.time() >= rests_until and cache.add(_key(access, "trying"), 1, timeout=REST)


def worked(access: ModelAccess) -> None:
    aside(lambda: cache.delete_many([_key(access), _key(access, "trying")]))


def failed(access: ModelAccess) -> None:
    aside(lambda: _failed(access))


def _failed(access: ModelAccess) -> None:
    failures, _ = cache.get(_key(access), (0, 0.0))
    cache.set(_key(access), (failures + 1, time.time() + REST), timeout=_REMEMBERED)
    cache.delete(_key(access, "trying"))


def _key(access: ModelAccess, what: str = "failures") -> str:
    return f"{access.shop_id}:models:{access.pk}:{what}"
