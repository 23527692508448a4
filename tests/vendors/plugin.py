"""The fixture `vendor`; tests/conftest.py brings it into every test."""

from collections.abc import Iterator

import pytest

from tests.vendors.server import Vendor


@pytest.fixture(scope="session")
def packages_loaded() -> None:
    """Both vendors' packages, which take seconds to load on a busy machine: deadlines of tests are shorter."""
    import openai  # noqa: F401

    from insights.providers import gemini

    gemini._sdk()


@pytest.fixture
def vendor(packages_loaded: None) -> Iterator[Vendor]:
    """A vendor of models on this machine, healthy until the test says otherwise."""
    server = Vendor()
    yield server
    server.close()
