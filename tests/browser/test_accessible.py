"""The front door, settings, imports and data entry: accessible, and never wider than the screen."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Live
from tests.browser.looks import Looks, each_look, is_well, on_phone_and_desk
from tests.contracts import shelf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FRONT_DOOR = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
ADMIN = [
    "",
    "inventory/product/",
    "inventory/product/add/",
    "inventory/stockmovement/receive/",
    "inventory/stockmovement/count/",
    "sales/sale/add/",
    "sales/promotion/add/",
    "customers/review/add/",
    "shop/schedule/",
]
IN_SHOP = [
    "settings/",
    "settings/members/",
    "settings/members/invite/",
    "settings/tills/",
    "prices/competitors/",
    "prices/competitors/items/",
    "imports/",
    "imports/new/",
    *(f"admin/{path}" for path in ADMIN),
]


@on_phone_and_desk
def test_the_front_door(live: Live, open_page: Callable[..., Any], looks: Looks) -> None:
    for user, paths in ((None, FRONT_DOOR), (live.cast.alice, ("/start/", "/shops/", "/accounts/2fa/"))):
        for path in paths:
            for page, _, _ in each_look(open_page, user, path, looks):
                is_well(page, path)


@on_phone_and_desk
def test_settings_imports_and_data_entry(live: Live, open_page: Callable[..., Any], looks: Looks) -> None:
    shelf.fill(live.cast.green)
    for path in IN_SHOP:
        for page, _, _ in each_look(open_page, live.cast.alice, f"/s/green/{path}", looks):
            is_well(page, path, small=not path.startswith("admin/"))
