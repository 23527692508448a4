"""Work that outlives a request: a row, so that a wiped broker or a killed worker loses nothing."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from shop.tenancy import ShopManager, ShopOwned, ShopQuerySet


class JobQuerySet(ShopQuerySet):
    def unfinished(self) -> "JobQuerySet":
        """Those that wait or run."""
        return self.filter(status__in=["queued", "running"])

    def held(self) -> "JobQuerySet":
        """Those that a worker is at: running, with a lease that has not run out."""
        return self.filter(status="running", lease_until__gte=timezone.now())


class Job(ShopOwned):
    """One piece of work for one shop: what it is, how far it is, who holds it, how it ended.

    A worker holds a job by its lease; when the lease runs out the sweeper hints it again, and the next
    worker resumes it. `step` is the checkpoint the kind's own code wrote. See `shop.jobs`.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    keeps_history = False

    kind = models.CharField(max_length=40)
    key = models.UUIDField(default=uuid.uuid4, help_text="Two jobs of one kind and key are the same job.")
    title = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    payload = models.JSONField(default=dict)
    step = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True, default="")
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)
    asked_by = models.CharField(max_length=200, blank=True, default="")
    asked_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = ShopManager.from_queryset(JobQuerySet)()

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "kind", "key"], name="job_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=["queued", "running", "done", "failed", "cancelled"]),
                name="job_status_known",
            ),
        ]
        indexes = [
            models.Index(fields=["shop", "kind"], condition=Q(status__in=["queued", "running"]), name="job_unfinished")
        ]

    def __str__(self) -> str:
        return self.title or self.kind

    @property
    def has_ended(self) -> bool:
        return self.status in {self.Status.DONE, self.Status.FAILED, self.Status.CANCELLED}
