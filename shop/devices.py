"""Connecting tills: one-time codes, keys shown once, changing and ending them.

A key is `aisle_<prefix>_<secret>`. Only its prefix and its SHA-256 are kept: the secret has 256 random bits, so a
quick hash is enough.
"""

import datetime as dt
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from http import HTTPStatus

from django.db import transaction
from django.utils import timezone

from shop import doors
from shop.errors import Refused
from shop.models import Device, DeviceKey, Register, Shop
from shop.tenancy import current_shop_id

_PREFIX_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_SECRET_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_KEY = re.compile(r"aisle_([a-z2-9]{8})_[A-Za-z0-9]{43}")
_NO_HASH = "0" * 64
SEEN_EVERY = dt.timedelta(minutes=1)


class KeyUnknown(Refused):
    """No such key, or not any more; the same words whichever it is."""

    code = "key_unknown"
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__("Send this till's key as “Authorization: Bearer aisle_…”.")


class DeviceRevoked(Refused):
    """The key was right once; somebody at the shop ended it."""

    code = "device_revoked"
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("This till has been disconnected. Ask the shop for a new code.")


@dataclass(frozen=True)
class Till:
    """The device that asks, as its key says: nothing of it is ever taken from what it sends."""

    shop: Shop
    branch_id: int
    register_id: int
    device_id: int
    name: str

    @property
    def shop_id(self) -> int:
        return self.shop.pk


def till_of(key: str) -> Till:
    """The till behind a key; one query, and one write a minute for when it was last seen.

    Raises KeyUnknown for anything that is not a key in use, DeviceRevoked for a key somebody ended.
    """
    shape, found = _KEY.fullmatch(key), None
    if shape:
        found = doors.device_key(shape[1])
    right = hmac.compare_digest(hash_of(key), found.secret_hash if found else _NO_HASH)
    now = timezone.now()
    if found is None or not right or (found.ends_at is not None and found.ends_at <= now):
        raise KeyUnknown
    if found.revoked_at is not None:
        raise DeviceRevoked
    if found.seen_at is None or now - found.seen_at > SEEN_EVERY:
        doors.saw_device(found, now)
    return Till(found.shop, found.branch_id, found.register_id, found.device_id, found.name)


@transaction.atomic
def connect(register: Register, name: str, by: str = "") -> str:
    """Make a device of the chosen shop that sells for this register; returns its key, which is shown nowhere again."""
    device = Device.objects.create(register=register, name=name, enrolled_by=by)
    return _new_key(device)


def _new_key(device: Device) -> str:
    prefix = "".join(secrets.choice(_PREFIX_LETTERS) for _ in range(8))
    secret = "".join(secrets.choice(_SECRET_LETTERS) for _ in range(43))
    key = f"aisle_{prefix}_{secret}"
    DeviceKey.objects.create(
        shop_id=current_shop_id(),
        branch_id=device.register.branch_id,
        register_id=device.register_id,
        device_id=device.pk,
        name=device.name,
        prefix=prefix,
        secret_hash=hash_of(key),
    )
    return key


def hash_of(secret: str) -> str:
    """What is kept of a key or a code."""
    return hashlib.sha256(secret.encode()).hexdigest()
