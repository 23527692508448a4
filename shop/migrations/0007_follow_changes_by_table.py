"""Tills ask for changes of the catalogue alone, and often: people's edits of other tables are not waded through."""

from django.db import migrations

BY_TABLE = """
drop index change_by_transaction;
create index change_by_transaction on shop_change (shop_id, "table", transaction_id);
"""
BY_SHOP = """
drop index change_by_transaction;
create index change_by_transaction on shop_change (shop_id, transaction_id);
"""


class Migration(migrations.Migration):
    dependencies = [("shop", "0006_key_knows_its_devices_name")]
    operations = [migrations.RunSQL(BY_TABLE, BY_SHOP)]
