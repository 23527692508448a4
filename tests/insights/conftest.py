"""Pages are tried on one morning, so that "yesterday" is a known day."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.models import User
from tests.factories import Cast
from tests.insights.tills import NOW


@pytest.fixture
def morning(cast: Cast) -> Iterator[Cast]:
    """The cast on Friday 20 March 2026, 08:00."""
    with time_machine.travel(NOW, tick=False):
        yield cast


@pytest.fixture
def queries(django_assert_num_queries: Any) -> Any:
    """How many queries a page takes once its roll-ups are made."""

    def count(client: Client, path: str) -> int:
        from django.db import connection

        assert client.get(path).status_code == 200
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    return count


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
