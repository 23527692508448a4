"""Tills of Green Grocer: the reference client against a live server, with a good line or a bad one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from clients.python.aisle_till import Till
from shop import devices
from shop.models import Branch, Register, Shop
from shop.tenancy import use_shop
from tests.clients.proxy import Proxy
from tests.factories import Cast


@dataclass
class Counter:
    """The shop's side of the counter: hands out tills, and lines to them."""

    url: str
    cast: Cast
    folder: Path
    tills: list[Till] = field(default_factory=list)
    proxies: list[Proxy] = field(default_factory=list)

    def register(self, shop: Shop | None = None, name: str = "Till 1", branch: str = "") -> Register:
        """The register of that name, at the first branch where none is named; made where there is none."""
        with use_shop(shop or self.cast.green):
            place = Branch.objects.get(name=branch) if branch else Branch.objects.order_by("pk")[0]
            found: Register = Register.objects.get_or_create(branch=place, name=name)[0]
            return found

    def code(self, register: Register) -> str:
        with use_shop(register.shop):
            return devices.make_enrolment(register, "alice@shops.example")

    def till(self, register: Register | None = None, *, url: str = "", file: str = "", **more: Any) -> Till:
        """A till enrolled by a code for this register (default: Green Grocer's first)."""
        till = self.open(file or f"till{len(self.tills)}.db", **more)
        till.enrol(self.url, self.code(register or self.register()), "Reference till")
        if url:
            self.connect(till, url)
        return till

    def open(self, file: str, **more: Any) -> Till:
        till = Till(self.folder / file, timeout=5, **more)
        self.tills.append(till)
        return till

    def connect(self, till: Till, url: str) -> None:
        """Send the till's calls elsewhere from now on."""
        with till.outbox.write():
            till.outbox.keep(url=url)

    def bad_line(self, fault: Callable[[int], str]) -> Proxy:
        proxy = Proxy(self.url, fault)
        self.proxies.append(proxy)
        return proxy


@pytest.fixture
def counter(committed_cast: Cast, live_server: Any, tmp_path: Path) -> Iterator[Counter]:
    cache.clear()  # codes tried by the tests before this one
    counter = Counter(live_server.url, committed_cast, tmp_path)
    yield counter
    for till in counter.tills:
        till.close()
    for proxy in counter.proxies:
        proxy.__exit__()
