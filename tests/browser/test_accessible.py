"""The front door, settings, imports and data entry: accessible, and never wider than the screen."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.axe import violations
from tests.browser.conftest import Live
from tests.contracts import shelf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
FRONT_DOOR = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
ADMIN = [
    "",
    "inventory/product/",
    "inventory/product/add/",
    "inventory/stockmovement/receive/",
    "inventory/stockmovement/count/",
    "inventory/lot/",
    "customers/customer/",
    "sales/sale/",
    "sales/sale/add/",
    "sales/promotion/add/",
    "customers/review/add/",
    "shop/branch/",
    "shop/schedule/",
]
IN_SHOP = [
    "settings/",
    "settings/members/",
    "settings/members/invite/",
    "settings/tills/",
    "reviews/",
    "prices/",
    "imports/",
    "imports/new/",
    *(f"admin/{path}" for path in ADMIN),
]


@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1440, False), (1440, True)])
def test_the_front_door(live: Live, open_page: Callable[..., Any], width: int, dark: bool) -> None:
    for path in FRONT_DOOR:
        _look(open_page(None, path, width, dark), path)
    for path in ("/start/", "/shops/", "/accounts/2fa/"):
        _look(open_page(live.cast.alice, path, width, dark), path)


@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1440, False), (1440, True)])
def test_settings_imports_and_data_entry(live: Live, open_page: Callable[..., Any], width: int, dark: bool) -> None:
    shelf.fill(live.cast.green)
    for path in IN_SHOP:
        _look(open_page(live.cast.alice, f"/s/green/{path}", width, dark), path)


def _look(page: Any, path: str) -> None:
    assert page.evaluate(SIDEWAYS) <= 0, f"{path} is wider than the screen"
    assert violations(page) == [], path
