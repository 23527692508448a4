"""Receipts and day summaries out of staged rows: grouped, compared with what is there, written.

A document's content is compared by a fingerprint that does not depend on the order of its rows: the digests of
the rows are added up. Digests are md5 halves, the same on every machine and PostgreSQL version for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sales import matching
from shop.imports.kinds import Counts
from shop.imports.places import branch_key
from shop.imports.staging import Batch

TABLES = ("sales_sale", "sales_saleline", "inventory_product", "customers_customer")
_LINES_AT_ONCE = 200_000
# Sums of a day must fit the amount columns of the roll-ups.
_LARGEST = 1_000_000_000


@dataclass(frozen=True)
class Shape:
    """What of a row names its document: SQL over import_rows `r`. `what` keeps receipts and days apart."""

    what: str
    key: str
    register: str
    at: str
    is_summary: bool = False


def refuse_too_large(batch: Batch, amount: str) -> None:
    batch.refuse("'the amount is too large to be true'", f"abs({amount}) >= {_LARGEST}")


def group_rows(batch: Batch, shape: Shape) -> None:
    """Fill `import_docs`: one row a document, by time. A document with a refused row is refused as a whole,
    for half a receipt would stand in the way of the whole one."""
    values = {"default": batch.default_branch}
    batch.run("documents", _GROUP.format(branch=branch_key(batch), **vars(shape)), values)
    batch.run("documents", "analyze import_docs")
    if batch.one("documents", "select exists (select from import_docs where broken_line is not null)")[0]:
        batch.run("documents", _REFUSE_BROKEN.format(branch=branch_key(batch), **vars(shape)), values)
        batch.run("documents", "delete from import_docs where broken_line is not null")


def work_out_lines(batch: Batch, shape: Shape, lines: str) -> None:
    """Fill `import_lines` by the kind's SELECT over {rows}: what each line will say."""
    rows = _ROWS.format(branch=branch_key(batch), **vars(shape))
    batch.run(
        "lines",
        f"create temp table import_lines on commit drop as {lines.format(rows=rows)}",
        {"default": batch.default_branch, "included": batch.shop.prices_include_tax},
    )
    batch.run("lines", "analyze import_lines")
    batch.progress(0.58)


def write(batch: Batch, shape: Shape, made: dict[str, int]) -> Counts:
    """Write new documents with lines, payments and stock movements, and mark their days. Refuses other content."""
    values = {
        "shop": batch.shop.pk,
        "zone": batch.shop.zone,
        "cutoff": batch.shop.day_starts_at_hour,
        "what": shape.what,
        "summary": shape.is_summary,
        "import": batch.imported.pk if batch.imported else None,
        "moves": matching.import_mark(batch.imported.pk if batch.imported else None),
    }
    for table in (
        "import_customers (code text, id bigint)",
        "import_registers (branch_id bigint, key text, id bigint)",
    ):
        batch.run("compare", f"create temp table if not exists {table} on commit drop")
    batch.run("compare", "analyze import_branches, import_registers, import_customers")
    batch.run("compare", _COMPARE, values)
    batch.run("compare", "analyze import_sales")
    documents, created, unchanged, other, amount = batch.one("compare", _COUNT, values)
    if other:
        _refuse_other_content(batch, shape)
    if documents and not batch.dry:  # nothing in it can be refused any more, and it is most of the work
        _insert(batch, values, created)
    facts: dict[str, Any] = {"documents": documents, "amount": str(amount), **made}
    facts["first_day"], facts["last_day"] = batch.one("compare", _DAYS)
    return Counts(created, 0, unchanged, facts)


def _refuse_other_content(batch: Batch, shape: Shape) -> None:
    words = "sales of ' || d.receipt || ' are" if shape.is_summary else "receipt “' || d.receipt || '” is"
    batch.run(
        "refuse",
        f"""update import_rows r set problem = '{words} already here with other content'
        from import_lines l join import_sales s using (doc) join import_docs d using (doc)
        where s.state = 'other' and r.file = l.file and r.line = l.line""",
    )


