"""The door tables (shops, memberships, invitations): the only place that reads them with no shop chosen."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import set_script_prefix, get_script_prefix

from shop.models import Membership, Shop


def shop_by_slug(slug: str) -> Shop | None:
    return Shop.objects.filter(slug=slug).first()


def membership_of(user_id: int, slug: str) -> Membership | None:
    """The user's membership of the shop with this slug, with the shop; None for no such shop or no membership."""
    return Membership.objects.select_related("shop").filter(user_id=user_id, shop__slug=slug).first()


def memberships_of(user_id: int) -> list[Membership]:
    """A user's shops, by name, for the switcher and the landing after sign-in."""
    return list(Membership.objects.select_related("shop").filter(user_id=user_id).order_by("shop__name"))


def members_of(shop_id: int) -> list[Membership]:
    """The people in a shop with their roles, owners first."""
    return list(Membership.objects.select_related("user").filter(shop_id=shop_id).order_by("joined_at", "id"))


def every_shop_id() -> list[int]:
    """For tasks that fan out one task a shop."""
    return list(Shop.objects.order_by("id").values_list("id", flat=True))


class AccountAdapter(DefaultAccountAdapter):
    """allauth, told that its pages and mailed links live outside any shop."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        with at_root():
            super().send_mail(template_prefix, email, context)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return True


class at_root:
    """Reverse URLs as outside any shop in this block."""

    def __enter__(self) -> None:
        self.before = get_script_prefix()
        set_script_prefix("/")

    def __exit__(self, *exc: object) -> None:
        set_script_prefix(self.before)
