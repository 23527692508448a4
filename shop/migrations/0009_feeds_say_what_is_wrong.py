from django.db import migrations, models

from shop.db.functions import DROP_DUE_FEEDS, DUE_FEEDS, FEED_KEEPS_NO_HISTORY


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0008_the_import_desk'),
    ]

    operations = [
        migrations.AddField(
            model_name='feed',
            name='failures',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='feed',
            name='problem_kind',
            field=models.CharField(blank=True, choices=[('source', 'Cannot be reached'), ('file', 'A file is not in'), ('quiet', 'Silent')], db_default='', default='', max_length=6),
        ),
        migrations.AddField(
            model_name='feedfile',
            name='healed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='feedfile',
            name='name',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AddIndex(
            model_name='feedfile',
            index=models.Index(condition=models.Q(('state', 'importing')), fields=['shop', 'feed'], name='feed_file_importing'),
        ),
        migrations.AddConstraint(
            model_name='feed',
            constraint=models.CheckConstraint(condition=models.Q(('problem_kind__in', ['', 'source', 'file', 'quiet'])), name='feed_problem_kind_known'),
        ),
        migrations.RunSQL(DUE_FEEDS, DROP_DUE_FEEDS),
        migrations.RunSQL(FEED_KEEPS_NO_HISTORY, migrations.RunSQL.noop),
    ]
