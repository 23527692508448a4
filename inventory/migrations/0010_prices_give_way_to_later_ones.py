"""Who undid a batch; and a product's own new price ends what held at every branch until further notice.

Whoever or whatever sets the price: a form, a file, SQL. Otherwise the older price would go on to be charged.
"""

from django.db import migrations, models

GIVE_WAY = """
create function inventory_own_price_holds() returns trigger language plpgsql as $$
begin
    delete from inventory_shelfprice s using old_rows o, new_rows n
    where n.shop_id = o.shop_id and n.id = o.id and n.price is distinct from o.price
        and s.shop_id = n.shop_id and s.product_id = n.id and s.branch_id is null and s.ends_at is null
        and s.starts_at is null;
    update inventory_shelfprice s set ends_at = now() from old_rows o, new_rows n
    where n.shop_id = o.shop_id and n.id = o.id and n.price is distinct from o.price
        and s.shop_id = n.shop_id and s.product_id = n.id and s.branch_id is null and s.ends_at is null
        and s.starts_at < now();
    return null;
end $$;
create trigger own_price_holds after update on inventory_product
    referencing old table as old_rows new table as new_rows
    for each statement execute function inventory_own_price_holds();
"""
LEAVE = """
drop trigger own_price_holds on inventory_product;
drop function inventory_own_price_holds();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0009_what_of_ours_a_competitors_item_is")]
    operations = [
        migrations.AddField("pricebatch", "undone_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "pricebatch", "undone_by", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
        migrations.AddField("pricebatchline", "was_left", models.BooleanField(db_default=False, default=False)),
        migrations.RunSQL(GIVE_WAY, LEAVE),
    ]
