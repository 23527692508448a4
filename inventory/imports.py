"""Products and stock counts from files, and products that other files name."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from inventory.models import Category, TaxRate
from shop.imports.kinds import As, Counts, Field, Kind, register
from shop.imports.places import branch_key, resolve_branches
from shop.imports.staging import Batch

_PIECE = "('piece', 'pieces', 'pc', 'pcs', 'each', 'ea', 'st', 'stk', 'unit', 'units')"
_KILOGRAM = "('kg', 'kilo', 'kilos', 'kilogram', 'kilograms', 'weight')"


def resolve_products(batch: Batch) -> int:
    """Fill `import_products` (code, id, name, rate, cost) for the good rows' products: by SKU, else by barcode.

    Unknown ones are made for review; returns how many.
    """
    batch.run(
        "products",
        """create temp table import_products on commit drop as
        select n.code, f.id, f.name::text as name, t.rate, f.cost
        from (select distinct product as code from import_rows where problem is null and product is not null) n
        left join inventory_product p on p.sku = n.code
        left join inventory_barcode b on b.code = n.code and p.id is null
        left join inventory_product f on f.id = coalesce(p.id, b.product_id)
        left join inventory_taxrate t on t.id = f.tax_rate_id""",
    )
    batch.run("products", "analyze import_products")
    made = batch.run("products", _MAKE_PRODUCTS, {"shop": batch.shop.pk})
    batch.run("products", "analyze import_products")
    return made


_MAKE_PRODUCTS = """
with made as (
    insert into inventory_product (shop_id, sku, name, unit, content_unit, plu, is_active, needs_review, added_at)
    select %(shop)s, code, code, 'piece', '', '', true, true, now() from import_products where id is null order by code
    returning id, sku
)
update import_products n set id = made.id, name = n.code from made where made.sku = n.code
"""


def merge_products(batch: Batch) -> Counts:
    """New SKUs become products, known ones get the cells that are filled. A SKU's later rows may add barcodes only."""
    batch.refuse(
        "'unit: “' || r.unit || '” is neither piece nor kg'",
        f"lower(r.unit) not in {_PIECE} and lower(r.unit) not in {_KILOGRAM}",
    )
    batch.refuse("'price is negative'", "r.price < 0")
    batch.refuse("'cost is negative'", "r.cost < 0")
    _resolve_tax_rates(batch)
    batch.run("first", _FIRST_PRODUCTS)
    batch.run("repeats", _REFUSE_OTHER_DETAILS)
    batch.run("barcodes", _SPLIT_BARCODES)
    batch.run("barcodes", _REFUSE_TAKEN_BARCODES)
    _resolve_suppliers(batch)
    _resolve_categories(batch)
    batch.run("first", "drop table import_first")
    batch.run("first", _FIRST_PRODUCTS)
    batch.run("changed", "create temp table import_changed (id bigint, is_new boolean) on commit drop")
    batch.run("update", _WANTED)
    batch.run("update", _UPDATE_PRODUCTS)
    batch.run("create", _CREATE_PRODUCTS, {"shop": batch.shop.pk})
    batch.run("barcodes", _ADD_BARCODES, {"shop": batch.shop.pk})
    created, updated, good = batch.one("count", _COUNT_PRODUCTS)
    return Counts(created, updated, good - created - updated)


