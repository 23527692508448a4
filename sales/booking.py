"""How a till's document gets into the books: by one statement, so that it is there whole or not at all.

Document, lines, payments, stock movements, levels, the mark on its day and what a person should look at are parts of
it. Whoever sends the same id at the same time waits for the first, and finds the document there. Nothing here decides:
`sales.till` has worked out every value.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any
from uuid import UUID

from inventory import ledger_sql
from sales.told import ToldCustomer
from shop.db.messages import Call, Statement, send
from shop.scope import current_actor, current_shop_id


@dataclass(frozen=True, slots=True)
class Booked:
    """A document that is in the books now. `is_awaited`: something came before it that takes it back."""

    id: int
    flags: list[str]
    is_awaited: bool


def write(
    document: dict[str, Any], *, branch: int, at: dt.datetime, customer: ToldCustomer | None = None
) -> Booked | None:
    """Book a document, with a customer not known yet; None where its id, or its till's number, is booked already."""
    shop, actor = current_shop_id(), current_actor()[0]
    calls: list[Call] = [lock_call([document["uuid"]])]
    if customer:
        calls.append((_MAKE_CUSTOMER, [shop, *astuple(customer)]))
    calls.append((_BOOK, [json.dumps(document), shop, branch, at, actor]))
    rows = send(*calls)[-1]
    return Booked(*rows[0]) if rows else None


def lock(ids: Iterable[UUID]) -> None:
    """Hold these sales for the transaction: a sale and what takes it back are booked one after the other."""
    send(lock_call([str(id) for id in ids]))


def lock_call(ids: list[str]) -> Call:
    return _ONE_AT_A_TIME, [current_shop_id(), sorted(ids)]


_ONE_AT_A_TIME = Statement(
    "aisle_one_at_a_time",
    "bigint, text[]",
    "select pg_advisory_xact_lock(hashtextextended('sale:' || id, $1)) from unnest($2) as id",
)

_MAKE_CUSTOMER = Statement(
    "aisle_make_customer",
    "bigint, text, text, text, text",
    "insert into customers_customer (shop_id, code, name, email, phone, tier, needs_review)"
    " values ($1, $2, $3, $4, $5, '', true) on conflict do nothing returning id",
)

