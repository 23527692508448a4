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

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from shop import doors
from shop.errors import Refused
from shop.models import Branch, Device, DeviceKey, Enrolment, Register, Shop
from shop.tenancy import acting, current_shop_id, use_shop

_PREFIX_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_SECRET_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_KEY = re.compile(r"aisle_([a-z2-9]{8})_[A-Za-z0-9]{43}")
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is mistaken for another
_NO_HASH = "0" * 64
SEEN_EVERY = dt.timedelta(minutes=1)
CODE_LASTS = OVERLAP = dt.timedelta(hours=24)
NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


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


class CodeRefused(Refused):
    """No such code, or not any more; the same words whichever it is."""

    code = "code_refused"

    def __init__(self) -> None:
        super().__init__("This code is wrong, used or older than a day. Ask the shop for a new one.")


@dataclass(frozen=True)
class Till:
    """The device that asks, as its key says: nothing of it is ever taken from what it sends."""

    shop: Shop
    branch_id: int
    register_id: int
    device_id: int
    name: str
    key_id: int = 0

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
    return Till(found.shop, found.branch_id, found.register_id, found.device_id, found.name, found.pk)


class TillNotAdded(Refused):
    """A till cannot have this name."""

    code = "till_not_added"


# --- Connecting ---------------------------------------------------------------------------------------------


def add_till(branch: Branch, name: str) -> Register:
    """A till at a branch of the chosen shop. Raises TillNotAdded for a name that is empty, too long or taken."""
    till = Register(branch=branch, name=name.strip())
    try:
        with transaction.atomic():
            till.clean_fields()
            till.save()
    except ValidationError as error:
        raise TillNotAdded("Give the till a name of at most 80 letters.") from error
    except IntegrityError as error:
        raise TillNotAdded(f"{branch.name} has a till of this name.") from error
    return till


@transaction.atomic
def make_enrolment(register: Register, by: str) -> str:
    """A code that connects one till to this register of the chosen shop: once, within a day. Ends the one before."""
    doors.open_enrolments(current_shop_id()).filter(register_id=register.pk).delete()
    code = "-".join("".join(secrets.choice(_CODE_LETTERS) for _ in range(4)) for _ in range(3))
    Enrolment.objects.create(
        shop_id=current_shop_id(),
        branch_id=register.branch_id,
        register_id=register.pk,
        code_hash=hash_of(_bare(code)),
        made_by=by,
        expires_at=timezone.now() + CODE_LASTS,
    )
    return code


@transaction.atomic
def enrol(code: str, name: str) -> tuple[str, Till]:
    """Turn a code into a device of the code's shop; returns its key, which is shown nowhere again.

    Raises CodeRefused for a code that is unknown, used or too old; the same words whichever it is.
    """
    enrolment = doors.enrolment_to_use(hash_of(_bare(code)))
    if enrolment is None or enrolment.used_at is not None or enrolment.expires_at <= timezone.now():
        raise CodeRefused
    enrolment.used_at = timezone.now()
    enrolment.save(update_fields=["used_at"])
    with use_shop(enrolment.shop_id), acting(enrolment.made_by, "Connected by a code"):
        register = Register.objects.get(pk=enrolment.register_id)
        key = connect(register, name, by=enrolment.made_by)
    return key, till_of(key)


@transaction.atomic
def connect(register: Register, name: str, by: str = "") -> str:
    """Make a device of the chosen shop that sells for this register; returns its key, which is shown nowhere again."""
    return _new_key(Device.objects.create(register=register, name=name, enrolled_by=by))


# --- Changing and ending ------------------------------------------------------------------------------------


@transaction.atomic
def rotate(device_id: int, using: int | None = None) -> tuple[str, dt.datetime]:
    """A new key for a device of the chosen shop, and until when the old one is good: a day, whatever comes first.

    `using` is the key that asks. A new key that never arrived does not pile up: asking again replaces it, so a
    device has two keys at most. Raises DeviceRevoked, and Device.DoesNotExist for a device the shop has not.
    """
    device = _locked(device_id)
    if device.revoked_at is not None:
        raise DeviceRevoked
    keys = doors.keys_of(current_shop_id(), device_id)
    old = max(keys, key=lambda key: (key.pk == using, *_last_used(key)))
    keys.exclude(pk=old.pk).delete()
    ends_at = min(old.ends_at or NEVER, timezone.now() + OVERLAP)
    keys.filter(pk=old.pk).update(ends_at=ends_at)
    return _new_key(device), ends_at


@transaction.atomic
def revoke(device_id: int, by: str) -> Device:
    """End a device of the chosen shop: its next request is refused. Raises Device.DoesNotExist. Safe to repeat."""
    device = _locked(device_id)
    if device.revoked_at is None:
        device.revoked_at, device.revoked_by = timezone.now(), by
        device.save(update_fields=["revoked_at", "revoked_by"])
        doors.keys_of(current_shop_id(), device_id).update(revoked_at=device.revoked_at)
    return device


def _locked(device_id: int) -> Device:
    """The device, held until the end of the transaction: nobody changes a key while another ends it."""
    device: Device = Device.objects.select_for_update(of=("self",)).select_related("register").get(pk=device_id)
    return device


def _last_used(key: DeviceKey) -> tuple[bool, dt.datetime]:
    return key.seen_at is not None, key.seen_at or key.made_at


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


def _bare(code: str) -> str:
    """A code as it was made, however it was typed."""
    return "".join(letter for letter in code.upper() if letter in _CODE_LETTERS)


def hash_of(secret: str) -> str:
    """What is kept of a key or a code."""
    return hashlib.sha256(secret.encode()).hexdigest()
