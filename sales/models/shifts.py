"""A register's working periods: opened with a float, closed with a count, told once and for all in a Z report."""

import uuid
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.utils import timezone

from shop.models import Register
from shop.tenancy import ShopForeignKey, ShopManager, ShopOwned, ShopQuerySet


class ShiftQuerySet(ShopQuerySet):
    def open(self) -> "ShiftQuerySet":
        return self.filter(closed_at=None, opened_at__isnull=False)

    def uncounted(self) -> "ShiftQuerySet":
        """Over, because the till's next shift began, and never counted."""
        return self.filter(closed_at__isnull=False, closing_fingerprint="")


class Shift(ShopOwned):
    """A register's working period. `uuid` is the till's own id for it, its identity for ever.

    What the till says at the end (`told_sales`, its first and last number of `epoch`) is compared with what came:
    the difference is what is missing. Money in the drawer is never put right in place: over and short are counted
    less expected.

    A register has one open shift: the one opened last. An earlier one ends when the next begins, not counted
    (`closing_fingerprint` is empty), until its own close comes. A shift whose close came first has no `opened_at` yet.
    """

    uuid = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID())
    register = ShopForeignKey(Register, related_name="shifts")
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    cashier = models.CharField(max_length=120, blank=True, default="")
    closed_by = models.CharField(max_length=120, blank=True, default="")
    opening_float = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    epoch = models.IntegerField(null=True, blank=True)
    first_seq = models.BigIntegerField(null=True, blank=True)
    last_seq = models.BigIntegerField(null=True, blank=True)
    told_sales = models.IntegerField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True, default="")
    opening_fingerprint = models.CharField(max_length=64, blank=True, default="")
    closing_fingerprint = models.CharField(max_length=64, blank=True, default="")

    objects: ClassVar[Any] = ShopManager.from_queryset(ShiftQuerySet)()

    class Meta(ShopOwned.Meta):
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "uuid"], name="shift_uuid_once"),
            models.UniqueConstraint(
                fields=["shop", "register"],
                condition=Q(closed_at=None, opened_at__isnull=False),
                name="shift_open_once_per_register",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(opened_at=None) | Q(closed_at__gte=models.F("opened_at")),
                name="shift_closes_after_opening",
            ),
        ]
        indexes = [models.Index(fields=["shop", "register", "opened_at"], name="shift_by_time")]

    def __str__(self) -> str:
        return f"{self.cashier} {self.opened_at:%Y-%m-%d %H:%M}" if self.opened_at else f"{self.uuid}"


class ShiftCount(ShopOwned):
    """What was counted of one tender at the end of a shift."""

    append_only = True
    keeps_history = False

    shift = ShopForeignKey(Shift, related_name="counts")
    tender = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta(ShopOwned.Meta):
        ordering = ["tender"]
        constraints = [models.UniqueConstraint(fields=["shop", "shift", "tender"], name="shift_count_once")]

    def __str__(self) -> str:
        return f"{self.tender} {self.amount}"


class CashMovement(ShopOwned):
    """Cash that went into or out of the drawer without a sale: change fetched, a window cleaner paid, a bank drop."""

    class Kind(models.TextChoices):
        PAID_IN = "paid_in", "Paid in"
        PAID_OUT = "paid_out", "Paid out"
        DROP = "drop", "To the safe or bank"

    append_only = True
    keeps_history = False

    uuid = models.UUIDField()
    shift = ShopForeignKey(Shift, related_name="cash_movements")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    reason = models.CharField(max_length=200, blank=True, default="")
    cashier = models.CharField(max_length=120, blank=True, default="")
    moved_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    fingerprint = models.CharField(max_length=64)

    class Meta(ShopOwned.Meta):
        ordering = ["moved_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "uuid"], name="cash_movement_uuid_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["paid_in", "paid_out", "drop"]), name="cash_movement_kind_known"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="cash_movement_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class ZReport(ShopOwned):
    """What a closed shift came to, as it was known at its close. Numbered by register; never changed.

    `sales` are the ids of the documents in it. Those that come later belong to their shift all the same; they are
    listed beside its Z, not in it. `business_date` is the shop's date of the close.
    """

    append_only = True
    keeps_history = False

    shift = ShopForeignKey(Shift, related_name="z_reports")
    register = ShopForeignKey(Register, related_name="+")
    number = models.PositiveIntegerField()
    business_date = models.DateField()
    body = models.JSONField()
    sales = ArrayField(models.BigIntegerField(), default=list)
    made_at = models.DateTimeField()

    class Meta(ShopOwned.Meta):
        verbose_name = "Z report"
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "register", "number"], name="z_number_once"),
            models.UniqueConstraint(fields=["shop", "shift"], name="z_once_a_shift"),
        ]
        indexes = [models.Index(fields=["shop", "business_date"], name="z_by_day")]

    def __str__(self) -> str:
        return f"Z {self.number}"
