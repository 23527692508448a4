"""The price history of a product that an import made, and that its undoing removed, goes with it."""

from django.db import migrations

# All it can remove is what names a product that is no longer there; the caller's transaction has just removed it.
FORGET_PRICES = """
create function inventory_forget_prices(products bigint[]) returns void language sql
security definer set search_path = pg_catalog, public as $$
    delete from public.inventory_pricechange c
    where c.shop_id = nullif(current_setting('app.shop_id', true), '')::bigint and c.product_id = any(products)
      and not exists (select from public.inventory_product p where p.shop_id = c.shop_id and p.id = c.product_id)
$$
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0012_orders_know_their_number_elsewhere")]
    operations = [migrations.RunSQL(FORGET_PRICES, "drop function inventory_forget_prices(bigint[])")]
