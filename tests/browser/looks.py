"""How a page is looked at: on a phone and at a desk, in two widths each, light and dark, loaded once for both."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from shop.models import User
from tests.browser.axe import violations

Looks = tuple[tuple[int, bool], ...]
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
TOO_SMALL = """[...document.querySelectorAll('main :is(a, button, select, summary, input:not([type=hidden]))')]
    .filter(e => !e.closest('p, dd, .check, fieldset'))
    .filter(e => ((r) => r.width && r.height && Math.min(r.width, r.height) < 23.5)(e.getBoundingClientRect()))
    .map(e => e.outerHTML.slice(0, 100))"""
AT_REST = "Promise.allSettled(document.getAnimations().map(each => each.finished))"
# (width, dark): a finger below 700 px, a mouse above.
PHONE: Looks = ((320, True), (390, False))
DESK: Looks = ((834, False), (1440, True))
LOOKED_AT_BY_AXE = (390, 1440)
on_phone_and_desk = pytest.mark.parametrize("looks", [PHONE, DESK], ids=["phone", "desk"])


def each_look(
    open_page: Callable[..., Any], user: User | None, path: str, looks: Looks
) -> Iterator[tuple[Any, int, bool]]:
    """The page when it has come to rest, in one look after the other; it is closed after the last."""
    page = open_page(user, path, *looks[0])
    page.wait_for_load_state("networkidle")
    for width, dark in looks:
        page.set_viewport_size({"width": width, "height": page.viewport_size["height"]})
        # A colour on its way from one theme to the other is of neither.
        page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        page.evaluate(AT_REST)
        yield page, width, dark
    page.close()


def is_well(page: Any, name: str = "", *, small: bool = True) -> None:
    """Nothing wider than the screen, nothing too small for a thumb, one heading, nothing axe objects to.

    Axe, which takes a second, looks once on the phone and once at the desk: at the width that most people have.
    """
    page.wait_for_load_state("load")  # before its stylesheets are there, a page measures otherwise
    assert page.evaluate(OVERFLOW) <= 0, f"{name} scrolls sideways at {page.viewport_size['width']}"
    if small:
        found = page.evaluate(TOO_SMALL)
        assert found == [], f"{name}: {found}"
    assert page.locator("h1").count() == 1, name
    assert page.locator(".panel-error").count() == 0, name
    if page.viewport_size["width"] in LOOKED_AT_BY_AXE:
        found = violations(page)
        assert found == [], f"{name}: {found}"


def settled(page: Any) -> None:
    """The swap is whole: a control chosen while it is being replaced would be lost with the old one."""
    page.wait_for_load_state("networkidle")
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, [aria-busy=true]")).to_have_count(0)


def shoot(page: Any, name: str, width: int, dark: bool) -> None:
    """A picture for people to look at, where AISLE_SHOTS names a folder. The caret stays: hiding it writes styles."""
    if folder := os.environ.get("AISLE_SHOTS"):
        path = Path(folder) / f"{name}-{width}-{'dark' if dark else 'light'}.png"
        page.screenshot(path=str(path), full_page=True, caret="initial")
