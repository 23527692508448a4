import datetime

import django.contrib.postgres.fields
import django.utils.timezone
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("sales", "0007_selling_api")]

    operations = [
        migrations.AlterField("shift", "opened_at", models.DateTimeField(blank=True, null=True)),
        migrations.RemoveConstraint("shift", "shift_open_once_per_register"),
        migrations.RemoveConstraint("shift", "shift_closes_after_opening"),
        migrations.AddConstraint(
            "shift",
            models.UniqueConstraint(
                condition=Q(closed_at=None, opened_at__isnull=False),
                fields=["shop", "register"],
                name="shift_open_once_per_register",
            ),
        ),
        migrations.AddConstraint(
            "shift",
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(opened_at=None) | Q(closed_at__gte=F("opened_at")),
                name="shift_closes_after_opening",
            ),
        ),
        migrations.AddField(
            "cashmovement", "received_at", models.DateTimeField(default=django.utils.timezone.now)
        ),
        # No Z report was made before this: nothing wrote the table yet.
        migrations.AddField(
            "zreport", "business_date", models.DateField(default=datetime.date(2026, 1, 1)), preserve_default=False
        ),
        migrations.AddField(
            "zreport",
            "sales",
            django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None),
        ),
        migrations.AddIndex("zreport", models.Index(fields=["shop", "business_date"], name="z_by_day")),
    ]
