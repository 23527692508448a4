"""Kind products: one row a product."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from inventory.categories import category_paths
from inventory.imports import gtins
from inventory.models import Category, TaxRate
from shop.imports import absent, lineage
from shop.imports.kinds import As, Counts, Field, Kind, also, register
from shop.imports.staging import Batch

_PIECE = "('piece', 'pieces', 'pc', 'pcs', 'each', 'ea', 'st', 'stk', 'unit', 'units')"
_KILOGRAM = "('kg', 'kilo', 'kilos', 'kilogram', 'kilograms', 'weight')"


def merge_products(batch: Batch) -> Counts:
    """New SKUs become products, known ones get the cells that are filled. A SKU's later rows may add barcodes only."""
    batch.refuse(
        "'unit: “' || r.unit || '” is neither piece nor kg'",
        f"lower(r.unit) not in {_PIECE} and lower(r.unit) not in {_KILOGRAM}",
    )
    batch.refuse("'price is negative'", "r.price < 0")
    batch.refuse("'cost is negative'", "r.cost < 0")
    batch.run("merged", _MERGED)
    batch.run("merged", _READ_AS_KEPT)
    _resolve_tax_rates(batch)
    batch.run("first", _FIRST_PRODUCTS)
    batch.run("repeats", _REFUSE_OTHER_DETAILS)
    batch.run("barcodes", _SPLIT_BARCODES)
    batch.run("barcodes", _REFUSE_TAKEN_BARCODES)
    gtins.note_wrong_check_digits(batch)
    _resolve_suppliers(batch)
    _resolve_categories(batch)
    batch.run("first", "drop table import_first")
    batch.run("first", _FIRST_PRODUCTS)
    values = {"shop": batch.shop.pk}
    batch.run("update", _WANTED)
    batch.run("update", "analyze import_wanted")
    lineage.write(batch, "update", "inventory_product", _UPDATE_PRODUCTS)
    created = lineage.write(batch, "create", "inventory_product", _CREATE_PRODUCTS, values, rows=_CREATED)
    batch.run("barcodes", _ADD_BARCODES, values)
    lineage.touch(batch, "inventory_barcode", "select id, file, line from import_added")
    touched, good = batch.one("count", _COUNT_PRODUCTS)
    absent.settle(batch, _ABSENT, table="inventory_product", acts=(_DISCONTINUE,), values=_of_supplier(batch))
    return Counts(created, touched - created, good - touched)


def _of_supplier(batch: Batch) -> dict[str, str]:
    """Whose products the file is about: all, or those of the supplier that the import names."""
    return {"supplier": batch.imported.supplier if batch.imported else ""}