_DETAILS = "name, category, unit, price, cost, tax_rate, supplier, pack_size, shelf_life_days"
_FIRST_PRODUCTS = f"""
create temp table import_first on commit drop as
select distinct on (sku) sku, line, {_DETAILS} from import_rows where problem is null order by sku, file, line
"""
_REFUSE_OTHER_DETAILS = f"""
update import_rows r
set problem = 'SKU ' || r.sku || ' is in the file twice, with other details than on line ' || f.line
from import_first f where f.sku = r.sku and r.problem is null
and ({", ".join(f"r.{name}" for name in _DETAILS.split(", "))})
    is distinct from ({", ".join(f"f.{name}" for name in _DETAILS.split(", "))})
"""
_SPLIT_BARCODES = r"""
create temp table import_barcodes on commit drop as
select r.file, r.line, r.sku, c.code from import_rows r, regexp_split_to_table(r.barcode, '[\s|;,]+') as c (code)
where r.problem is null and c.code <> ''
"""
_REFUSE_TAKEN_BARCODES = """
update import_rows r set problem = 'barcode ' || t.code || ' belongs to ' || t.owner
from (
    select n.file, n.line, n.code, min(o.owner) as owner
    from import_barcodes n
    join (
        select b.code, p.sku as owner from inventory_barcode b join inventory_product p on p.id = b.product_id
        union select first.code, first.sku
        from (select distinct on (code) code, sku from import_barcodes order by code, file, line) first
        where not exists (select from inventory_barcode b where b.code = first.code)
    ) o on o.code = n.code and o.owner <> n.sku
    group by n.file, n.line, n.code
) t where r.file = t.file and r.line = t.line and r.problem is null
"""
_WANTED = f"""
create temp table import_wanted on commit drop as
select p.id, f.sku, coalesce(f.name, p.name, f.sku) as name, coalesce(c.id, p.category_id) as category_id,
    coalesce(case when lower(f.unit) in {_KILOGRAM} then 'kg' when f.unit is not null then 'piece' end, p.unit, 'piece')
        as unit,
    coalesce(f.price, p.price) as price, coalesce(f.cost, p.cost) as cost,
    coalesce(t.id, p.tax_rate_id) as tax_rate_id, coalesce(s.id, p.supplier_id) as supplier_id,
    coalesce(f.pack_size, p.pack_size) as pack_size, coalesce(f.shelf_life_days, p.shelf_life_days) as shelf_life_days
from import_first f
left join inventory_product p on p.sku = f.sku
left join import_categories c on c.name = f.category
left join import_tax_rates t on t.name = f.tax_rate
left join inventory_supplier s on s.name = f.supplier
"""
_COLUMNS = "name, category_id, unit, price, cost, tax_rate_id, supplier_id, pack_size, shelf_life_days"
_UPDATE_PRODUCTS = f"""
with changed as (
    update inventory_product p set needs_review = false, {", ".join(f"{c} = n.{c}" for c in _COLUMNS.split(", "))}
    from import_wanted n where p.id = n.id and (p.needs_review
        or ({", ".join(f"p.{c}" for c in _COLUMNS.split(", "))})
            is distinct from ({", ".join(f"n.{c}" for c in _COLUMNS.split(", "))}))
    returning p.id
)
insert into import_changed select id, false from changed
"""
_CREATE_PRODUCTS = f"""
with made as (
    insert into inventory_product (shop_id, sku, content_unit, plu, is_active, needs_review, added_at, {_COLUMNS})
    select %(shop)s, sku, '', '', true, false, now(), {_COLUMNS} from import_wanted where id is null order by sku
    returning id
)
insert into import_changed select id, true from made
"""
_ADD_BARCODES = """
with added as (
    insert into inventory_barcode (shop_id, product_id, code, pack_quantity)
    select distinct %(shop)s, p.id, n.code, 1
    from import_barcodes n join import_rows r on r.file = n.file and r.line = n.line and r.problem is null
    join inventory_product p on p.sku = n.sku
    where not exists (select from inventory_barcode b where b.code = n.code)
    returning product_id
)
insert into import_changed select product_id, false from added
"""
_COUNT_PRODUCTS = """
select count(*) filter (where is_new), count(*) filter (where not is_new),
    (select count(*) from import_rows where problem is null)
from (select id, bool_or(is_new) as is_new from import_changed group by id) c
"""


