"""Each change knows its transaction, so that tills can follow the catalogue and miss nothing that commits late."""

from django.db import migrations

FOLLOW = """
alter table shop_change add column transaction_id xid8 not null default pg_current_xact_id();
create index change_by_transaction on shop_change (shop_id, transaction_id);
"""
FORGET = """
drop index change_by_transaction;
alter table shop_change drop column transaction_id;
"""


class Migration(migrations.Migration):
    dependencies = [("shop", "0004_selling_api")]
    operations = [migrations.RunSQL(FOLLOW, FORGET)]
