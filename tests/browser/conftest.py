"""A real browser against a live server. Without Chromium these tests skip; AISLE_REQUIRE_BROWSER=1 makes them fail.

Every page opened through `open_page` must end with a clean console and no violation of the content security policy.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings

from shop.models import User
from tests.factories import Cast

WATCH = "addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective, e.blockedURI))"
# A page that answers 422 with the problems marked is as it should be; Chromium notes it as an error all the same.
EXPECTED = "the server responded with a status of 422"
HEIGHT = {390: 844, 1440: 900}


@dataclass
class Live:
    """The server's address and the two shops behind it, committed."""

    url: str
    cast: Cast


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        if os.environ.get("AISLE_REQUIRE_BROWSER") == "1":
            pytest.fail("AISLE_REQUIRE_BROWSER=1 is set, and there is no Chromium on this machine.")
        pytest.skip("NO BROWSER: Chromium is not installed, so nothing was tried in a real browser.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def live(chromium: Any, committed_cast: Cast, live_server: Any) -> Live:
    return Live(live_server.url, committed_cast)


@pytest.fixture
def open_page(chromium: Any, live: Live) -> Iterator[Callable[..., Any]]:
    """Open a path as a user (None: signed out); at the end nothing may have gone wrong in any page opened."""
    problems: list[str] = []
    contexts = []

    def open_page(user: User | None, path: str, width: int = 1440, dark: bool = False) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": HEIGHT.get(width, 900)},
            color_scheme="dark" if dark else "light",
            has_touch=width < 700,
        )
        contexts.append(context)
        if user is not None:
            session = live.cast.client(user).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live.url}])
        context.add_init_script(WATCH)
        page = context.new_page()
        page.on("console", lambda said: None if getattr(page, "examined", False) else _note(problems, said))
        page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
        page.goto(live.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def _note(problems: list[str], said: Any) -> None:
    if said.type == "error" and EXPECTED not in said.text:
        problems.append(f"{said.location.get('url', '')}: {said.text}")
