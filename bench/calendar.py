"""How well an owner's sentence becomes a dated event: the parser alone and, with `--shop`, that shop's model beside it.

The sentences in calendar_sentences.csv were labelled by somebody else than the parser's writer, who had the ones marked
"seen" before him; only the others tell how it does on new ones. "Today" is Saturday 21 November 2026. Right: exactly
the labelled days; for the change, its direction where one was labelled.
"""

import argparse
import csv
import datetime as dt
import functools
from collections.abc import Callable
from pathlib import Path

from bench.figures import say
from insights.calendar import asking, sentences
from insights.calendar.sentences import Proposal
from insights.providers import gateway
from shop import doors
from shop.models import Shop
from shop.tenancy import use_shop

TODAY = dt.date(2026, 11, 21)
Reader = Callable[[str], Proposal | None]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench calendar")
    parser.add_argument("--shop", help="a shop whose connected model is asked too, which may cost money")
    parser.add_argument("--show", action="store_true", help="name the sentences that were read wrongly")
    options = parser.parse_args(arguments)
    with (Path(__file__).parent / "calendar_sentences.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for seen, name in (("yes", "seen before"), ("no", "new")):
        some = [row for row in rows if row["seen"] == seen]
        _score(f"parser, {name}", some, lambda said: sentences.read(said, TODAY, country="GB"), show=options.show)
        if options.shop:
            shop = doors.shop_by_slug(options.shop)
            assert shop is not None, "there is no such shop"
            with use_shop(shop):
                _score(f"model, {name}", some, functools.partial(_by_model, shop), show=options.show)


def _by_model(shop: Shop, said: str) -> Proposal | None:
    answer = gateway.ask(asking.question(said, shop, TODAY), run_key="bench:calendar")
    return asking.checked(answer.data, TODAY)


def _score(name: str, rows: list[dict[str, str]], read: Reader, *, show: bool) -> None:
    days, directions, labelled = 0, 0, 0
    for row in rows:
        found = read(row["said"])
        right = _days_right(row, found)
        days += right
        if row["effect"] in {"up", "down", "shut"}:
            labelled += 1
            directions += _direction(found) == row["effect"]
        if show and not right:
            print(f"{row['said']}: {found.first if found else None} to {found.last if found else None}")
    say(f"{name}: days read right, share of {len(rows)}", days / len(rows))
    say(f"{name}: direction of the change read right, share of {labelled}", directions / labelled)


def _days_right(row: dict[str, str], found: Proposal | None) -> bool:
    if not row["first"]:
        return found is None
    return found is not None and (found.first.isoformat(), found.last.isoformat()) == (row["first"], row["last"])


def _direction(found: Proposal | None) -> str:
    if found is None:
        return ""
    if found.is_closed:
        return "shut"
    change = found.effect or 0
    return "up" if change > 0 else "down" if change < 0 else ""
