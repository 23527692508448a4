"""Changes to shops and to who is in them."""

import datetime as dt
import hashlib
import itertools
import secrets
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from shop import history, schedules
from shop.errors import Refused
from shop.models import Branch, Invitation, Membership, Shop, User
from shop.roles import Role
from shop.tenancy import acting, use_shop

INVITATION_LASTS = dt.timedelta(days=7)
SETTINGS = {
    "name", "currency", "zone", "country", "region", "day_starts_at_hour", "prices_include_tax", "weekly_cash",
    "analyse_after_import", "cash_rounding", "blind_counts", "api_origins",
}  # fmt: skip
_WRONG = {
    ("slug", "invalid"): "Use small letters, digits and hyphens only, such as corner-shop.",
    ("slug", "unique"): "Another shop has this address. Choose another.",
    ("currency", "invalid"): "Write the currency as three capital letters, such as EUR.",
    ("country", "invalid"): "Write the country as two capital letters, such as PT.",
}
_SPENT = "This invitation has been used, withdrawn or has run out. Ask whoever invited you for a new one."
Row = dict[str, Any]


class ShopRefused(Refused):
    """A shop cannot be like this. `field` is the setting at fault; `plain` the sentence without its name."""

    code = "shop_invalid"

    def __init__(self, plain: str, *, field: str = "") -> None:
        super().__init__(f"{field}: {plain}" if field else plain)
        self.field, self.plain = field, plain


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
    _insert(shop)
    with use_shop(shop), acting(by or (owner.email if owner else "")):
        for branch in dict.fromkeys(branches or ("main",)):
            Branch.objects.create(name=branch)
    if owner:
        Membership.objects.create(shop=shop, user=owner, role=Role.OWNER)
    schedules.ensure_defaults(shop)
    return shop


@transaction.atomic
def change_settings(*, shop: Shop, by: str, **fields: object) -> Shop:
    """Change any of a shop's SETTINGS; the change history says who did.

    Business dates already stored stay as they are: a new zone or cut-off counts from now on. Scheduled work keeps its
    hours on the shop's clock.
    Raises ShopRefused for unusable values.
    """
    if unknown := sorted(set(fields) - SETTINGS):
        raise ShopRefused(f"“{unknown[0]}” is not a setting of the shop.")
    shop = Shop.objects.select_for_update().get(pk=shop.pk)
    before = {field: getattr(shop, field) for field in fields}
    for field, value in fields.items():
        setattr(shop, field, value)
    _validate(shop)
    shop.save(update_fields=list(fields))
    with acting(by):
        after = {field: getattr(shop, field) for field in fields}
        history.note(shop.pk, "shop_shop", shop.pk, _plain(before), _plain(after))
    if before.get("zone", shop.zone) != shop.zone:
        schedules.follow_zone(shop)
    return shop


def _validate(shop: Shop) -> None:
    try:
        shop.full_clean()
    except ValidationError as error:
        field, problems = next(iter(error.error_dict.items()))
        plain = _WRONG.get((field, str(problems[0].code))) or str(problems[0].messages[0])
        raise ShopRefused(plain, field=field) from error


def _insert(shop: Shop) -> None:
    try:
        with transaction.atomic():
            shop.save()
    except IntegrityError as error:  # two people took the address at the same moment
        raise ShopRefused(_WRONG["slug", "unique"], field="slug") from error


def free_slug(name: str) -> str:
    """An address for a shop of this name that nobody has: its words in plain letters, numbered where taken."""
    wanted = slugify(name)[:40].strip("-") or "shop"
    taken = set(Shop.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in itertools.count(2))
    return wanted if wanted not in taken else next(slug for slug in numbered if slug not in taken)


def _plain(row: Row) -> Row:
    """Money as the trigger's JSON has it."""
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def _row(membership: Membership) -> Row:
    return {"email": membership.user.email, "role": membership.role}


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
        raise InvitationRefused(_SPENT)
    return found


@transaction.atomic
def accept_invitation(*, secret: str, by: User) -> Membership:
    """Join the shop that invited. Works once; a member keeps the role they have.

    Raises InvitationRefused where the link is unknown, used or too old.
    """
    invitation = Invitation.objects.select_for_update().get(pk=open_invitation(secret).pk)
    if invitation.accepted_at is not None:
        raise InvitationRefused(_SPENT)
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    membership, joined = Membership.objects.get_or_create(
        shop_id=invitation.shop_id, user=by, defaults={"role": invitation.role}
    )
    if joined:
        with acting(by.email, f"Invited by {invitation.invited_by.email}"):
            history.note(membership.shop_id, "shop_membership", membership.pk, None, _row(membership))
    return membership


@transaction.atomic
def withdraw_invitation(*, invitation_id: int, shop: Shop) -> None:
    """End an invitation nobody has accepted: its link stops working. Raises InvitationRefused where it is not open."""
    ended, _ = Invitation.objects.filter(pk=invitation_id, shop=shop, accepted_at=None).delete()
    if not ended:
        raise InvitationRefused("This invitation is not open any more.")


@transaction.atomic
def change_role(*, membership_id: int, shop: Shop, role: str) -> Membership:
    """Give a member another role, from their next request on. The last owner stays owner."""
    if role not in Role.values:
        raise MembershipRefused(f"“{role}” is not a role.")
    membership = _locked(membership_id, shop)
    _keep_an_owner(membership, staying=role == Role.OWNER)
    before = _row(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    history.note(shop.pk, "shop_membership", membership.pk, before, _row(membership))
    return membership


@transaction.atomic
def remove_member(*, membership_id: int, shop: Shop) -> None:
    """Take a person out of the shop, from their next request on. The last owner cannot be removed."""
    membership = _locked(membership_id, shop)
    _keep_an_owner(membership, staying=False)
    history.note(shop.pk, "shop_membership", membership.pk, _row(membership), None)
    membership.delete()


def switch_brief(*, shop_id: int, user_id: int, gets_brief: bool) -> None:
    """Whether a member is mailed the morning brief. Somebody who is no member stays none."""
    Membership.objects.filter(shop_id=shop_id, user_id=user_id).update(gets_brief=gets_brief)


def _locked(membership_id: int, shop: Shop) -> Membership:
    """The shop's membership row, with the shop locked so that two owners cannot remove each other at once."""
    Shop.objects.select_for_update().get(pk=shop.pk)
    membership = Membership.objects.select_related("user").filter(pk=membership_id, shop=shop).first()
    if membership is None:
        raise MembershipRefused("This person is not a member of the shop.")
    return membership


def _keep_an_owner(membership: Membership, *, staying: bool) -> None:
    owners = Membership.objects.filter(shop_id=membership.shop_id, role=Role.OWNER)
    if membership.role == Role.OWNER and not staying and not owners.exclude(pk=membership.pk).exists():
        raise MembershipRefused("A shop needs an owner. Make somebody else owner first.")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
