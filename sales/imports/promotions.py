"""Kind promotions: what is sold cheaper, where and when."""

from __future__ import annotations

from inventory.imports import resolve_products
from shop.imports import lineage
from shop.imports.kinds import As, Counts, Field, Kind, also, register
from shop.imports.places import branch_field, resolve_branches
from shop.imports.staging import Batch

# 20 %, 20, 0.2 and -20 % are all a fifth off.
_SHARE = r"^[-−]?(\d{1,3}([.,]\d{1,6})?|[.,]\d{1,6})\s?%?$"


def merge_promotions(batch: Batch) -> Counts:
    """New promotions are made, known ones get the cells that are filled.

    One is known by product, branch and days; its second row must say the same.
    """
    batch.refuse("'the last day is before the first'", "r.last_date < r.first_date")
    batch.refuse("'price is negative'", "r.price < 0")
    _read_share_off(batch)
    made = {"new_branches": resolve_branches(batch), "new_products": resolve_products(batch)}
    batch.run("rows", _ROWS)
    batch.run("repeats", _REFUSE_OTHER_TERMS)
    batch.run("wanted", _WANTED)
    updated = lineage.write(batch, "update", "sales_promotion", _UPDATE)
    created = lineage.write(batch, "create", "sales_promotion", _CREATE, {"shop": batch.shop.pk}, rows=_CREATED)
    (good,) = batch.one("count", "select count(*) from import_rows where problem is null")
    return Counts(created, updated, good - created - updated, made)


def _read_share_off(batch: Batch) -> None:
    """Fill `import_shares` (as written, share); from 1 on, or with a sign, it is per cent."""
    batch.refuse(_NOT_A_SHARE, "r.share_off !~ %(share)s", {"share": _SHARE})
    batch.run("shares", _SHARES)
    batch.refuse(_NOT_A_SHARE, "exists (select from import_shares s where s.written = r.share_off and s.share > 1)", {})


# Executed with values, where two signs stand for one.
_NOT_A_SHARE = "'share_off: “' || r.share_off || '” is not a part up to 100 %%'"
_SHARES = r"""
create temp table import_shares on commit drop as
select written, round(case when strpos(written, '%') > 0 or number >= 1 then number / 100 else number end, 4) as share
from (
    select written, replace(regexp_replace(written, '[-−%\s]', '', 'g'), ',', '.')::numeric as number
    from (select distinct share_off as written from import_rows where problem is null and share_off is not null) w
) n
"""
_ROWS = """
create temp table import_promotions on commit drop as
select r.file, r.line, r.product, p.id as product_id, b.id as branch_id, r.first_date, r.last_date, r.name, r.price,
    s.share as share_off
from import_rows r
join import_products p on p.code = r.product
left join import_branches b on b.key = lower(r.branch)
left join import_shares s on s.written = r.share_off
where r.problem is null
"""
_KEY = "product_id, branch_id, first_date, last_date"
_REFUSE_OTHER_TERMS = f"""
update import_rows r
set problem = 'the promotion of ' || o.product || ' from ' || o.first_date || ' is in the file twice, with other terms'
from (
    select n.*, first_value(n.line) over w as kept, row(n.name, n.price, n.share_off)
        is distinct from first_value(row(n.name, n.price, n.share_off)) over w as is_other
    from import_promotions n window w as (partition by {_KEY} order by n.file, n.line)
) o
where o.is_other and r.file = o.file and r.line = o.line
"""
_WANTED = f"""
create temp table import_wanted on commit drop as
select distinct on ({", ".join(f"n.{name}" for name in _KEY.split(", "))})
    c.id, n.file, n.line, {", ".join(f"n.{name}" for name in _KEY.split(", "))}, coalesce(n.name, c.name, '') as name,
    coalesce(n.price, c.price) as price, coalesce(n.share_off, c.share_off) as share_off
from import_promotions n
left join sales_promotion c on c.product_id = n.product_id and c.branch_id is not distinct from n.branch_id
    and c.first_date = n.first_date and c.last_date = n.last_date
order by {", ".join(f"n.{name}" for name in _KEY.split(", "))}, n.file, n.line
"""
_UPDATE = """
update sales_promotion c set name = n.name, price = n.price, share_off = n.share_off
from import_wanted n
where n.id = c.id and (c.name, c.price, c.share_off) is distinct from (n.name, n.price, n.share_off)
returning c.id, n.file, n.line
"""
_CREATE = f"""
insert into sales_promotion (shop_id, {_KEY}, name, price, share_off)
select %(shop)s, {_KEY}, name, price, share_off from import_wanted where id is null
order by first_date, product_id, branch_id
returning id, {_KEY}
"""
_CREATED = """
select w.id, n.file, n.line from written w
join import_wanted n on n.product_id = w.product_id and n.branch_id is not distinct from w.branch_id
    and n.first_date = w.first_date and n.last_date = w.last_date
"""

PROMOTIONS = register(
    Kind(
        name="promotions",
        title="Promotions",
        about=(
            "One row a product and promotion, past or planned. It is known by product, branch and days; "
            "empty cells leave what is there."
        ),
        fields=(
            Field(
                "product",
                As.CODE,
                "SKU, or else a barcode, of the product. Unknown ones are made for review.",
                required=True,
                filled=True,
                longest=64,
                synonyms=also(
                    "sku, product id, product code, item, item id, item code, barcode, ean, upc, gtin, plu",
                    "article, stock code",
                ),
                examples=("MILK-2L", "APPLES"),
            ),
            Field(
                "first_date",
                As.DATE,
                "First day.",
                required=True,
                filled=True,
                synonyms=also(
                    "first day, start, start date, starts, from, begins, valid from, promo start",
                    "promotion start, starts on, start day",
                ),
                examples=("2026-12-01", "2026-12-04"),
            ),
            Field(
                "last_date",
                As.DATE,
                "Last day, included.",
                required=True,
                filled=True,
                synonyms=also(
                    "last day, end, end date, ends, to, until, valid to, promo end, promotion end, ends on",
                    "end day, expires",
                ),
                examples=("2026-12-07", "2026-12-06"),
            ),
            branch_field(examples=("", "Harbour"), default="every branch"),
            Field(
                "price",
                As.MONEY,
                "Price of one unit in the promotion, as on the shelf.",
                synonyms=also(
                    "promotion price, promo price, offer price, sale price, special price, deal price",
                    "discounted price",
                ),
                examples=("1.25", ""),
                default="not said",
            ),
            Field(
                "share_off",
                As.TEXT,
                "Part off the shelf price: 20 %, 20 or 0.2.",
                longest=40,
                synonyms=also(
                    "percent off, discount, percent, off, reduction, value, discount percent",
                    "percent discount, discount rate, percentage",
                ),
                examples=("", "20 %"),
                default="not said",
            ),
            Field(
                "name",
                As.TEXT,
                "What it is called.",
                longest=120,
                synonyms=also("promotion, promotion name, offer, campaign, title, description, promo, promo name"),
                examples=("Milk week", "Apple weekend"),
                default="none",
            ),
        ),
        merge=merge_promotions,
        grows=("sales_promotion",),
        noun=("promotion", "promotions"),
    )
)
