"""Tables as others write them: read right, refused with the cause, or silently wrong. `python -m bench reading --files`
names the files."""

from collections.abc import Iterator
from typing import Any

from bench import reading


def run() -> Iterator[dict[str, Any]]:
    yield from reading.run()