def _resolve_tax_rates(batch: Batch) -> None:
    """Fill `import_tax_rates` (name as written, id). A rate is a name the shop has, 20 %, 20 or 0.2."""
    batch.run("tax", "create temp table import_tax_rates (name text, id bigint) on commit drop")
    batch.run("tax", "select distinct tax_rate from import_rows where problem is null and tax_rate is not null")
    written = [row[0] for row in batch.cursor.fetchall()]
    known = {rate.name.lower(): rate for rate in TaxRate.objects.all()}
    by_rate = {rate.rate: rate for rate in sorted(known.values(), key=lambda rate: -rate.pk)}
    for words in written:
        rate = known.get(words.lower())
        share = _share(words)
        if rate is None and share is None:
            batch.refuse(
                "'tax_rate: “' || r.tax_rate || '” is not a rate below 100 %%'",
                "r.tax_rate = %(name)s",
                {"name": words},
            )
            continue
        if rate is None and share is not None:
            rate = by_rate.get(share) or TaxRate.objects.create(name=f"{(share * 100).normalize():f} %", rate=share)
            by_rate[share] = rate
        assert rate is not None
        batch.run("tax", "insert into import_tax_rates values (%(name)s, %(id)s)", {"name": words, "id": rate.pk})


def _share(words: str) -> Decimal | None:
    """20 %, 20 and 0.2 are a fifth; below 1 and without a sign it is a share. None: not a rate."""
    try:
        number = Decimal(words.replace("%", "").replace(",", ".").strip())
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    share = (number / 100 if "%" in words or number >= 1 else number).quantize(Decimal("0.0001"))
    return share if 0 <= share < 1 else None


def _resolve_suppliers(batch: Batch) -> None:
    batch.run(
        "suppliers",
        """insert into inventory_supplier (shop_id, name, email, phone, needs_review)
        select distinct %(shop)s, r.supplier, '', '', true from import_rows r
        where r.problem is null and r.supplier is not null
        and not exists (select from inventory_supplier s where s.name = r.supplier)""",
        {"shop": batch.shop.pk},
    )


def _resolve_categories(batch: Batch) -> None:
    """Fill `import_categories` (name as written, id). “Dairy > Cheese” is a path; a lone name may stand anywhere."""
    batch.run("categories", "create temp table import_categories (name text, id bigint) on commit drop")
    batch.run("categories", "select distinct category from import_rows where problem is null and category is not null")
    written = [row[0] for row in batch.cursor.fetchall()]
    known = list(Category.objects.order_by("-id"))
    by_place = {(category.parent_id, category.name): category.pk for category in known}
    anywhere = {category.name: category.pk for category in known}
    for words in written:
        names = [name.strip()[:120] for name in words.split(">") if name.strip()] or [words[:120]]
        found = anywhere.get(names[0]) if len(names) == 1 else None
        if found is None:
            for name in names:
                if (found, name) not in by_place:
                    by_place[found, name] = Category.objects.create(name=name, parent_id=found).pk
                found = by_place[found, name]
        batch.run("categories", "insert into import_categories values (%(name)s, %(id)s)", {"name": words, "id": found})


def merge_stock(batch: Batch) -> Counts:
    """Each row is a count: the branch has this much now. A product's rows at a branch are one count, by lots."""
    batch.refuse(
        "'a lot cannot hold less than nothing'",
        "r.quantity < 0 and coalesce(r.lot, r.best_before::text, r.use_by::text) is not null",
    )
    values = {"shop": batch.shop.pk, "default": batch.default_branch, "actor": ""}
    batch.run("repeats", _REFUSE_COUNTED_TWICE.format(branch=branch_key(batch)), values)
    batch.run("repeats", _REFUSE_HALF_COUNTS.format(branch=branch_key(batch)), values)
    made = {"new_branches": resolve_branches(batch), "new_products": resolve_products(batch)}
    batch.run("counts", _COUNTS.format(branch=branch_key(batch)), values)
    batch.run("counts", _LOCK_LEVELS)
    batch.run("counts", _TARGETS)
    created, updated, unchanged = batch.one("count", _COUNT_STOCK)
    batch.run("lots", _WRITE_LOTS, values)
    batch.run("movements", _MOVE_LOTS, values)
    batch.run("movements", _MOVE_REST, values)
    batch.run("levels", _WRITE_LEVELS, values)
    return Counts(created, updated, unchanged, dict(made))


