"""`python -m bench NAME [arguments]`: run one bench; it prints a JSON line for each figure."""

import importlib
import os
import sys
from pathlib import Path

import django

BENCHES = sorted(
    path.stem for path in Path(__file__).parent.glob("[a-z]*.py") if path.stem not in {"figures", "scratch"}
)


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] not in BENCHES:
        print(f"Usage: python -m bench NAME, with one of: {', '.join(BENCHES)}.", file=sys.stderr)
        return 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    os.environ.setdefault("LOG_LEVEL", "WARNING")  # standard output is for figures
    from shop import embedded

    if embedded.in_use():
        embedded.ensure()
    django.setup()
    importlib.import_module(f"bench.{sys.argv[1]}").main(sys.argv[2:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
