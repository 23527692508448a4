"""A till to try in a terminal: `python -m aisle_till --help`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from .till import Till, TillError


def main(given: list[str] | None = None) -> int:
    """Run one command on the till's file. Returns 1 where it could not be done, 2 where something needs a person."""
    asked = _parser().parse_args(given)
    till = Till(asked.file)
    try:
        run: Callable[[Till, argparse.Namespace], None] = asked.run
        run(till, asked)
        _tell_alarms(till)
        return 2 if till.alarms() else 0
    except TillError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        till.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="aisle_till", description="A till that sells through Aisle.")
    parser.add_argument("--file", default="till.db", help="where this till keeps what it sold (default: till.db)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    enrol = _command(commands, "enrol", _enrol, "turn a one-time code into this till's key")
    enrol.add_argument("url", help="such as https://aisle.example")
    enrol.add_argument("code", help="from Settings, Tills")
    enrol.add_argument("--name", default="Till in a terminal")
    _command(commands, "shelf", _shelf, "fetch products and prices")
    scan = _command(commands, "scan", _scan, "say what a code is, by the copy on this till")
    scan.add_argument("code")
    sell = _command(commands, "sell", _sell, "sell goods by scanned code; 3x5012345678900 is three of them")
    sell.add_argument("codes", nargs="+")
    sell.add_argument("--tender", default="cash")
    sell.add_argument("--cashier", default="")
    opening = _command(commands, "open", _open, "open a shift with this much change in the drawer")
    opening.add_argument("float", nargs="?", default="0")
    opening.add_argument("--cashier", default="")
    close = _command(commands, "close", _close, "close the shift with what was counted, such as cash=120.50 card=98")
    close.add_argument("counts", nargs="+", metavar="tender=amount")
    close.add_argument("--cashier", default="")
    sync = _command(commands, "sync", _sync, "send what waits")
    sync.add_argument("--patience", type=float, default=0.0, help="seconds to go on trying (default: one try)")
    sync.add_argument("--forever", action="store_true", help="go on sending until stopped")
    sync.add_argument("--kept", action="store_true", help="also what was refused before, after somebody put right why")
    _command(commands, "status", _status, "what waits, and what needs a person")
    _command(commands, "seen", _seen, "say that a person has read the alarms")
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[Till, argparse.Namespace], None],
    about: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=about, description=about)
    parser.set_defaults(run=run)
    return parser


def _enrol(till: Till, asked: argparse.Namespace) -> None:
    till.enrol(asked.url, asked.code, asked.name)
    print("Enrolled. Next: shelf, then sell.")


def _shelf(till: Till, asked: argparse.Namespace) -> None:
    print(f"{till.sync_shelf()} products changed.")


def _scan(till: Till, asked: argparse.Namespace) -> None:
    found = till.scan(asked.code)
    print(f"{found.name}: {found.quantity} at {found.unit_price}" if found else "Not known here.")


def _sell(till: Till, asked: argparse.Namespace) -> None:
    scanned = []
    for code in asked.codes:
        times, _, rest = code.rpartition("x")
        found = till.scan(rest)
        if found is None:
            raise TillError(f"{rest} is not known here. Run shelf first, or check the code.")
        scanned.append(found.times(_amount(times or "1")))
    lines = till.shelf.lines(scanned, till.now())
    total = till.shelf.total(lines)
    sold = till.sell(lines, [{"tender": asked.tender, "amount": total}], cashier=asked.cashier)
    print(f"Sold for {total}, receipt {sold.receipt}. It is safe here; {till.waiting()} waiting to be sent.")


def _open(till: Till, asked: argparse.Namespace) -> None:
    till.open_shift(_amount(asked.float), asked.cashier)
    print("The shift is open.")


def _close(till: Till, asked: argparse.Namespace) -> None:
    counts = dict(pair.partition("=")[::2] for pair in asked.counts)
    till.close_shift({tender: _amount(amount) for tender, amount in counts.items()}, asked.cashier)
    print("The shift is closed; its report is made once all of it has been sent.")


def _sync(till: Till, asked: argparse.Namespace) -> None:
    if asked.kept:
        till.send_kept_again()
    while True:
        sent = till.sync(asked.patience)
        print(f"{sent.done} sent, {sent.waiting} waiting, {sent.kept} refused and kept.")
        if not asked.forever:
            return
        time.sleep(max(sent.wait, 1.0))


def _status(till: Till, asked: argparse.Namespace) -> None:
    device = till.device
    if device:
        print(" / ".join(str(device.get(part, {}).get("name", "")) for part in ("shop", "branch", "register")))
    print(f"{till.waiting()} waiting, safe on this till. {till.kept()} refused and kept.")


def _seen(till: Till, asked: argparse.Namespace) -> None:
    for alarm in till.alarms():
        till.seen(alarm)


def _tell_alarms(till: Till) -> None:
    for alarm in till.alarms():
        print(f"{alarm.level}: {alarm.words} {alarm.item}".rstrip(), file=sys.stderr)


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise TillError(f"{text} is not an amount. Write it like 12.50.") from error


if __name__ == "__main__":
    sys.exit(main())