_HERE = {"shop": "$2", "branch": "$3", "at": "$4", "actor": "$5"}
_TOLD = """
told as materialized (
    select * from jsonb_to_record($1) as d (uuid uuid, kind text, channel text, register bigint, customer text,
        refund_of uuid, receipt text, epoch integer, seq bigint, shift uuid, told_at timestamptz, business_date date,
        cashier text, total numeric, rounding numeric, line_count integer, flags text[], fingerprint text,
        received_at timestamptz)
),
line as materialized (
    select l.number, coalesce(p.merged_into_id, l.product) as product, l.name, l.barcode, l.quantity, l.unit_price,
        l.discount, l.net, l.tax, l.tax_rate, l.cost, l.deposit_of, l.returns_sale, l.returns_line, l.restock, l.lot
    from jsonb_to_recordset($1->'lines') as l (number integer, product bigint, name text, barcode text,
        quantity numeric, unit_price numeric, discount numeric, net numeric, tax numeric, tax_rate numeric,
        cost numeric, deposit_of integer, returns_sale uuid, returns_line integer, restock boolean, lot bigint)
    left join inventory_product p on p.shop_id = {shop} and p.id = l.product and p.merged_into_id is not null
),
moves as (
    select l.product as product_id, case when l.quantity < 0 then 'refund' else 'sale' end as kind,
        -l.quantity as quantity, round(l.cost / l.quantity, 4) as unit_cost,
        'sale:' || d.uuid || ':' || l.number as source, l.lot as lot_id
    from told d, line l where l.product is not null and l.quantity <> 0 and (l.restock or l.quantity > 0)
)
"""
_ODD = """
odd as materialized (
    select d.flags
        || array(select 'below_zero' from followed where not counted
            group by product_id having min(level) + sum(quantity) < 0 and sum(quantity) < 0 limit 1)
        || array(select 'seq_reused' from sales_sale s where s.shop_id = {shop} and s.register_id = d.register
            and s.epoch = d.epoch and s.seq = d.seq limit 1) as flags
    from told d
)
"""
# A shift that was named may come later and take its sales then; without one it is the shift of the time.
_SALE = """
booked as (
    insert into sales_sale (shop_id, uuid, kind, channel, source, branch_id, register_id, shift_id, customer_id,
        refund_of_id, receipt, epoch, seq, shift_key, sold_at, told_at, business_date, cashier, total, rounding,
        line_count, flags, fingerprint, received_at)
    select {shop}, d.uuid, d.kind, d.channel, 'api', {branch}, d.register,
        case when d.shift is null then (
            select f.id from sales_shift f where f.shop_id = {shop} and f.register_id = d.register
            and f.opened_at <= {at} and (f.closed_at is null or f.closed_at > {at}) order by f.opened_at desc limit 1
        ) else (
            select f.id from sales_shift f where f.shop_id = {shop} and f.uuid = d.shift and f.register_id = d.register
        ) end,
        case when d.customer is not null then (
            select c.id from customers_customer c where c.shop_id = {shop} and c.code = d.customer
        ) end,
        (select s.id from sales_sale s where s.shop_id = {shop} and s.uuid = d.refund_of),
        d.receipt, d.epoch, d.seq, d.shift, {at}, d.told_at, d.business_date, d.cashier, d.total, d.rounding,
        d.line_count, o.flags, d.fingerprint, d.received_at
    from told d, odd o
    on conflict do nothing returning id, uuid, flags
)
"""
_PARTS = """
lines as (
    insert into sales_saleline (shop_id, sale_id, number, product_id, name, barcode, quantity, unit_price, discount,
        net, tax, tax_rate, cost, deposit_of, returns_sale, returns_line, restock)
    select {shop}, b.id, l.number, l.product, l.name, l.barcode, l.quantity, l.unit_price, l.discount, l.net, l.tax,
        l.tax_rate, l.cost, l.deposit_of, l.returns_sale, l.returns_line, l.restock
    from booked b, line l
),
paid as (
    insert into sales_payment (shop_id, sale_id, tender, amount)
    select {shop}, b.id, p.tender, p.amount
    from booked b, jsonb_to_recordset($1->'payments') as p (tender text, amount numeric)
),
day as (
    insert into sales_dirtyday (shop_id, branch_id, business_date)
    select {shop}, {branch}, d.business_date from booked b, told d
)
"""
_TO_LOOK_AT = """
look_at as (
    insert into sales_inboxitem (shop_id, kind, told_id, fingerprint, line_number, branch_id, register_id, sale_id,
        code, name, reason, received_at, resolved_by, resolution)
    select {shop}, i.kind, coalesce(i.told_id, b.uuid::text), coalesce(i.fingerprint, d.fingerprint), i.line_number,
        {branch}, d.register, b.id, coalesce(i.code, ''), coalesce(i.name, ''), i.reason, d.received_at, '', ''
    from booked b, told d, jsonb_to_recordset($1->'inbox') as i (kind text, told_id text, fingerprint text,
        line_number integer, code text, name text, reason text)
    where i.kind <> 'seq_reused' or 'seq_reused' = any(b.flags)
    on conflict do nothing
)
"""
# Something that takes a sale back came before it: booked and not linked yet, or set aside until it comes.
IS_AWAITED = """(
    exists (
        select from sales_saleline r join sales_sale t on t.shop_id = r.shop_id and t.id = r.sale_id
        where r.shop_id = {shop} and r.returns_sale = {sale}.uuid and t.refund_of_id is null
    ) or exists (
        select from sales_inboxitem i where i.shop_id = {shop} and i.kind = 'parked' and i.code = {sale}.uuid::text
        and i.resolved_at is null
    )
)"""
_BOOK = Statement(
    "aisle_book",
    "jsonb, bigint, bigint, timestamptz, text",
    "with "
    + ",".join(
        part.format(**_HERE)
        for part in (_TOLD, ledger_sql.LOCK_LEVELS, _ODD, _SALE, _PARTS, ledger_sql.POST_MOVES, _TO_LOOK_AT)
    )
    + f"select b.id, b.flags, {IS_AWAITED.format(sale='b', **_HERE)} from booked b",
)
