"""The door tables (shops, memberships, invitations, keys): the only place that reads them with no shop chosen."""

import datetime as dt
from contextlib import suppress
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db.models import Max, QuerySet
from django.db.utils import Error
from django.http import HttpRequest
from django.urls import get_script_prefix, get_urlconf, set_script_prefix, set_urlconf
from django.utils import timezone

from shop.models import Change, DeviceKey, Enrolment, Invitation, Membership, Shop
from shop.roles import Role


def shop_by_slug(slug: str) -> Shop | None:
    return Shop.objects.filter(slug=slug).first()


def membership_of(user_id: int, slug: str) -> Membership | None:
    """The user's membership of the shop with this slug, with the shop; None for no such shop or no membership."""
    return Membership.objects.select_related("shop").filter(user_id=user_id, shop__slug=slug).first()


def memberships_of(user_id: int) -> list[Membership]:
    """A user's shops, by name, for the switcher and the landing after sign-in."""
    return list(Membership.objects.select_related("shop").filter(user_id=user_id).order_by("shop__name"))


def members_of(shop_id: int) -> list[Membership]:
    """The people in a shop with their roles: owners first, then as the roles are listed, then by joining."""
    members = Membership.objects.select_related("user").filter(shop_id=shop_id).order_by("joined_at", "id")
    return sorted(members, key=lambda member: Role.values.index(member.role))


def owners_of(shop_id: int) -> list[str]:
    """The names of a shop's owners, for whoever has to ask one."""
    return [str(member.user) for member in members_of(shop_id) if member.role == Role.OWNER]


def two_step_users(shop_id: int) -> set[int]:
    """The ids of a shop's people who sign in with a second step."""
    codes = Authenticator.objects.filter(type=Authenticator.Type.TOTP, user__memberships__shop_id=shop_id)
    return set(codes.values_list("user_id", flat=True))


def open_invitations_of(shop_id: int) -> list[Invitation]:
    """Invitations that can still be accepted, the newest first."""
    waiting = Invitation.objects.filter(shop_id=shop_id, accepted_at=None, expires_at__gt=timezone.now())
    return list(waiting.select_related("invited_by").order_by("-expires_at"))


def shop_by_id(shop_id: int) -> Shop | None:
    return Shop.objects.filter(pk=shop_id).first()


def member_by_email(shop_id: int, email: str) -> Membership | None:
    """Who has this address in the shop now, if they may sign in; for links that stand for a person."""
    members = Membership.objects.select_related("user", "shop").filter(shop_id=shop_id, user__is_active=True)
    return members.filter(user__email__iexact=email).first()


def member_by_id(shop_id: int, membership_id: int) -> Membership | None:
    return Membership.objects.select_related("user", "shop").filter(shop_id=shop_id, pk=membership_id).first()


def every_shop_id() -> list[int]:
    """For tasks that fan out one task a shop."""
    return list(Shop.objects.order_by("id").values_list("id", flat=True))


def device_key(prefix: str) -> DeviceKey | None:
    """The key that begins so, with its shop, whether it is still good or not."""
    return next(iter(DeviceKey.objects.select_related("shop").filter(prefix=prefix)), None)


def saw_device(key: DeviceKey, at: dt.datetime) -> None:
    """Note when a key was last used. A note that cannot be written keeps nobody from selling."""
    with suppress(Error):
        DeviceKey.objects.filter(pk=key.pk, seen_at=key.seen_at).update(seen_at=at)


def keys_of(shop_id: int, device_id: int) -> QuerySet[DeviceKey]:
    """Every key of a shop's device."""
    return DeviceKey.objects.filter(shop_id=shop_id, device_id=device_id)


def last_seen(shop_id: int) -> dict[int, dt.datetime]:
    """When each of a shop's devices that ever asked for anything last did, by its id."""
    seen = DeviceKey.objects.filter(shop_id=shop_id, seen_at__isnull=False).values_list("device_id")
    return dict(seen.annotate(Max("seen_at")).order_by())


def open_enrolments(shop_id: int) -> QuerySet[Enrolment]:
    """A shop's codes that can still connect a till."""
    return Enrolment.objects.filter(shop_id=shop_id, used_at=None, expires_at__gt=timezone.now())


def enrolment_to_use(code_hash: str) -> Enrolment | None:
    """The code with this hash, held until the end of the transaction, so that it works once."""
    return Enrolment.objects.select_for_update().filter(code_hash=code_hash).first()


def origin_is_allowed(origin: str) -> bool:
    """Whether any shop lets pages of this web address call the till API."""
    candidates = Shop.objects.filter(api_origins__contains=origin).values_list("api_origins", flat=True)
    return any(origin in origins.split() for origins in candidates)


class AccountAdapter(DefaultAccountAdapter):
    """allauth, told that its pages and mailed links live outside any shop."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        with at_root():
            super().send_mail(template_prefix, email, context)

    def get_reset_password_from_key_url(self, key: str) -> str:
        with at_root():
            return str(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        with at_root():
            return str(super().get_email_confirmation_url(request, emailconfirmation))

    def clean_email(self, email: str) -> str:
        """Refuses an address longer than the change history, which names everybody by it, can keep."""
        cleaned = str(super().clean_email(email))
        most = int(Change._meta.get_field("actor").max_length or 0)
        if len(cleaned) > most:
            raise ValidationError(f"An email address has at most {most} letters here.")
        return cleaned

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return True


class at_root:
    """Reverse URLs as outside any shop in this block."""

    def __enter__(self) -> None:
        self.before = get_script_prefix(), get_urlconf()
        set_script_prefix("/")
        set_urlconf(None)

    def __exit__(self, *exc: object) -> None:
        set_script_prefix(self.before[0])
        set_urlconf(self.before[1])
