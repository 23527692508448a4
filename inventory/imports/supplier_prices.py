"""Kind supplier_prices: a supplier's price list."""

from __future__ import annotations

from inventory.imports.gtins import good_check_digit
from inventory.imports.suppliers import resolve_suppliers
from shop.imports import lineage
from shop.imports.kinds import NO, YES, As, Counts, Field, Kind, also, register
from shop.imports.staging import Batch


def merge_supplier_prices(batch: Batch) -> Counts:
    """An article is known by supplier and code. Its price is new where it differs from the one that held before.

    A product's cost changes where the file says so and the price holds already; else the price waits for a person.
    """
    batch.refuse("'cost and case_cost are both empty'", "r.cost is null and r.case_cost is null")
    batch.refuse("'cost is negative'", "r.cost < 0 or r.case_cost < 0")
    batch.refuse("'pack_size is not above 0'", "r.pack_size <= 0")
    batch.refuse(
        "'take_cost: “' || r.take_cost || '” is neither yes nor no'",
        f"lower(r.take_cost) not in {YES} and lower(r.take_cost) not in {NO}",
    )
    values = {"shop": batch.shop.pk, "today": batch.shop.today()}
    made = {"new_suppliers": resolve_suppliers(batch)}
    batch.run("items", _ITEMS, values)
    batch.run("items", "analyze import_items")
    _refuse(batch)
    items = _write_items(batch, values)
    batch.run("prices", _PRICES, values)
    updated, created = batch.run("prices", _UPDATE), batch.run("prices", _CREATE, values)
    lineage.touch(batch, "inventory_supplierprice", _TOUCHED)
    lineage.write(batch, "costs", "inventory_product", _TAKE_COSTS)
    return _counted(batch, created, updated, {**made, **items})


def _refuse(batch: Batch) -> None:
    batch.run("repeats", _REFUSE_OTHER_PRICES)
    batch.run("packs", _REFUSE_WITHOUT_PACK)
    batch.run(
        "items",
        """delete from import_items i using import_rows r
        where r.file = i.file and r.line = i.line and r.problem is not null""",
    )


def _write_items(batch: Batch, values: dict[str, object]) -> dict[str, int]:
    """New articles are made, known ones get the cells that are filled; returns what is worth telling."""
    batch.run("items", _FIRST)
    changed = lineage.write(batch, "items", "inventory_supplieritem", _UPDATE_ITEMS)
    new = lineage.write(batch, "items", "inventory_supplieritem", _CREATE_ITEMS, values, rows=_MADE_ITEMS)
    batch.run("items", _FIND_ITEMS)
    (unmatched,) = batch.one("items", "select count(*) from import_first where product_id is null")
    if unmatched:
        many = "1 article is" if unmatched == 1 else f"{unmatched:,} articles are"
        batch.notes.append(f"{many} none of your products yet: say which under Prices, Supplier prices.")
    return {"new_items": new, "changed_items": changed, "unmatched_items": unmatched}


def _counted(batch: Batch, created: int, updated: int, facts: dict[str, int]) -> Counts:
    (good,) = batch.one("count", "select count(*) from import_rows where problem is null")
    (waiting,) = batch.one("count", "select count(*) from import_prices where state = 'waiting' and change <> ''")
    (taken,) = batch.one("count", "select count(*) from import_prices where takes and change <> ''")
    return Counts(created, updated, good - created - updated, {**facts, "costs_waiting": waiting, "costs_taken": taken})


