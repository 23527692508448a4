"""online_retail taken back, against bringing it in."""

import time
from collections.abc import Iterator
from typing import Any

from bench import _retail, scratch
from shop.imports import running, undo
from shop.imports.kinds import find_kind
from shop.tenancy import use_shop

MOST = 2  # times as long as the import


def run() -> Iterator[dict[str, Any]]:
    """Seconds of the undoing, its roll-ups too; of saying beforehand what it would do; of importing once more."""
    _retail.must_be_there()
    with scratch.database(), use_shop(_retail.shop("retail")):
        seconds, _, imported = _retail.bring_in("sales_lines", _retail.FILE, _retail.MAPS)
        started = time.perf_counter()
        undo.plan(imported)
        planned = time.perf_counter() - started
        started = time.perf_counter()
        undo.take_back(imported, by="bench")
        running.finish(find_kind(imported.kind), 0)
        took = time.perf_counter() - started
        again, result, _ = _retail.bring_in("sales_lines", _retail.FILE, _retail.MAPS)
        assert result.created == _retail.ROWS, "what was taken back comes again, and is counted once"
    yield {"figure": "undo, seconds", "value": took, "floor": seconds, "most": MOST}
    yield {"figure": "saying what the undo would do, seconds", "value": planned}
    yield {"figure": "import after the undo, seconds", "value": again, "floor": seconds}