def _insert(batch: Batch, values: dict[str, Any], lines: int) -> None:
    batch.run("sales", _INSERT_SALES, values)
    batch.progress(0.6)
    (last,) = batch.one("lines in", "select max(doc) from import_docs")
    step = max(1, last * _LINES_AT_ONCE // max(lines, 1))
    for first in range(1, last + 1, step):
        batch.run("lines in", _INSERT_LINES, {**values, "first": first, "last": first + step - 1})
        batch.progress(0.6 + 0.25 * min(1, (first + step) / last))
    batch.run("payments", _INSERT_PAYMENTS, values)
    _move_stock(batch, values)
    batch.run("dirty", _MARK_DAYS, values)


def _move_stock(batch: Batch, values: dict[str, Any]) -> None:
    """Sales from a product's first count or receipt at a branch on move its stock; earlier ones are history.

    Those before its last count are in that count: they are in the ledger, and taken back beside it.
    """
    # Locked in the order that selling uses, so that an import and a till never wait for each other in a circle.
    batch.run("stock", _LOCK_LEVELS)
    if batch.run("stock", _INSERT_MOVEMENTS, values):
        batch.run("stock", _TAKE_BACK_COUNTED, values)
        batch.run("stock", _CHANGE_LEVELS, values)


_GROUP = """
create temp table import_docs on commit drop as
select row_number() over (order by at, branch, register, receipt)::int as doc, *
from (
    select {branch} as branch, {register} as register, {key} as receipt, min({at}) as at,
        min(r.line) filter (where r.problem is not null) as broken_line
    from import_rows r where {key} is not null group by 1, 2, 3
) d
"""
_REFUSE_BROKEN = """
update import_rows r set problem = 'line ' || d.broken_line || ' of the same document is refused'
from import_docs d where d.broken_line is not null and r.problem is null
and d.branch = {branch} and d.register = {register} and d.receipt = {key}
"""
_ROWS = """
select d.doc, d.at, r.* from import_rows r
join import_docs d on d.branch = {branch} and d.register = {register} and d.receipt = {key}
where r.problem is null
"""
_COMPARE = """
create temp table import_sales on commit drop as
select n.*, case when s.id is null then 'new' when s.fingerprint = n.fingerprint then 'same' else 'other' end as state,
    case when s.id is null then nextval(pg_get_serial_sequence('sales_sale', 'id')) end as sale_id
from (
    select d.doc, d.receipt, b.id as branch_id, t.id as register_id, sums.at, sums.customer_id, sums.cashier,
        sums.total, sums.line_count, sums.is_refund,
        ((sums.at at time zone %(zone)s) - make_interval(hours => %(cutoff)s))::date as business_date,
        md5(%(what)s || ':' || %(shop)s || ':' || b.id || ':' || coalesce(t.id::text, '') || ':' || d.receipt)::uuid
            as uuid,
        md5(sums.line_count || ':' || sums.first_half || ':' || sums.second_half) as fingerprint
    from (
        select l.doc, min(l.at) as at, min(c.id) as customer_id, min(l.cashier) as cashier, sum(l.net + l.tax) as total,
            count(*)::int as line_count, bool_and(l.quantity < 0) as is_refund,
            sum(('x' || left(l.digest, 16))::bit(64)::bigint) as first_half,
            sum(('x' || right(l.digest, 16))::bit(64)::bigint) as second_half
        from import_lines l left join import_customers c on c.code = l.customer group by l.doc
    ) sums
    join import_docs d using (doc)
    join import_branches b on b.key = d.branch
    left join import_registers t on t.branch_id = b.id and t.key = d.register
    order by d.doc
) n
left join sales_sale s on s.shop_id = %(shop)s and s.uuid = n.uuid
"""
_COUNT = """
select count(*) filter (where state = 'new'),
    coalesce(sum(line_count) filter (where state = 'new'), 0)::bigint,
    coalesce(sum(line_count) filter (where state = 'same'), 0)::bigint,
    coalesce(sum(line_count) filter (where state = 'other'), 0)::bigint,
    coalesce(sum(total) filter (where state = 'new'), 0)
from import_sales
"""
_DAYS = """
select min(business_date)::text, max(business_date)::text from import_sales
"""
_INSERT_SALES = """
insert into sales_sale (id, shop_id, uuid, kind, source, branch_id, register_id, customer_id, receipt, sold_at,
    business_date, cashier, total, line_count, fingerprint, received_at, imported_id)
select sale_id, %(shop)s, uuid,
    case when %(summary)s then 'summary' when is_refund then 'refund' else 'sale' end, 'import', branch_id, register_id,
    customer_id, case when %(summary)s then '' else receipt end, at,
    business_date, coalesce(cashier, ''), round(total, 2),
    line_count, fingerprint, now(), %(import)s
from import_sales where state = 'new' order by sale_id
"""
_INSERT_LINES = """
insert into sales_saleline (shop_id, sale_id, product_id, name, barcode, quantity, unit_price, discount, net, tax,
    tax_rate, cost, import_line)
select %(shop)s, s.sale_id, l.product_id, l.name, '', l.quantity, l.unit_price, l.discount, l.net, l.tax,
    l.tax_rate, l.cost, l.line
from import_lines l join import_sales s using (doc)
where s.state = 'new' and l.doc between %(first)s and %(last)s
order by s.sale_id, l.file, l.line
"""
_INSERT_PAYMENTS = """
insert into sales_payment (shop_id, sale_id, tender, amount)
select %(shop)s, s.sale_id, l.tender, round(sum(l.net + l.tax), 2)
from import_lines l join import_sales s using (doc)
where s.state = 'new' and l.tender is not null
group by s.sale_id, l.tender order by s.sale_id, l.tender
"""
_TRACKED = """
import_lines l join import_sales s using (doc)
join inventory_stocklevel v on v.branch_id = s.branch_id and v.product_id = l.product_id and s.at >= v.tracked_from
where s.state = 'new' and l.quantity <> 0
"""
_LOCK_LEVELS = f"""
select 1 from inventory_stocklevel k where (k.branch_id, k.product_id) in (
    select v.branch_id, v.product_id from {_TRACKED}
) order by k.branch_id, k.product_id for update
"""
_MOVED = f"""(
    select s.branch_id, l.product_id, l.quantity, l.cost, s.at, coalesce(s.at <= v.counted_at, false) as counted,
        'sale:' || s.uuid || ':' || row_number() over (partition by l.doc order by l.file, l.line)
            || %(moves)s as source
    from {_TRACKED}
) m"""
_INSERT_MOVEMENTS = f"""
insert into inventory_stockmovement (shop_id, branch_id, product_id, kind, quantity, unit_cost, occurred_at, source,
    note, actor)
select %(shop)s, m.branch_id, m.product_id, case when m.quantity < 0 then 'refund' else 'sale' end, -m.quantity,
    round(m.cost / m.quantity, 4), m.at, m.source, '', coalesce(current_setting('app.actor', true), '')
from {_MOVED}
"""
_TAKE_BACK_COUNTED = f"""
insert into inventory_stockmovement (shop_id, branch_id, product_id, kind, quantity, occurred_at, source, note, actor)
select %(shop)s, m.branch_id, m.product_id, 'count', m.quantity, m.at, m.source || ':counted',
    'Was already in a later count.', coalesce(current_setting('app.actor', true), '')
from {_MOVED} where m.counted
"""
_CHANGE_LEVELS = f"""
update inventory_stocklevel k set quantity = k.quantity - sold.quantity
from (
    select m.branch_id, m.product_id, sum(m.quantity) as quantity from {_MOVED} where not m.counted group by 1, 2
) sold
where k.branch_id = sold.branch_id and k.product_id = sold.product_id
"""
_MARK_DAYS = """
insert into sales_dirtyday (shop_id, branch_id, business_date)
select distinct %(shop)s, branch_id, business_date from import_sales where state = 'new'
"""
