"""Changes to shops and to who is in them."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from shop.errors import Refused
from shop.models import Branch, Invitation, Membership, Shop, User
from shop.roles import Role
from shop.tenancy import acting, use_shop

INVITATION_LASTS = dt.timedelta(days=7)


class ShopRefused(Refused):
    code = "shop_invalid"


class InvitationRefused(Refused):
    code = "invitation_invalid"


class MembershipRefused(Refused):
    code = "membership_invalid"


@transaction.atomic
def create_shop(
    *,
    slug: str,
    name: str = "",
    currency: str = "EUR",
    zone: str = "Europe/Lisbon",
    country: str = "PT",
    region: str = "",
    branches: Sequence[str] = ("main",),
    owner: User | None = None,
    is_demo: bool = False,
    by: str = "",
) -> Shop:
    """Make a shop with its branches and, if given, its first owner.

    Raises ShopRefused naming the field for a taken or unusable slug, an unknown time zone and the like.
    """
    shop = Shop(
        slug=slug,
        name=name or slug.replace("-", " ").capitalize(),
        currency=currency,
        zone=zone,
        country=country,
        region=region,
        is_demo=is_demo,
    )
    _validate(shop)
    shop.save()
    with use_shop(shop), acting(by or (owner.email if owner else "")):
        for branch in branches or ("main",):
            Branch.objects.create(name=branch)
    if owner:
        Membership.objects.create(shop=shop, user=owner, role=Role.OWNER)
    return shop


@transaction.atomic
def change_settings(*, shop: Shop, by: str, **fields: object) -> Shop:
    """Change a shop's name, currency, zone, country, region, tax habit. Raises ShopRefused for unusable values."""
    for field, value in fields.items():
        if field not in {"name", "currency", "zone", "country", "region", "day_starts_at_hour", "prices_include_tax"}:
            raise ShopRefused(f"“{field}” is not a setting of the shop.")
        setattr(shop, field, value)
    _validate(shop)
    shop.save(update_fields=list(fields))
    return shop


def _validate(shop: Shop) -> None:
    try:
        shop.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise ShopRefused(f"{field}: {messages[0]}") from error


@transaction.atomic
def invite(*, shop: Shop, email: str, role: str, by: User) -> str:
    """Invite an address to the shop; returns the secret for the link. Inviting again replaces the open one.

    Raises InvitationRefused for an unknown role or somebody who is a member already.
    """
    email = email.strip().lower()
    if role not in Role.values:
        raise InvitationRefused(f"“{role}” is not a role.")
    if Membership.objects.filter(shop=shop, user__email__iexact=email).exists():
        raise InvitationRefused(f"{email} is already a member.")
    secret = secrets.token_urlsafe(32)
    Invitation.objects.filter(shop=shop, email__iexact=email, accepted_at=None).delete()
    Invitation.objects.create(
        shop=shop,
        email=email,
        role=role,
        secret_hash=_hash(secret),
        invited_by=by,
        expires_at=timezone.now() + INVITATION_LASTS,
    )
    return secret


def open_invitation(secret: str) -> Invitation:
    """The invitation behind a link. Raises InvitationRefused where it is unknown, used or too old."""
    found = Invitation.objects.select_related("shop").filter(secret_hash=_hash(secret), accepted_at=None).first()
    if found is None or found.expires_at < timezone.now():
        raise InvitationRefused("This invitation has been used or has run out. Ask for a new one.")
    return found


@transaction.atomic
def accept_invitation(*, secret: str, by: User) -> Membership:
    """Join the shop that invited. Works once; a member keeps the role they have."""
    open_invitation(secret)
    invitation = Invitation.objects.select_for_update().get(secret_hash=_hash(secret))
    if invitation.accepted_at is not None:
        raise InvitationRefused("This invitation has been used. Ask for a new one.")
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    membership, _ = Membership.objects.get_or_create(
        shop_id=invitation.shop_id, user=by, defaults={"role": invitation.role}
    )
    return membership


@transaction.atomic
def change_role(*, membership_id: int, shop: Shop, role: str) -> Membership:
    """Give a member another role, from their next request on. The last owner stays owner."""
    if role not in Role.values:
        raise MembershipRefused(f"“{role}” is not a role.")
    membership = _locked(membership_id, shop)
    _keep_an_owner(membership, staying=role == Role.OWNER)
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def remove_member(*, membership_id: int, shop: Shop) -> None:
    """Take a person out of the shop, from their next request on. The last owner cannot be removed."""
    membership = _locked(membership_id, shop)
    _keep_an_owner(membership, staying=False)
    membership.delete()


def _locked(membership_id: int, shop: Shop) -> Membership:
    """The shop's membership row, with the shop locked so that two owners cannot remove each other at once."""
    Shop.objects.select_for_update().get(pk=shop.pk)
    membership = Membership.objects.filter(pk=membership_id, shop=shop).first()
    if membership is None:
        raise MembershipRefused("This person is not a member of the shop.")
    return membership


def _keep_an_owner(membership: Membership, *, staying: bool) -> None:
    owners = Membership.objects.filter(shop_id=membership.shop_id, role=Role.OWNER)
    if membership.role == Role.OWNER and not staying and not owners.exclude(pk=membership.pk).exists():
        raise MembershipRefused("A shop needs an owner. Make somebody else owner first.")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