# A SKU that was merged means the product it became. That one keeps its own details: only what it lacks is taken.
_MERGED = """
create temp table import_merged on commit drop as
select r.file, r.line, k.id from import_rows r
join inventory_product g on g.sku = r.sku and g.merged_into_id is not null
join inventory_product k on k.id = g.merged_into_id
"""
_READ_AS_KEPT = """
update import_rows r set sku = k.sku, name = null, unit = null,
    category = case when k.category_id is null then r.category end,
    price = case when k.price is null then r.price end, cost = case when k.cost is null then r.cost end,
    tax_rate = case when k.tax_rate_id is null then r.tax_rate end,
    supplier = case when k.supplier_id is null then r.supplier end,
    pack_size = case when k.pack_size is null then r.pack_size end,
    shelf_life_days = case when k.shelf_life_days is null then r.shelf_life_days end
from import_merged m join inventory_product k on k.id = m.id where r.file = m.file and r.line = m.line
"""
_DETAILS = "name, category, unit, price, cost, tax_rate, supplier, pack_size, shelf_life_days"
_FIRST_PRODUCTS = f"""
create temp table import_first on commit drop as
select distinct on (sku) sku, file, line, {_DETAILS} from import_rows r where problem is null
order by sku, exists (select from import_merged m where m.file = r.file and m.line = r.line), file, line
"""
_REFUSE_OTHER_DETAILS = f"""
update import_rows r
set problem = 'SKU ' || r.sku || ' is in the file twice, with other details than on line ' || f.line
from import_first f where f.sku = r.sku and r.problem is null
and ({", ".join(f"r.{name}" for name in _DETAILS.split(", "))})
    is distinct from ({", ".join(f"f.{name}" for name in _DETAILS.split(", "))})
and not exists (select from import_merged m where m.file = r.file and m.line = r.line)
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
select p.id, f.sku, f.file, f.line,
    coalesce(f.name, p.name, f.sku) as name, coalesce(c.id, p.category_id) as category_id,
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
update inventory_product p set needs_review = false, {", ".join(f"{c} = n.{c}" for c in _COLUMNS.split(", "))}
from import_wanted n where p.id = n.id and (p.needs_review
    or ({", ".join(f"p.{c}" for c in _COLUMNS.split(", "))})
        is distinct from ({", ".join(f"n.{c}" for c in _COLUMNS.split(", "))}))
returning p.id, n.file, n.line
"""
_CREATE_PRODUCTS = f"""
insert into inventory_product (shop_id, sku, content_unit, plu, is_active, needs_review, added_at, {_COLUMNS})
select %(shop)s, sku, '', '', true, false, now(), {_COLUMNS} from import_wanted where id is null order by sku
returning id, sku
"""
_CREATED = "select w.id, n.file, n.line from written w join import_wanted n using (sku)"
_ADD_BARCODES = """
create temp table import_added on commit drop as
with added as (
    insert into inventory_barcode (shop_id, product_id, code, pack_quantity)
    select distinct %(shop)s, p.id, n.code, 1
    from import_barcodes n join import_rows r on r.file = n.file and r.line = n.line and r.problem is null
    join inventory_product p on p.sku = n.sku
    where not exists (select from inventory_barcode b where b.code = n.code)
    returning id, product_id, code
)
select distinct on (a.id) a.id, a.product_id, n.file, n.line from added a join import_barcodes n using (code)
order by a.id, n.file, n.line
"""
_COUNT_PRODUCTS = """
select count(*), (select count(*) from import_rows where problem is null)
from (
    select row_id from import_touched where table_name = 'inventory_product' union select product_id from import_added
) t
"""
# On sale, and in no row of the files: not by its SKU, not by a row that was refused either.
_ABSENT = """
select p.id from inventory_product p
where p.is_active and not exists (select from import_rows r where r.sku = p.sku)
and (%(supplier)s = '' or p.supplier_id in (select s.id from inventory_supplier s where s.name = %(supplier)s))
"""
_DISCONTINUE = "update inventory_product p set is_active = false from import_absent a where p.id = a.id"


def _resolve_tax_rates(batch: Batch) -> None:
    """Fill `import_tax_rates` (name as written, id). A rate is a name the shop has, 20 %, 20 or 0.2."""
    batch.run("tax", "create temp table import_tax_rates (name text, id bigint) on commit drop")
    written = _written(batch, "tax_rate")
    rates = list(TaxRate.objects.order_by("-pk"))
    known = {rate.name.lower(): rate for rate in rates} | {rate.name: rate for rate in rates}
    by_rate = {rate.rate: rate for rate in sorted(known.values(), key=lambda rate: -rate.pk)}
    for words, place in written:
        rate = known.get(words) or known.get(words.lower())
        share = _share(words)
        if rate is None and share is None:
            batch.refuse(
                "'tax_rate: “' || r.tax_rate || '” is not a rate below 100 %%'",
                "r.tax_rate = %(name)s",
                {"name": words},
            )
            continue
        if rate is None and share is not None:
            rate = by_rate.get(share)
        if rate is None and share is not None:
            rate = TaxRate.objects.create(name=f"{(share * 100).normalize():f} %", rate=share)
            lineage.touch_made(batch, "inventory_taxrate", rate.pk, place)
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


def _written(batch: Batch, name: str) -> list[tuple[str, int]]:
    """The good rows' words in a field, each with the place of its first row."""
    good = "r.problem is null"
    batch.run(
        name, f"select r.{name}, {lineage.FIRST} from import_rows r where {good} and r.{name} is not null group by 1"
    )
    return list(batch.cursor.fetchall())


def _resolve_suppliers(batch: Batch) -> None:
    lineage.write(
        batch,
        "suppliers",
        "inventory_supplier",
        """insert into inventory_supplier (shop_id, name, email, phone, delivery_weekdays, needs_review)
        select distinct %(shop)s, r.supplier, '', '', '', true from import_rows r
        where r.problem is null and r.supplier is not null
        and not exists (select from inventory_supplier s where s.name = r.supplier)
        returning id, name""",
        {"shop": batch.shop.pk},
        rows=f"""select id, {lineage.PLACE} from (
            select w.id, {lineage.FIRST} from written w join import_rows r on r.supplier = w.name
            where r.problem is null group by w.id) p""",
    )