# Executed with values, where two signs stand for one.
_GOOD = good_check_digit("r.barcode").replace("%", "%%")
# A product is found by the article as matched before, then by our own code, then by barcode, whatever its zeros.
_ITEMS = rf"""
create temp table import_items on commit drop as
select r.file, r.line, s.id as supplier_id, r.code, i.id as item_id, r.name, r.barcode, r.pack_size,
    coalesce(i.product_id, p.merged_into_id, p.id, b.product_id, c.product_id, z.product_id) as product_id,
    coalesce(r.from_date, %(today)s) as from_date, r.cost, r.case_cost, r.take_cost,
    coalesce(r.pack_size, i.pack_size) as pack
from import_rows r
join import_suppliers s on s.key = lower(r.supplier)
left join inventory_supplieritem i on i.supplier_id = s.id and i.code = r.code
left join inventory_product p on p.sku = r.product
left join inventory_barcode b on b.code = r.product
left join inventory_barcode c on c.code = r.barcode
left join (
    select ltrim(code, '0') as number, min(product_id) as product_id from inventory_barcode
    where code ~ '^\d{{8,14}}$' group by 1 having min(product_id) = max(product_id)
) z on z.number = ltrim(r.barcode, '0') and {_GOOD}
where r.problem is null
"""
_PER_UNIT = "round(coalesce(i.cost, i.case_cost / coalesce(i.pack, p.pack_size)), 4)"
_REFUSE_OTHER_PRICES = """
update import_rows r set problem = 'article ' || r.code || ' comes twice for ' || t.from_date || ', with other prices'
from (
    select supplier_id, code, from_date, array_agg(file * 1000000000::bigint + line) as places from import_items
    group by 1, 2, 3
    having count(distinct (cost, case_cost, pack_size)) > 1
) t where r.problem is null and r.file * 1000000000::bigint + r.line = any(t.places)
"""
_REFUSE_WITHOUT_PACK = """
update import_rows r set problem = 'case_cost: no pack size is known, so what one piece costs is not'
from import_items i left join inventory_product p on p.id = i.product_id
where r.file = i.file and r.line = i.line and r.problem is null
    and i.cost is null and coalesce(i.pack, p.pack_size) is null
"""
_FIRST = """
create temp table import_first on commit drop as
select distinct on (supplier_id, code) supplier_id, code, item_id, file, line, product_id,
    first_value(name) over w as name, first_value(barcode) over w as barcode,
    first_value(pack_size) over w as pack_size
from import_items
window w as (partition by supplier_id, code order by from_date desc, file desc, line desc)
order by supplier_id, code, file, line
"""
_UPDATE_ITEMS = """
update inventory_supplieritem i set name = coalesce(f.name, i.name), barcode = coalesce(f.barcode, i.barcode),
    pack_size = coalesce(f.pack_size, i.pack_size), product_id = coalesce(i.product_id, f.product_id), is_listed = true
from import_first f where f.item_id = i.id and (not i.is_listed
    or (i.name, i.barcode, i.pack_size, i.product_id) is distinct from (coalesce(f.name, i.name),
        coalesce(f.barcode, i.barcode), coalesce(f.pack_size, i.pack_size), coalesce(i.product_id, f.product_id)))
returning i.id, f.file, f.line
"""
_CREATE_ITEMS = """
insert into inventory_supplieritem (shop_id, supplier_id, code, name, barcode, pack_size, product_id, is_listed)
select %(shop)s, supplier_id, code, coalesce(name, ''), coalesce(barcode, ''), pack_size, product_id, true
from import_first where item_id is null order by supplier_id, code
returning id, supplier_id, code
"""
_MADE_ITEMS = "select w.id, f.file, f.line from written w join import_first f using (supplier_id, code)"
_FIND_ITEMS = """
update import_first f set item_id = i.id from inventory_supplieritem i
where f.item_id is null and i.supplier_id = f.supplier_id and i.code = f.code
"""
# `held` is what the article cost before that day as the lists said it: the same again is nothing new.
_PRICES = f"""
create temp table import_prices on commit drop as
select w.*, e.id as known, case when w.cost_now = w.cost or w.takes then 'taken' else 'waiting' end as state,
    case when e.id is null and held.cost is distinct from w.cost then 'new' when e.cost <> w.cost then 'other'
        else '' end as change
from (
    select distinct on (f.item_id, i.from_date) f.item_id, i.from_date, i.file, i.line, f.product_id,
        {_PER_UNIT} as cost, p.cost as cost_now,
        f.product_id is not null and i.from_date <= %(today)s and lower(coalesce(i.take_cost, 'no')) in {YES} as takes
    from import_items i
    join import_first f using (supplier_id, code)
    left join inventory_product p on p.id = f.product_id
    order by f.item_id, i.from_date, i.file, i.line
) w
left join inventory_supplierprice e on e.item_id = w.item_id and e.from_date = w.from_date
left join lateral (
    select cost from inventory_supplierprice h where h.item_id = w.item_id and h.from_date < w.from_date
    order by h.from_date desc limit 1
) held on true
"""
_DECIDED = """
state = n.state, decided_by = case when n.takes then coalesce(current_setting('app.actor', true), '') else '' end,
decided_at = case when n.takes then now() end
"""
_UPDATE = f"""
update inventory_supplierprice p set cost = n.cost, cost_before = n.cost_now, seen_at = now(), {_DECIDED}
from import_prices n where n.known = p.id and n.change = 'other'
"""
_CREATE = """
insert into inventory_supplierprice (shop_id, item_id, cost, cost_before, from_date, seen_at, state, decided_by,
    decided_at)
select %(shop)s, item_id, cost, cost_now, from_date, now(), state,
    case when takes then coalesce(current_setting('app.actor', true), '') else '' end, case when takes then now() end
from import_prices where change = 'new' order by item_id, from_date
"""
# Of several days in one list the latest that has come stands.
_TAKE_COSTS = """
update inventory_product p set cost = n.cost
from (
    select distinct on (product_id) product_id, cost, file, line from import_prices where takes and change <> ''
    order by product_id, from_date desc, file desc, line desc
) n where n.product_id = p.id and p.cost is distinct from n.cost
returning p.id, n.file, n.line
"""
_TOUCHED = """
select p.id, n.file, n.line from import_prices n
join inventory_supplierprice p on p.item_id = n.item_id and p.from_date = n.from_date where n.change <> ''
"""

