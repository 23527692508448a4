"""Receipts whose rows do not say every line's price: items in a cell, baskets one a row, purchases without prices.

What was paid for a line is, in this order: what the row says of it; its part of what the row says was paid in all; the
product's shelf price now; nothing. The last two are counted and told. A receipt is compared by what its rows say, never
by prices that were looked up, so that the same file changes nothing after a new price either.
"""

from __future__ import annotations

from customers.imports import resolve_customers
from inventory.imports import resolve_products
from sales.imports import documents
from shop.imports.kinds import Counts
from shop.imports.places import resolve_branches, resolve_registers
from shop.imports.staging import Batch

LONGEST_CELL = 20_000
_RECEIPT = documents.Shape(what="receipt", key="r.receipt", register="coalesce(lower(r.register), '')", at="r.time")


def merge_items(batch: Batch) -> Counts:
    """One row a receipt, its items in the field `items`: each becomes a line. A row is refused or written whole."""
    batch.refuse("'items look like JSON, but cannot be read'", r"r.items ~ '^\s*[[{]' and r.items is not json")
    batch.refuse("'total is negative'", "r.total < 0")
    batch.run("receipts", _KEYS)
    batch.run("items", _JSON_ITEMS)
    batch.run("items", _TEXT_ITEMS)
    batch.run("items", _READ_TEXT)
    batch.run("items", _JUDGE)
    batch.run("items", "analyze import_items")
    _refuse_items(batch)
    batch.run("receipts", "alter table import_rows rename to import_receipts")
    batch.run("receipts", _ROWS)
    batch.run("receipts", "analyze import_rows")
    counts = merge_rows(batch)
    created, unchanged = batch.one("count", _COUNT_RECEIPTS)
    batch.run("receipts", _REFUSE_RECEIPTS)
    batch.run("receipts", "drop table import_rows")
    batch.run("receipts", "alter table import_receipts rename to import_rows")
    return Counts(created, 0, unchanged, counts.facts)


def merge_rows(batch: Batch) -> Counts:
    """Write receipts from `import_rows` of one row a line: receipt, time, product, `said` (the product as the file has
    it), quantity, price of one, `paid` for the line, `total` of the file's row, tender, customer, branch, register and
    cashier."""
    documents.refuse_too_large(batch, "coalesce(r.paid, r.price * r.quantity, 0)")
    documents.group_rows(batch, _RECEIPT)
    batch.run("products", _PRODUCTS_BY_NAME)
    made = {
        "new_branches": resolve_branches(batch),
        "new_registers": resolve_registers(batch),
        "new_products": resolve_products(batch),
        "new_customers": resolve_customers(batch),
    }
    documents.work_out_lines(batch, _RECEIPT, _LINES)
    counts = documents.write(batch, _RECEIPT, made)
    looked_up, unknown = batch.one("prices", _COUNT_PRICES)
    _tell(batch, looked_up, unknown)
    counts.facts.update(lines_at_shelf_price=looked_up, lines_without_price=unknown)
    return counts


def _refuse_items(batch: Batch) -> None:
    batch.run(
        "items",
        """update import_rows r set problem = i.problem
        from (select file, line, min(problem) as problem from import_items where problem is not null group by 1, 2) i
        where r.problem is null and r.file = i.file and r.line = i.line""",
    )
    batch.refuse(
        "'items: nothing is in it'",
        "not exists (select from import_items i where i.file = r.file and i.line = r.line)",
    )
    batch.refuse(
        f"'items come to ' || trim_scale({_PRICED}) || ', total says ' || trim_scale(r.total)",
        f"r.total is not null and {_PRICED} > 0 and r.total > {_PRICED} + 0.011",
    )


def _tell(batch: Batch, looked_up: int, unknown: int) -> None:
    if looked_up:
        lines = "1 line has no price" if looked_up == 1 else f"{looked_up:,} lines have no price"
        batch.notes.append(f"{lines} in the file: the products' shelf prices of now were taken.")
    if unknown:
        lines = "1 line has" if unknown == 1 else f"{unknown:,} lines have"
        batch.notes.append(
            f"{lines} no price, in the file or here: they count in baskets and units, and as 0 in money. "
            "Give the products a price first if you want them in money."
        )