_REFUSE_COUNTED_TWICE = """
update import_rows r set problem = 'product ' || r.product || ' is counted twice, with other quantities'
from (
    select {branch} as branch, product, lot, best_before, use_by from import_rows r where problem is null
    group by 1, 2, 3, 4, 5 having count(distinct quantity) > 1
) twice
where r.problem is null and r.product = twice.product and {branch} = twice.branch
and (r.lot, r.best_before, r.use_by) is not distinct from (twice.lot, twice.best_before, twice.use_by)
"""
_REFUSE_HALF_COUNTS = """
update import_rows r set problem = 'line ' || bad.line || ' of the same product and branch is refused'
from (
    select {branch} as branch, product, min(line) as line from import_rows r
    where problem is not null and product is not null group by 1, 2
) bad
where r.problem is null and r.product = bad.product and {branch} = bad.branch
"""
_COUNTS = """
create temp table import_counts on commit drop as
select b.id as branch_id, p.id as product_id, coalesce(r.lot, '') as code, r.best_before, r.use_by,
    min(r.quantity) as quantity, count(*)::int as rows,
    coalesce(r.lot, r.best_before::text, r.use_by::text) is not null as is_lot
from import_rows r
join import_branches b on b.key = {branch}
join import_products p on p.code = r.product
where r.problem is null group by b.id, p.id, r.lot, r.best_before, r.use_by
"""
_LOCK_LEVELS = """
select 1 from inventory_stocklevel k where (k.branch_id, k.product_id) in (
    select branch_id, product_id from import_counts
) order by k.branch_id, k.product_id for update
"""
# What each product should have after the count, what it has, and which lots are new or differ.
_TARGETS = """
create temp table import_targets on commit drop as
select c.*, v.quantity as has, l.id as lot_id, c.is_lot and (l.id is null or l.quantity <> c.quantity) as lot_differs,
    sum(c.quantity) over product as target
from import_counts c
left join inventory_stocklevel v on v.branch_id = c.branch_id and v.product_id = c.product_id
left join inventory_lot l on c.is_lot and l.branch_id = c.branch_id and l.product_id = c.product_id
    and (l.code, l.best_before, l.use_by) is not distinct from (c.code, c.best_before, c.use_by)
window product as (partition by c.branch_id, c.product_id)
"""
_COUNT_STOCK = """
select coalesce(sum(rows) filter (where has is null), 0)::int,
    coalesce(sum(rows) filter (where has is not null and (has <> target or lot_differs)), 0)::int,
    coalesce(sum(rows) filter (where has = target and not lot_differs), 0)::int
from import_targets
"""
_WRITE_LOTS = """
insert into inventory_lot (shop_id, branch_id, product_id, code, quantity, received_on, best_before, use_by)
select %(shop)s, branch_id, product_id, code, quantity, current_date, best_before, use_by
from import_targets where lot_differs
on conflict (shop_id, branch_id, product_id, code, best_before, use_by) do update set quantity = excluded.quantity
"""
_MOVE = """
insert into inventory_stockmovement (shop_id, branch_id, product_id, lot_id, kind, quantity, occurred_at, source, note,
    actor)
select %(shop)s, branch_id, product_id, lot_id, 'count', quantity, now(), 'count:' || gen_random_uuid(), '',
    coalesce(current_setting('app.actor', true), '')
"""
_MOVE_LOTS = f"""{_MOVE}
from (
    select t.branch_id, t.product_id, l.id as lot_id, t.quantity from import_targets t
    join inventory_lot l on l.branch_id = t.branch_id and l.product_id = t.product_id
        and (l.code, l.best_before, l.use_by) is not distinct from (t.code, t.best_before, t.use_by)
    where t.is_lot and t.lot_id is null
) m
"""
# What the new lots do not explain of the difference stands without a lot.
_MOVE_REST = f"""{_MOVE}
from (
    select branch_id, product_id, null::bigint as lot_id,
        target - coalesce(has, 0) - coalesce(sum(quantity) filter (where is_lot and lot_id is null), 0) as quantity,
        has is null and not bool_or(is_lot) as is_first
    from import_targets group by branch_id, product_id, target, has
) m where quantity <> 0 or is_first
"""
_WRITE_LEVELS = """
insert into inventory_stocklevel (shop_id, branch_id, product_id, quantity, tracked_from, counted_at)
select distinct %(shop)s, branch_id, product_id, target, now(), now() from import_targets
where has is distinct from target
on conflict (shop_id, branch_id, product_id) do update
    set quantity = excluded.quantity, counted_at = excluded.counted_at
"""

