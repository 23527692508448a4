"""Every URL there is, read from the two URLconfs, and the admin's by model. Contract tests go through these lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

ROOT, SHOP = "shop.urls", "shop.shop_urls"
# Django's and allauth's own, tested by their makers; ours is that they stay outside any shop.
THIRD_PARTY = ("allauth.", "django.contrib.staticfiles.")


@dataclass(frozen=True)
class Url:
    """One pattern: its name with namespaces, its route, its view and the names of its arguments."""

    name: str
    route: str
    view: Any
    arguments: tuple[str, ...]

    @property
    def module(self) -> str:
        view = getattr(self.view, "view_class", self.view)
        return str(getattr(view, "__module__", type(view).__module__))


def urls(urlconf: str) -> list[Url]:
    """Every pattern of a URLconf, without third-party ones."""
    found = _walk(get_resolver(urlconf).url_patterns, "", "", ())
    return [url for url in found if not url.module.startswith(THIRD_PARTY)]


def _walk(patterns: list[Any], space: str, route: str, arguments: tuple[str, ...]) -> Iterator[Url]:
    for entry in patterns:
        here = route + str(entry.pattern)
        names = (*arguments, *entry.pattern.converters, *getattr(entry.pattern, "regex", _NONE).groupindex)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from _walk(entry.url_patterns, inner, here, names)
        elif isinstance(entry, URLPattern):
            yield Url(f"{space}{entry.name or ''}", here, entry.callback, tuple(dict.fromkeys(names)))


class _NONE:
    groupindex: dict[str, int] = {}
