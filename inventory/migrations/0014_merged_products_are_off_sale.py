"""A pair may be put off; and a product that turned out to be another is never on sale again by itself."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("inventory", "0013_prices_of_undone_products_go")]
    operations = [
        migrations.AddField(
            model_name="productpair",
            name="again_at",
            field=models.DateTimeField(blank=True, help_text="When it is shown again. Empty: now.", null=True),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=Q(merged_into=None) | Q(is_active=False), name="product_merged_is_off_sale"
            ),
        ),
    ]