PRODUCTS = register(
    Kind(
        name="products",
        title="Products",
        about="One row a product. A product is known by its SKU; empty cells leave what is there.",
        fields=(
            Field(
                "sku",
                As.CODE,
                "The product's own code in your shop.",
                required=True,
                filled=True,
                longest=64,
                synonyms=(
                    "product",
                    "product id",
                    "product code",
                    "stock code",
                    "item code",
                    "item number",
                    "code",
                    "id",
                    "article",
                    "plu",
                ),
            ),
            Field(
                "name",
                As.TEXT,
                "Name. Left out for a new product: its SKU.",
                synonyms=("product name", "description", "title", "item", "item name"),
            ),
            Field(
                "barcode",
                As.CODE,
                "Barcode; several are separated by a space or |.",
                synonyms=("ean", "gtin", "upc", "barcodes", "ean13"),
            ),
            Field(
                "category",
                As.TEXT,
                "Category; a path is written like Dairy > Cheese. Unknown ones are made.",
                synonyms=("department", "group", "product category", "product line", "section"),
            ),
            Field("unit", As.TEXT, "Sold by piece or kg.", longest=20, synonyms=("sold by", "unit of measure", "uom")),
            Field(
                "price",
                As.MONEY,
                "Shelf price per piece or kg.",
                synonyms=("unit price", "retail price", "selling price", "sale price", "shelf price"),
            ),
            Field(
                "cost",
                As.MONEY,
                "What one piece or kg costs you, without tax.",
                synonyms=("cost price", "unit cost", "purchase price", "buying price"),
            ),
            Field(
                "tax_rate",
                As.TEXT,
                "Sales tax: 20 %, 20, 0.2, or the name of a rate you have.",
                longest=40,
                synonyms=("tax", "vat", "vat rate", "tax percent"),
            ),
            Field(
                "supplier",
                As.TEXT,
                "Supplier, by name. Unknown ones are made for review.",
                longest=120,
                synonyms=("vendor", "supplier name"),
            ),
            Field("pack_size", As.WHOLE, "Pieces in a case.", synonyms=("case size", "pack", "units per case")),
            Field("shelf_life_days", As.WHOLE, "Days it keeps.", synonyms=("shelf life", "days of shelf life")),
        ),
        merge=merge_products,
        rank=3,
        grows=("inventory_product", "inventory_barcode"),
    )
)

STOCK = register(
    Kind(
        name="stock",
        title="Stock counts",
        about=(
            "One row a product at a branch, or one a lot of it: what is there now. From its first count on, "
            "sales move a product's stock."
        ),
        fields=(
            Field(
                "product",
                As.CODE,
                "SKU, or else a barcode. Unknown ones are made for review.",
                required=True,
                filled=True,
                longest=64,
                synonyms=("sku", "product id", "product code", "item code", "stock code", "barcode"),
            ),
            Field(
                "branch",
                As.CODE,
                "Branch, by name. Left out: the branch chosen for the import.",
                longest=80,
                synonyms=("store", "store id", "shop", "location", "warehouse"),
            ),
            Field(
                "quantity",
                As.QUANTITY,
                "Pieces or kilograms counted.",
                required=True,
                filled=True,
                synonyms=("qty", "stock", "stock quantity", "on hand", "count", "counted"),
            ),
            Field("lot", As.CODE, "Lot or batch code.", longest=64, synonyms=("batch", "lot code", "batch number")),
            Field(
                "best_before",
                As.DATE,
                "Best-before date of the lot.",
                synonyms=("best before date", "bbd", "expiry", "expiry date", "expiration date"),
            ),
            Field("use_by", As.DATE, "Use-by date of the lot.", synonyms=("use by date",)),
        ),
        merge=merge_stock,
    )
)
