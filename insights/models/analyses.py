"""Runs of the analyses, and the decisions they suggest."""

import datetime as dt
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.models import Product, Supplier
from shop.models import Branch, Job
from shop.tenancy import ShopForeignKey, ShopManager, ShopOwned, ShopQuerySet

MONEY: dict[str, Any] = {"max_digits": 14, "decimal_places": 2}


class RunQuerySet(ShopQuerySet):
    def done(self) -> "RunQuerySet":
        return self.filter(status=Run.Status.DONE)

    def latest_done(self, analysis: str) -> "Run | None":
        """The run whose results are shown: the one that ended last."""
        return self.done().filter(analysis=analysis).order_by("-ended_at", "-id").first()


class Run(ShopOwned):
    """One execution of an analysis for the shop. Its results hang on it and are shown once it is done.

    `as_of_date` is the last business date whose sales it read; `inputs_hash` tells two runs on the same data;
    `findings` are computed facts, `sentences` their words, written from them by `provider`.
    """

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    keeps_history = False

    analysis = models.CharField(max_length=20)
    job = ShopForeignKey(Job, null=True, blank=True, related_name="runs")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RUNNING)
    as_of_date = models.DateField()
    horizon = models.PositiveSmallIntegerField(default=0)
    inputs_hash = models.CharField(max_length=64, blank=True, default="")
    version = models.CharField("method", max_length=40, blank=True, default="")
    provider = models.CharField(max_length=20, blank=True, default="")
    model = models.CharField(max_length=80, blank=True, default="")
    prompt_version = models.CharField(max_length=20, blank=True, default="")
    why_local = models.CharField(max_length=200, blank=True, default="")
    series = models.PositiveIntegerField(default=0)
    scores = models.JSONField(default=dict)
    findings = models.JSONField(default=dict)
    sentences = models.JSONField(default=list)
    error = models.TextField(blank=True, default="")
    asked_by = models.CharField(max_length=200, blank=True, default="")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = ShopManager.from_queryset(RunQuerySet)()

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "job"], condition=~Q(job=None), name="run_once_a_job"),
            models.CheckConstraint(
                condition=Q(status__in=["running", "done", "failed", "cancelled"]), name="run_status_known"
            ),
        ]
        indexes = [models.Index(fields=["shop", "analysis", "-ended_at"], name="run_by_analysis")]

    def __str__(self) -> str:
        return f"{self.analysis} up to {self.as_of_date}"


class SuggestionQuerySet(ShopQuerySet):
    def open(self, now: dt.datetime | None = None) -> "SuggestionQuerySet":
        """Those that wait for a decision now: open, not past their deadline, not asleep."""
        now = now or timezone.now()
        awake = Q(snoozed_until=None) | Q(snoozed_until__lte=now)
        alive = Q(deadline_at=None) | Q(deadline_at__gt=now)
        return self.filter(awake, alive, state=Suggestion.State.OPEN)

    def by_urgency(self) -> "SuggestionQuerySet":
        """Nearest deadline first, then the most valuable."""
        return self.order_by(
            models.F("deadline_at").asc(nulls_last=True), models.F("value").desc(nulls_last=True), "id"
        )


class Suggestion(ShopOwned):
    """A decision offered to a person, whose act is the decision.

    `key` names what it is about (`reorder:<branch>:<product>`): one open suggestion a key. `evidence` holds the
    computed facts that explain it; `value` is what following it is expected to earn, with an 80 % range, `outlay` what
    it costs now, both in the shop's currency. `quantity` and `advised_price` are what is advised, `decided_quantity`
    and `decided_price` what the person chose.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        DISMISSED = "dismissed", "Dismissed"
        EXPIRED = "expired", "Expired"
        REPLACED = "replaced", "Replaced"

    class Reason(models.TextChoices):
        WRONG_DATA = "wrong_data", "The figures are wrong"
        NOT_NOW = "not_now", "Not now"
        NEVER = "never", "Do not suggest this"
        OTHER = "other", "Another reason"

    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=80)
    run = ShopForeignKey(Run, null=True, blank=True, related_name="suggestions")
    branch = ShopForeignKey(Branch, null=True, blank=True, related_name="+")
    product = ShopForeignKey(Product, null=True, blank=True, related_name="suggestions")
    supplier = ShopForeignKey(Supplier, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    title = models.CharField(max_length=200)
    why = models.TextField(blank=True, default="")
    evidence = models.JSONField(default=dict)
    quantity = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    value = models.DecimalField(**MONEY, null=True, blank=True)
    value_low = models.DecimalField(**MONEY, null=True, blank=True)
    value_high = models.DecimalField(**MONEY, null=True, blank=True)
    value_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The days from the decision on that the value is for."
    )
    outlay = models.DecimalField(**MONEY, null=True, blank=True)
    advised_price = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    decided_quantity = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    decided_price = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True, default="")
    effect = models.JSONField(default=dict, help_text="What accepting it made, so that undo can take it back.")
    made_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = ShopManager.from_queryset(SuggestionQuerySet)()

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "key"], condition=Q(state="open"), name="suggestion_open_once"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "accepted", "dismissed", "expired", "replaced"]),
                name="suggestion_state_known",
            ),
        ]
        indexes = [models.Index(fields=["shop", "state", "kind"], name="suggestion_by_state")]

    def __str__(self) -> str:
        return self.title
