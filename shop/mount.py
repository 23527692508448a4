"""/s/<slug>/... is the whole site for one shop: mounted, as a WSGI server would mount it.

The prefix moves from the path to the script prefix, so every URLconf, {% url %} and the admin are written
without a slug, links are shareable, and two tabs with two shops are safe.
"""

import re
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, get_urlconf, reverse, set_script_prefix, set_urlconf

from shop.both_ways import BothWays
from shop.models.shops import SLUG

SHOP_URLCONF = "shop.shop_urls"
_MOUNTED = re.compile(rf"^/s/({SLUG})(/.*)$")


def prefix_of(slug: str) -> str:
    return f"/s/{slug}/"


class MountMiddleware(BothWays):
    """Takes /s/<slug> off the path, sets the script prefix and the shop's URLconf; restores the prefix after.

    Sets `request.shop_slug`: the slug asked for, or None outside a shop. Whether it exists and whether the user
    may enter is for ShopMiddleware to say.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if self.is_async:
            return self._call_async(request)
        before = get_script_prefix()
        try:
            self._mount(request)
            response: HttpResponse = self.get_response(request)
            return response
        finally:
            set_script_prefix(before)

    async def _call_async(self, request: HttpRequest) -> HttpResponse:
        before = get_script_prefix()
        try:
            self._mount(request)
            response: HttpResponse = await self.get_response(request)
            return response
        finally:
            set_script_prefix(before)

    def _mount(self, request: Any) -> None:
        found = _MOUNTED.match(request.path_info)
        request.shop_slug = found[1] if found else None
        if found:
            request.path_info = found[2]
            request.urlconf = SHOP_URLCONF
            set_script_prefix(prefix_of(found[1]))
            set_urlconf(SHOP_URLCONF)
        else:
            set_script_prefix("/")
            set_urlconf(None)


def root_url(name: str, *args: Any, **kwargs: Any) -> str:
    """The path of a view outside any shop (sign-in, landing), wherever it is asked from."""
    return _reverse_under("/", name, "shop.urls", args, kwargs)


def shop_url(slug: str, name: str, *args: Any, **kwargs: Any) -> str:
    """The path of a view inside the shop with this slug, wherever it is asked from."""
    return _reverse_under(prefix_of(slug), name, SHOP_URLCONF, args, kwargs)


@contextmanager
def inside(slug: str) -> Iterator[None]:
    """Reverse URLs as inside this shop in the block: for work asked for from outside its mount."""
    before = get_script_prefix(), get_urlconf()
    set_script_prefix(prefix_of(slug))
    set_urlconf(SHOP_URLCONF)
    try:
        yield
    finally:
        set_script_prefix(before[0])
        set_urlconf(before[1])


def _reverse_under(prefix: str, name: str, urlconf: str, args: Any, kwargs: Any) -> str:
    before = get_script_prefix()
    set_script_prefix(prefix)
    try:
        return reverse(name, urlconf=urlconf, args=args or None, kwargs=kwargs or None)
    finally:
        set_script_prefix(before)
