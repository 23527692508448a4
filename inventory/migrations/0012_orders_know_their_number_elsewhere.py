"""An order from another system's file is known by its number there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0011_the_import_desk")]

    operations = [
        migrations.AddField(
            "purchaseorder",
            "reference",
            models.CharField("number elsewhere", max_length=64, blank=True, default="", db_default=""),
        ),
        migrations.AddConstraint(
            "purchaseorder",
            models.UniqueConstraint(
                fields=["shop", "supplier", "branch", "reference"],
                condition=models.Q(("reference", ""), _negated=True),
                name="order_reference_once",
            ),
        ),
    ]
