"""One installation for all tests of a process: making it is most of what they cost."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.selling.site import Site


@pytest.fixture(scope="session")
def site(django_db_setup: Any) -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def serving(site: Site) -> Iterator[Site]:
    """The same with its web server as deployed, which later tests go on using."""
    if not site.serves():
        site.serve()
    site.wait_for_answer()
    yield site
