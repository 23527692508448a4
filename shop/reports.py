"""What a shop's own pages list about the shop itself."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from shop import doors
from shop.models import Branch, Change, Device, Register, Shop
from shop.roles import Role
from shop.tenancy import current_shop_id


@dataclass(frozen=True)
class Note:
    """One change of the shop's settings, people or tills: who did what, when."""

    at: dt.datetime
    who: str
    what: str


@dataclass(frozen=True)
class Connected:
    """A device that sells for a till, or did."""

    device: Device
    seen_at: dt.datetime | None


@dataclass(frozen=True)
class Place:
    """A till at its branch, with the devices that sell for it now and until when a code for another one works."""

    register: Register
    devices: list[Connected]
    code_until: dt.datetime | None


def tills() -> list[tuple[Branch, list[Place]]]:
    """The chosen shop's branches with their tills and the devices connected to each."""
    shop_id = current_shop_id()
    seen = doors.last_seen(shop_id)
    codes = dict(doors.open_enrolments(shop_id).values_list("register_id", "expires_at"))
    connected: dict[int, list[Connected]] = {}
    for device in Device.objects.filter(revoked_at=None).order_by("id"):
        connected.setdefault(device.register_id, []).append(Connected(device, seen.get(device.pk)))
    return [
        (branch, [Place(r, connected.get(r.pk, []), codes.get(r.pk)) for r in branch.registers.all()])
        for branch in Branch.objects.prefetch_related("registers")
    ]


def ended_devices(limit: int = 20) -> list[Connected]:
    """The devices of the chosen shop that were disconnected, the latest first."""
    ended = Device.objects.exclude(revoked_at=None).select_related("register").order_by("-revoked_at")[:limit]
    seen = doors.last_seen(current_shop_id())
    return [Connected(device, seen.get(device.pk)) for device in ended]


def latest_changes(limit: int = 6) -> list[Note]:
    """The last changes of the chosen shop's settings, members and tills, the newest first."""
    changes = Change.objects.filter(table__in=_WORDS).order_by("-id")[:limit]
    return [Note(c.changed_at, c.actor, _WORDS[c.table](c.before or {}, c.after or {})) for c in changes]


def _settings(before: dict[str, Any], after: dict[str, Any]) -> str:
    changed = [field for field in Shop._meta.concrete_fields if before.get(field.name) != after.get(field.name)]
    return f"changed {', '.join(str(field.verbose_name) for field in changed)}"


def _people(before: dict[str, Any], after: dict[str, Any]) -> str:
    if not before:
        return f"joined as {_role(after)}"
    return f"made {after['email']} {_role(after)}" if after else f"removed {before['email']}"


def _devices(before: dict[str, Any], after: dict[str, Any]) -> str:
    if not before:
        return f"connected {after['name']}"
    ended = after.get("revoked_at") and not before.get("revoked_at")
    return f"disconnected {after['name']}" if ended else f"changed {before['name']}"


def _role(row: dict[str, Any]) -> str:
    return str(Role(row["role"]).label)


_WORDS = {"shop_shop": _settings, "shop_membership": _people, "shop_device": _devices}
