"""Days become dirty when what they are grouped by changes: a product's category, a shop's time zone.

Whoever changes it (admin, bulk, CSV), the statement's own trigger marks the days. The lock is the rebuild's own
(sales.rollups): a rebuild under way is waited for, so that no day is made from the old grouping unmarked.
"""

from django.db import migrations

KEEP = """
create function sales_mark_category_days() returns trigger language plpgsql as $$
declare
    one_shop bigint;
begin
    for one_shop in
        select distinct n.shop_id from old_rows o join new_rows n on n.shop_id = o.shop_id and n.id = o.id
        where n.category_id is distinct from o.category_id order by 1
    loop
        perform pg_advisory_xact_lock(hashtextextended('rollups', one_shop));
        insert into sales_dirtyday (shop_id, branch_id, business_date)
        select distinct r.shop_id, r.branch_id, r.business_date
        from old_rows o
        join new_rows n on n.shop_id = o.shop_id and n.id = o.id
        join sales_productday r on r.shop_id = n.shop_id and r.product_id = n.id
        where n.shop_id = one_shop and n.category_id is distinct from o.category_id;
    end loop;
    return null;
end $$;
create trigger mark_category_days after update on inventory_product
    referencing old table as old_rows new table as new_rows
    for each statement execute function sales_mark_category_days();

-- A shop's settings are changed with or without the shop chosen, so this one runs with its owner's rights.
create function sales_mark_all_days() returns trigger language plpgsql
security definer set search_path = pg_catalog, public as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('rollups', new.id));
    insert into public.sales_dirtyday (shop_id, branch_id, business_date)
    select distinct r.shop_id, r.branch_id, r.business_date from public.sales_branchhour r where r.shop_id = new.id;
    return null;
end $$;
create trigger mark_all_days after update of zone on shop_shop
    for each row when (old.zone is distinct from new.zone) execute function sales_mark_all_days();
"""
FORGET = """
drop trigger mark_all_days on shop_shop;
drop function sales_mark_all_days();
drop trigger mark_category_days on inventory_product;
drop function sales_mark_category_days();
"""


class Migration(migrations.Migration):
    dependencies = [("sales", "0003_basket_net"), ("inventory", "0003_price_history"), ("shop", "0001_initial")]
    operations = [migrations.RunSQL(KEEP, FORGET)]
