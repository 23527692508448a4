"""Two people act on a shop's members at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

from shop import services
from shop.errors import Refused
from shop.models import Invitation, Membership
from tests import factories


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads that start together; what each returned, or its refusal."""
    together = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return act()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_owners_cannot_remove_each_other(committed_cast: factories.Cast) -> None:
    shop = committed_cast.green
    factories.make_member(shop=shop, role="owner")
    owners = Membership.objects.filter(shop=shop, role="owner")
    ends = at_once(*[lambda pk=owner.pk: services.remove_member(membership_id=pk, shop=shop) for owner in owners])
    assert sorted(type(end).__name__ for end in ends) == ["MembershipRefused", "NoneType"]
    assert Membership.objects.filter(shop=shop, role="owner").count() == 1


def test_one_invitation_lets_one_person_in(committed_cast: factories.Cast) -> None:
    shop = committed_cast.green
    secret = services.invite(shop=shop, email="new@shops.example", role="clerk", by=committed_cast.alice)
    people = [factories.make_user() for _ in range(2)]
    ends = at_once(*[lambda user=user: services.accept_invitation(secret=secret, by=user) for user in people])
    assert sorted(type(end).__name__ for end in ends) == ["InvitationRefused", "Membership"]
    assert Membership.objects.filter(shop=shop, user__in=people).count() == 1
    assert Invitation.objects.get().accepted_at


def test_one_address_makes_one_shop(committed_cast: factories.Cast) -> None:
    people = [factories.make_user() for _ in range(2)]
    ends = at_once(*[lambda user=user: services.create_shop(slug="corner", owner=user) for user in people])
    assert sorted(type(end).__name__ for end in ends) == ["Shop", "ShopRefused"]
    assert Membership.objects.filter(shop__slug="corner").count() == 1
