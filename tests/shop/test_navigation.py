"""The navigation: each role sees the pages it may open, and no other."""

import re

import pytest
from django.urls import resolve, reverse

from shop import context
from shop.access import OWN, access_of
from shop.mount import SHOP_URLCONF, prefix_of
from shop.roles import Can, Role, may
from tests import factories


def entries(cast: factories.Cast, role: str) -> dict[str, str]:
    """Title and address of what a member of this role sees, read from a page they may open."""
    user = cast.alice if role == Role.OWNER else factories.make_member(shop=cast.green, role=role)
    answer = cast.client(user).get("/s/green/settings/")  # or the page that refuses it, which has the shell too
    found = re.search(r'<nav class="nav".*?</nav>', answer.content.decode(), re.S)
    links = re.findall(r'<a href="([^"]+)".*?>([^<>]+)</a>', found[0], re.S) if found else []
    return {title.strip(): url for url, title in links}


@pytest.mark.parametrize("role", Role.values)
def test_role_sees_what_it_may_open(cast: factories.Cast, role: str) -> None:
    seen = entries(cast, role)
    assert list(seen) == [title for title, _, _, capability in context.NAVIGATION if may(role, capability)]
    user = cast.alice if role == Role.OWNER else factories.make_member(shop=cast.green, role=role)
    for url in seen.values():
        assert cast.client(user).get(url).status_code == 200, url


def test_cashier_sees_shifts_and_products_only(cast: factories.Cast) -> None:
    assert list(entries(cast, Role.CASHIER)) == ["Shifts", "Products"]


def test_settings_are_for_those_who_change_them(cast: factories.Cast) -> None:
    assert [role for role in Role.values if "Settings" in entries(cast, role)] == ["owner", "manager"]


def test_entry_and_view_ask_for_the_same() -> None:
    for title, url_name, _, capability in context.NAVIGATION:
        view = resolve(reverse(url_name, urlconf=SHOP_URLCONF), urlconf=SHOP_URLCONF).func
        assert access_of(view) in {capability, OWN}, title


def test_front_door_leads_to_the_first_page_of_the_role(cast: factories.Cast) -> None:
    for role in Role.values:
        user = cast.alice if role == Role.OWNER else factories.make_member(shop=cast.green, role=role)
        there = cast.client(user).get(prefix_of("green")).headers["Location"]
        begins = "today" if may(role, Can.SEE_SALES) else "stock" if may(role, Can.SEE_STOCK) else "shifts"
        assert there == f"/s/green/{begins}/"
