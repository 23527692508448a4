"""Everything the insights are measured by: each topic has a bench of its own, and all of them run from here."""

import argparse
import importlib
from pathlib import Path

TOPICS = ("sentiment", "pricing", "competitors", "markdown", "ledger", "search")


def main(arguments: list[str]) -> None:
    here = [topic for topic in TOPICS if Path(__file__).with_name(f"{topic}.py").exists()]
    parser = argparse.ArgumentParser(prog="python -m bench insights")
    parser.add_argument("--only", choices=here)
    only = parser.parse_args(arguments).only
    for topic in here if only is None else [only]:
        importlib.import_module(f"bench.{topic}").measure()
