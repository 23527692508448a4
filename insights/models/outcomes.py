"""What following, changing or refusing a suggestion did, measured afterwards."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from insights.models.analyses import MONEY, Suggestion
from shop.tenancy import ShopForeignKey, ShopOwned


class Outcome(ShopOwned):
    """What a decision earned over its first 7, 14 or 28 days, against a matched control. Money in the shop's currency.

    `predicted` is what the suggestion said for as many days, `effect` what was measured, each with its 80 % range;
    `verdict` is unclear where that range holds 0, unmeasured where nothing could be compared. `act` tells whether the
    person followed the suggestion, changed it or refused it: a refusal's effect is what refusing it did.
    `method` tells the control and its days as facts; a later run of the same days replaces the row.
    """

    class Act(models.TextChoices):
        FOLLOWED = "followed", "Followed"
        CHANGED = "changed", "Changed"
        REFUSED = "refused", "Refused"

    class Verdict(models.TextChoices):
        EARNED = "earned", "Earned"
        COST = "cost", "Cost"
        UNCLEAR = "unclear", "Could not tell"
        UNMEASURED = "unmeasured", "Not measured"

    keeps_history = False

    suggestion = ShopForeignKey(Suggestion, models.CASCADE, related_name="outcomes", db_index=False)
    days = models.PositiveSmallIntegerField()
    first_date = models.DateField()
    last_date = models.DateField()
    act = models.CharField(max_length=8, choices=Act.choices)
    metric = models.CharField(max_length=12, default="margin")
    predicted = models.DecimalField(**MONEY, null=True)
    predicted_low = models.DecimalField(**MONEY, null=True)
    predicted_high = models.DecimalField(**MONEY, null=True)
    effect = models.DecimalField(**MONEY, null=True)
    effect_low = models.DecimalField(**MONEY, null=True)
    effect_high = models.DecimalField(**MONEY, null=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    method = models.JSONField(default=dict)
    measured_at = models.DateTimeField(default=timezone.now)

    class Meta(ShopOwned.Meta):
        ordering = ["-last_date", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "suggestion", "days"], name="outcome_once"),
            models.CheckConstraint(condition=Q(last_date__gte=F("first_date")), name="outcome_days_in_order"),
            models.CheckConstraint(
                condition=Q(verdict__in=["earned", "cost", "unclear", "unmeasured"]), name="outcome_verdict_known"
            ),
            models.CheckConstraint(condition=Q(act__in=["followed", "changed", "refused"]), name="outcome_act_known"),
        ]
        indexes = [models.Index(fields=["shop", "days", "last_date"], name="outcome_by_days")]

    def __str__(self) -> str:
        return f"{self.suggestion_id} after {self.days} days"
