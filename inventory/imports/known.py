"""Products that a file names: found by SKU or barcode, or made."""

from __future__ import annotations

from shop.imports.staging import Batch


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