# A receipt without a number is known by its day, customer and items, and which of those alike it is.
_KEYS = """
update import_rows r set receipt = k.made
from (
    select file, line, 'basket ' || left(md5(row(time, branch, register, customer, items)::text), 12) || '-'
        || row_number() over (partition by time, branch, register, customer, items order by file, line) as made
    from import_rows where receipt is null
) k where r.receipt is null and r.file = k.file and r.line = k.line
"""
_NAMES = (
    "('sku', 'product', 'product_id', 'barcode', 'ean', 'code', 'item', 'name', 'product_name', 'description', 'title')"
)
# [{"name": "Milk", "qty": 2, "price": 1.45}, "Bread"] or {"Milk": 2}.
_JSON_ITEMS = f"""
create temp table import_items on commit drop as
select j.file, j.line, j.number::int,
    case when jsonb_typeof(j.item) = 'string' then trim(j.item #>> '{{}}') end as text,
    k.product, k.quantity, k.price, k.paid, null::text as problem
from (
    select r.file, r.line, e.number, e.item from import_rows r
    cross join lateral jsonb_array_elements(case
        when r.items is json array then r.items::jsonb
        when r.items is json object then (
            select coalesce(jsonb_agg(jsonb_build_object('name', key, 'quantity', value)), '[]')
            from jsonb_each(r.items::jsonb)
        ) else '[]' end) with ordinality e (item, number)
    where r.problem is null
) j
left join lateral (
    select (array_agg(trim(value) order by place) filter (where place is not null and trim(value) <> ''))[1] as product,
        max(value) filter (where key in ('quantity', 'qty', 'count', 'units')) as quantity,
        max(value) filter (where key in ('price', 'unit_price', 'unitprice', 'price_each')) as price,
        max(value) filter (where key in ('total', 'amount', 'line_total', 'paid')) as paid
    from (
        select lower(key) as key, value, array_position(array[{_NAMES[1:-1]}], lower(key)) as place
        from jsonb_each_text(case when jsonb_typeof(j.item) = 'object' then j.item else '{{}}' end)
    ) named
) k on true
"""
# By ; or | or new lines; a cell without these by commas, unless a digit follows at once.
_TEXT_ITEMS = r"""
insert into import_items (file, line, number, text)
select r.file, r.line, t.number, trim(t.text) from import_rows r
cross join lateral regexp_split_to_table(
    r.items, case when r.items ~ '[;|\n]' then '[;|\n]' else ',\s+|,(?=[^[:digit:]])' end
) with ordinality t (text, number)
where r.problem is null and not r.items is json array and not r.items is json object and trim(t.text) <> ''
"""
_NUMBER = r"\d{1,9}(?:[.,]\d{1,4})?"
# 2 x Milk 2 L @ 1.45: two at 1.45 each. Bread 1.20: 1.20 was paid for it.
_READ_TEXT = rf"""
update import_items i set product = left(p.name, 200), quantity = p.quantity, price = p.price, paid = p.paid
from (
    select n.file, n.line, n.number, coalesce(q.lead[2], q.trail[1], n.rest) as name,
        replace(coalesce(q.lead[1], q.trail[2]), ',', '.') as quantity, n.price, n.paid
    from (
        select file, line, number, coalesce(each[1], whole[1], text) as rest,
            replace(each[2], ',', '.') as price, replace(whole[2], ',', '.') as paid
        from (
            select *, regexp_match(text, '^(.*\S)\s*@\s*[€£$¥₹]?\s*({_NUMBER})$') as each,
                case when strpos(text, '@') = 0 then
                    regexp_match(text, '^(.*\S)\s+=?\s*[€£$¥₹]?(-?\d{{1,9}}[.,]\d{{2}})$') end as whole
            from import_items where text is not null
        ) m
    ) n
    cross join lateral (
        select regexp_match(n.rest, '^(-?{_NUMBER})\s*(?:[x×*]|X)\s*(\S.*)$') as lead,
            regexp_match(n.rest, '^(.*\S)\s+(?:[x×*]|X)\s*({_NUMBER})$') as trail
    ) q
) p where i.file = p.file and i.line = p.line and i.number = p.number
"""
_JUDGE = r"""
update import_items set problem = case
    when coalesce(product, '') = '' or product ~ '^[@=]' then 'items: one of them has no name'
    when length(product) > 64 then 'items: “' || left(product, 40) || '…” is longer than 64 characters'
    when not coalesce(quantity, '1') ~ '^-?\d{1,9}(\.\d+)?$' or not coalesce(price, '0') ~ '^-?\d{1,9}(\.\d+)?$'
        or not coalesce(paid, '0') ~ '^-?\d{1,9}(\.\d+)?$' then 'items: “' || product || '” has a number we cannot read'
    when quantity::numeric = 0 then 'items: “' || product || '” has the quantity 0' end
"""
_PRICED = """(
    select case when count(*) = count(coalesce(i.paid, i.price)) then
        coalesce(sum(coalesce(i.paid::numeric, i.price::numeric * coalesce(i.quantity, '1')::numeric)), 0) else 0 end
    from import_items i where i.file = r.file and i.line = r.line
)"""
_ROWS = """
create temp table import_rows on commit drop as
select t.file, t.line, t.problem, t.receipt, t.time, i.product, i.product as said,
    round(coalesce(i.quantity, '1')::numeric, 3)::numeric(14, 3) as quantity,
    round(i.price::numeric, 4)::numeric(14, 4) as price, round(i.paid::numeric, 4)::numeric(14, 4) as paid, t.total,
    t.tender, t.customer, t.branch, t.register, t.cashier
from import_receipts t
left join import_items i on t.problem is null and i.file = t.file and i.line = t.line
order by t.file, t.line, i.number
"""
# A name is as good as a code where one product alone has it.
_PRODUCTS_BY_NAME = """
update import_rows r set product = p.sku
from (
    select lower(name) as key, min(sku) as sku from inventory_product where is_active group by 1 having count(*) = 1
) p
where r.problem is null and lower(r.product) = p.key and r.product <> p.sku
    and not exists (select from inventory_product o where o.sku = r.product)
    and not exists (select from inventory_barcode b where b.code = r.product)
"""
# `known` is what the row says of the line, with tax; `guide` its shelf price, by which a rest or a discount is shared.
_LINES = """
select l.doc, l.file, l.line, l.time as at, l.customer, l.cashier, l.tender, l.product_id, l.name, l.quantity,
    case when l.known is null then 0 else l.known - l.paid end as discount, l.rate as tax_rate,
    l.quantity * l.cost as cost, l.digest, l.paid - l.tax as net, l.tax,
    case when l.quantity = 0 then l.paid else (greatest(l.paid, coalesce(l.known, l.paid))
        - case when %(included)s then 0 else l.tax end) / l.quantity end as unit_price,
    l.known is null and l.total is null and l.guide is not null as is_looked_up,
    l.known is null and l.total is null and l.guide is null as is_unknown
from (
    select s.*, round(s.paid * coalesce(s.rate, 0) / (1 + coalesce(s.rate, 0)), 4) as tax
    from (
        select a.*, round(case
            when a.total is null then coalesce(a.known, a.guide, 0)
            when a.priced = a.many and a.sum_known <> 0 then a.known * least(1, a.total / a.sum_known)
            when a.known is not null then a.known
            when a.guided = a.many - a.priced and a.sum_guide > 0
                then greatest(a.total - a.sum_known, 0) * a.guide / a.sum_guide
            else greatest(a.total - a.sum_known, 0) / (a.many - a.priced) end, 4) as paid
        from (
            select k.*, count(*) over w as many, count(k.known) over w as priced,
                coalesce(sum(k.known) over w, 0) as sum_known,
                count(k.guide) filter (where k.known is null) over w as guided,
                coalesce(sum(k.guide) filter (where k.known is null) over w, 0) as sum_guide
            from (
                select r.doc, r.file, r.line, r.time, r.customer, r.cashier, r.tender, r.total, p.id as product_id,
                    coalesce(p.name, '') as name, r.quantity, p.rate, p.cost,
                    round(coalesce(r.paid, r.price * r.quantity * t.on_top), 4) as known,
                    round(o.price * r.quantity * t.on_top, 4) as guide,
                    md5(row(r.time, r.said, r.quantity, r.price, r.paid, r.total, r.tender, r.customer,
                        r.cashier)::text) as digest
                from ({rows}) r
                left join import_products p on p.code = r.product
                left join inventory_product o on o.id = p.id
                cross join lateral (
                    select case when %(included)s then 1 else 1 + coalesce(p.rate, 0) end as on_top
                ) t
            ) k window w as (partition by k.doc, k.file, k.line)
        ) a
    ) s
) l
"""
_COUNT_PRICES = """
select count(*) filter (where is_looked_up), count(*) filter (where is_unknown)
from import_lines join import_sales using (doc) where state = 'new'
"""
_COUNT_RECEIPTS = """
select count(*) filter (where state = 'new'), count(*) filter (where state = 'same')
from (select distinct l.file, l.line, s.state from import_lines l join import_sales s using (doc)) t
"""
_REFUSE_RECEIPTS = """
update import_receipts t set problem = r.problem
from (select file, line, min(problem) as problem from import_rows where problem is not null group by 1, 2) r
where t.problem is null and t.file = r.file and t.line = r.line
"""
