"""A till that sells through Aisle, with or without a network: what happened goes to the disk, then to the shop."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .outbox import SALE, Alarm, Outbox, new_id
from .sender import Sender, Sent
from .shelf import Scanned, Shelf
from .wire import Answer, Verdict, Wire

Line = Mapping[str, Any]
Amount = Decimal | str
_AMOUNTS = frozenset({"quantity", "unit_price", "discount", "tax_rate", "net", "tax", "amount", "total", "rounding"})


class TillError(Exception):
    """What was asked cannot be done; the message is for a person."""


@dataclass(frozen=True)
class Sold:
    """A document that is safe on this till's disk."""

    id: str
    epoch: int
    seq: int
    receipt: str


class Till:
    """One register. Everything but `enrol`, `sync` and the look-ups works without a network, and at once.

    Use one object a thread; any number of objects and processes may share the file.
    """

    def __init__(
        self, path: Path | str, *, timeout: float = 10.0, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.outbox = Outbox(path)
        self.shelf = Shelf(self.outbox)
        self.timeout = timeout
        self.now = clock
        self._compared = False
        self._begin_anew_where_copied()

    def close(self) -> None:
        self.outbox.close()

    @property
    def wire(self) -> Wire:
        url, key = self.outbox.fact("url"), self.outbox.fact("key")
        if not url or not key:
            raise TillError("This till is not enrolled yet.")
        return Wire(url, key, self.timeout)

    @property
    def device(self) -> dict[str, Any]:
        """What the shop said at enrolment: its name, the branch, the register."""
        found: dict[str, Any] = self.outbox.fact("device", {})
        return found

    # --- Enrolment --------------------------------------------------------------------------------------------------

    def enrol(self, url: str, code: str, name: str) -> dict[str, Any]:
        """Turn a one-time code into this till's key. A new epoch begins: the count of an earlier one is closed."""
        answer = Wire(url, timeout=self.timeout).call("POST", "enrol", _bytes({"code": code, "name": name}))
        if answer.verdict is not Verdict.DONE or not answer.body.get("key"):
            raise TillError(answer.words if answer.status else f"{url} does not answer.")
        device = {field: value for field, value in answer.body.items() if field != "key"}
        if self.outbox.count("waiting") and device.get("register") != self.device.get("register"):
            raise TillError("Sales of another till still wait in this file. Send them first, or start a new file.")
        with self.outbox.write():
            self.outbox.keep(url=url, key=answer.body["key"], device=device)
            self.outbox.begin_epoch(self.now())
        return device

    def rotate_key(self) -> None:
        """Change the key. The old one is good for another day, so a lost answer locks nobody out."""
        answer = self._ask("POST", "device:rotate", b"{}")
        with self.outbox.write():
            self.outbox.keep(key=answer["key"])

    def _begin_anew_where_copied(self) -> None:
        with self.outbox.write():
            known = self.outbox.fact("place")
            if known and known != self.outbox.place():
                self.outbox.begin_epoch(self.now())
                self.outbox.alarm("notice", "This file was copied or brought back; a new count begins.", self.now())

    # --- Selling ----------------------------------------------------------------------------------------------------

    def sell(self, lines: Sequence[Line], payments: Sequence[Line], **about: Any) -> Sold:
        """Write a sale to the disk and return; `sync` sends it.

        A line names `sku`, `barcode` or `name`, a `quantity` in the product's own unit, and what of `unit_price`,
        `discount`, `tax_rate`, `net` with `tax`, `deposit_of`, `returns`, `restock` the till knows. `about` may say
        `cashier`, `customer`, `channel`, `receipt`, `total`, `rounding`, `sold_at`, `kind`, `refund_of`, `shift`.
        """
        if not lines:
            raise TillError("A sale needs at least one line.")
        now = self.now()
        with self.outbox.write():
            self._enrolled()
            epoch, seq = self.outbox.next_number()
            shift = self._counted_in_shift(epoch, seq)
            document = {
                "id": new_id(now),
                "sold_at": now,
                "epoch": epoch,
                "seq": seq,
                "receipt": f"{epoch}-{seq}",
                **({"shift": shift} if shift else {}),
                **{name: value for name, value in about.items() if value is not None},
                "lines": [dict(line) for line in lines],
                "payments": [dict(payment) for payment in payments],
            }
            self.outbox.put(document["id"], SALE, "sales", _bytes(document), now)
        return Sold(document["id"], epoch, seq, document["receipt"])

    def refund(
        self, sale: str, back: Mapping[int, Amount], payments: Sequence[Line], *, restock: bool = True, **about: Any
    ) -> Sold:
        """Take goods back: by line number of that sale, how much. Money given back has a minus.

        The sale may be of any till, or still wait to be sent. `refundable` tells what is left of it and its worth.
        """
        lines = self._returned(sale, back, restock=restock)
        return self.sell(lines, payments, kind="refund", refund_of=sale, **about)

    def exchange(
        self, sale: str, back: Mapping[int, Amount], lines: Sequence[Line], payments: Sequence[Line], **about: Any
    ) -> Sold:
        """Goods back and other goods out on one receipt; the payments are the difference."""
        both = [*lines, *self._returned(sale, back, restock=True)]
        return self.sell(both, payments, kind="exchange", refund_of=sale, **about)

    def void(self, sale: str, **about: Any) -> Sold:
        """Undo a sale of this till as a whole: a document of its own, which the first one stays beside."""
        first = self.outbox.document(sale)
        if first is None:
            raise TillError("Only a sale of this till can be voided. Give others back with a refund.")
        if any(Decimal(line["quantity"]) <= 0 for line in first["lines"]):
            raise TillError("What took goods back cannot be voided. Sell them again.")
        back = {n: line["quantity"] for n, line in enumerate(first["lines"], start=1)}
        payments = [{**paid, "amount": -Decimal(paid["amount"])} for paid in first["payments"]]
        lines = self._returned(sale, back, restock=True)
        return self.sell(lines, payments, kind="void", refund_of=sale, **about)

    def _returned(self, sale: str, back: Mapping[int, Amount], *, restock: bool) -> list[Line]:
        """Without prices: the shop takes them, tax and discount from the line that comes back."""
        known = (self.outbox.document(sale) or {}).get("lines", [])
        named = {
            n: {k: v for k, v in line.items() if k in ("sku", "barcode", "name")} for n, line in enumerate(known, 1)
        }
        return [
            {
                **named.get(n, {}),
                "quantity": -Decimal(quantity),
                "returns": {"sale": sale, "line": n},
                "restock": restock,
            }
            for n, quantity in back.items()
        ]

    # --- Shifts and cash --------------------------------------------------------------------------------------------

    @property
    def shift(self) -> dict[str, Any] | None:
        """The shift this till is in: its id, and how many sales of which numbers it has had."""
        found: dict[str, Any] | None = self.outbox.fact("shift")
        return found

    def open_shift(self, opening_float: Amount = "0", cashier: str = "") -> str:
        """Begin a shift with this much change in the drawer; returns its id."""
        now = self.now()
        with self.outbox.write():
            self._enrolled()
            if self.shift:
                raise TillError("A shift is open already. Close it first.")
            shift = new_id(now)
            told: dict[str, Any] = {
                "id": shift,
                "opened_at": now,
                "float": str(opening_float),
                "epoch": self.outbox.fact("epoch"),
                "cashier": cashier,
            }
            self.outbox.put(shift, "shift", "shifts", _bytes(told), now)
            self.outbox.keep(shift={"id": shift, "sales": 0, "epoch": self.outbox.fact("epoch")})
        return shift

    def close_shift(self, counts: Mapping[str, Amount], cashier: str = "", note: str = "") -> str:
        """End the shift with what was counted of each tender. It goes after every sale of the shift, never before."""
        now = self.now()
        with self.outbox.write():
            shift = self._open_shift()
            told: dict[str, Any] = {
                "closed_at": now,
                "cashier": cashier,
                "counted": {tender: str(amount) for tender, amount in counts.items()},
                "sales": shift["sales"],
                **{name: shift[name] for name in ("epoch", "first_seq", "last_seq") if name in shift},
                **({"note": note} if note else {}),
            }
            self.outbox.put(f"{shift['id']}:close", "close", f"shifts/{shift['id']}:close", _bytes(told), now)
            self.outbox.keep(shift=None)
        return str(shift["id"])

    def move_cash(self, kind: str, amount: Amount, reason: str = "", cashier: str = "") -> str:
        """Cash into or out of the drawer without a sale: `paid_in`, `paid_out`, or `drop` to the safe or bank."""
        now = self.now()
        with self.outbox.write():
            shift = self._open_shift()
            id = new_id(now)
            told = {
                "id": id,
                "kind": kind,
                "amount": str(amount),
                "moved_at": now,
                "reason": reason,
                "cashier": cashier,
            }
            self.outbox.put(id, "cash", f"shifts/{shift['id']}/cash", _bytes(told), now)
        return id

    def _open_shift(self) -> dict[str, Any]:
        if self.shift is None:
            raise TillError("No shift is open.")
        return self.shift

    def _counted_in_shift(self, epoch: int, seq: int) -> str:
        """The shift a new sale belongs to, with the sale counted in it; "" where none is open."""
        shift = self.shift
        if shift is None:
            return ""
        if shift.get("epoch") != epoch or "first_seq" not in shift:
            shift |= {"epoch": epoch, "first_seq": seq}
        self.outbox.keep(shift=shift | {"sales": shift["sales"] + 1, "last_seq": seq})
        return str(shift["id"])

    def _enrolled(self) -> None:
        if self.outbox.fact("epoch") is None:
            raise TillError("This till is not enrolled yet.")

    # --- The network ------------------------------------------------------------------------------------------------

    def sync(self, patience: float = 0.0) -> Sent:
        """Send what waits, in order; give up where nothing got through for `patience` seconds. Never raises for it."""
        sender = Sender(self.outbox, self.wire, self.now, compare=not self._compared)
        sent = sender.send(patience)
        self._compared = not sender.compare
        return sent

    def sync_shelf(self) -> int:
        """Bring the local copy of products, prices and barcode rules up to date; returns how many changed."""
        return self.shelf.sync(self.wire)

    def scan(self, code: str, at: datetime | None = None) -> Scanned | None:
        """What a code is, by the local copy, at the price of the hour. None: unknown; sell it by name and price."""
        return self.shelf.scan(code, at or self.now())

    def refundable(self, sale: str) -> dict[str, Any]:
        """What is left to give back of a sale, line by line, and what it is worth."""
        return self._ask("GET", f"sales/{sale}/refundable")

    def look_up(self, code: str) -> dict[str, Any]:
        """What the shop says about a code right now, with a warning where its lots have run out."""
        return self._ask("GET", f"lookup?code={quote(code)}")

    def _ask(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        answer: Answer = self.wire.call(method, path, body, at=self.now())
        if answer.verdict is not Verdict.DONE:
            raise TillError(answer.words if answer.status else "The shop cannot be reached now.")
        found: dict[str, Any] = answer.body
        return found

    # --- What a screen shows ----------------------------------------------------------------------------------------

    def waiting(self) -> int:
        """Documents that are safe here and not yet with the shop."""
        return self.outbox.count("waiting")

    def kept(self) -> int:
        """Documents the shop refused: here until a person has looked at them."""
        return self.outbox.count("kept")

    def forget(self, days: int = 90) -> int:
        """Drop what the shop has had for so long; it can no longer be voided here. What waits or was refused stays."""
        with self.outbox.write():
            return self.outbox.forget_done(self.now() - timedelta(days=days))

    def send_kept_again(self) -> int:
        """Let what was refused wait again, after somebody put right why; returns how many."""
        with self.outbox.write():
            return self.outbox.send_kept_again()

    def seen(self, alarm: Alarm) -> None:
        """Somebody has read it. It is there again if it happens again."""
        self.outbox.seen(alarm)

    def alarms(self) -> list[Alarm]:
        """What a person has to know and nobody has marked as seen."""
        return self.outbox.alarms()


def _bytes(document: Any) -> bytes:
    return json.dumps(_plain(document), ensure_ascii=False, separators=(",", ":")).encode()


def _plain(value: Any, name: str = "") -> Any:
    """Amounts as decimal strings, times with their offset. A float has lost the cent it was for, so it is refused."""
    if isinstance(value, float):
        raise TillError(f"{name or 'An amount'} is a float. Amounts are Decimal or text.")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TillError("A time needs its time zone.")
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, name) for inner in value]
    return str(value) if name in _AMOUNTS and isinstance(value, int) else value
