"""Every change of a product's price or cost joins its price history, whoever or whatever made it."""

from django.db import migrations

KEEP = """
create function inventory_keep_price() returns trigger language plpgsql as $$
declare
    actor text := coalesce(current_setting('app.actor', true), '');
    reason text := coalesce(current_setting('app.reason', true), '');
begin
    if tg_op = 'INSERT' then
        insert into inventory_pricechange (shop_id, product_id, price, cost, effective_at, actor, reason)
        select n.shop_id, n.id, n.price, n.cost, now(), actor, reason from new_rows n
        where n.price is not null or n.cost is not null;
    else
        insert into inventory_pricechange (shop_id, product_id, price, cost, effective_at, actor, reason)
        select n.shop_id, n.id, n.price, n.cost, now(), actor, reason
        from old_rows o join new_rows n on n.shop_id = o.shop_id and n.id = o.id
        where (n.price, n.cost) is distinct from (o.price, o.cost);
    end if;
    return null;
end $$;
create trigger keep_price_insert after insert on inventory_product referencing new table as new_rows
    for each statement execute function inventory_keep_price();
create trigger keep_price_update after update on inventory_product
    referencing old table as old_rows new table as new_rows
    for each statement execute function inventory_keep_price();
"""
FORGET = """
drop trigger keep_price_insert on inventory_product;
drop trigger keep_price_update on inventory_product;
drop function inventory_keep_price();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_initial")]
    operations = [migrations.RunSQL(KEEP, FORGET)]
