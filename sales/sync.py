"""What the shop has of a till's own count, so that nothing can go missing in silence.

Numbers count from 1 in each epoch. What was set aside has come as well: a person decides about it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from sales.models import InboxItem
from shop.devices import Till
from shop.tenancy import current_shop_id

MOST_NAMED = 1_000
MOST_ITEMS = 1_000


@dataclass(frozen=True, slots=True)
class Epoch:
    """One counting of a till: all up to `contiguous_seq` have come. `missing` are ranges, first and last included."""

    epoch: int
    contiguous_seq: int
    last_seq: int
    last_received_at: dt.datetime
    missing: list[tuple[int, int]]
    missing_count: int


@dataclass(frozen=True, slots=True)
class SyncState:
    """`parked` and `conflicts` are the ids of what waits for a person."""

    server_time: dt.datetime
    epochs: list[Epoch]
    parked: list[str]
    conflicts: list[str]


@dataclass(frozen=True, slots=True)
class NeverCame:
    """Numbers of a till's own count that never came: how many, and the latest of them as first and last."""

    register: int
    till: str
    branch: str
    count: int
    latest: list[tuple[int, int]]


def sync_state(till: Till) -> SyncState:
    """What has come from this till's register, latest epoch first, and what somebody has to decide about."""
    waiting = InboxItem.objects.open().filter(register=till.register_id, kind__in=_WAITING).order_by("-pk")
    ids: dict[str, list[str]] = {kind: [] for kind in _WAITING}
    for kind, id in waiting.values_list("kind", "told_id")[:MOST_ITEMS]:
        ids[kind].append(id)
    return SyncState(timezone.now(), _epochs(till), ids[InboxItem.Kind.PARKED], ids[InboxItem.Kind.CONFLICT])


def never_came() -> list[NeverCame]:
    """Tills from whose count numbers are missing, the most first. What was set aside has come."""
    with connection.cursor() as cursor:
        cursor.execute(_NEVER_CAME, {"shop": current_shop_id(), "register": None})
        return [
            NeverCame(till, name, branch, int(count), list(zip(firsts, lasts, strict=True)))
            for till, name, branch, count, firsts, lasts in cursor.fetchall()
        ]


_WAITING = (InboxItem.Kind.PARKED, InboxItem.Kind.CONFLICT)


def _epochs(till: Till) -> list[Epoch]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"shop": till.shop_id, "register": till.register_id, "most": MOST_NAMED})
        return [_epoch(*row) for row in cursor.fetchall()]


def _epoch(epoch: int, last: int, at: dt.datetime, firsts: list[int], lasts: list[int], count: int) -> Epoch:
    missing = list(zip(firsts, lasts, strict=True))
    return Epoch(epoch, missing[0][0] - 1 if missing else last, last, at, missing, int(count))


# What came of the tills' counts, and the numbers left out of them: of one register, or of all where none is given.
_GAPS = """
with came as (
    select s.register_id, s.epoch, s.seq, s.received_at from sales_sale s
    where s.shop_id = %(shop)s and s.seq is not null and s.register_id = coalesce(%(register)s::bigint, s.register_id)
    union all
    select i.register_id, (i.payload->>'epoch')::integer, (i.payload->>'seq')::bigint, i.received_at
    from sales_inboxitem i
    where i.shop_id = %(shop)s and i.register_id = coalesce(%(register)s::bigint, i.register_id)
        and i.kind in ('parked', 'conflict') and i.payload ? 'seq'
),
steps as (
    select *, coalesce(lag(seq) over (partition by register_id, epoch order by seq), 0) as before from came
),
gaps as (
    select register_id, epoch, before + 1 as first, seq - 1 as last,
        row_number() over (partition by register_id, epoch order by seq) as place,
        row_number() over (partition by register_id order by epoch desc, seq desc) as latest
    from steps where seq > before + 1
)
"""
_COUNTED = f"""{_GAPS}
select c.epoch, max(c.seq), max(c.received_at),
    array(select g.first from gaps g where g.epoch = c.epoch and g.place <= %(most)s order by g.first),
    array(select g.last from gaps g where g.epoch = c.epoch and g.place <= %(most)s order by g.first),
    (select coalesce(sum(g.last - g.first + 1), 0) from gaps g where g.epoch = c.epoch)
from came c group by c.epoch order by max(c.received_at) desc, c.epoch desc limit 20
"""
_NEVER_CAME = f"""{_GAPS}
select g.register_id, r.name, b.name, sum(g.last - g.first + 1),
    array_agg(g.first order by g.latest) filter (where g.latest <= 3),
    array_agg(g.last order by g.latest) filter (where g.latest <= 3)
from gaps g
join shop_register r on r.shop_id = %(shop)s and r.id = g.register_id
join shop_branch b on b.shop_id = %(shop)s and b.id = r.branch_id
group by g.register_id, r.name, b.name order by 4 desc, r.name, g.register_id
"""
