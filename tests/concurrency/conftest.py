"""The night's processes, ended with the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.concurrency.night import Night
from tests.factories import Cast


@pytest.fixture
def night(committed_cast: Cast, tmp_path: Path) -> Iterator[Night]:
    night = Night(tmp_path)
    yield night
    night.end()
