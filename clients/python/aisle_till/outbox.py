"""What a till did and the shop does not know yet, on disk.

A sale is in the file, and the file is on the disk, before the drawer opens. The numbers of an epoch are given in the
same transaction as the sale they belong to: never one twice from this file, never one left out.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

SALE = "sale"
_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
_TABLES = """
create table if not exists fact (name text primary key, value text not null) without rowid;
create table if not exists item (
    n integer primary key autoincrement, id text not null unique, kind text not null, path text not null,
    body blob not null, made_at text not null, state text not null default 'waiting', answer text not null default ''
);
create index if not exists item_waiting on item (n) where state = 'waiting';
create table if not exists alarm (
    n integer primary key autoincrement, at text not null, level text not null, item text not null, words text not null,
    seen integer not null default 0, unique (level, item, words)
);
create table if not exists product (id integer primary key, sku text not null, plu text not null, body text not null);
create index if not exists product_sku on product (sku);
create index if not exists product_plu on product (plu);
create table if not exists barcode (code text primary key, product integer not null, pieces text not null);
"""


@dataclass(frozen=True)
class Item:
    """One document as it will be sent, byte for byte, as often as it takes."""

    n: int
    id: str
    kind: str
    path: str
    body: bytes


@dataclass(frozen=True)
class Alarm:
    """Something a person has to know. Of level `alarm`: something was refused. `notice`: it is in the shop's inbox."""

    n: int
    at: datetime
    level: str
    item: str
    words: str


def new_id(now: datetime) -> str:
    """A UUIDv7: unique without asking anybody, and in the order of time."""
    milliseconds = int(now.timestamp() * 1000) & (2**48 - 1)
    value = milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(UUID(int=value))


class Outbox:
    """The file. Any number of processes may use it at once; each thread opens its own."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.path.touch(mode=0o600)  # the till's key is in it
        self.db = sqlite3.connect(self.path, isolation_level=None, timeout=30)
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = full")
        self.db.executescript(_TABLES)

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on the disk when it ends, or none of it ever happened."""
        self.db.execute("begin immediate")
        try:
            yield self.db
        except BaseException:
            self.db.execute("rollback")
            raise
        self.db.execute("commit")

    def fact(self, name: str, otherwise: Any = None) -> Any:
        row = self.db.execute("select value from fact where name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else otherwise

    def keep(self, **facts: Any) -> None:
        rows = [(name, json.dumps(value)) for name, value in facts.items()]
        self.db.executemany("insert into fact values (?, ?) on conflict do update set value = excluded.value", rows)

    # --- Epochs: a copy of the file must never count on where the file counts ---------------------------------------

    def place(self) -> str:
        """Where the file is on this machine: a copy of it, or one brought back from a backup, is elsewhere."""
        found = self.path.stat()
        return f"{found.st_dev}:{found.st_ino}"

    def begin_epoch(self, now: datetime) -> int:
        """Count from 1 again, under a number that no earlier count had. Inside a `write`."""
        epoch = max(int((now - _BEGINNING).total_seconds()), int(self.fact("epoch", 0)) + 1)
        self.keep(epoch=epoch, seq=0, place=self.place())
        return epoch

    def next_number(self) -> tuple[int, int]:
        """The epoch and its next number. Inside the `write` that puts the sale it is for."""
        seq = int(self.fact("seq")) + 1
        self.keep(seq=seq)
        return int(self.fact("epoch")), seq

    # --- What waits, and what became of it --------------------------------------------------------------------------

    def put(self, id: str, kind: str, path: str, body: bytes, now: datetime) -> None:
        """Inside a `write`."""
        values = (id, kind, path, body, now.isoformat())
        self.db.execute("insert into item (id, kind, path, body, made_at) values (?, ?, ?, ?, ?)", values)

    def next(self, most: int, largest: int) -> list[Item]:
        """The oldest item that waits; where it is a sale, with the sales that follow it, as many as one call takes."""
        rows = self.db.execute(
            "select n, id, kind, path, body from item where state = 'waiting' order by n limit ?", (most,)
        ).fetchall()
        found: list[Item] = []
        size = 0
        for row in rows:
            item = Item(*row)
            size += len(item.body) + 1
            if found and (item.kind != SALE or found[0].kind != SALE or size > largest):
                break
            found.append(item)
        return found

    def settle(self, item: Item, state: str, answer: Any) -> None:
        """`done`: the shop has it. `kept`: it was refused, and stays here until a person has looked at it."""
        self.db.execute("update item set state = ?, answer = ? where n = ?", (state, json.dumps(answer), item.n))

    def count(self, state: str) -> int:
        found = self.db.execute("select count(*) from item where state = ?", (state,)).fetchone()
        return int(found[0])

    def document(self, id: str) -> dict[str, Any] | None:
        """A document this till made, as it was made."""
        row = self.db.execute("select body from item where id = ?", (id,)).fetchone()
        return json.loads(row[0]) if row else None

    def answer(self, id: str) -> Any:
        """What the shop said to it, None while it waits."""
        row = self.db.execute("select answer from item where id = ?", (id,)).fetchone()
        return json.loads(row[0]) if row and row[0] else None

    def send_kept_again(self) -> int:
        """Let what was refused wait again, after somebody put right why."""
        return self.db.execute("update item set state = 'waiting', answer = '' where state = 'kept'").rowcount

    def forget_done(self, before: datetime) -> int:
        """Drop what the shop has and nobody here will ask for."""
        values = (before.isoformat(),)
        return self.db.execute("delete from item where state = 'done' and made_at < ?", values).rowcount

    # --- People -----------------------------------------------------------------------------------------------------

    def alarm(self, level: str, words: str, now: datetime, item: str = "") -> None:
        """One alarm, however often it is found; seen, and found again, it is there again."""
        values = (now.isoformat(), level, item, words)
        self.db.execute(
            "insert into alarm (at, level, item, words) values (?, ?, ?, ?)"
            " on conflict do update set at = excluded.at, seen = 0",
            values,
        )

    def alarms(self) -> list[Alarm]:
        rows = self.db.execute("select n, at, level, item, words from alarm where seen = 0 order by n")
        return [Alarm(n, datetime.fromisoformat(at), *rest) for n, at, *rest in rows]

    def seen(self, alarm: Alarm) -> None:
        self.db.execute("update alarm set seen = 1 where n = ?", (alarm.n,))

    @contextmanager
    def only_sender(self) -> Iterator[bool]:
        """Whether this process may send now. The system lets go of the lock when its process dies, however it dies."""
        lock = sqlite3.connect(self.path.with_name(self.path.name + ".sending"), isolation_level=None, timeout=0)
        try:
            yield _taken(lock)
        finally:
            lock.close()


def _taken(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("begin exclusive")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return False
        raise
    return True
