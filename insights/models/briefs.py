"""The morning brief: what was mailed to whom, and the links in it."""

from django.db import models
from django.utils import timezone

from insights.models.analyses import MONEY, Suggestion
from shop.tenancy import ShopForeignKey, ShopOwned


class Brief(ShopOwned):
    """A morning brief that was mailed: one a day and address."""

    keeps_history = False

    brief_date = models.DateField()
    email = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True, default="")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["shop", "brief_date", "email"], name="brief_once_a_day")]

    def __str__(self) -> str:
        return f"{self.brief_date} to {self.email}"


class DecisionLink(ShopOwned):
    """A mailed link to one decision: for one person, one amount, one use, and not for long.

    It shows the decision; only a POST uses it. `quantity` and `outlay` are what the mail said: where the
    suggestion says something else by now, the link refuses.
    """

    keeps_history = False

    suggestion = ShopForeignKey(Suggestion, related_name="links")
    email = models.EmailField()
    quantity = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    outlay = models.DecimalField(**MONEY, null=True, blank=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["shop", "suggestion", "email"], name="decision_link_once")]

    def __str__(self) -> str:
        return f"{self.suggestion_id} for {self.email}"
