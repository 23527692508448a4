"""Baskets remember their own net, so that refunds and day summaries stay out of the basket value."""

from django.db import migrations, models

MARK_ALL = """
insert into sales_dirtyday (shop_id, branch_id, business_date)
select distinct shop_id, branch_id, business_date from sales_branchhour
"""


class Migration(migrations.Migration):
    dependencies = [("sales", "0002_initial")]
    operations = [
        migrations.AddField(
            model_name="branchhour",
            name="basket_net",
            field=models.DecimalField(decimal_places=4, default=0, max_digits=14),
            preserve_default=False,
        ),
        migrations.RunSQL(MARK_ALL, migrations.RunSQL.noop),
    ]
