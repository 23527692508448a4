"""Who changed what: written by one database trigger, so admin, bulk and CSV changes are all in it."""

from django.db import models

from shop.tenancy import ShopOwned


class Change(ShopOwned):
    """One inserted, updated or deleted row of a table that people edit, with its values before and after.

    Kept as ids and JSON, without links, so that it never stands in the way of a deletion. The table has one column
    more than this model, written by the database alone: `transaction_id` (xid8), by which readers who follow the
    changes know that none below theirs is still on its way (ids are handed out before the transaction commits).
    `import_id` is the import it came by: what undoing one puts back.
    """

    append_only = True
    keeps_history = False

    table = models.CharField(max_length=63)
    row_id = models.BigIntegerField()
    action = models.CharField(max_length=6)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    actor = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")
    changed_at = models.DateTimeField()
    import_id = models.BigIntegerField(null=True)

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["shop", "table", "row_id"], name="change_by_row"),
            models.Index(
                fields=["shop", "import_id"], condition=models.Q(import_id__isnull=False), name="change_by_import"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(action__in=["insert", "update", "delete"]), name="change_action_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.table} {self.row_id}"