def _resolve_categories(batch: Batch) -> None:
    """Fill `import_categories` (name as written, id). “Dairy > Cheese” is a path; a lone name may stand anywhere."""
    batch.run("categories", "create temp table import_categories (name text, id bigint) on commit drop")
    written = _written(batch, "category")
    known = list(Category.objects.order_by("-id"))
    by_place = {(category.parent_id, category.name): category.pk for category in known}
    anywhere = {category.name: category.pk for category in known}
    by_path = {path: pk for pk, path in category_paths().items()}
    for words, place in written:
        names = [name.strip()[:120] for name in words.split(">") if name.strip()] or [words[:120]]
        found = by_path.get(words) or (anywhere.get(names[0]) if len(names) == 1 else None)
        if found is None:
            for name in names:
                if (found, name) not in by_place:
                    by_place[found, name] = Category.objects.create(name=name, parent_id=found).pk
                    lineage.touch_made(batch, "inventory_category", by_place[found, name], place)
                found = by_place[found, name]
        batch.run("categories", "insert into import_categories values (%(name)s, %(id)s)", {"name": words, "id": found})


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
                differs=True,
                required=True,
                filled=True,
                longest=64,
                synonyms=also(
                    "product, product id, product code, stock code, item code, item number, code, id",
                    "article, plu, sku code, item no, item id, product no, product number, article number",
                    "article code, internal code, variant sku",
                ),
                made_of=("barcode",),
                examples=("MILK-2L", "APPLES"),
            ),
            Field(
                "name",
                As.TEXT,
                "Name.",
                synonyms=also(
                    "product name, description, title, item, item name, product title, article name",
                    "item description, long description",
                ),
                examples=("Milk 2 L", "Apples, loose"),
                default="the SKU, for a new product",
            ),
            Field(
                "barcode",
                As.CODE,
                "Barcode; several are separated by a space or |.",
                synonyms=also(
                    "ean, gtin, upc, barcodes, ean13, bar code, upc code, ean code, gtin13, barcode from url"
                ),
                examples=("4006381333931", ""),
                default="none",
            ),
            Field(
                "category",
                As.TEXT,
                "Category; a path is written like Dairy > Cheese. Unknown ones are made.",
                synonyms=also(
                    "department, group, product category, product line, section, catagory, category name",
                    "main category, department name, product type, family",
                ),
                examples=("Dairy > Milk", "Fruit"),
                default="none",
            ),
            Field(
                "unit",
                As.TEXT,
                "Sold by piece or kg.",
                longest=20,
                synonyms=also("sold by, unit of measure, uom, selling unit, unit type, sales unit"),
                examples=("piece", "kg"),
                default="piece",
            ),
            Field(
                "price",
                As.MONEY,
                "Shelf price per piece or kg.",
                synonyms=also(
                    "unit price, retail price, selling price, sale price, shelf price, list price, rrp, mrp",
                    "item mrp, price incl tax, retail",
                ),
                examples=("1.45", "2.60"),
                default="not known",
            ),
            Field(
                "cost",
                As.MONEY,
                "What one piece or kg costs you, without tax.",
                synonyms=also(
                    "cost price, unit cost, purchase price, buying price, cost per item, wholesale price", "net cost"
                ),
                examples=("1.10", "1.72"),
                default="not known",
            ),
            Field(
                "tax_rate",
                As.TEXT,
                "Sales tax: 20 %, 20, 0.2, or the name of a rate you have.",
                longest=40,
                synonyms=also("tax, vat, vat rate, tax percent, tax rate percent, vat percent, vat code, tax class"),
                examples=("0 %", "0 %"),
                default="none",
            ),
            Field(
                "supplier",
                As.TEXT,
                "Supplier, by name. Unknown ones are made for review.",
                longest=120,
                synonyms=also("vendor, supplier name, vendor name, distributor, wholesaler"),
                examples=("Northgate Dairy", "Orchard Direct"),
                default="none",
            ),
            Field(
                "pack_size",
                As.WHOLE,
                "Pieces in a case.",
                synonyms=also(
                    "case size, pack, units per case, pieces in a case, case pack, case quantity, inner pack"
                ),
                examples=("6", ""),
                default="not known",
            ),
            Field(
                "shelf_life_days",
                As.WHOLE,
                "Days it keeps.",
                synonyms=also("shelf life, days of shelf life, keeps days, days fresh"),
                examples=("9", "14"),
                default="not known",
            ),
        ),
        merge=merge_products,
        rank=3,
        grows=("inventory_product", "inventory_barcode"),
        noun=("product", "products"),
        absent=("discontinue",),
    )
)