SUPPLIER_PRICES = register(
    Kind(
        name="supplier_prices",
        title="A supplier's price list",
        about=(
            "One row an article of a supplier and what it costs you. An article is known by the supplier and its code "
            "there; what it is of yours is found by your SKU or a barcode, and kept. A price that differs from the "
            "last one waits under Prices, Supplier prices, where you take the cost over and choose new shelf prices. "
            "The same list again, later too, changes nothing."
        ),
        fields=(
            Field(
                "supplier",
                As.TEXT,
                "Whose list it is: a column, or one name for every row. Unknown ones are made for review.",
                required=True,
                filled=True,
                longest=120,
                synonyms=also("supplier name, vendor, vendor name, wholesaler, distributor, brand owner"),
                examples=("Northgate Dairy", "Northgate Dairy"),
            ),
            Field(
                "code",
                As.CODE,
                "The supplier's own number of the article.",
                required=True,
                filled=True,
                longest=64,
                synonyms=also(
                    "supplier code, supplier item, supplier sku, vendor code, vendor sku, vendor item, order code",
                    "article number, article, item code, item number, item no, product code, product id, catalogue no",
                    "upc pack code, stock code",
                ),
                examples=("ND-1001", "ND-2040"),
            ),
            Field(
                "name",
                As.TEXT,
                "What the supplier calls it.",
                synonyms=also("description, product, product name, item, item name, title, article description"),
                examples=("Semi-skimmed milk 2 L", "Butter 250 g"),
                default="none",
            ),
            Field(
                "barcode",
                As.CODE,
                "Barcode of one piece. Finds the product it is.",
                longest=48,
                synonyms=also("ean, gtin, upc, ean13, unit barcode, retail barcode, bar code"),
                examples=("4006381333931", ""),
                default="none",
            ),
            Field(
                "product",
                As.CODE,
                "Your SKU, or else a barcode, of the product it is.",
                longest=64,
                synonyms=also("our sku, sku, your code, customer code, customer sku, shop sku"),
                examples=("MILK-2L", ""),
                default="found by barcode, or you say it once",
            ),
            Field(
                "cost",
                As.MONEY,
                "What one piece or kg costs, without tax.",
                synonyms=also(
                    "unit cost, cost price, price, unit price, net price, cost per unit, wholesale price, list price",
                    "trade price, net cost, price each",
                ),
                examples=("", "1.62"),
                default="case_cost shared by the pack",
            ),
            Field(
                "case_cost",
                As.MONEY,
                "What a case costs, without tax.",
                synonyms=also(
                    "case price, pack price, pack cost, price per case, cost per case, carton price, box price"
                ),
                examples=("6.84", ""),
                default="not said",
            ),
            Field(
                "pack_size",
                As.QUANTITY,
                "Pieces or kilograms in a case.",
                synonyms=also(
                    "pack, pack qty, case size, case qty, units per case, case quantity, pieces per case, inner pack",
                    "unit per case, items per case",
                ),
                examples=("6", "20"),
                default="as known of the article or product",
            ),
            Field(
                "from_date",
                As.DATE,
                "Day from which the price holds.",
                synonyms=also(
                    "valid from, from, effective, effective date, effective from, start date, price date, date"
                ),
                examples=("2026-12-01", "2026-12-01"),
                default="the day of the import",
            ),
            Field(
                "take_cost",
                As.TEXT,
                "Yes: the products cost so from now on, without asking. A price for a later day waits all the same.",
                longest=20,
                synonyms=also("take over, update cost"),
                examples=("no", "no"),
                default="no: you look at it first",
            ),
        ),
        merge=merge_supplier_prices,
        grows=("inventory_supplieritem", "inventory_supplierprice"),
        noun=("price", "prices"),
        rank=7,
    )
)
