"""The fixture `vendor`; tests/conftest.py brings it into every test."""

from collections.abc import Iterator

import pytest

from tests.vendors.server import Vendor


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    """A vendor of models on this machine, healthy until the test says otherwise."""
    server = Vendor()
    yield server
    server.close()
