"""The import desk's figures, part by part. Each part is a module `_imports_<name>.py` with a `run` of its own."""

import argparse
import importlib
import sys
from pathlib import Path

from bench.figures import NotMeasured, say

_BEGINS = "_imports_"
PARTS = sorted(path.stem.removeprefix(_BEGINS) for path in Path(__file__).parent.glob(f"{_BEGINS}*.py"))


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench imports", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="the parts to measure; default: all")
    missing = [name for name in parser.parse_args(arguments).only if not _measured(name)]
    if missing:
        raise SystemExit(f"NOT MEASURED: {', '.join(missing)}.")


def _measured(name: str) -> bool:
    """Print a part's figures; False where something it needs is not there."""
    try:
        for figure in importlib.import_module(f"bench.{_BEGINS}{name}").run():
            say(**figure)
    except NotMeasured as error:
        print(f"{name}: {error}", file=sys.stderr)
        return False
    return True
