"""Memory while files of one, two and four times the size come in: it must not grow with them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import _retail, scratch
from bench._memory import Memory
from shop.tenancy import use_shop

LINES = 150_000
MOST_MEGABYTES = 300


def run() -> Iterator[dict[str, Any]]:
    """Growth in megabytes of a first import in a fresh session, by the number of its lines."""
    with tempfile.TemporaryDirectory() as folder, scratch.database():
        for times in (1, 2, 4):
            path = Path(folder) / f"{times}.csv"
            _write(path, LINES * times)
            shop = _retail.shop(f"flat-{times}")
            with use_shop(shop), Memory() as memory:
                _retail.bring_in("sales_lines", path)
                for name, megabytes in memory.grown().items():
                    yield {
                        "figure": f"memory growth of the {name}, {LINES * times:,} lines, MB",
                        "value": megabytes,
                        "most": MOST_MEGABYTES,
                    }


def _write(path: Path, lines: int) -> None:
    with path.open("w") as file:
        file.write("receipt,time,product,quantity,price\n")
        for line in range(lines):
            receipt, day = line // 20, 1 + line // 20 % 28
            file.write(f"{receipt},2026-03-{day:02} 10:00,P{line * 7919 % 3000},2,1.25\n")
