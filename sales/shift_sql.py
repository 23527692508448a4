"""The statements behind a shift's report: each adds up the documents of many shifts at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

_OF_SHIFTS = "from sales_sale s where s.shop_id = %(shop)s and s.shift_id = any(%(shifts)s)"
_COUNTED = "s.voided_at is null"


def _group(name: str, kind: str) -> str:
    only = f"filter (where s.kind = '{kind}' and {_COUNTED})"
    return f"count(*) {only} as {name}_count, coalesce(sum(s.total) {only}, 0) as {name}_amount"


# `came` counts what the till sent, voided later or not: that is what it counts itself.
_DOCUMENTS = f"""
select s.shift_id, count(*) as came, array_agg(s.id order by s.id) as ids,
    count(*) filter (where {_COUNTED}) as documents,
    count(*) filter (where {_COUNTED} and s.kind in ('sale', 'exchange'))
        - count(*) filter (where {_COUNTED} and s.kind = 'void') as baskets,
    coalesce(sum(s.total) filter (where {_COUNTED}), 0) as total,
    coalesce(sum(s.rounding) filter (where {_COUNTED}), 0) as rounding,
    {_group("refunds", "refund")}, {_group("voids", "void")}, {_group("exchanges", "exchange")},
    coalesce(array_agg(distinct s.cashier) filter (where s.cashier <> ''), '{{}}') as cashiers,
    coalesce((array_agg(s.receipt order by s.sold_at, s.id) filter (where s.receipt <> ''))[1], '') as first_receipt,
    coalesce((array_agg(s.receipt order by s.sold_at desc, s.id desc) filter (where s.receipt <> ''))[1], '')
        as last_receipt,
    min(s.seq) as first_seq, max(s.seq) as last_seq
{_OF_SHIFTS} group by s.shift_id
"""

NO_DOCUMENTS: dict[str, Any] = {
    "came": 0,
    "ids": [],
    "documents": 0,
    "baskets": 0,
    "total": Decimal(0),
    "rounding": Decimal(0),
    "cashiers": [],
    "first_receipt": "",
    "last_receipt": "",
    "first_seq": None,
    "last_seq": None,
    **{f"{name}_count": 0 for name in ("refunds", "voids", "exchanges")},
    **{f"{name}_amount": Decimal(0) for name in ("refunds", "voids", "exchanges")},
}

# Lateral, with a grouping of its own: each sale's parts are looked up by the sale. The planner takes a shop it has no
# statistics of for empty, and would compare every sale with every line of the shop (measured: minutes for 5,000).
_LINES = f"""
select s.shift_id, l.rate, sum(l.net) as net, sum(l.tax) as tax, sum(l.discount) as discount,
    coalesce(sum(l.deposits), 0) as deposits
from sales_sale s cross join lateral (
    select l.tax_rate as rate, sum(l.net) as net, sum(l.tax) as tax, sum(l.discount) as discount,
        sum(l.net + l.tax) filter (where l.deposit_of is not null) as deposits
    from sales_saleline l where l.shop_id = s.shop_id and l.sale_id = s.id group by l.tax_rate
) l
where s.shop_id = %(shop)s and s.shift_id = any(%(shifts)s) and {_COUNTED}
group by s.shift_id, l.rate order by s.shift_id, l.rate nulls last
"""

_PAYMENTS = f"""
select s.shift_id, p.tender, sum(p.taken) as taken, coalesce(-sum(p.given), 0) as given_back
from sales_sale s cross join lateral (
    select lower(trim(p.tender)) as tender, sum(p.amount) as taken,
        sum(p.amount) filter (where p.amount < 0) as given
    from sales_payment p where p.shop_id = s.shop_id and p.sale_id = s.id group by 1
) p
where s.shop_id = %(shop)s and s.shift_id = any(%(shifts)s) and {_COUNTED}
group by s.shift_id, p.tender
"""

FACTS = {"documents": _DOCUMENTS, "lines": _LINES, "payments": _PAYMENTS}

# What was parked came too; its number is in what the till sent.
MISSING = """
with here as (
    select s.seq from sales_sale s
    where s.shop_id = %(shop)s and s.register_id = %(register)s and s.seq between %(first)s and %(last)s
        and (s.epoch = %(epoch)s::int or (%(epoch)s::int is null and s.epoch is null))
    union
    select (i.payload ->> 'seq')::bigint from sales_inboxitem i
    where i.shop_id = %(shop)s and i.register_id = %(register)s and i.kind in ('parked', 'conflict')
        and i.payload ->> 'seq' ~ '^[0-9]{1,18}$'
        and i.payload ->> 'epoch' is not distinct from %(epoch)s::int::text
),
edges as (
    select %(first)s::bigint - 1 as seq union all select seq from here where seq between %(first)s and %(last)s
    union all select %(last)s::bigint + 1
)
select gap.seq + 1, gap.next - 1
from (select seq, lead(seq) over (order by seq) as next from edges) gap
where gap.next > gap.seq + 1 order by 1 limit 500
"""

SET_ASIDE = """
select count(*) from sales_inboxitem i
where i.shop_id = %(shop)s and i.register_id = %(register)s and i.kind = 'parked' and i.resolved_at is null
    and i.payload ->> 'shift' = %(shift)s
"""
