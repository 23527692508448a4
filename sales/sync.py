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


def sync_state(till: Till) -> SyncState:
    """What has come from this till's register, latest epoch first, and what somebody has to decide about."""
    waiting = InboxItem.objects.open().filter(register=till.register_id, kind__in=_WAITING).order_by("-pk")
    ids: dict[str, list[str]] = {kind: [] for kind in _WAITING}
    for kind, id in waiting.values_list("kind", "told_id")[:MOST_ITEMS]:
        ids[kind].append(id)
    return SyncState(timezone.now(), _epochs(till), ids[InboxItem.Kind.PARKED], ids[InboxItem.Kind.CONFLICT])


_WAITING = (InboxItem.Kind.PARKED, InboxItem.Kind.CONFLICT)


def _epochs(till: Till) -> list[Epoch]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"shop": till.shop_id, "register": till.register_id, "most": MOST_NAMED})
        return [_epoch(*row) for row in cursor.fetchall()]


def _epoch(epoch: int, last: int, at: dt.datetime, firsts: list[int], lasts: list[int], count: int) -> Epoch:
    missing = list(zip(firsts, lasts, strict=True))
    return Epoch(epoch, missing[0][0] - 1 if missing else last, last, at, missing, int(count))


_COUNTED = """
with came as (
    select s.epoch, s.seq, s.received_at from sales_sale s
    where s.shop_id = %(shop)s and s.register_id = %(register)s and s.seq is not null
    union all
    select (i.payload->>'epoch')::integer, (i.payload->>'seq')::bigint, i.received_at from sales_inboxitem i
    where i.shop_id = %(shop)s and i.register_id = %(register)s and i.kind in ('parked', 'conflict')
        and i.payload ? 'seq'
),
steps as (
    select epoch, seq, received_at, coalesce(lag(seq) over (partition by epoch order by seq), 0) as before from came
),
gaps as (
    select epoch, before + 1 as first, seq - 1 as last,
        row_number() over (partition by epoch order by seq) as place
    from steps where seq > before + 1
)
select c.epoch, max(c.seq), max(c.received_at),
    array(select g.first from gaps g where g.epoch = c.epoch and g.place <= %(most)s order by g.first),
    array(select g.last from gaps g where g.epoch = c.epoch and g.place <= %(most)s order by g.first),
    (select coalesce(sum(g.last - g.first + 1), 0) from gaps g where g.epoch = c.epoch)
from came c group by c.epoch order by max(c.received_at) desc, c.epoch desc limit 20
"""
