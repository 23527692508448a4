"""online_retail from its file to finished roll-ups, against plain COPY of the same file."""

import statistics
from collections.abc import Iterator
from typing import Any

from bench import _retail, scratch
from bench._memory import Memory
from shop.tenancy import use_shop

FLOORS = 5
LEAST = 0.03
MOST_MEGABYTES = 300


def run() -> Iterator[dict[str, Any]]:
    """Rows a second of the import and of COPY (median of five); the import again; memory growth."""
    _retail.must_be_there()
    rows = _retail.ROWS
    with scratch.database():
        shop = _retail.shop("retail")
        with use_shop(shop), Memory() as memory:
            seconds, result, _ = _retail.bring_in("sales_lines", _retail.FILE, _retail.MAPS)
            grown = memory.grown()
            again, _, _ = _retail.bring_in("sales_lines", _retail.FILE, _retail.MAPS)
        floor = statistics.median(_retail.plain_copy("") for _ in range(FLOORS))
        bare = statistics.median(_retail.plain_copy("temp") for _ in range(FLOORS))
    yield {"figure": "import, rows a second", "value": rows / seconds, "floor": rows / floor, "least": LEAST}
    yield {"figure": "import against COPY without log, rows a second", "value": rows / seconds, "floor": rows / bare}
    yield {"figure": "the same file again, rows a second", "value": rows / again, "floor": rows / floor}
    for name, megabytes in grown.items():
        yield {"figure": f"memory growth of the {name}, MB", "value": megabytes, "most": MOST_MEGABYTES}
    for name, took in sorted(result.statements.items(), key=lambda item: -item[1])[:12]:
        yield {"figure": f"of it: {name}, seconds", "value": took}
    yield {"figure": "of it: after the commit, seconds", "value": seconds - result.seconds}
