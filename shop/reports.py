"""What a shop's own pages list about the shop itself."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from shop.models import Change, Shop
from shop.roles import Role


@dataclass(frozen=True)
class Note:
    """One change of the shop's settings or people: who did what, when."""

    at: dt.datetime
    who: str
    what: str


def latest_changes(limit: int = 6) -> list[Note]:
    """The last changes of the chosen shop's settings and members, the newest first."""
    changes = Change.objects.filter(table__in=_WORDS).order_by("-id")[:limit]
    return [Note(c.changed_at, c.actor, _WORDS[c.table](c.before or {}, c.after or {})) for c in changes]


def _settings(before: dict[str, Any], after: dict[str, Any]) -> str:
    changed = [field for field in Shop._meta.concrete_fields if before.get(field.name) != after.get(field.name)]
    return f"changed {', '.join(str(field.verbose_name) for field in changed)}"


def _people(before: dict[str, Any], after: dict[str, Any]) -> str:
    if not before:
        return f"joined as {_role(after)}"
    return f"made {after['email']} {_role(after)}" if after else f"removed {before['email']}"


def _role(row: dict[str, Any]) -> str:
    return str(Role(row["role"]).label)


_WORDS = {"shop_shop": _settings, "shop_membership": _people}
