"""Products that a file names: found by SKU or barcode, or made."""

from __future__ import annotations

from inventory.imports import gtins
from shop.imports import lineage
from shop.imports.staging import Batch


def resolve_products(batch: Batch) -> int:
    """Fill `import_products` (code, id, name, rate, cost) for the good rows' products: by SKU, else by barcode.

    A product that turned out to be another is that other one. Unknown ones are made for review; returns how many.
    """
    batch.run("products", _KNOWN)
    batch.run("products", "analyze import_products")
    gtins.find_in_other_lengths(batch)
    made = batch.run("products", _MAKE_PRODUCTS, {"shop": batch.shop.pk})
    if made:
        lineage.touch(batch, "inventory_product", f"select id, {lineage.PLACE} from import_products where is_new")
    batch.run("products", "analyze import_products")
    return made


_KNOWN = f"""
create temp table import_products on commit drop as
select n.code, f.id, f.name::text as name, t.rate, f.cost, n.place, f.id is null as is_new
from (
    select r.product as code, {lineage.FIRST} from import_rows r
    where r.problem is null and r.product is not null group by 1
) n
left join inventory_product p on p.sku = n.code
left join inventory_barcode b on b.code = n.code and p.id is null
left join inventory_product f on f.id = coalesce(p.merged_into_id, p.id, b.product_id)
left join inventory_taxrate t on t.id = f.tax_rate_id
"""
_MAKE_PRODUCTS = """
with made as (
    insert into inventory_product (shop_id, sku, name, unit, content_unit, plu, is_active, needs_review, added_at)
    select %(shop)s, code, code, 'piece', '', '', true, true, now() from import_products where id is null order by code
    returning id, sku
)
update import_products n set id = made.id, name = n.code from made where made.sku = n.code
"""
